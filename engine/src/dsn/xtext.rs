//! Texts that came encoded in parameters, and addresses as fields show them (RFC 3461 §4, RFC 6533 §3).

/// What xtext stands for: `+` and two digits are one octet. What cannot be printed becomes `?`, and so does what is beyond
/// ASCII unless the field `is_utf8`.
pub(super) fn decoded(xtext: &str, is_utf8: bool) -> String {
    let mut octets = Vec::new();
    let mut rest = xtext.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind
            .get(..2)
            .filter(|two| *first == b'+' && two.iter().all(u8::is_ascii_hexdigit));
        let octet = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        octets.push(octet.unwrap_or(*first));
        rest = if octet.is_some() {
            &behind[2..]
        } else {
            behind
        };
    }
    printable(&String::from_utf8_lossy(&octets), is_utf8)
}

/// What may stand in a field: no control characters, and beyond ASCII nothing unless it `is_utf8`.
pub(super) fn printable(text: &str, is_utf8: bool) -> String {
    let may_stand = |char: &char| !char.is_control() && (is_utf8 || char.is_ascii());
    text.chars()
        .map(|char| if may_stand(&char) { char } else { '?' })
        .collect()
}

/// The value of Original-Recipient for an ORCPT. One of type `utf-8` has an encoding of its own (RFC 6533 §3), which is
/// undone where the field may hold the address itself and must stay where it may not.
pub(super) fn original_recipient(parameter: &str, is_utf8: bool) -> String {
    match parameter.split_once(';') {
        Some((kind, address)) if kind.eq_ignore_ascii_case("utf-8") => {
            let plain = embedded_undone(address);
            if is_utf8 {
                format!("{kind};{}", printable(&plain, true))
            } else {
                format!("{kind};{}", embedded(&plain))
            }
        }
        _ => decoded(parameter, is_utf8),
    }
}

/// An ORCPT for a host that takes seven bits alone; one that is in seven bits stays as it is.
#[must_use]
pub(crate) fn in_seven_bits(parameter: &str) -> String {
    match parameter.split_once(';') {
        Some((kind, address)) if !address.is_ascii() => {
            format!("{kind};{}", embedded(&embedded_undone(address)))
        }
        _ => parameter.to_owned(),
    }
}

/// The value of Final-Recipient for an address, exactly as the envelope had it.
pub(super) fn final_recipient(address: &str, is_utf8: bool) -> String {
    match (address.is_ascii(), is_utf8) {
        (true, _) => format!("rfc822; {address}"),
        (false, true) => format!("utf-8; {address}"),
        (false, false) => format!("utf-8; {}", embedded(address)),
    }
}

/// An address in seven bits: what is beyond printable ASCII, and `\`, `+`, `=`, as `\x{HEX}` (RFC 6533 §3).
pub(super) fn embedded(address: &str) -> String {
    let mut text = String::new();
    for char in address.chars() {
        match char {
            '\\' | '+' | '=' => text.push_str(&format!("\\x{{{:02X}}}", u32::from(char))),
            '!'..='~' => text.push(char),
            _ => text.push_str(&format!("\\x{{{:02X}}}", u32::from(char))),
        }
    }
    text
}

/// The same undone; what is no such encoding stays.
fn embedded_undone(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\x{") {
        plain.push_str(&rest[..at]);
        let behind = &rest[at + 3..];
        let char = behind
            .split_once('}')
            .filter(|(digits, _)| {
                (2..=6).contains(&digits.len())
                    && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
            .and_then(|(digits, end)| {
                let number = u32::from_str_radix(digits, 16).ok()?;
                Some((char::from_u32(number)?, end))
            });
        match char {
            Some((char, end)) => {
                plain.push(char);
                rest = end;
            }
            None => {
                plain.push_str("\\x{");
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn xtext_is_decoded_and_cannot_end_a_line() {
        // (xtext, what it stands for)
        let cases = [
            ("QQ314159", "QQ314159"),
            ("rfc822;a+2Bb@example.test", "rfc822;a+b@example.test"),
            ("a+0D+0AX-Field:x", "a??X-Field:x"),
            ("a+", "a+"),
            ("a+2", "a+2"),
            ("a+zz", "a+zz"),
            ("a++0", "a++0"),
        ];
        for (xtext, want) in cases {
            assert_eq!(decoded(xtext, false), want);
        }
    }

    #[test]
    fn an_address_beyond_ascii_is_shown_in_the_form_that_the_field_can_hold() {
        // (ORCPT, in UTF-8, in seven bits)
        let cases = [
            (
                "rfc822;User+2Btag@example.test",
                "rfc822;User+tag@example.test",
                "rfc822;User+tag@example.test",
            ),
            (
                "utf-8;j\\x{FC}rgen\\x{2B}a@example.test",
                "utf-8;jürgen+a@example.test",
                "utf-8;j\\x{FC}rgen\\x{2B}a@example.test",
            ),
            (
                "UTF-8;jürgen@example.test",
                "UTF-8;jürgen@example.test",
                "UTF-8;j\\x{FC}rgen@example.test",
            ),
            (
                "utf-8;a\\x{D}b\\x{zz}c",
                "utf-8;a\\x{D}b\\x{zz}c",
                "utf-8;a\\x{5C}x{D}b\\x{5C}x{zz}c",
            ),
            ("utf-8;a\\x{0D}b", "utf-8;a?b", "utf-8;a\\x{0D}b"),
        ];
        for (parameter, utf8, seven) in cases {
            assert_eq!(original_recipient(parameter, true), utf8);
            assert_eq!(original_recipient(parameter, false), seven);
        }
        // (ORCPT, for a host that takes seven bits)
        let cases = [
            ("utf-8;j\\x{2B}ü@a.test", "utf-8;j\\x{2B}\\x{FC}@a.test"),
            ("utf-8;j\\x{zz}@a.test", "utf-8;j\\x{zz}@a.test"),
            ("rfc822;a+2Bb@a.test", "rfc822;a+2Bb@a.test"),
        ];
        for (parameter, want) in cases {
            assert_eq!(in_seven_bits(parameter), want);
        }
        // (address, in UTF-8, in seven bits)
        let cases = [
            (
                "User@Example.test",
                "rfc822; User@Example.test",
                "rfc822; User@Example.test",
            ),
            (
                "jürgen+a@example.test",
                "utf-8; jürgen+a@example.test",
                "utf-8; j\\x{FC}rgen\\x{2B}a@example.test",
            ),
        ];
        for (address, utf8, seven) in cases {
            assert_eq!(final_recipient(address, true), utf8);
            assert_eq!(final_recipient(address, false), seven);
        }
    }

    proptest! {
        #[test]
        fn any_xtext_is_decoded_without_panic(xtext in "[+0-9A-Fa-z]{0,30}") {
            let _ = decoded(&xtext, true);
        }

        #[test]
        fn an_embedded_address_is_ascii_and_reads_back_the_same(address in "\\PC{0,40}") {
            let text = embedded(&address);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(embedded_undone(&text), address);
        }

        #[test]
        fn any_orcpt_is_shown_on_one_line(parameter in "[a-z0-9-]{1,5};[!-~üд]{0,40}") {
            prop_assert!(!original_recipient(&parameter, true).contains(['\r', '\n']));
            prop_assert!(original_recipient(&parameter, false).is_ascii());
        }
    }
}
