//! Names and addresses: all of them under `.test`, or the address of a host in brackets.

use super::super::name::{domain_of, without_brackets};
use crate::document::Complaint;

/// The longest name before the plan rewrites it (SCENARIOS §11).
const LONGEST: usize = 240;

/// A host or domain name, or `[NAME]`.
pub(crate) fn name(text: &str) -> Result<String, Complaint> {
    let bare = without_brackets(text);
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    let labels: Vec<&str> = bare.split('.').collect();
    let is_test = labels
        .last()
        .is_some_and(|last| last.eq_ignore_ascii_case("test"));
    if !is_test || labels.len() < 2 {
        let complaint = Complaint::new(format!("{text:?} is not under .test"));
        return Err(complaint.help("scenarios use reserved names only"));
    }
    let odd = |c: char| c.is_whitespace() || c.is_control() || "@[]\"'<>/:;,=".contains(c);
    if labels
        .iter()
        .any(|label| label.is_empty() || label.len() > 63)
        || bare.contains(odd)
    {
        return Err(
            Complaint::new(format!("{text:?} is no name")).help("as in \"mx.example.test\"")
        );
    }
    if bare.len() > LONGEST {
        return Err(Complaint::new(format!(
            "{bare:.20}... is longer than {LONGEST} octets"
        )));
    }
    Ok(text.into())
}

/// An address with a name behind its `@`; empty is the null reverse-path.
pub(crate) fn address(text: &str) -> Result<String, Complaint> {
    if text.is_empty() {
        return Ok(String::new());
    }
    match domain_of(text) {
        None => {
            Err(Complaint::new(format!("{text:?} is no address"))
                .help("as in \"user@example.test\""))
        }
        Some(_) if text.starts_with('@') || text.contains(char::is_control) => {
            Err(Complaint::new(format!("{text:?} is no address"))
                .help("as in \"user@example.test\""))
        }
        Some(domain) => name(domain).map(|_| text.into()),
    }
}

/// An address where there is an `@`, else a name.
pub(crate) fn name_or_address(text: &str) -> Result<String, Complaint> {
    if text.contains('@') {
        address(text)
    } else {
        name(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_under_test() {
        // (text, is it a name?)
        let cases = [
            ("mx.example.test", true),
            ("MX.Example.Test.", true),
            ("[mx.example.test]", true),
            ("mx.bücher.test", true),
            ("*.example.test", true),
            ("mx.example.com", false),
            ("test", false),
            ("mx..test", false),
            ("a b.test", false),
            ("", false),
        ];
        for (text, want) in cases {
            assert_eq!(name(text).is_ok(), want, "{text}");
        }
        assert!(name(&format!("{}test", "abcdefg.".repeat(31))).is_err());
    }

    #[test]
    fn an_address_has_a_name_behind_it() {
        // (text, is it an address?)
        let cases = [
            ("user@example.test", true),
            ("", true),
            ("user@[mx.example.test]", true),
            ("jürgen@bücher.test", true),
            ("user", false),
            ("@example.test", false),
            ("user@example.com", false),
        ];
        for (text, want) in cases {
            assert_eq!(address(text).is_ok(), want, "{text}");
        }
    }
}
