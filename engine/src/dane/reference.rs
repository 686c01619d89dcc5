//! Whether a certificate carries a reference identifier, where DANE asks for names (RFC 7672 §3.2.3).
//!
//! Unlike elsewhere in the engine a common name counts here, if there is no DNS name beside it.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use crate::address::DomainName;

/// Whether the certificate carries one of these names.
pub(super) fn is_named(certificate: &X509Certificate<'_>, references: &[DomainName]) -> bool {
    // An extension that cannot be read names nobody; the common name does not stand in for it.
    let Ok(extension) = certificate.subject_alternative_name() else {
        return false;
    };
    let dns_names: Vec<&str> = extension
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
        .collect();
    if !dns_names.is_empty() {
        return dns_names.iter().any(|name| fits_one(name, references));
    }
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
}
