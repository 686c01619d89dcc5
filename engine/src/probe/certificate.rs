//! What stands on a certificate, for people.

use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

/// What stands on a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateText {
    /// Whose it is, as `CN=mx.example.test`; may be empty.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The names that it may be used for: DNS names, addresses in digits, and the rest with its kind before it.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: OffsetDateTime,
    /// Valid until.
    pub not_after: OffsetDateTime,
    /// The kind of key, as `RSA 2048` or `EC 256`; none: of a kind we do not know.
    pub key: Option<String>,
}

impl CertificateText {
    /// Reads a certificate; none if it cannot be read.
    #[must_use]
    pub fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let validity = read.validity();
        Some(Self {
            subject: read.subject().to_string(),
            issuer: read.issuer().to_string(),
            names: names(&read),
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
            key: key(&read),
        })
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    extension.value.general_names.iter().map(name).collect()
}

fn name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        GeneralName::IPAddress(octets) => {
            if let Ok(four) = <[u8; 4]>::try_from(*octets) {
                std::net::Ipv4Addr::from(four).to_string()
            } else if let Ok(sixteen) = <[u8; 16]>::try_from(*octets) {
                std::net::Ipv6Addr::from(sixteen).to_string()
            } else {
                format!("an address of {} octets", octets.len())
            }
        }
        other => other.to_string(),
    }
}

fn key(certificate: &X509Certificate<'_>) -> Option<String> {
    match certificate.public_key().parsed().ok()? {
        PublicKey::RSA(key) => Some(format!("RSA {}", key.key_size())),
        PublicKey::EC(point) => Some(format!("EC {}", point.key_size())),
        _ if certificate.public_key().algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            Some("Ed25519".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    #[test]
    fn names_key_and_validity_are_told() {
        let mut params = CertificateParams::new(vec!["mx.example.test".to_owned()]).unwrap();
        params
            .subject_alt_names
            .push(SanType::IpAddress("192.0.2.1".parse().unwrap()));
        params
            .subject_alt_names
            .push(SanType::IpAddress("2001:db8::1".parse().unwrap()));
        params
            .distinguished_name
            .push(DnType::CommonName, "mail of example");
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let text = CertificateText::read(certificate.der()).unwrap();
        assert_eq!(text.names, ["mx.example.test", "192.0.2.1", "2001:db8::1"]);
        assert!(text.subject.contains("mail of example"), "{text:?}");
        assert_eq!(text.subject, text.issuer);
        assert_eq!(text.key.as_deref(), Some("EC 256"));
        assert!(text.not_before < text.not_after);
    }

    proptest! {
        #[test]
        fn no_octets_make_the_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = CertificateText::read(&CertificateDer::from(octets));
        }
    }
}
