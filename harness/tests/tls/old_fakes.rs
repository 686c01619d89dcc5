//! Fakes that OpenSSL serves: old versions and suites, odd keys and groups.

use std::sync::Arc;

use mtaspec_certs::{CertificateSpec, Word};
use mtaspec_harness::internet::tls::TlsSetup;
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Shown, TlsVersion};
use openssl::ssl::SslVersion;

use crate::old_client::{self, of_version};
use crate::stage::{Seen, fake, serve};

const VERSIONS: [(TlsVersion, SslVersion, &str, &str); 4] = [
    (TlsVersion::Tls10, SslVersion::TLS1, "1.0", "TLSv1"),
    (TlsVersion::Tls11, SslVersion::TLS1_1, "1.1", "TLSv1.1"),
    (TlsVersion::Tls12, SslVersion::TLS1_2, "1.2", "TLSv1.2"),
    (TlsVersion::Tls13, SslVersion::TLS1_3, "1.3", "TLSv1.3"),
];

fn established(seen: &Seen) -> (String, String, Option<String>, String, String) {
    match seen.events.last() {
        Some(What::TlsEstablished {
            version,
            cipher,
            group,
            certificate,
            key,
            ..
        }) => (
            version.clone(),
            cipher.clone(),
            group.clone(),
            certificate.clone(),
            key.clone(),
        ),
        other => panic!("{other:?}"),
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn every_set_of_versions_is_spoken_and_no_other() {
    for set in 1..16_usize {
        let chosen = |at: usize| set & (1 << at) != 0;
        let versions: Vec<TlsVersion> = (0..4)
            .filter(|at| chosen(*at))
            .map(|at| VERSIONS[at].0)
            .collect();
        let setup = TlsSetup {
            versions: versions.clone(),
            ..TlsSetup::default()
        };
        let fake = Arc::new(fake(&setup).unwrap());
        assert_eq!(fake.versions_spoken(), versions);
        for (at, (_, version, name, shown)) in VERSIONS.iter().enumerate() {
            let (address, seen) = serve(Arc::clone(&fake), None, b"").await;
            let spoken = old_client::speak(address, of_version(*version)).await;
            let seen = seen.await.unwrap();
            if chosen(at) {
                let spoken = spoken.unwrap();
                assert_eq!(
                    (spoken.version, spoken.answer.as_str()),
                    (*shown, "221 bye\r\n"),
                    "{versions:?}"
                );
                let (version, cipher, ..) = established(&seen);
                assert_eq!((version.as_str(), cipher.as_str()), (*name, spoken.cipher));
            } else {
                assert!(spoken.is_err(), "{versions:?} and {name}");
                assert!(
                    matches!(seen.events.last(), Some(What::TlsFailed { alert: Some(alert), .. }) if alert == "protocol_version"),
                    "{versions:?} {name} {:?}",
                    seen.events
                );
            }
        }
        // A client that offers everything gets the best of them.
        let (address, seen) = serve(Arc::clone(&fake), None, b"").await;
        let best = VERSIONS
            .iter()
            .rfind(|(version, ..)| versions.contains(version))
            .unwrap();
        let spoken = old_client::speak(address, old_client::builder())
            .await
            .unwrap();
        assert_eq!(spoken.version, best.3, "{versions:?}");
        assert_eq!(established(&seen.await.unwrap()).0, best.2);
    }
}

/// Version, suites, groups; what is agreed on, in which group, and its bits.
type Agreement = (
    TlsVersion,
    &'static [&'static str],
    &'static str,
    &'static str,
    Option<&'static str>,
    (i32, i32),
);

const AGREEMENTS: [Agreement; 12] = [
    (
        TlsVersion::Tls10,
        &["TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
        "x25519",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        None,
        (112, 168),
    ),
    (
        TlsVersion::Tls12,
        &["TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
        "x25519",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        None,
        (112, 168),
    ),
    (
        TlsVersion::Tls12,
        &["TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"],
        "secp256r1",
        "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
        Some("secp256r1"),
        (112, 168),
    ),
    (
        TlsVersion::Tls12,
        &[
            "TLS_RSA_WITH_AES_256_CBC_SHA",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
        ],
        "x25519",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        None,
        (256, 256),
    ),
    (
        TlsVersion::Tls12,
        &[
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLS_RSA_WITH_AES_256_CBC_SHA",
        ],
        "x25519",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        None,
        (128, 128),
    ),
    (
        TlsVersion::Tls12,
        &["TLS_DHE_RSA_WITH_AES_128_CBC_SHA"],
        "dh-1024",
        "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
        Some("dh-1024"),
        (128, 128),
    ),
    (
        TlsVersion::Tls10,
        &["TLS_DHE_RSA_WITH_AES_128_CBC_SHA"],
        "dh-2048",
        "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
        Some("dh-2048"),
        (128, 128),
    ),
    (
        TlsVersion::Tls12,
        &["TLS_RSA_WITH_NULL_SHA"],
        "x25519",
        "TLS_RSA_WITH_NULL_SHA",
        None,
        (0, 0),
    ),
    (
        TlsVersion::Tls13,
        &["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"],
        "x25519mlkem768",
        "TLS_AES_256_GCM_SHA384",
        Some("x25519mlkem768"),
        (256, 256),
    ),
    (
        TlsVersion::Tls13,
        &["TLS_CHACHA20_POLY1305_SHA256"],
        "secp384r1",
        "TLS_CHACHA20_POLY1305_SHA256",
        Some("secp384r1"),
        (256, 256),
    ),
    (
        TlsVersion::Tls12,
        &[
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        ],
        "secp384r1",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        Some("secp384r1"),
        (256, 256),
    ),
    (
        TlsVersion::Tls12,
        &["TLS_DH_anon_WITH_AES_128_CBC_SHA"],
        "dh-2048",
        "TLS_DH_anon_WITH_AES_128_CBC_SHA",
        Some("dh-2048"),
        (128, 128),
    ),
];

#[tokio::test]
async fn suites_and_groups_are_those_of_the_scenario() {
    for (version, ciphers, asked, want, group, bits) in AGREEMENTS {
        let setup = TlsSetup {
            versions: vec![version],
            ciphers: Some(names(ciphers)),
            groups: names(&[asked]),
            ..TlsSetup::default()
        };
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        let spoken = old_client::speak(address, old_client::builder()).await;
        let seen = seen.await.unwrap();
        let spoken = spoken.unwrap_or_else(|error| panic!("{want}: {error} {:?}", seen.events));
        assert_eq!((spoken.cipher, spoken.bits), (want, bits));
        let (_, cipher, agreed, ..) = established(&seen);
        assert_eq!((cipher.as_str(), agreed.as_deref()), (want, group));
    }
}

#[tokio::test]
async fn a_host_whose_groups_are_fields_needs_no_suites_said() {
    for group in ["dh-1024", "dh-2048"] {
        let setup = TlsSetup {
            versions: vec![TlsVersion::Tls12],
            groups: names(&[group]),
            ..TlsSetup::default()
        };
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        old_client::speak(address, old_client::builder())
            .await
            .unwrap();
        let (_, cipher, agreed, _, key) = established(&seen.await.unwrap());
        assert_eq!(
            (cipher.as_str(), agreed.as_deref(), key.as_str()),
            (
                "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
                Some(group),
                "rsa-2048"
            )
        );
    }
}

#[tokio::test]
async fn every_certificate_of_the_catalogue_is_served_by_every_version() {
    let mut kinds = Vec::new();
    for word in Word::ALL {
        let spec = CertificateSpec::from(*word);
        for (versions, client) in [
            (vec![TlsVersion::Tls10], SslVersion::TLS1),
            (
                vec![TlsVersion::Tls12, TlsVersion::Tls13],
                SslVersion::TLS1_2,
            ),
            (
                vec![TlsVersion::Tls12, TlsVersion::Tls13],
                SslVersion::TLS1_3,
            ),
        ] {
            let setup = TlsSetup {
                versions,
                certificate: Shown::Certificate(spec.clone()),
                ..TlsSetup::default()
            };
            let fake = fake(&setup).unwrap();
            let leaf = fake.certificates().next().unwrap().leaf().to_vec();
            let (address, seen) = serve(Arc::new(fake), None, b"").await;
            let spoken = old_client::speak(address, of_version(client)).await;
            let seen = seen.await.unwrap();
            match (word, spoken) {
                // The signature is wrong: the client finds out.
                (Word::WrongKey, Err(_)) => assert!(
                    matches!(&seen.events.last(), Some(What::TlsFailed { by: By::Sender, alert: Some(alert), .. }) if alert == "decrypt_error"),
                    "{:?}",
                    seen.events
                ),
                // Ed25519 came with TLS 1.2 (RFC 8422 §5.10).
                (Word::Ed25519, Err(_)) if client == SslVersion::TLS1 => {}
                (_, Ok(spoken)) => {
                    assert_eq!(spoken.leaf, leaf, "{word}");
                    let (_, _, _, shown, key) = established(&seen);
                    assert_eq!(shown, word.as_str());
                    kinds.push(key);
                }
                (_, Err(error)) => panic!("{word} {client:?}: {error} {:?}", seen.events),
            }
            let met = seen.met();
            let shown =
                *word != Word::Valid && (*word != Word::Ed25519 || client != SslVersion::TLS1);
            let want = usize::from(shown);
            assert_eq!(
                met.iter()
                    .filter(|met| met.ends_with(".certificate"))
                    .count(),
                want,
                "{word} {client:?} {:?}",
                seen.events
            );
        }
    }
    kinds.sort();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "ecdsa-p256",
            "ecdsa-p384",
            "ed25519",
            "rsa-1024",
            "rsa-2048",
            "rsa-4096"
        ]
    );
}
