//! Names as text and as the wire has them (RFC 1035 §3.1): letter case kept, Unicode turned to ASCII.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hickory_proto::rr::Name;
use mtaspec_judge::scenario::{World, ascii_form};

use crate::plan::ascii;

/// A name that DNS cannot carry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name that DNS can carry")]
pub struct NameError(pub(super) String);

/// The full name that a text means, with or without final dot; `.` is the root. Whatever octets stand in a label
/// go as they are, so that an address in digits can stand where a name should.
pub(super) fn full_name(text: &str) -> Result<Name, NameError> {
    let wrong = || NameError(text.to_owned());
    let name = ascii(text);
    let name = name.strip_suffix('.').unwrap_or(&name);
    if name.is_empty() {
        return if text == "." {
            Ok(Name::root())
        } else {
            Err(wrong())
        };
    }
    let labels = name.split('.').map(str::as_bytes);
    let mut name = Name::from_labels(labels).map_err(|_| wrong())?;
    name.set_fqdn(true);
    Ok(name)
}

/// As events spell it: no final dot, and no backslash but before octets that no name should have.
pub(super) fn shown(name: &Name) -> String {
    if name.is_root() {
        return ".".to_owned();
    }
    let mut text = String::new();
    for label in name {
        if !text.is_empty() {
            text.push('.');
        }
        for octet in label {
            if octet.is_ascii_graphic() && *octet != b'.' && *octet != b'\\' {
                text.push(char::from(*octet));
            } else {
                text.push_str(&format!("\\{octet:03}"));
            }
        }
    }
    text
}

/// The name under which the PTR record of an address stands (RFC 1035 §3.5, RFC 3596 §2.5).
pub(super) fn reverse_name(address: IpAddr) -> Name {
    address.into()
}

/// How the file spells the names that are asked for in ASCII and in any letter case.
#[derive(Debug, Default)]
pub(super) struct Spellings(BTreeMap<String, String>);

impl Spellings {
    /// The spellings of all names of these worlds.
    pub(super) fn of<'a>(worlds: impl IntoIterator<Item = &'a World>) -> Self {
        let names = worlds.into_iter().flat_map(|world| {
            (world.domains.keys())
                .chain(world.hosts.keys())
                .chain(world.https.keys())
        });
        Self(names.map(|name| (ascii_form(name), name.clone())).collect())
    }

    /// The file's spelling of a name, or of the end of it that the file has.
    pub(super) fn of_name(&self, name: &Name) -> String {
        let asked = shown(name);
        let mut from = 0;
        loop {
            if let Some(spelled) = self.0.get(&asked[from..].to_lowercase()) {
                return format!("{}{spelled}", &asked[..from]);
            }
            match asked[from..].find('.') {
                Some(dot) => from += dot + 1,
                None => return asked,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Host, World};
    use proptest::prelude::*;

    use super::{Name, Spellings, full_name, reverse_name, shown};

    #[test]
    fn text_becomes_a_full_name() {
        let cases = [
            ("mx.example.test", Some("mx.example.test")),
            ("Mx.Example.TEST.", Some("Mx.Example.TEST")),
            (".", Some(".")),
            ("bücher.test", Some("xn--bcher-kva.test")),
            ("_25._tcp.mx.test", Some("_25._tcp.mx.test")),
            ("*.example.test", Some("*.example.test")),
            ("198.18.0.4", Some("198.18.0.4")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("", None),
            ("a..test", None),
        ];
        for (text, want) in cases {
            let name = full_name(text).ok();
            assert!(name.as_ref().is_none_or(Name::is_fqdn), "{text}");
            assert_eq!(name.as_ref().map(shown).as_deref(), want, "{text}");
        }
        assert!(full_name(&format!("{}.test", "a".repeat(64))).is_err());
    }

    #[test]
    fn addresses_have_reverse_names() {
        let cases = [
            ("198.18.0.4", "4.0.18.198.in-addr.arpa"),
            (
                "2001:db8::1",
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            ),
        ];
        for (address, name) in cases {
            assert_eq!(shown(&reverse_name(address.parse().unwrap())), name);
        }
    }

    #[test]
    fn names_are_told_as_the_file_spells_them() {
        let mut world = World::default();
        for name in ["mx.bücher.test", "Mx.Example.test"] {
            world.hosts.insert(name.into(), Host::default());
        }
        let spellings = Spellings::of([&world]);
        let cases = [
            ("mx.xn--bcher-kva.test.", "mx.bücher.test"),
            ("_25._TCP.mX.example.TEST.", "_25._TCP.Mx.Example.test"),
            ("other.test.", "other.test"),
            (".", "."),
        ];
        for (asked, want) in cases {
            assert_eq!(spellings.of_name(&full_name(asked).unwrap()), want);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_name_or_is_not(text in "\\PC{0,80}") {
            if let Ok(name) = full_name(&text) {
                let _ = Spellings::default().of_name(&name);
            }
        }
    }
}
