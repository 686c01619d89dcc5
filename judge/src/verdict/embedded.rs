//! Addresses beyond ASCII in fields that hold ASCII alone (RFC 6533 §3): `j\x{FC}rgen@example.test`.

/// The address itself. What is no such character stays as it is.
#[must_use]
pub(super) fn undone(address: &str) -> String {
    let mut pieces = address.split("\\x{");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let char = piece.split_once('}').and_then(|(digits, rest)| {
            let is_short = (2..=6).contains(&digits.len());
            let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let number = u32::from_str_radix(digits, 16).ok()?;
            (is_short && is_number).then_some((char::from_u32(number)?, rest))
        });
        match char {
            Some((char, rest)) => {
                plain.push(char);
                plain.push_str(rest);
            }
            None => {
                plain.push_str("\\x{");
                plain.push_str(piece);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_embedded_character_stands_for_itself() {
        // (in the field, the address)
        let cases = [
            ("user@example.test", "user@example.test"),
            ("j\\x{FC}rgen@example.test", "jürgen@example.test"),
            ("a\\x{2B}b\\x{1F4E7}@example.test", "a+b📧@example.test"),
            (
                "a\\x{F}b\\x{zz}\\x{D800}\\x{+1F}\\x{",
                "a\\x{F}b\\x{zz}\\x{D800}\\x{+1F}\\x{",
            ),
        ];
        for (field, want) in cases {
            assert_eq!(undone(field), want);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[\\\\x{}0-9A-Fü]{0,30}") {
            let _ = undone(&text);
        }
    }
}
