//! REQUIRETLS and TLS-Required on the way in (RFC 8689 §2, §4.1).

use mtaspec_engine::Service;

use super::client::{ModernTls, Reception};

const PARAMETER: &str = "MAIL FROM:<a@example.test> REQUIRETLS";

#[tokio::test]
async fn it_is_listed_and_taken_inside_tls_alone() {
    let reception = Reception::new(|_| {}).await;
    let mut client = reception.connect(Service::Mx).await;
    assert!(!client.say("EHLO a.test").await.contains("REQUIRETLS"));
    assert!(client.say(PARAMETER).await.starts_with("530 5.7.10 "));
    let mut inside = reception.connect_tls(Service::Mx, &ModernTls::new()).await;
    assert!(inside.say("EHLO a.test").await.contains("250-REQUIRETLS|"));
    let wrong = inside.say(&format!("{PARAMETER}=yes")).await;
    assert!(wrong.starts_with("501 5.5.4 "), "{wrong}");
    assert!(inside.say(PARAMETER).await.starts_with("250 "));
}

#[tokio::test]
async fn a_server_without_tls_does_not_know_it() {
    let reception = Reception::new(|settings| settings.receiving.certificate = None).await;
    let mut client = reception.connect(Service::Mx).await;
    assert!(!client.say("EHLO a.test").await.contains("REQUIRETLS"));
    assert!(client.say(PARAMETER).await.starts_with("555 5.5.4 "));
}

#[tokio::test]
async fn users_submit_with_it_inside_tls() {
    let reception = Reception::new(|_| {}).await;
    for service in [Service::Submission, Service::Submissions] {
        let mut client = reception.connect_tls(service, &ModernTls::new()).await;
        assert!(client.say("EHLO a.test").await.contains("250-REQUIRETLS|"));
        let codes = client
            .codes(&["AUTH PLAIN AGFubmEAc2VjcmV0", PARAMETER])
            .await;
        assert_eq!(codes, ["235", "250"], "{service:?}");
    }
    let mut outside = reception.connect(Service::Submission).await;
    let codes = outside.codes(&["EHLO a.test", PARAMETER]).await;
    assert_eq!(codes[1], "530");
}

#[tokio::test]
async fn a_message_with_it_stays_here_where_the_next_host_has_no_tls() {
    // (parameter, field, does it come home in plaintext?)
    let cases = [
        ("", "", true),
        ("", "TLS-Required: No\r\n", true),
        (" REQUIRETLS", "", false),
        (" REQUIRETLS", "TLS-Required: No\r\n", false),
    ];
    for (parameter, field, want) in cases {
        let reception = Reception::new(|_| {}).await;
        let mut client = reception.connect_tls(Service::Mx, &ModernTls::new()).await;
        let codes = client
            .codes(&[
                "EHLO a.test",
                &format!("MAIL FROM:<a@example.test>{parameter}"),
                "RCPT TO:<user@home.test>",
                "DATA",
                &format!("{field}From: a@example.test\r\n\r\nx\r\n."),
            ])
            .await;
        assert_eq!(codes[1..], ["250", "250", "354", "250"]);
        reception.scene.tried(&reception.engine).await;
        let home = reception.scene.home.messages();
        assert_eq!(!home.is_empty(), want, "{parameter} {field}");
        // The notice about it is for its sender, whose host has TLS and no REQUIRETLS.
        let notices = reception.scene.mx.messages();
        assert_eq!(notices.is_empty(), want, "{parameter} {field}");
    }
}
