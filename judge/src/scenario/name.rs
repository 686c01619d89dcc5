//! Host and domain names in their two spellings: Unicode and ASCII (RFC 5890 §2.3.2.1).
//!
//! A world is keyed by names as the file spells them; whether two spellings are one name is decided here.

/// The ASCII form in lower case, without final dot: equal for equal names.
#[must_use]
pub fn ascii_form(name: &str) -> String {
    let bare = name.strip_suffix('.').unwrap_or(name);
    if bare.is_ascii() {
        return bare.to_ascii_lowercase();
    }
    idna::domain_to_ascii(bare).unwrap_or_else(|_| bare.to_lowercase())
}

/// Whether two spellings are one name.
#[must_use]
pub fn is_same_name(left: &str, right: &str) -> bool {
    left == right || ascii_form(left) == ascii_form(right)
}

/// Whether two spellings are one address, local parts in any letter case.
#[must_use]
pub(super) fn is_same_address(left: &str, right: &str) -> bool {
    match (left.rsplit_once('@'), right.rsplit_once('@')) {
        (Some((left, left_domain)), Some((right, right_domain))) => {
            left.to_lowercase() == right.to_lowercase() && is_same_name(left_domain, right_domain)
        }
        _ => left == right,
    }
}

/// The host that `[NAME]` or `NAME` speaks of.
#[must_use]
pub fn without_brackets(name: &str) -> &str {
    name.strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name)
}

/// What stands behind the `@` of an address.
#[must_use]
pub fn domain_of(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_name_are_the_same() {
        // (one, other, are they the same?)
        let cases = [
            ("bücher.test", "xn--bcher-kva.test", true),
            ("mx.BÜCHER.test", "mx.bücher.test.", true),
            ("MX.Example.Test", "mx.example.test", true),
            ("mx.example.test", "mx2.example.test", false),
            ("_mta-sts.example.test", "_MTA-STS.example.test", true),
        ];
        for (one, other, want) in cases {
            assert_eq!(is_same_name(one, other), want, "{one} and {other}");
        }
    }
}
