//! The content of a message as DATA (RFC 5321 §4.5.2) or BDAT (RFC 3030 §2) brings it.
//!
//! All octets are counted, the first ones kept. Only CRLF, dot, CRLF ends the content of DATA.

/// So much is kept of a message: what a recording holds of it.
const KEPT: usize = 256 * 1024;

/// What has come of a message.
#[derive(Debug)]
pub(super) struct Content {
    kept: Vec<u8>,
    size: u64,
    place: Place,
}

/// Where in the content of DATA the next octet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    InLine,
    AfterCr,
    AfterDot,
    AfterDotCr,
}

impl Content {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            kept: Vec::new(),
            size: 0,
            place: Place::LineStart,
        }
    }

    /// Takes octets of DATA and says how many belong to the content, its end included, and whether the end was there.
    pub(super) fn push_data(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().copied().enumerate() {
            self.place = match (self.place, byte) {
                (Place::LineStart, b'.') => Place::AfterDot,
                (Place::AfterDot, b'\r') => Place::AfterDotCr,
                (Place::AfterDotCr, b'\n') => return (at + 1, true),
                (Place::AfterCr, b'\n') => {
                    self.keep(b"\n");
                    Place::LineStart
                }
                (place, _) => {
                    if place == Place::AfterDotCr {
                        self.keep(b"\r");
                    }
                    self.keep(&[byte]);
                    if byte == b'\r' {
                        Place::AfterCr
                    } else {
                        Place::InLine
                    }
                }
            };
        }
        (bytes.len(), false)
    }

    /// Takes octets of a BDAT chunk.
    pub(super) fn push_chunk(&mut self, bytes: &[u8]) {
        self.keep(bytes);
    }

    /// Octets so far, also those not kept.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// What was kept.
    pub(super) fn octets(&self) -> &[u8] {
        &self.kept
    }

    /// What was kept, as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        let room = KEPT - self.kept.len();
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stuffed_dots_are_taken_off_and_a_lone_dot_ends() {
        // (bytes, content, octets that belong to it, ended)
        let cases = [
            ("a\r\n.\r\nQUIT\r\n", "a\r\n", 6, true),
            (".\r\n", "", 3, true),
            ("..a\r\n...\r\n.\r\n", ".a\r\n..\r\n", 13, true),
            ("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", 10, true),
            (".\rx\r\n.\r\n", "\rx\r\n", 8, true),
            ("a\r\r\n.\r\n", "a\r\r\n", 7, true),
            ("a\r\n.", "a\r\n", 4, false),
        ];
        for (bytes, text, used, ended) in cases {
            let mut content = Content::new();
            assert_eq!(
                content.push_data(bytes.as_bytes()),
                (used, ended),
                "{bytes:?}"
            );
            assert_eq!(content.text(), text, "{bytes:?}");
        }
    }

    #[test]
    fn a_long_message_is_counted_and_cut() {
        let mut content = Content::new();
        content.push_chunk(&vec![b'x'; KEPT + 5]);
        content.push_chunk(b"y");
        assert_eq!(
            (content.size(), content.text().len()),
            (KEPT as u64 + 6, KEPT)
        );
    }

    proptest! {
        #[test]
        fn stuffed_content_reads_back_the_same_in_any_segments(
            lines in prop::collection::vec("[.a-z\u{e4} ]{0,12}", 0..12), cut in 1_usize..9,
        ) {
            let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let dot = |line: &String| if line.starts_with('.') { "." } else { "" };
            let mut wire: String = lines.iter().map(|line| format!("{}{line}\r\n", dot(line))).collect();
            wire.push_str(".\r\n");
            let mut content = Content::new();
            let ends: Vec<_> = wire.as_bytes().chunks(cut).map(|piece| content.push_data(piece).1).collect();
            prop_assert_eq!(content.text(), text);
            prop_assert_eq!(ends.iter().position(|end| *end), Some(ends.len() - 1));
        }
    }
}
