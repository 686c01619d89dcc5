//! The content of a message on its way: lines ended by CRLF, dots doubled (RFC 5321 §4.5.2).

/// The content as it follows DATA, with the final dot.
#[must_use]
pub(crate) fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(content.len() + content.len() / 32 + 8);
    let mut at_line_start = true;
    let mut last = 0;
    for &byte in content {
        if byte == b'\n' && last != b'\r' {
            written.push(b'\r');
        } else if last == b'\r' && byte != b'\n' {
            // A CR alone may not travel (RFC 5321 §2.3.8): it becomes an end of line.
            written.push(b'\n');
            at_line_start = true;
        }
        if at_line_start && byte == b'.' {
            written.push(b'.');
        }
        written.push(byte);
        at_line_start = byte == b'\n';
        last = byte;
    }
    if last == b'\r' {
        written.push(b'\n');
    } else if last != b'\n' && !content.is_empty() {
        written.extend_from_slice(b"\r\n");
    }
    written.extend_from_slice(b".\r\n");
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn leading_dots_are_doubled_and_lines_end_in_crlf() {
        // (content, on the wire)
        let cases: [(&[u8], &[u8]); 8] = [
            (b"", b".\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b".\r\n", b"..\r\n.\r\n"),
            (b"a\r\n.b\r\n..c", b"a\r\n..b\r\n...c\r\n.\r\n"),
            (b"a\n.b\n", b"a\r\n..b\r\n.\r\n"),
            (b"a.b", b"a.b\r\n.\r\n"),
            (b"a\r.b\r", b"a\r\n..b\r\n.\r\n"),
        ];
        for (content, want) in cases {
            assert_eq!(stuffed(content), want, "{content:?}");
        }
    }

    proptest! {
        #[test]
        fn no_content_can_end_itself(content in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b'a')], 0..60)) {
            let written = stuffed(&content);
            let inner = [b"\r\n".as_slice(), &written].concat();
            let ends = inner.windows(5).filter(|window| window == b"\r\n.\r\n").count();
            prop_assert_eq!(ends, 1);
            prop_assert!(inner.ends_with(b"\r\n.\r\n"));
        }
    }
}
