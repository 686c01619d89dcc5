//! Whether a certificate carries a reference identifier, where a common name may stand in for DNS names (RFC 6125 §6.4).
//!
//! By itself a common name counts for nothing (RFC 9525 §2). DANE-TA and REQUIRETLS fall back on it where a certificate has no
//! DNS name at all (RFC 7672 §3.2.3, RFC 8689 §4.2.1); everybody else is told that it is not enough.

use std::slice;

use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};

use crate::address::DomainName;

/// Whether the certificate carries one of these names.
#[must_use]
pub(crate) fn is_named(certificate: &X509Certificate<'_>, references: &[DomainName]) -> bool {
    // An extension that cannot be read names nobody; the common name does not stand in for it.
    let Some(dns_names) = dns_names(certificate) else {
        return false;
    };
    if !dns_names.is_empty() {
        return dns_names.iter().any(|name| fits_one(name, references));
    }
    has_common_name(certificate, references)
}

/// Whether a certificate without any DNS name has the host as its common name.
#[must_use]
pub(super) fn is_named_by_common_name(leaf: &CertificateDer<'_>, host: &DomainName) -> bool {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(leaf) else {
        return false;
    };
    dns_names(&certificate).is_some_and(|names| names.is_empty())
        && has_common_name(&certificate, slice::from_ref(host))
}

/// All DNS names of a certificate; none if there may be some that cannot be read.
fn dns_names<'c>(certificate: &'c X509Certificate<'_>) -> Option<Vec<&'c str>> {
    let mut found = Vec::new();
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                found.extend(names.general_names.iter().filter_map(|name| match name {
                    GeneralName::DNSName(name) => Some(*name),
                    _ => None,
                }));
            }
            ParsedExtension::ParseError { .. } => return None,
            _ => {}
        }
    }
    Some(found)
}

fn has_common_name(certificate: &X509Certificate<'_>, references: &[DomainName]) -> bool {
    // Of several common names the last one is the most specific (RFC 6125 §6.4.4).
    let common_name = certificate.subject().iter_common_name().last();
    common_name
        .and_then(|attribute| attribute.as_str().ok())
        .is_some_and(|name| fits_one(name, references))
}

fn fits_one(presented: &str, references: &[DomainName]) -> bool {
    references
        .iter()
        .any(|reference| fits(presented, reference.as_str()))
}

/// Whether a name in a certificate stands for a host. A star is a whole first label and stands for exactly one.
///
/// Choice: RFC 7672 §3.2.3 would let a star stand for several labels, by local policy. It does not here, since senders who
/// have no such policy would not deliver. A star needs two labels behind it: nobody owns all names of a top-level domain.
fn fits(presented: &str, reference: &str) -> bool {
    let Some(parent) = presented.strip_prefix("*.") else {
        return presented.eq_ignore_ascii_case(reference);
    };
    let rest = reference.split_once('.').map(|(_, rest)| rest);
    parent.contains('.') && rest.is_some_and(|rest| parent.eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair, SanType};

    use super::*;
    use crate::dane::testing::{Authority, Named};

    #[test]
    fn a_star_is_a_whole_first_label_and_stands_for_one() {
        // (name in the certificate, reference identifier, does it fit?)
        let cases = [
            ("mx.example.test", "mx.example.test", true),
            ("MX.Example.Test", "mx.example.test", true),
            ("*.example.test", "mx.example.test", true),
            ("*.Example.test", "mx.example.test", true),
            ("*.example.test", "a.mx.example.test", false),
            ("*.example.test", "example.test", false),
            ("*.test", "example.test", false),
            ("*", "example.test", false),
            ("*.", "example.test", false),
            ("m*.example.test", "mx.example.test", false),
            ("*x.example.test", "mx.example.test", false),
            ("mx.*.test", "mx.example.test", false),
            ("*.*.test", "mx.example.test", false),
            ("mx.example.test.", "mx.example.test", false),
            ("mx.example.test\0.evil.test", "mx.example.test", false),
            ("", "mx.example.test", false),
        ];
        for (presented, reference, want) in cases {
            assert_eq!(
                fits(presented, reference),
                want,
                "{presented:?} {reference}"
            );
        }
    }

    #[test]
    fn a_common_name_counts_only_without_a_dns_name() {
        let root = Authority::root("Root");
        let host = [DomainName::parse("mx.example.test").unwrap()];
        // (DNS names, common name, is the host named?)
        let cases: [(&[&str], Option<&str>, bool); 6] = [
            (&["mx.example.test"], None, true),
            (&["other.test", "mx.example.test"], Some("other.test"), true),
            (&["other.test"], Some("mx.example.test"), false),
            (&[], Some("mx.example.test"), true),
            (&[], Some("*.example.test"), true),
            (&[], None, false),
        ];
        for (names, common_name, want) in cases {
            let leaf = root.leaf(Named { names, common_name });
            let (_, read) = x509_parser::parse_x509_certificate(&leaf).unwrap();
            assert_eq!(is_named(&read, &host), want, "{names:?} {common_name:?}");
        }
    }

    #[test]
    fn one_name_of_several_is_enough() {
        let root = Authority::root("Root");
        let leaf = root.leaf(Named::host("example.test"));
        let (_, read) = x509_parser::parse_x509_certificate(&leaf).unwrap();
        let names = |names: &[&str]| -> Vec<DomainName> {
            names
                .iter()
                .map(|name| DomainName::parse(name).unwrap())
                .collect()
        };
        assert!(is_named(
            &read,
            &names(&["mx.example.test", "example.test"])
        ));
        assert!(!is_named(&read, &names(&["mx.example.test"])));
        assert!(!is_named(&read, &[]));
    }

    #[test]
    fn a_host_is_named_by_common_name_alone_where_there_is_no_dns_name() {
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
            let got = is_named_by_common_name(leaf.der(), &host);
            assert_eq!(got, want, "{common_name} {names:?}");
        }
        let garbage = CertificateDer::from(b"garbage".to_vec());
        assert!(!is_named_by_common_name(&garbage, &host));
    }

    #[test]
    fn of_several_common_names_the_last_one_counts_and_none_beside_names_that_cannot_be_read() {
        let host = DomainName::parse("mx.example.test").unwrap();
        let unreadable =
            || CustomExtension::from_oid_content(&[2, 5, 29, 17], b"\x30\x05".to_vec());
        // (common names, is there an extension that cannot be read?, is the host named?)
        let cases: [(&[&str], bool, bool); 4] = [
            (&["other.test", "mx.example.test"], false, true),
            (&["mx.example.test", "other.test"], false, false),
            (&["mx.example.test"], true, false),
            (&["*.test"], false, false),
        ];
        for (common_names, is_unreadable, want) in cases {
            let mut leaf = CertificateParams::new(Vec::new()).unwrap();
            leaf.distinguished_name = rcgen::DistinguishedName::new();
            for (index, name) in common_names.iter().enumerate() {
                // rcgen keeps one of a kind, so those before the last come by the number of the kind.
                let kind = if index + 1 == common_names.len() {
                    DnType::CommonName
                } else {
                    DnType::CustomDnType(vec![2, 5, 4, 3])
                };
                leaf.distinguished_name.push(kind, *name);
            }
            leaf.custom_extensions
                .extend(is_unreadable.then(unreadable));
            let leaf = leaf.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let (_, read) = x509_parser::parse_x509_certificate(leaf.der()).unwrap();
            let told = format!("{common_names:?} {is_unreadable}");
            assert_eq!(is_named(&read, slice::from_ref(&host)), want, "{told}");
            assert_eq!(is_named_by_common_name(leaf.der(), &host), want, "{told}");
        }
    }
}
