//! Whether a certificate names a host as its common name (RFC 6125 §6.4.4).
//!
//! That counts for nothing by itself (RFC 9525 §2). DANE-TA and REQUIRETLS fall back on it where a certificate has no DNS
//! name at all (RFC 7672 §3.2.3, RFC 8689 §4.2.1); everybody else is told that it is not enough.

use rustls_pki_types::CertificateDer;
use x509_parser::extensions::{GeneralName, ParsedExtension};

use crate::address::DomainName;

/// Whether a certificate without any DNS name has the host as a common name.
#[must_use]
pub(super) fn names_by_common_name(leaf: &CertificateDer<'_>, host: &DomainName) -> bool {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(leaf) else {
        return false;
    };
    let has_dns_name = certificate.extensions().iter().any(|extension| {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                (names.general_names.iter()).any(|name| matches!(name, GeneralName::DNSName(_)))
            }
            // What cannot be read may have one.
            ParsedExtension::ParseError { .. } => true,
            _ => false,
        }
    });
    let host = host.to_string();
    !has_dns_name
        && (certificate.subject().iter_common_name())
            .filter_map(|name| name.as_str().ok())
            .any(|name| fits(name, &host))
}

/// A whole name, or `*.` for exactly one label.
fn fits(presented: &str, host: &str) -> bool {
    match presented.strip_prefix("*.") {
        Some(parent) => host
            .split_once('.')
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => presented.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType};

    use super::*;

    #[test]
    fn a_common_name_counts_where_there_is_no_dns_name() {
        let address = SanType::IpAddress("192.0.2.1".parse().unwrap());
        let dns = |name: &str| SanType::DnsName(name.try_into().unwrap());
        // (common name, other names, does it fit?)
        let cases = [
            ("mx.example.test", vec![], true),
            ("MX.Example.Test", vec![], true),
            ("*.example.test", vec![], true),
            ("mx.example.test", vec![address], true),
            ("mx.example.test", vec![dns("other.test")], false),
            ("mx.example.test", vec![dns("mx.example.test")], false),
            ("example.test", vec![], false),
            ("*.test", vec![], false),
            ("*", vec![], false),
            ("", vec![], false),
        ];
        let host = DomainName::parse("mx.example.test").unwrap();
        for (common_name, names, want) in cases {
            let mut leaf = CertificateParams::new(Vec::new()).unwrap();
            leaf.distinguished_name
                .push(DnType::CommonName, common_name);
            leaf.subject_alt_names = names.clone();
            let leaf = leaf.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let got = names_by_common_name(leaf.der(), &host);
            assert_eq!(got, want, "{common_name} {names:?}");
        }
        let garbage = CertificateDer::from(b"garbage".to_vec());
        assert!(!names_by_common_name(&garbage, &host));
    }
}
