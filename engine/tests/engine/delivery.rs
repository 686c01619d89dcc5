//! Messages on their way: opportunistic, under rules, again and again, and back.

use std::sync::Arc;
use std::time::Duration;

use mtaspec_engine::settings::Settings;
use mtaspec_engine::{Engine, Options, Running};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::CertificateDer;

use crate::peer::{Host, Identity, inject};
use crate::world::World;

const DAY: Duration = Duration::from_secs(86_400);

/// An authority, and a certificate for a name that it signed.
fn identity(name: &str) -> (CertificateDer<'static>, Identity) {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_certificate = root.self_signed(&root_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = leaf
        .signed_by(&key, &Issuer::from_params(&root, &root_key))
        .unwrap();
    let identity = Identity {
        chain: vec![leaf.der().clone()],
        key: Arc::new(rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap()),
    };
    (root_certificate.der().clone(), identity)
}

async fn start(world: &World, settings: Settings) -> Running {
    Engine::start(settings, world.outside(), Options::default())
        .await
        .unwrap()
}

async fn send(engine: &Running, to: &str) {
    let content = "From: sender@home.test\r\nSubject: canary\r\n\r\ncanary\r\n";
    let recipient = format!("RCPT TO:<{to}>");
    inject(
        engine.injection_address(),
        "MAIL FROM:<sender@home.test>",
        &[&recipient],
        content,
    )
    .await;
}

#[tokio::test]
async fn a_message_goes_out_over_tls_when_the_host_can() {
    let (_, identity) = identity("mx.example.test");
    let mx = Host::with_tls(&identity);
    let world = World::new(mx.clone(), Host::plain());
    let engine = start(&world, World::settings()).await;
    send(&engine, "user@example.test").await;
    assert!(world.until(DAY, || engine.queue().is_empty()).await);
    let messages = mx.messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].tls);
    assert_eq!(messages[0].recipients, ["RCPT TO:<user@example.test>"]);
    assert!(
        messages[0]
            .content
            .ends_with("Subject: canary\r\n\r\ncanary\r\n")
    );
    assert_eq!(world.elapsed(), Duration::ZERO);
    assert_eq!(
        world.questions(),
        [
            "MX example.test",
            "A mx.example.test",
            "AAAA mx.example.test"
        ]
    );
}

#[tokio::test]
async fn a_message_goes_out_in_plaintext_when_the_host_has_no_tls() {
    let mx = Host::plain();
    let world = World::new(mx.clone(), Host::plain());
    let engine = start(&world, World::settings()).await;
    send(&engine, "user@example.test").await;
    assert!(world.until(DAY, || engine.queue().is_empty()).await);
    assert_eq!(mx.messages().len(), 1);
    assert!(!mx.messages()[0].tls);
}
