//! What webpki and OpenSSL say of each chain: exactly the expected complaint and no other.

use std::time::SystemTime;

use mtaspec_certs::{Authorities, Holder, Minted, Word};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId, X509StoreContext};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use crate::{HOST, holder, mint, now};

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

#[test]
fn what_openssl_says_of_each_chain_agrees() {
    // (word, OpenSSL's complaint); the others have none
    let complaints = [
        (Word::Expired, "certificate has expired"),
        (
            Word::NotYetValid,
            "certificate is not yet valid or the system clock is incorrect",
        ),
        (Word::SelfSigned, "self-signed certificate"),
        (
            Word::UntrustedCa,
            "self-signed certificate in certificate chain",
        ),
        (
            Word::AnchorNotSent,
            "unable to get local issuer certificate",
        ),
        (
            Word::MissingIntermediate,
            "unable to get local issuer certificate",
        ),
        (Word::ExpiredIntermediate, "certificate has expired"),
        (Word::ClientOnly, "unsuitable certificate purpose"),
        (Word::PathLengthExceeded, "path length constraint exceeded"),
        (Word::NameConstraintsViolated, "permitted subtree violation"),
        (Word::CriticalExtension, "unhandled critical extension"),
    ];
    let mint = mint();
    for word in Word::ALL.iter().copied() {
        let minted = mint.mint(&word.into(), &holder()).unwrap();
        let mut store = X509StoreBuilder::new().unwrap();
        for root in Authorities::committed().root_der() {
            store.add_cert(X509::from_der(&root).unwrap()).unwrap();
        }
        let mut param = X509VerifyParam::new().unwrap();
        param.set_time(1_790_000_000);
        param.set_purpose(X509PurposeId::SSL_SERVER).unwrap();
        param.set_auth_level(0);
        store.set_param(&param).unwrap();
        let mut above = Stack::new().unwrap();
        for certificate in &minted.chain[1..] {
            above.push(X509::from_der(certificate).unwrap()).unwrap();
        }
        let leaf = X509::from_der(minted.leaf()).unwrap();
        let mut context = X509StoreContext::new().unwrap();
        let got = context.init(&store.build(), &leaf, &above, |context| {
            let passed = context.verify_cert()?;
            Ok(if passed {
                None
            } else {
                Some(context.error().error_string())
            })
        });
        let want = complaints
            .iter()
            .find(|(of, _)| *of == word)
            .map(|(_, text)| *text);
        assert_eq!(got.unwrap(), want, "{word}");
    }
}

#[test]
fn a_sender_may_show_the_same_certificates_and_client_only_too() {
    let roots = Authorities::committed().root_der();
    // (word, what webpki says of the chain of a client)
    let cases = [
        (Word::Valid, "ok"),
        (Word::ClientOnly, "ok"),
        (Word::Rsa2048, "ok"),
        (Word::Expired, "CertExpired"),
        (Word::UntrustedCa, "UnknownIssuer"),
    ];
    for (word, want) in cases {
        let minted = mint().mint(&word.into(), &holder()).unwrap();
        assert_eq!(
            judge(&minted, &roots, HOST, KeyUsage::client_auth()).0,
            want,
            "{word}"
        );
    }
}

#[test]
fn the_topmost_certificate_is_an_anchor_whether_sent_or_not() {
    // (word, certificates above the leaf, of which sent, what webpki says with the topmost as the only anchor)
    let cases = [
        (Word::Valid, 1, 1, "ok"),
        (Word::Rsa2048, 1, 1, "ok"),
        (Word::UntrustedCa, 2, 2, "ok"),
        (Word::AnchorNotSent, 2, 1, "ok"),
        (Word::MissingIntermediate, 1, 0, "ok"),
        // What a trust anchor says of path lengths does not bind (RFC 5280 §6.2).
        (Word::PathLengthExceeded, 2, 2, "ok"),
    ];
    for (word, above, sent, want) in cases {
        let minted = mint().mint(&word.into(), &holder()).unwrap();
        assert_eq!(
            (minted.issuers.len(), minted.chain.len() - 1),
            (above, sent),
            "{word}"
        );
        assert_eq!(minted.chain[1..], minted.issuers[..sent], "{word}");
        let anchor = [minted.anchor().to_vec()];
        assert_eq!(
            judge(&minted, &anchor, HOST, KeyUsage::server_auth()).0,
            want,
            "{word}"
        );
    }
    let alone = mint().mint(&Word::SelfSigned.into(), &holder()).unwrap();
    assert_eq!(alone.anchor(), alone.leaf());
}

#[test]
fn a_large_chain_fits_no_single_tls_record() {
    for host in [HOST, "a.test", &format!("{0}.{0}.{0}.test", "a".repeat(60))] {
        let holder = Holder {
            host: host.into(),
            ..holder()
        };
        let minted = mint().mint(&Word::LargeChain.into(), &holder).unwrap();
        let octets: usize = minted.chain.iter().map(Vec::len).sum();
        assert!((16 * 1024..64 * 1024).contains(&octets), "{octets}");
    }
}

/// What webpki says of the chain, then of the name: the complaint's name, or `ok`.
pub(crate) fn judge(
    minted: &Minted,
    roots: &[Vec<u8>],
    name: &str,
    usage: KeyUsage,
) -> (String, String) {
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
