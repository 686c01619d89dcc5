//! STARTTLS, and what may be said before it and after it (RFC 3207).

use std::time::Duration;

use mtaspec_engine::Service;
use rustls::version::{TLS12, TLS13};
use tokio::io::AsyncWriteExt;

use super::client::{ModernTls, Reception};

const MAIL: &str = "MAIL FROM:<a@example.test>";
const RCPT: &str = "RCPT TO:<user@home.test>";

#[tokio::test]
async fn starttls_is_listed_with_a_certificate_and_outside_tls_alone() {
    let bare = Reception::new(|settings| settings.receiving.certificate = None).await;
    let mut client = bare.connect(Service::Mx).await;
    assert!(!client.say("EHLO a.test").await.contains("STARTTLS"));
    assert!(client.say("STARTTLS").await.starts_with("502 5.5.1"));

    let reception = Reception::new(|_| {}).await;
    for service in [Service::Injection, Service::Mx, Service::Submission] {
        let mut client = reception.connect_tls(service, &ModernTls::new()).await;
        assert!(!client.say("EHLO a.test").await.contains("STARTTLS"));
        assert!(client.say("STARTTLS").await.starts_with("503 5.5.1"));
    }
    let tls = ModernTls::new();
    let mut client = reception.connect_tls(Service::Submissions, &tls).await;
    assert!(!client.say("EHLO a.test").await.contains("STARTTLS"));
}

#[tokio::test]
async fn starttls_takes_no_parameter_and_comes_after_ehlo() {
    let reception = Reception::new(|_| {}).await;
    let mut client = reception.connect(Service::Mx).await;
    assert!(client.say("STARTTLS").await.starts_with("503 5.5.1"));
    client.say("EHLO a.test").await;
    assert!(client.say("STARTTLS now").await.starts_with("501 5.5.4"));
    assert!(client.say("STARTTLS").await.starts_with("220 2.0.0"));
}

#[tokio::test]
async fn nothing_said_before_tls_counts_after_it() {
    let reception = Reception::new(|_| {}).await;
    let mut client = reception.connect(Service::Mx).await;
    client.codes(&["EHLO before.test", MAIL, RCPT]).await;
    assert!(client.say("STARTTLS").await.starts_with("220 "));
    let mut client = client.handshake(&ModernTls::new()).await.unwrap();
    let codes = client
        .codes(&["DATA", MAIL, "EHLO inside.test", "DATA", MAIL, RCPT, "DATA"])
        .await;
    assert_eq!(
        codes,
        [
            "503",
            "503",
            "250-subject.home.test|250-PIPELINING|250-SIZE",
            "503",
            "250",
            "250",
            "354"
        ]
    );
    assert!(
        client
            .say("From: a@example.test\r\n\r\nx\r\n.")
            .await
            .starts_with("250 ")
    );
    let content = reception.came_home(0).await;
    assert!(content.contains("from inside.test"), "{content}");
    assert!(!content.contains("before.test"), "{content}");
}

#[tokio::test]
async fn plaintext_behind_starttls_is_never_run() {
    let reception = Reception::new(|_| {}).await;
    let mut client = reception.connect(Service::Mx).await;
    client.say("EHLO a.test").await;
    let injected = format!("STARTTLS\r\nEHLO evil.test\r\n{MAIL}\r\n{RCPT}\r\n");
    client.write(injected.as_bytes()).await;
    assert!(client.reply().await.starts_with("220 "));
    let mut client = client.handshake(&ModernTls::new()).await.unwrap();
    // The first reply inside TLS is that of the first command inside TLS.
    assert!(client.say("NOOP").await.starts_with("250 2.0.0 Still"));
    assert_eq!(client.codes(&["DATA", MAIL]).await, ["503", "503"]);
}

#[tokio::test]
async fn commands_in_one_segment_are_answered_in_order_inside_tls() {
    let reception = Reception::new(|_| {}).await;
    let tls = ModernTls::new();
    let mut client = reception.connect_tls(Service::Mx, &tls).await;
    client.say("EHLO a.test").await;
    let elsewhere = "RCPT TO:<user@example.test>";
    let lines = [
        MAIL,
        RCPT,
        elsewhere,
        RCPT,
        "DATA",
        "Subject: x\r\n\r\nx\r\n.",
        "QUIT",
    ];
    client
        .write(format!("{}\r\n", lines.join("\r\n")).as_bytes())
        .await;
    let mut codes = Vec::new();
    for _ in lines {
        codes.push(client.reply().await[..3].to_owned());
    }
    assert_eq!(codes, ["250", "250", "550", "250", "354", "250", "221"]);
}

#[tokio::test]
async fn bytes_that_are_no_handshake_end_the_connection() {
    let reception = Reception::new(|_| {}).await;
    let hello = |version: [u8; 2]| {
        let mut body = vec![version[0], version[1]];
        body.extend([7; 32]);
        body.extend([0, 0, 4, 0xC0, 0x13, 0, 0x2F, 1, 0]);
        let mut bytes = vec![22, 3, 1, 0, 4 + u8::try_from(body.len()).unwrap()];
        bytes.extend([1, 0, 0, u8::try_from(body.len()).unwrap()]);
        bytes.extend(body);
        bytes
    };
    let alert: &[u8] = &[21, 3, 1, 0, 2, 2, 70];
    // (bytes, answer)
    let cases = [
        (hello([3, 1]), Some(alert)),
        (hello([3, 2]), Some(alert)),
        (hello([3, 0]), Some(alert)),
        (vec![0x80, 0x2E, 1, 3, 1, 0, 3, 0, 0, 0, 0x20], Some(alert)),
        (b"EHLO a.test\r\nNOOP\r\n".to_vec(), None),
        (vec![22, 3, 1, 0xFF, 0xFF], None),
    ];
    for (bytes, answer) in cases {
        let mut client = reception.connect(Service::Mx).await;
        client.say("EHLO a.test").await;
        client.say("STARTTLS").await;
        client.write(&bytes).await;
        let _ = client.stream.shutdown().await;
        let rest = client.rest().await;
        match answer {
            Some(answer) => assert_eq!(rest, answer, "{bytes:?}"),
            None => assert!(rest.is_empty() || rest[0] == 21, "{rest:?}"),
        }
    }
    let mut other = reception.connect(Service::Mx).await;
    assert!(other.say("EHLO a.test").await.starts_with("250-"));
}

#[tokio::test]
async fn who_is_silent_is_left_after_a_while() {
    let reception = Reception::new(|_| {}).await;
    let world = &reception.scene.world;
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let mut slow = reception.connect(Service::Mx).await;
    slow.codes(&["EHLO a.test", "STARTTLS"]).await;
    world.pass(minutes(4)).await;
    let mut slow = slow.handshake(&ModernTls::new()).await.unwrap();
    world.pass(minutes(30)).await;
    assert!(slow.say("NOOP").await.starts_with("250 "));

    for service in [Service::Mx, Service::Submissions] {
        let mut silent = reception.connect(service).await;
        if service == Service::Mx {
            silent.codes(&["EHLO a.test", "STARTTLS"]).await;
        }
        world.pass(minutes(6)).await;
        assert_eq!(silent.reply().await, "closed", "{service:?}");
    }
    world.pass(minutes(61)).await;
    assert!(slow.reply().await.starts_with("421 4.4.2"));
    assert_eq!(slow.reply().await, "closed");
}

#[tokio::test]
async fn any_name_or_none_gets_the_certificate() {
    let reception = Reception::new(|_| {}).await;
    for name in ["unknown.example.test", "127.0.0.1"] {
        for version in [&TLS12, &TLS13] {
            let tls = ModernTls {
                versions: vec![version],
                name,
                identity: None,
            };
            let mut client = reception.connect_tls(Service::Mx, &tls).await;
            assert!(client.say("NOOP").await.starts_with("250 "), "{name}");
        }
    }
}

#[tokio::test]
async fn a_private_server_takes_four_commands_outside_tls() {
    let reception = Reception::new(|settings| settings.receiving.demand_tls = true).await;
    let mut client = reception.connect(Service::Mx).await;
    let refused = [
        "HELO a.test",
        MAIL,
        RCPT,
        "DATA",
        "RSET",
        "VRFY a",
        "AUTH PLAIN",
        "BDAT 1",
        "MAIL",
    ];
    for command in refused {
        assert!(
            client.say(command).await.starts_with("530 5.7.0 Must"),
            "{command}"
        );
    }
    assert!(client.say("NOOP").await.starts_with("250 2.0.0"));
    assert!(client.say("ehlo a.test").await.contains("STARTTLS"));
    assert!(client.say(MAIL).await.starts_with("530 5.7.0"));
    assert!(client.say("starttls").await.starts_with("220 2.0.0"));
    let mut client = client.handshake(&ModernTls::new()).await.unwrap();
    client.say("EHLO a.test").await;
    assert_eq!(client.codes(&[MAIL, RCPT]).await, ["250", "250"]);
    let mut other = reception.connect(Service::Mx).await;
    assert!(other.say("QUIT").await.starts_with("221 2.0.0"));
    let mut trusted = reception.connect(Service::Injection).await;
    assert_eq!(trusted.codes(&["HELO a.test", MAIL]).await, ["250", "250"]);
}
