//! Counters by which it is seen which mail used TLS.

use mtaspec_engine::{Direction, Service};
use rustls::version::TLS12;

use super::client::{ModernTls, Reception};

#[tokio::test]
async fn mail_is_counted_by_direction_version_and_suite() {
    let reception = Reception::new(|_| {}).await;
    assert_eq!(reception.engine.traffic(), []);
    let old = ModernTls {
        versions: vec![&TLS12],
        ..ModernTls::new()
    };
    let new = ModernTls::new();
    let ways = [None, Some(&old), Some(&new), Some(&new)];
    for tls in ways {
        let mut client = match tls {
            Some(tls) => reception.connect_tls(Service::Mx, tls).await,
            None => reception.connect(Service::Mx).await,
        };
        let lines = [
            "EHLO a.test",
            "MAIL FROM:<a@example.test>",
            "RCPT TO:<user@home.test>",
            "DATA",
            "From: a@example.test\r\n\r\nx\r\n.",
            "MAIL FROM:<a@example.test>",
            "RCPT TO:<user@elsewhere.test>",
            "QUIT",
        ];
        assert_eq!(
            client.codes(&lines).await[4..],
            ["250", "250", "550", "221"]
        );
    }
    let home = &reception.scene.home;
    let minute = std::time::Duration::from_secs(60);
    let all_came = || home.messages().len() == ways.len();
    assert!(reception.scene.world.until(minute, all_came).await);
    let report: Vec<String> = reception
        .engine
        .traffic()
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(report.join("\n"), @r"
    inbound plaintext 1
    inbound TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 1
    inbound TLSv1.3 TLS_AES_256_GCM_SHA384 2
    outbound plaintext 4
    ");
    // New settings do not begin a new count.
    reception
        .engine
        .set_settings(reception.engine.settings())
        .unwrap();
    let traffic = reception.engine.traffic();
    assert_eq!(traffic.len(), 4);
    assert_eq!(traffic[3].direction, Direction::Outbound);
}
