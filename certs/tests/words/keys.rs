//! Which key is whose.

use std::collections::BTreeSet;

use mtaspec_certs::{CertificateSpec, KeyKind, Word};
use openssl::pkey::PKey;
use openssl::x509::X509;

use crate::{holder, mint};

#[test]
fn no_two_certificates_share_a_key_and_each_key_fits_but_the_wrong_one() {
    let (mint, mut keys, mut serials) = (mint(), BTreeSet::new(), BTreeSet::new());
    for word in Word::ALL.iter().copied().chain(Word::ALL.iter().copied()) {
        let minted = mint.mint(&word.into(), &holder()).unwrap();
        let leaf = X509::from_der(minted.leaf()).unwrap();
        let key = PKey::private_key_from_pkcs8(&minted.private_key).unwrap();
        assert_eq!(
            leaf.public_key().unwrap().public_eq(&key),
            word != Word::WrongKey,
            "{word}"
        );
        let bits = minted.key.rsa_bits();
        assert_eq!(bits.is_some(), key.rsa().is_ok(), "{word}");
        assert!(bits.is_none_or(|bits| bits == key.bits()), "{word}");
        let read_by_ring = rcgen::KeyPair::try_from(minted.private_key.as_slice()).is_ok();
        assert_eq!(read_by_ring, minted.key.rustls_can_sign(), "{word}");
        assert!(
            serials.insert(leaf.serial_number().to_bn().unwrap().to_vec()),
            "{word}"
        );
        if bits.is_none() {
            assert!(keys.insert(minted.private_key), "{word}");
            assert!(
                keys.insert(leaf.public_key().unwrap().public_key_to_der().unwrap()),
                "{word}"
            );
        }
    }
}

#[test]
fn a_wrong_key_is_of_the_right_kind() {
    for key in KeyKind::ALL.iter().copied() {
        let spec = CertificateSpec {
            key: Some(key),
            ..Word::WrongKey.into()
        };
        let minted = mint().mint(&spec, &holder()).unwrap();
        let wrong = PKey::private_key_from_pkcs8(&minted.private_key).unwrap();
        let right = X509::from_der(minted.leaf()).unwrap().public_key().unwrap();
        assert!(!right.public_eq(&wrong), "{key}");
        assert_eq!(
            (right.id(), right.bits()),
            (wrong.id(), wrong.bits()),
            "{key}"
        );
    }
}

#[test]
fn no_two_hosts_share_an_untrusted_root() {
    let mint = mint();
    let root = || {
        mint.mint(&Word::UntrustedCa.into(), &holder())
            .unwrap()
            .anchor()
            .to_vec()
    };
    assert_ne!(root(), root());
}
