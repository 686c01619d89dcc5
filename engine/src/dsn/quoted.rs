//! Quoted-printable (RFC 2045 §6.7).

/// The longest line.
const LINE_LIMIT: usize = 76;

/// Text in quoted-printable; line ends stay line ends.
#[must_use]
pub(super) fn quoted(body: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::new();
    let mut width = 0;
    let mut rest = body;
    while let Some((octet, behind)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(b"\r\n") {
            quoted.extend_from_slice(b"\r\n");
            (width, rest) = (0, behind);
            continue;
        }
        let ends_line = behind.is_empty() || behind.starts_with(b"\r\n");
        let stays = match octet {
            b'=' => false,
            b' ' | b'\t' => !ends_line,
            other => other.is_ascii_graphic(),
        };
        let text = if stays {
            vec![*octet]
        } else {
            format!("={octet:02X}").into_bytes()
        };
        if width + text.len() >= LINE_LIMIT {
            quoted.extend_from_slice(b"=\r\n");
            width = 0;
        }
        width += text.len();
        quoted.extend_from_slice(&text);
        rest = behind;
    }
    quoted
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_needs_it_is_quoted() {
        // (text, quoted)
        let cases = [
            ("plain text", "plain text"),
            ("a = b", "a =3D b"),
            ("naïve\r\n", "na=C3=AFve\r\n"),
            ("blank \r\nat the end\t", "blank=20\r\nat the end=09"),
            ("a\rb", "a=0Db"),
        ];
        for (text, want) in cases {
            assert_eq!(quoted(text.as_bytes()), want.as_bytes(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_foreign_reader_gets_back_what_was_quoted(lines in proptest::collection::vec("[ =a-cäд\t]{0,90}", 1..4)) {
            let text = format!("{}x", lines.join("\r\n"));
            let quoted = quoted(text.as_bytes());
            prop_assert!(quoted.is_ascii());
            prop_assert!(quoted.split(|octet| *octet == b'\n').all(|line| line.len() <= LINE_LIMIT + 1));
            let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
            let message = [head.as_bytes(), &quoted].concat();
            let parsed = MessageParser::default().parse(&message).unwrap();
            prop_assert_eq!(parsed.parts[0].text_contents().unwrap(), text);
        }
    }
}
