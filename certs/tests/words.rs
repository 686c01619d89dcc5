//! Each word of the catalogue is judged by webpki, chain and name apart: exactly the expected complaint and no other.

#![cfg(feature = "legacy-tls")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mtaspec_certs::{Authorities, Holder, KeyKind, Mint, Minted, Word};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

const HOST: &str = "mx.example.abcdefgh.test";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

fn holder() -> Holder {
    Holder {
        host: HOST.into(),
        addresses: vec![
            "198.18.3.4".parse().unwrap(),
            "2001:db8::7".parse().unwrap(),
        ],
        next_hop_domain: Some("example.abcdefgh.test".into()),
        default_key: KeyKind::EcdsaP256,
    }
}

fn mint() -> Mint {
    Mint::new(Arc::new(Authorities::committed()), now())
}

/// What webpki says of the chain, then of the name: the complaint's name, or `ok`.
fn judge(minted: &Minted, roots: &[Vec<u8>], name: &str, usage: KeyUsage) -> (String, String) {
    let roots: Vec<_> = roots
        .iter()
        .map(|root| CertificateDer::from(root.as_slice()))
        .collect();
    let anchors: Vec<_> = roots
        .iter()
        .map(|root| webpki::anchor_from_trusted_cert(root).unwrap())
        .collect();
    let leaf = CertificateDer::from(minted.leaf());
    let above: Vec<_> = minted.chain[1..]
        .iter()
        .map(|der| CertificateDer::from(der.as_slice()))
        .collect();
    let leaf = match EndEntityCert::try_from(&leaf) {
        Ok(leaf) => leaf,
        Err(error) => {
            return (
                format!("unreadable: {}", complaint(&error)),
                "unreadable".into(),
            );
        }
    };
    let time = UnixTime::since_unix_epoch(now().duration_since(SystemTime::UNIX_EPOCH).unwrap());
    let path = leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &above,
        time,
        usage,
        None,
        None,
    );
    let name = leaf.verify_is_valid_for_subject_name(&ServerName::try_from(name).unwrap());
    let said = |result: Result<(), webpki::Error>| {
        result.map_or_else(|error| complaint(&error), |()| "ok".into())
    };
    (said(path.map(drop)), said(name))
}

fn complaint(error: &webpki::Error) -> String {
    let text = format!("{error:?}");
    text.chars()
        .take_while(|letter| letter.is_alphanumeric())
        .collect()
}

#[test]
fn webpki_has_exactly_the_complaint_that_each_word_is_about() {
    let ok = ("ok", "ok");
    let wrong_name = ("ok", "CertNotValidForName");
    let bad_star = ("MalformedDnsIdentifier", "CertNotValidForName");
    // (word, (of the chain, of the name), certificates sent)
    let cases = [
        (Word::Valid, ok, 2),
        (Word::Renewed, ok, 2),
        (Word::Wildcard, ok, 2),
        (Word::Expired, ("CertExpired", "ok"), 2),
        (Word::NotYetValid, ("CertNotValidYet", "ok"), 2),
        (Word::SelfSigned, ("UnknownIssuer", "ok"), 1),
        (Word::UntrustedCa, ("UnknownIssuer", "ok"), 3),
        (Word::AnchorNotSent, ("UnknownIssuer", "ok"), 2),
        (Word::MissingIntermediate, ("UnknownIssuer", "ok"), 1),
        (Word::ExpiredIntermediate, ("CertExpired", "ok"), 2),
        (Word::WrongName, wrong_name, 2),
        (Word::RecipientDomain, wrong_name, 2),
        (Word::CnOnly, wrong_name, 2),
        (Word::IpAddressOnly, wrong_name, 2),
        (Word::EmptySubject, ok, 2),
        (Word::UpperCaseName, ok, 2),
        (Word::PartialWildcard, bad_star, 2),
        (Word::DoubleWildcard, bad_star, 2),
        (Word::InnerWildcard, bad_star, 2),
        (Word::ClientOnly, ("RequiredEkuNotFoundContext", "ok"), 2),
        (Word::CaLeaf, ("CaUsedAsEndEntity", "ok"), 2),
        (
            Word::PathLengthExceeded,
            ("PathLenConstraintViolated", "ok"),
            3,
        ),
        (
            Word::NameConstraintsViolated,
            ("NameConstraintViolation", "ok"),
            2,
        ),
        (
            Word::CriticalExtension,
            ("unreadable: UnsupportedCriticalExtension", "unreadable"),
            2,
        ),
        (
            Word::X509V1,
            ("unreadable: UnsupportedCertVersion", "unreadable"),
            2,
        ),
        (Word::LargeChain, ok, 2),
        (Word::WrongKey, ok, 2),
        (Word::Rsa1024, ok, 2),
        (Word::Rsa2048, ok, 2),
        (Word::Rsa4096, ok, 2),
        (Word::EcdsaP384, ok, 2),
        (Word::Ed25519, ok, 2),
        (
            Word::Sha1,
            ("UnsupportedSignatureAlgorithmContext", "ok"),
            2,
        ),
        (Word::Md5, ("UnsupportedSignatureAlgorithmContext", "ok"), 2),
    ];
    assert_eq!(cases.map(|(word, ..)| word).as_slice(), Word::ALL);
    let roots = Authorities::committed().root_der();
    let mint = mint();
    for (word, (path, name), sent) in cases {
        let minted = mint.mint(&word.into(), &holder()).unwrap();
        let got = judge(&minted, &roots, HOST, KeyUsage::server_auth());
        assert_eq!(got, (path.into(), name.into()), "{word}");
        assert_eq!(minted.chain.len(), sent, "{word}");
    }
}
