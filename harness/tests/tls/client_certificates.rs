//! What a fake asks of the sender's certificate, in both stacks.

use std::sync::Arc;

use mtaspec_harness::internet::tls::TlsSetup;
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{ClientCertificate, TlsVersion};
use openssl::ssl::SslVersion;

use crate::old_client::{self, of_version};
use crate::stage::{fake, serve};

#[tokio::test]
async fn a_client_certificate_is_asked_for_and_kept() {
    for versions in [
        vec![TlsVersion::Tls10, TlsVersion::Tls12, TlsVersion::Tls13],
        vec![TlsVersion::Tls12, TlsVersion::Tls13],
    ] {
        for asked in [
            ClientCertificate::Ignored,
            ClientCertificate::Requested,
            ClientCertificate::Required,
        ] {
            for shows in [false, true] {
                for client in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
                    let setup = TlsSetup {
                        versions: versions.clone(),
                        client_certificate: asked,
                        ..TlsSetup::default()
                    };
                    let own = fake(&TlsSetup::default()).unwrap();
                    let own = Arc::clone(own.certificates().next().unwrap());
                    let mut builder = of_version(client);
                    if shows {
                        let leaf = openssl::x509::X509::from_der(own.leaf()).unwrap();
                        builder.set_certificate(&leaf).unwrap();
                        builder
                            .add_extra_chain_cert(
                                openssl::x509::X509::from_der(&own.chain[1]).unwrap(),
                            )
                            .unwrap();
                        builder
                            .set_private_key(
                                &openssl::pkey::PKey::private_key_from_der(&own.private_key)
                                    .unwrap(),
                            )
                            .unwrap();
                    }
                    let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
                    let spoken = old_client::speak(address, builder).await;
                    let seen = seen.await.unwrap();
                    let want = asked != ClientCertificate::Required || shows;
                    assert_eq!(
                        seen.established, want,
                        "{asked:?} {shows} {:?}",
                        seen.events
                    );
                    assert_eq!(spoken.is_ok(), want);
                    let chain = if shows && asked != ClientCertificate::Ignored {
                        own.chain.clone()
                    } else {
                        Vec::new()
                    };
                    assert_eq!(seen.client_chain, chain);
                    if !want {
                        let alert = if client == SslVersion::TLS1_3 {
                            "certificate_required"
                        } else {
                            "handshake_failure"
                        };
                        assert!(
                            matches!(seen.events.last(), Some(What::TlsFailed { by: By::Receiver, alert: Some(sent), .. }) if sent == alert || sent == "certificate_required"),
                            "{:?}",
                            seen.events
                        );
                    }
                    let met = asked != ClientCertificate::Ignored;
                    assert_eq!(
                        seen.met()
                            .iter()
                            .any(|met| met.ends_with(".client_certificate")),
                        met
                    );
                }
            }
        }
    }
}
