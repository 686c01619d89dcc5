//! Who may send what to whom, and domains that take no mail (RFC 7505).

use mtaspec_engine::Service;

use crate::world::Dns;
use hickory_proto::op::ResponseCode;

use super::client::Reception;

#[tokio::test]
async fn the_public_address_takes_mail_for_own_domains_alone() {
    let reception = Reception::new(|_| {}).await;
    // (recipient, reply)
    let cases = [
        ("user@home.test", "250 2.1.5"),
        ("User@HOME.test.", "250 2.1.5"),
        ("@relay.test,@other.test:user@home.test", "250 2.1.5"),
        ("Postmaster", "250 2.1.5"),
        ("user@sub.home.test", "550 5.7.1"),
        ("user@example.test", "550 5.7.1"),
        ("@home.test:user@example.test", "550 5.7.1"),
        ("user%example.test@home.test", "250 2.1.5"),
        ("user@[192.0.2.25]", "550 5.7.1"),
        ("user", "501 5.1.3"),
    ];
    let mut client = reception.connect(Service::Mx).await;
    client
        .codes(&["EHLO a.test", "MAIL FROM:<a@example.test>"])
        .await;
    for (recipient, want) in cases {
        let reply = client.say(&format!("RCPT TO:<{recipient}>")).await;
        assert!(reply.starts_with(want), "{recipient}: {reply}");
    }
    let mut trusted = reception.connect(Service::Injection).await;
    let codes = trusted
        .codes(&[
            "EHLO a.test",
            "MAIL FROM:<a@home.test>",
            "RCPT TO:<user@example.test>",
        ])
        .await;
    assert_eq!(codes[1..], ["250", "250"]);
}

#[tokio::test]
async fn mail_for_own_domains_goes_to_their_mx_host() {
    let reception = Reception::new(|_| {}).await;
    let mut client = reception.connect(Service::Mx).await;
    let codes = client
        .codes(&[
            "HELO a.test",
            "MAIL FROM:<a@example.test>",
            "RCPT TO:<Postmaster>",
            "DATA",
            "From: a@example.test\r\n\r\nx\r\n.",
        ])
        .await;
    assert_eq!(codes, ["250", "250", "250", "354", "250"]);
    let content = reception.came_home(0).await;
    assert!(
        content.contains("by subject.home.test with SMTP;"),
        "{content}"
    );
    let message = &reception.scene.home.messages()[0];
    assert_eq!(message.recipients.len(), 1);
    assert!(message.recipients[0].contains("<postmaster@home.test>"));
}

#[tokio::test]
async fn domains_that_take_no_mail_are_refused_and_no_others() {
    let reception = Reception::new(|_| {}).await;
    let world = &reception.scene.world;
    world.record("MX dead.test", &["0 ."]);
    world.record("MX closed.test", &["0 ."]);
    world.record("MX odd.test", &["0 .", "10 mx.odd.test"]);
    world.dns("MX ill.test", Dns::Code(ResponseCode::ServFail));
    // (envelope sender, recipient, replies)
    let cases = [
        ("a@dead.test", None, "550 5.7.27"),
        ("a@odd.test", Some("user@home.test"), "250 2.1.5"),
        ("a@ill.test", Some("user@home.test"), "250 2.1.5"),
        ("a@nowhere.test", Some("user@home.test"), "250 2.1.5"),
        ("a@[192.0.2.9]", Some("user@home.test"), "250 2.1.5"),
        ("", Some("user@home.test"), "250 2.1.5"),
        ("", Some("user@closed.test"), "556 5.1.10"),
    ];
    for (sender, recipient, want) in cases {
        let mut client = reception.connect(Service::Mx).await;
        client.say("EHLO a.test").await;
        let mut reply = client.say(&format!("MAIL FROM:<{sender}>")).await;
        if let Some(recipient) = recipient {
            assert!(reply.starts_with("250 "), "{sender}: {reply}");
            reply = client.say(&format!("RCPT TO:<{recipient}>")).await;
        }
        assert!(
            reply.starts_with(want),
            "{sender} to {recipient:?}: {reply}"
        );
    }
}
