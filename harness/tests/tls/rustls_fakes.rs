//! Fakes that rustls serves.

use std::collections::BTreeMap;
use std::sync::Arc;

use mtaspec_harness::internet::tls::TlsSetup;
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{ClientCertificate, Shown, TlsVersion};

use crate::client;
use crate::stage::{HOST, fake, serve};

#[tokio::test]
async fn a_healthy_fake_speaks_and_tells_what_the_client_saw() {
    let fake = Arc::new(fake(&TlsSetup::default()).unwrap());
    for (version, name) in [
        (&rustls::version::TLS12, "1.2"),
        (&rustls::version::TLS13, "1.3"),
    ] {
        let (address, seen) = serve(Arc::clone(&fake), None, b"").await;
        let spoken = client::speak(address, client::config(&[version]), HOST)
            .await
            .unwrap();
        let seen = seen.await.unwrap();
        assert_eq!(spoken.answer, "221 bye\r\n");
        assert_eq!(spoken.leaf, fake.certificates().next().unwrap().leaf());
        let [
            What::TlsOffered { sni, versions, .. },
            What::TlsEstablished {
                version,
                cipher,
                group,
                certificate,
                key,
                client_certificate,
                resumed,
                ..
            },
        ] = &seen.events[..]
        else {
            panic!("{:?}", seen.events)
        };
        assert_eq!(sni.as_deref(), Some(HOST));
        assert!(versions.contains(&name.to_owned()));
        assert_eq!(version, name);
        assert_eq!(
            cipher.replace("TLS_AES", "TLS13_AES"),
            spoken.cipher.replace("TLS_AES", "TLS13_AES")
        );
        assert_eq!(*group, spoken.group);
        assert_eq!(
            (certificate.as_str(), key.as_str()),
            ("valid", "ecdsa-p256")
        );
        assert!(!client_certificate && !resumed && seen.established);
    }
}

#[tokio::test]
async fn a_hello_without_a_common_version_is_answered_with_protocol_version() {
    let setup = TlsSetup {
        versions: vec![TlsVersion::Tls13],
        ..TlsSetup::default()
    };
    let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
    let error = client::speak(address, client::config(&[&rustls::version::TLS12]), HOST)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
    let seen = seen.await.unwrap();
    assert_eq!(seen.met(), ["host.\"mx.example.test\".tls"]);
    assert_eq!(
        seen.events.last(),
        Some(&What::TlsFailed {
            by: By::Receiver,
            alert: Some("protocol_version".to_owned()),
            version: None,
        })
    );
}

#[tokio::test]
async fn a_name_may_be_refused_and_a_certificate_demanded() {
    // (setup, alert, met)
    let refuses = TlsSetup {
        sni: BTreeMap::from([("MX.example.test".to_owned(), Shown::Refuse)]),
        ..TlsSetup::default()
    };
    let demands = TlsSetup {
        client_certificate: ClientCertificate::Required,
        ..TlsSetup::default()
    };
    let nothing = TlsSetup {
        ciphers: Some(Vec::new()),
        ..TlsSetup::default()
    };
    let cases = [
        (refuses, "unrecognized_name", "sni"),
        (demands, "certificate_required", "client_certificate"),
        (nothing, "handshake_failure", "ciphers"),
    ];
    for (setup, want, key) in cases {
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        client::speak(address, client::modern(), HOST)
            .await
            .unwrap_err();
        let seen = seen.await.unwrap();
        let Some(What::TlsFailed {
            by: By::Receiver,
            alert,
            ..
        }) = seen.events.last()
        else {
            panic!("{:?}", seen.events)
        };
        assert_eq!(alert.as_deref(), Some(want));
        assert_eq!(seen.met(), [format!("host.\"mx.example.test\".{key}")]);
    }
}

#[tokio::test]
async fn a_sender_that_trusts_nobody_says_so_and_one_without_a_common_suite_is_refused() {
    let strict = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        rustls::ClientConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(rustls::RootCertStore {
            roots: vec![rustls::pki_types::TrustAnchor {
                subject: b"nobody"[..].into(),
                subject_public_key_info: b"none"[..].into(),
                name_constraints: None,
            }],
        })
        .with_no_client_auth()
    };
    let old = vec![TlsVersion::Tls10, TlsVersion::Tls12, TlsVersion::Tls13];
    for versions in [TlsSetup::default().versions, old] {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let setup = TlsSetup {
                versions: versions.clone(),
                ..TlsSetup::default()
            };
            let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
            client::speak(address, strict(&[version]), HOST)
                .await
                .unwrap_err();
            let seen = seen.await.unwrap();
            let failed = seen.events.last();
            assert!(
                matches!(failed, Some(What::TlsFailed { by: By::Sender, alert: Some(alert), .. }) if alert == "unknown_ca"),
                "{failed:?}"
            );
            assert!(!seen.established);
        }
        let setup = TlsSetup {
            versions,
            ciphers: Some(vec!["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned()]),
            ..TlsSetup::default()
        };
        let mut provider = rustls::crypto::ring::default_provider();
        provider
            .cipher_suites
            .retain(|suite| !format!("{:?}", suite.suite()).contains("AES_128"));
        let config = client::with_provider(provider, &[&rustls::version::TLS12]);
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        client::speak(address, config, HOST).await.unwrap_err();
        let seen = seen.await.unwrap();
        let failed = seen.events.last();
        assert!(
            matches!(failed, Some(What::TlsFailed { by: By::Receiver, alert: Some(alert), .. }) if alert == "handshake_failure"),
            "{failed:?}"
        );
    }
}
