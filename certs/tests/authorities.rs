//! The committed authorities are good for test names and TLS alone, although their keys are published: shown with
//! webpki and with OpenSSL, two verifiers that share no code.

#![cfg(feature = "legacy-tls")]
#![expect(clippy::unwrap_used, reason = "all of this file is tests")]

use std::time::Duration;

use mtaspec_certs::{Authorities, AuthorityFiles, catalogue, inspect, inspect_fixtures};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId, X509StoreContext};
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose as Purpose, Issuer, KeyPair, SanType,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

/// In 2026.
const NOW: u64 = 1_790_000_000;

const BRANCHES: [(&str, &str); 2] = [
    (
        include_str!("../pki/intermediate.pem"),
        include_str!("../pki/intermediate.key.pem"),
    ),
    (
        include_str!("../pki/rsa-intermediate.pem"),
        include_str!("../pki/rsa-intermediate.key.pem"),
    ),
];

/// A leaf that somebody has made with the published keys.
fn leaf(branch: (&str, &str), name: SanType, purpose: Purpose) -> X509 {
    let issuer = Issuer::from_ca_cert_pem(branch.0, KeyPair::from_pem(branch.1).unwrap()).unwrap();
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "somebody");
    params.subject_alt_names = vec![name];
    params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    let der = params
        .signed_by(&KeyPair::generate().unwrap(), &issuer)
        .unwrap();
    X509::from_der(der.der()).unwrap()
}

fn webpki_says(leaf: &X509, intermediate: &X509, usage: KeyUsage) -> Result<(), webpki::Error> {
    let roots = Authorities::committed().root_der();
    let roots: Vec<_> = roots
        .iter()
        .map(|root| CertificateDer::from(root.as_slice()))
        .collect();
    let anchors: Vec<_> = roots
        .iter()
        .map(|root| webpki::anchor_from_trusted_cert(root).unwrap())
        .collect();
    let (leaf, intermediate) = (leaf.to_der().unwrap(), intermediate.to_der().unwrap());
    let leaf = CertificateDer::from(leaf);
    EndEntityCert::try_from(&leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &[CertificateDer::from(intermediate)],
            UnixTime::since_unix_epoch(Duration::from_secs(NOW)),
            usage,
            None,
            None,
        )
        .map(drop)
}

fn openssl_says(leaf: &X509, intermediate: &X509, purpose: X509PurposeId) -> Result<(), String> {
    let mut store = X509StoreBuilder::new().unwrap();
    for root in Authorities::committed().root_der() {
        store.add_cert(X509::from_der(&root).unwrap()).unwrap();
    }
    let mut param = X509VerifyParam::new().unwrap();
    param.set_time(NOW.try_into().unwrap());
    param.set_purpose(purpose).unwrap();
    store.set_param(&param).unwrap();
    let mut chain = Stack::new().unwrap();
    chain.push(intermediate.clone()).unwrap();
    let mut context = X509StoreContext::new().unwrap();
    context
        .init(&store.build(), leaf, &chain, |context| {
            Ok(if context.verify_cert()? {
                Ok(())
            } else {
                Err(context.error().error_string().to_owned())
            })
        })
        .unwrap()
}

#[test]
fn names_outside_the_tests_cannot_be_vouched_for() {
    let dns = |name: &str| SanType::DnsName(name.try_into().unwrap());
    let address = |text: &str| SanType::IpAddress(text.parse().unwrap());
    let mail = |text: &str| SanType::Rfc822Name(text.try_into().unwrap());
    // (name, does OpenSSL take it, does webpki?)
    let cases = [
        (dns("mx.example.abcdefgh.test"), true, true),
        (dns("test"), true, true),
        (dns("*.example.test"), true, true),
        (address("127.0.0.1"), true, true),
        (address("198.19.255.255"), true, true),
        (address("::1"), true, true),
        (address("2001:db8::7"), true, true),
        (mail("user@example.test"), true, false), // webpki refuses all mail names that a constraint speaks of
        (dns("mx.example.com"), false, false),
        (dns("example.org"), false, false),
        (dns("contest"), false, false),
        (dns("example.test.com"), false, false),
        (address("198.20.0.0"), false, false),
        (address("192.0.2.1"), false, false),
        (address("2001:db9::1"), false, false),
        (address("::2"), false, false),
        (mail("user@example.com"), false, false),
        (mail("user@example.contest"), false, false),
    ];
    for branch in BRANCHES {
        let intermediate = X509::from_pem(branch.0.as_bytes()).unwrap();
        for (name, openssl, webpki) in &cases {
            let leaf = leaf(branch, name.clone(), Purpose::ServerAuth);
            let got = openssl_says(&leaf, &intermediate, X509PurposeId::SSL_SERVER);
            let want = if *openssl {
                Ok(())
            } else {
                Err("permitted subtree violation".to_owned())
            };
            assert_eq!(got, want, "OpenSSL, {name:?}");
            let got = webpki_says(&leaf, &intermediate, KeyUsage::server_auth());
            let want = if *webpki {
                Ok(())
            } else {
                Err(webpki::Error::NameConstraintViolation)
            };
            assert_eq!(got, want, "webpki, {name:?}");
        }
    }
}

#[test]
fn uses_other_than_tls_are_refused() {
    const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
    const MAIL: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];
    let name = || SanType::DnsName("mx.example.test".try_into().unwrap());
    for branch in BRANCHES {
        let intermediate = X509::from_pem(branch.0.as_bytes()).unwrap();
        for (purpose, usage) in [
            (Purpose::CodeSigning, CODE_SIGNING),
            (Purpose::EmailProtection, MAIL),
        ] {
            let leaf = leaf(branch, name(), purpose.clone());
            for usage in [
                KeyUsage::required(usage),
                KeyUsage::server_auth(),
                KeyUsage::client_auth(),
            ] {
                let got = webpki_says(&leaf, &intermediate, usage).unwrap_err();
                assert!(
                    matches!(got, webpki::Error::RequiredEkuNotFoundContext(_)),
                    "{purpose:?}: {got:?}"
                );
            }
            for (to_be, passes) in [
                (X509PurposeId::SSL_SERVER, false),
                (X509PurposeId::SSL_CLIENT, false),
                (X509PurposeId::SMIME_SIGN, false),
                (X509PurposeId::SMIME_ENCRYPT, false),
                // For this purpose alone OpenSSL reads the usages of the leaf and not those of its authorities.
                (X509PurposeId::CODE_SIGN, purpose == Purpose::CodeSigning),
                (X509PurposeId::ANY, true),
            ] {
                let got = openssl_says(&leaf, &intermediate, to_be);
                let want = if passes {
                    Ok(())
                } else {
                    Err("unsuitable certificate purpose".to_owned())
                };
                assert_eq!(got, want, "{purpose:?} {}", to_be.as_raw());
            }
        }
    }
}

#[test]
fn the_committed_authorities_say_what_they_are() {
    // (file, common name)
    let root = "mtaspec PUBLIC TEST ROOT (private key is published)";
    let intermediate = "mtaspec PUBLIC TEST INTERMEDIATE (private key is published)";
    let cases = [
        (include_str!("../pki/root.pem"), root),
        (include_str!("../pki/intermediate.pem"), intermediate),
        (include_str!("../pki/rsa-root.pem"), root),
        (include_str!("../pki/rsa-intermediate.pem"), intermediate),
        (include_str!("../pki/other-root.pem"), root),
    ];
    for (pem, want) in cases {
        let certificate = X509::from_pem(pem.as_bytes()).unwrap();
        let name = certificate
            .subject_name()
            .entries_by_nid(openssl::nid::Nid::COMMONNAME)
            .next()
            .unwrap();
        assert_eq!(name.data().as_slice(), want.as_bytes());
        assert_eq!(
            certificate.not_before().to_string(),
            "Jan  1 00:00:00 2000 GMT"
        );
        assert_eq!(
            certificate.not_after().to_string(),
            "Dec 31 23:59:59 2049 GMT"
        );
    }
}

#[test]
fn what_is_committed_is_what_the_catalogue_says() {
    assert_eq!(
        inspect(&AuthorityFiles::committed(), catalogue::authorities()),
        Vec::<String>::new()
    );
    assert_eq!(inspect_fixtures(), Vec::<String>::new());
}

#[test]
fn every_difference_from_the_catalogue_is_a_sentence() {
    let mut profile = catalogue::authorities().clone();
    profile.root = "another root".into();
    profile.last_year = 2048;
    profile.permitted_ranges.push("10.0.0.0/8".into());
    profile.uses.pop();
    let differences = inspect(&AuthorityFiles::committed(), &profile);
    assert_eq!(differences.len(), 5 * 3 + 3, "{differences:#?}");
    let of_the_root = differences
        .iter()
        .filter(|text| text.starts_with("certs/pki/root.pem"));
    assert_eq!(
        of_the_root.map(String::as_str).collect::<Vec<_>>(),
        [
            "certs/pki/root.pem: the common name: wanted \"another root\", got \"mtaspec PUBLIC TEST ROOT (private key \
             is published)\".",
            "certs/pki/root.pem: the last moment: wanted \"2048-12-31 23:59:59.0 +00:00:00\", got \"2049-12-31 \
             23:59:59.0 +00:00:00\".",
            "certs/pki/root.pem: what is permitted: wanted \"host test, mail .test, range 10.0.0.0/8, range 127.0.0.0/8, \
             range 198.18.0.0/15, range 2001:db8::/32, range ::1/128\", got \"host test, mail .test, range 127.0.0.0/8, \
             range 198.18.0.0/15, range 2001:db8::/32, range ::1/128\".",
            "certs/pki/root.pem: the uses: wanted \"serverAuth\", got \"serverAuth, clientAuth\".",
        ]
    );
}
