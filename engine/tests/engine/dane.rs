//! TLSA records and the two stacks: whichever made the handshake, the host must own the key of the certificate it shows.

use mtaspec_engine::settings::TlsVersion;

use crate::peer::Host;
use crate::scene::{Scene, deferred, delivered};

/// `example.test` with a host whose very certificate stands in a TLSA record of usage 3.
fn scene(fault: &str) -> Scene {
    let mut certificate = String::new();
    let scene = Scene::with_certificate(fault, |identity| {
        certificate = data_encoding::HEXLOWER.encode(&identity.chain[0]);
        Host::with_tls(identity)
    });
    let question = "TLSA _25._tcp.mx.example.test";
    scene
        .world
        .record(question, &[&format!("DANE-EE {certificate}")]);
    for question in [
        "MX example.test",
        "A mx.example.test",
        "AAAA mx.example.test",
        question,
    ] {
        scene.world.sign(question);
    }
    scene
}

#[tokio::test]
async fn a_host_that_does_not_own_the_key_of_its_certificate_is_refused_on_either_stack() {
    let floors: &[TlsVersion] = if cfg!(feature = "legacy-tls") {
        &[TlsVersion::Tls10, TlsVersion::Tls12]
    } else {
        &[TlsVersion::Tls12]
    };
    // (certificate of the host, outcome)
    let cases = [
        ("good", delivered("tls")),
        ("untrusted", delivered("tls")),
        ("wrong key", deferred("4.7.5")),
    ];
    for floor in floors {
        for (certificate, want) in &cases {
            let scene = scene(certificate);
            let engine = scene
                .start_with(|settings| {
                    settings.minimum_tls = *floor;
                    // The word of a resolver on loopback counts for signatures.
                    settings.resolvers = vec!["127.0.0.1:53".parse().unwrap()];
                })
                .await;
            scene.send(&engine, &["user@example.test"]).await;
            let got = scene.outcome(&engine).await;
            assert_eq!(got, *want, "{certificate} with floor {floor:?}");
        }
    }
}
