//! Scripted hellos: who accepts them, and who does not.

use std::sync::Arc;

use mtaspec_harness::internet::tls::{TlsSetup, TlsSetupError};
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::TlsVersion;
use openssl::ssl::SslVersion;

use crate::client;
use crate::old_client::{self, of_version};
use crate::stage::{HOST, exchange, fake, serve};

fn scripted(version: TlsVersion, quirks: &[&str]) -> TlsSetup {
    let quirks = quirks.iter().chain(&["scripted-hello"]);
    TlsSetup {
        versions: vec![version],
        quirks: quirks.map(|quirk| (*quirk).to_owned()).collect(),
        ..TlsSetup::default()
    }
}

/// Accepted, or the alert by which it was refused.
fn reaction(events: &[What]) -> (Option<&str>, Option<&str>) {
    match events.last() {
        Some(What::TlsAccepted { version }) => (Some(version), None),
        Some(What::TlsFailed {
            by: By::Sender,
            alert,
            ..
        }) => (None, alert.as_deref()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sender_accepts_the_versions_that_it_has_and_refuses_the_others() {
    // (version of the script, best version of the sender, alert by which it refuses)
    let cases = [
        (
            TlsVersion::Ssl3,
            SslVersion::TLS1_2,
            Some("protocol_version"),
        ),
        (TlsVersion::Tls10, SslVersion::TLS1, None),
        (
            TlsVersion::Tls10,
            SslVersion::TLS1_2,
            Some("protocol_version"),
        ),
        (TlsVersion::Tls11, SslVersion::TLS1_1, None),
        (TlsVersion::Tls12, SslVersion::TLS1_2, None),
        (
            TlsVersion::Tls12,
            SslVersion::TLS1_3,
            Some("protocol_version"),
        ),
        (TlsVersion::Tls13, SslVersion::TLS1_3, None),
    ];
    for (version, client, want) in cases {
        let fake = fake(&scripted(version, &[])).unwrap();
        assert!(fake.versions_spoken().is_empty());
        let (address, seen) = serve(Arc::new(fake), None, b"").await;
        old_client::speak(address, of_version(client))
            .await
            .unwrap_err();
        let seen = seen.await.unwrap();
        let (accepted, alert) = reaction(&seen.events);
        assert_eq!(
            accepted.is_some(),
            want.is_none(),
            "{version:?} {:?}",
            seen.events
        );
        assert_eq!(alert, want, "{version:?}");
    }
}

#[tokio::test]
async fn rustls_refuses_ssl_3_and_accepts_a_scripted_tls_1_3() {
    for (version, want) in [(TlsVersion::Ssl3, None), (TlsVersion::Tls13, Some("1.3"))] {
        let setup = TlsSetup {
            versions: vec![version],
            ..scripted(version, &[])
        };
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        client::speak(address, client::modern(), HOST)
            .await
            .unwrap_err();
        let seen = seen.await.unwrap();
        assert_eq!(reaction(&seen.events).0, want, "{:?}", seen.events);
    }
}

#[tokio::test]
async fn without_renegotiation_info_a_sender_refuses_whatever_the_version() {
    for (quirks, want) in [
        (&[][..], None),
        (&["no-renegotiation-info"][..], Some("handshake_failure")),
    ] {
        let setup = scripted(TlsVersion::Tls12, quirks);
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        old_client::speak(address, of_version(SslVersion::TLS1_2))
            .await
            .unwrap_err();
        let seen = seen.await.unwrap();
        assert_eq!(reaction(&seen.events).1, want);
        assert_eq!(
            seen.met()[..2],
            [
                "host.\"mx.example.test\".tls",
                "host.\"mx.example.test\".quirks"
            ]
        );
    }
}

/// A hello of TLS 1.2 that offers these suites and nothing else.
fn bare_hello(suites: &[u16]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend(u16::try_from(suites.len() * 2).unwrap().to_be_bytes());
    body.extend(suites.iter().flat_map(|suite| suite.to_be_bytes()));
    body.extend([1, 0]);
    let length = u8::try_from(body.len()).unwrap();
    let mut bytes = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    bytes.extend(body);
    // The record of a ClientKeyExchange: the sender goes on.
    bytes.extend([22, 3, 3, 0, 4, 16, 0, 0, 0]);
    bytes
}

#[tokio::test]
async fn suites_that_no_stack_has_are_shown_by_a_script() {
    // (suites of the fake, suites of the hello, suite of the answer; none: an alert)
    let rc4: &[&str] = &["TLS_RSA_WITH_RC4_128_SHA"];
    let mixed: &[&str] = &["TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"];
    let export: &[&str] = &["TLS_RSA_EXPORT_WITH_RC4_40_MD5"];
    let cases: [(&[&str], &[u16], Option<u16>); 5] = [
        (rc4, &[0x002f, 0x0005], Some(0x0005)),
        (mixed, &[0x002f, 0x0005], Some(0x0005)),
        (mixed, &[0x002f], Some(0x002f)),
        (export, &[0x0003], Some(0x0003)),
        (rc4, &[0x002f], None),
    ];
    for (ciphers, offered, want) in cases {
        let setup = TlsSetup {
            versions: vec![TlsVersion::Tls12],
            ciphers: Some(ciphers.iter().map(|name| (*name).to_owned()).collect()),
            ..TlsSetup::default()
        };
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        let answer = exchange(address, &bare_hello(offered)).await;
        let suite = (answer[0] == 22).then(|| {
            let session = usize::from(answer[43]);
            u16::from_be_bytes([answer[44 + session], answer[45 + session]])
        });
        assert_eq!(suite, want, "{ciphers:?}");
        assert!(suite.is_some() || answer == [21, 3, 3, 0, 2, 2, 40]);
        let accepted = matches!(seen.await.unwrap().events.last(),Some(What::TlsAccepted { version }) if version == "1.2");
        assert_eq!(accepted, suite.is_some_and(|suite| suite != 0x002f));
    }
}

#[test]
fn what_cannot_be_set_up_is_an_error_that_names_it() {
    let unknown = TlsSetup {
        ciphers: Some(vec!["TLS_NO_SUCH_SUITE".to_owned()]),
        ..TlsSetup::default()
    };
    let nothing = TlsSetup {
        versions: vec![TlsVersion::Tls13],
        groups: vec!["dh-1024".to_owned()],
        ..TlsSetup::default()
    };
    let group = TlsSetup {
        groups: vec!["secp999r1".to_owned()],
        ..TlsSetup::default()
    };
    let error = |setup| fake(&setup).err().unwrap();
    assert!(
        matches!(error(unknown), TlsSetupError::UnknownSuite(name) if name == "TLS_NO_SUCH_SUITE")
    );
    assert!(matches!(error(nothing), TlsSetupError::NothingSpoken(_)));
    assert!(matches!(error(group), TlsSetupError::NotInThisBuild(name) if name == "secp999r1"));
}
