//! What the world is told of a fetch and of a report.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use mtaspec_judge::events::{By, What};

use crate::stage::{COLLECTOR, FETCH, HOST, Plan};

#[tokio::test]
async fn a_fetch_is_told_from_the_connection_to_its_end() {
    let stage = Plan::default().up();
    stage.ask(FETCH.as_bytes()).await;
    let events = stage.events().await;
    for event in &events {
        assert_eq!(event.host.as_deref(), Some(HOST));
        assert_eq!(event.connection, Some(1));
    }
    let told: Vec<What> = events.into_iter().map(|event| event.what).collect();
    let [
        What::Connect {
            port: 443,
            refused: false,
            ..
        },
        What::TlsOffered { sni: Some(sni), .. },
        What::TlsEstablished { .. },
        fetch,
        What::Disconnect {
            by: By::Receiver, ..
        },
    ] = told.as_slice()
    else {
        panic!("{told:#?}");
    };
    assert_eq!(sni, HOST);
    let want = What::PolicyFetch {
        path: "/.well-known/mta-sts.txt".into(),
        status: 200,
        sni: Some(HOST.into()),
    };
    assert_eq!(*fetch, want);
}

#[tokio::test]
async fn a_report_is_told_unpacked() {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(b"{\"report-id\":\"1\"}").unwrap();
    let packed = packer.finish().unwrap();
    // (body, packed?)
    let cases = [(packed, true), (b"{\"report-id\":\"1\"}".to_vec(), false)];
    for (body, compressed) in cases {
        let stage = Plan::collector().up();
        let head = format!(
            "POST /tls?a=b HTTP/1.1\r\nHost: {COLLECTOR}\r\n\
             Content-Type: application/tlsrpt+gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stage.ask(&[head.into_bytes(), body].concat()).await;
        let events = stage.events().await;
        let told = events
            .iter()
            .map(|event| &event.what)
            .find(|what| matches!(what, What::ReportPosted { .. }));
        let want = What::ReportPosted {
            to: "https://reports.example.test/tls?a=b".into(),
            status: 200,
            media_type: "application/tlsrpt+gzip".into(),
            body: "{\"report-id\":\"1\"}".into(),
            compressed,
        };
        assert_eq!(told, Some(&want));
    }
}

#[tokio::test]
async fn a_client_that_asks_for_nothing_has_fetched_nothing() {
    let stage = Plan::default().up();
    let tcp = tokio::net::TcpStream::connect(stage.address())
        .await
        .unwrap();
    drop(stage.shake(tcp).await);
    assert!(stage.statuses().await.is_empty());
}
