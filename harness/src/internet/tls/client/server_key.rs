//! The kind of key in a certificate that the subject showed, as events spell it.

use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// As `rsa-2048` or `ecdsa-p256`; empty where it is none that events know.
pub(super) fn key_word(leaf: &[u8]) -> String {
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else {
        return String::new();
    };
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("rsa-{}", key.key_size()),
        Ok(PublicKey::EC(point)) => format!("ecdsa-p{}", point.key_size()),
        _ => match certificate
            .public_key()
            .algorithm
            .algorithm
            .to_id_string()
            .as_str()
        {
            "1.3.101.112" => "ed25519".to_owned(),
            _ => String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use mtaspec_certs::{Authorities, CertificateSpec, Holder, KeyKind, Mint, Word};

    use super::*;

    #[test]
    fn every_kind_of_key_has_the_word_of_the_catalogue() {
        let mint = Mint::new(Arc::new(Authorities::committed()), SystemTime::now());
        for kind in KeyKind::ALL.iter().copied() {
            let holder = Holder {
                host: "subject.home.test".into(),
                addresses: Vec::new(),
                next_hop_domain: None,
                default_key: kind,
            };
            if kind == KeyKind::Rsa1024 && cfg!(not(feature = "legacy-tls")) {
                continue;
            }
            let minted = mint
                .mint(&CertificateSpec::from(Word::Valid), &holder)
                .unwrap();
            assert_eq!(key_word(minted.leaf()), kind.to_string());
        }
        assert_eq!(key_word(b"no certificate"), "");
    }
}
