//! Which names stand where, by word and by table.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use mtaspec_certs::{Authorities, CertificateSpec, Holder, KeyKind, Mint, MintError, Minted, Word};
use openssl::x509::X509;
use webpki::KeyUsage;

use crate::chains::judge;
use crate::{HOST, holder, mint};

#[test]
fn a_service_has_a_host_name_of_its_own_for_each_of_its_three_roles() {
    let roles = ["mx", "relay", "submission"].map(|role| format!("{role}.example.abcdefgh.test"));
    let of_role = |host: &String| {
        let holder = Holder {
            host: host.clone(),
            ..holder()
        };
        mint().mint(&Word::Valid.into(), &holder).unwrap()
    };
    for host in &roles {
        let minted = of_role(host);
        for other in &roles {
            let fits = names(&minted).1.contains(other);
            assert_eq!(fits, other == host, "the certificate of {host} for {other}");
        }
    }
}

#[test]
fn each_word_puts_the_names_where_it_says() {
    // (word, common name, alternative names)
    let cases: [(Word, &str, &[&str]); 12] = [
        (Word::Valid, HOST, &[HOST]),
        (
            Word::Wildcard,
            "*.example.abcdefgh.test",
            &["*.example.abcdefgh.test"],
        ),
        (
            Word::WrongName,
            "elsewhere.example.abcdefgh.test",
            &["elsewhere.example.abcdefgh.test"],
        ),
        (
            Word::RecipientDomain,
            "example.abcdefgh.test",
            &["example.abcdefgh.test"],
        ),
        (Word::CnOnly, HOST, &[]),
        (
            Word::IpAddressOnly,
            "ip-address-only.test",
            &[
                "[c6, 12, 03, 04]",
                "[20, 01, 0d, b8, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 07]",
            ],
        ),
        (Word::EmptySubject, "", &[HOST]),
        (
            Word::UpperCaseName,
            "MX.EXAMPLE.ABCDEFGH.TEST",
            &["MX.EXAMPLE.ABCDEFGH.TEST"],
        ),
        (
            Word::PartialWildcard,
            "m*.example.abcdefgh.test",
            &["m*.example.abcdefgh.test"],
        ),
        (
            Word::DoubleWildcard,
            "*.*.abcdefgh.test",
            &["*.*.abcdefgh.test"],
        ),
        (
            Word::InnerWildcard,
            "mx.*.abcdefgh.test",
            &["mx.*.abcdefgh.test"],
        ),
        (Word::X509V1, HOST, &[]),
    ];
    for (word, common_name, alternative) in cases {
        let minted = mint().mint(&word.into(), &holder()).unwrap();
        let alternative = alternative.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(
            names(&minted),
            (common_name.to_owned(), alternative),
            "{word}"
        );
    }
}

#[test]
fn a_table_puts_its_own_names_and_key_in_place_of_the_words() {
    let weak = "UnsupportedSignatureAlgorithmContext";
    // (table as scenarios write it; subject | alternative names; key; what webpki says of the chain)
    #[rustfmt::skip]
    let cases = [
        (r#"is = "valid", names = ["xn--mx-fka.test", "a.test"]"#, "xn--mx-fka.test | xn--mx-fka.test a.test", "ecdsa-p256", "ok"),
        (r#"is = "valid", names = []"#, "valid.test |", "ecdsa-p256", "ok"),
        (r#"is = "valid", names = ["a-label-of-forty-four-letters-and-a-few-digits-12.example.test"]"#,
            "a-label-of-forty-four-letters-and-a-few-digits-12.example.test | a-label-of-forty-four-letters-and-a-few-digits-12.example.test",
            "ecdsa-p256", "ok"),
        (r#"is = "valid", names = ["a-name-too-long-for-a-common-name-which-is-of-64.letters.example.test"]"#,
            "valid.test | a-name-too-long-for-a-common-name-which-is-of-64.letters.example.test", "ecdsa-p256", "ok"),
        (r#"is = "untrusted-ca", names = ["a.test"], common_name = "b.test""#, "b.test | a.test", "ecdsa-p256", "UnknownIssuer"),
        (r#"is = "expired", names = ["[198.18.3.4]"], key = "rsa-2048""#, "expired.test | [c6, 12, 03, 04]", "rsa-2048", "CertExpired"),
        (r#"is = "empty-subject", common_name = "a.test", key = "ed25519""#, "a.test | mx.example.abcdefgh.test", "ed25519", "ok"),
        (r#"is = "sha1", names = ["*.test"], key = "ecdsa-p384""#, "*.test | *.test", "ecdsa-p384", weak),
        (r#"is = "self-signed", names = ["a.test"], key = "rsa-1024""#, "a.test | a.test", "rsa-1024", "UnknownIssuer"),
    ];
    let roots = Authorities::committed().root_der();
    for (table, want, key, chain) in cases {
        let text = format!("spec = {{ {table} }}");
        let mut read: BTreeMap<String, CertificateSpec> = toml::from_str(&text).unwrap();
        let minted = mint()
            .mint(&read.remove("spec").unwrap(), &holder())
            .unwrap();
        let (common_name, alternative) = names(&minted);
        let got = format!("{common_name} | {}", alternative.join(" "));
        assert_eq!(
            (got.trim_end(), minted.key.as_str()),
            (want, key),
            "{table}"
        );
        let got = judge(&minted, &roots, HOST, KeyUsage::server_auth()).0;
        assert_eq!(got, chain, "{table}");
    }
}

#[test]
fn what_cannot_be_made_is_an_error_with_the_name_at_fault() {
    let bare = Holder {
        host: "test".into(),
        addresses: Vec::new(),
        next_hop_domain: None,
        default_key: KeyKind::EcdsaP256,
    };
    let unicode = Holder {
        host: "mx.bücher.test".into(),
        ..holder()
    };
    let cases = [
        (
            Word::Wildcard,
            &bare,
            "\"test\" has too few labels for the certificate `wildcard`",
        ),
        (
            Word::DoubleWildcard,
            &bare,
            "\"test\" has too few labels for the certificate `double-wildcard`",
        ),
        (
            Word::RecipientDomain,
            &bare,
            "\"test\" has too few labels for the certificate `recipient-domain`",
        ),
        (
            Word::IpAddressOnly,
            &bare,
            "\"test\" has no address that a certificate could name",
        ),
        (
            Word::Valid,
            &unicode,
            "\"mx.bücher.test\" cannot stand in a certificate; names go there in ASCII form",
        ),
    ];
    for (word, holder, want) in cases {
        assert_eq!(
            mint().mint(&word.into(), holder).unwrap_err().to_string(),
            want
        );
    }
    let late = Mint::new(Arc::new(Authorities::committed()), SystemTime::UNIX_EPOCH);
    let error = late.mint(&Word::Valid.into(), &holder()).unwrap_err();
    assert!(matches!(error, MintError::BadTime), "{error}");
}

/// Common name, DNS names and addresses, as OpenSSL reads them.
fn names(minted: &Minted) -> (String, Vec<String>) {
    let leaf = X509::from_der(minted.leaf()).unwrap();
    let common_name = leaf
        .subject_name()
        .entries()
        .next()
        .map(|entry| entry.data().to_string().unwrap());
    let names = leaf
        .subject_alt_names()
        .into_iter()
        .flatten()
        .map(|name| match name.dnsname() {
            Some(name) => name.to_owned(),
            None => format!("{:02x?}", name.ipaddress().unwrap()),
        });
    (common_name.unwrap_or_default(), names.collect())
}
