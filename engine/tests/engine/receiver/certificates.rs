//! Certificates that clients show: asked for where a rule looks at them, and no reason to break a handshake.

use mtaspec_engine::Service;
use mtaspec_engine::settings::{Rule, TlsVersion};
use rustls::version::{TLS12, TLS13};

use crate::scene::Scene;
use crate::tls::Identity;

use super::client::{Client, ModernTls, Reception};

fn inbound(switches: &str) -> Rule {
    let mut rule = Scene::rule("partner.test", switches);
    rule.applies.outbound = false;
    rule
}

/// The reply to a message from a domain.
async fn sent(client: &mut Client, from: &str) -> String {
    client
        .codes(&[
            "EHLO mx.partner.test",
            &format!("MAIL FROM:<a@{from}>"),
            "RCPT TO:<user@home.test>",
            "DATA",
        ])
        .await;
    let content = format!("From: a@{from}\r\n\r\nx\r\n.");
    client.say(&content).await
}

fn floors() -> Vec<TlsVersion> {
    if cfg!(feature = "legacy-tls") {
        vec![TlsVersion::Tls12, TlsVersion::Tls10]
    } else {
        vec![TlsVersion::Tls12]
    }
}

#[tokio::test]
async fn a_rule_judges_the_certificate_and_the_handshake_does_not() {
    // (certificate, switches, code)
    let cases = [
        (Some("good"), "tcn", "250"),
        (Some("misnamed"), "tcn", "550"),
        (Some("misnamed"), "tc", "250"),
        (Some("untrusted"), "tcn", "550"),
        (Some("untrusted"), "tn", "250"),
        (Some("expired"), "tc", "550"),
        (None, "tc", "550"),
        (None, "t", "250"),
    ];
    for floor in floors() {
        for version in [&TLS12, &TLS13] {
            for (certificate, switches, want) in cases {
                let identity = certificate.map(|fault| Identity::new("mx.partner.test", fault));
                let reception = Reception::new(|settings| {
                    settings.minimum_tls = floor;
                    settings.rules.push(inbound(switches));
                    settings
                        .trust
                        .extend(identity.iter().map(|one| one.root.clone()));
                })
                .await;
                let tls = ModernTls {
                    versions: vec![version],
                    identity,
                    ..ModernTls::new()
                };
                let told = format!("{certificate:?} under {switches} with {floor:?}");
                let mut client = reception.connect_tls(Service::Mx, &tls).await;
                let reply = sent(&mut client, "partner.test").await;
                assert!(reply.starts_with(want), "{told}: {reply}");
                let mut client = reception.connect_tls(Service::Mx, &tls).await;
                assert!(
                    sent(&mut client, "other.test").await.starts_with("250"),
                    "{told}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_certificate_whose_key_the_client_lacks_counts_for_nothing() {
    let identity = Identity::new("mx.partner.test", "wrong key");
    let reception = Reception::new(|settings| {
        settings.rules.push(inbound("tcn"));
        settings.trust.push(identity.root.clone());
    })
    .await;
    for version in [&TLS12, &TLS13] {
        let tls = ModernTls {
            versions: vec![version],
            ..ModernTls::showing(&identity)
        };
        let mut client = reception.connect_tls(Service::Mx, &tls).await;
        let reply = sent(&mut client, "partner.test").await;
        assert!(reply.starts_with("550 5.7.5"), "{reply}");
        let mut client = reception.connect_tls(Service::Mx, &tls).await;
        assert!(sent(&mut client, "other.test").await.starts_with("250"));
    }
}

#[tokio::test]
async fn a_rule_takes_nothing_from_a_listed_sender_in_plaintext() {
    let reception = Reception::new(|settings| settings.rules.push(inbound("t"))).await;
    let mut client = reception.connect(Service::Mx).await;
    let reply = sent(&mut client, "partner.test").await;
    assert!(reply.starts_with("550 5.7.1"), "{reply}");
    assert!(sent(&mut client, "other.test").await.starts_with("250"));
    let tls = ModernTls::new();
    let mut client = reception.connect_tls(Service::Mx, &tls).await;
    assert!(sent(&mut client, "partner.test").await.starts_with("250"));
}
