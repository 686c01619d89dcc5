//! The subject's replies, out of what was read (RFC 5321 §4.2).

/// The longest line of a reply, and the most lines of one.
const LINE_LIMIT: usize = 4096;
const LINES_LIMIT: usize = 200;

/// A reply: the code, and its lines without the code, parted by `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) text: String,
}

impl Reply {
    /// Taken, or to go on with.
    pub(crate) fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// The service is closing, or this cannot be done just now (RFC 5321 §4.2.3).
    pub(super) fn is_for_later(&self) -> bool {
        self.code == 421 || (450..460).contains(&self.code)
    }

    /// Whether an EHLO answer lists this keyword.
    pub(crate) fn lists(&self, keyword: &str) -> bool {
        let lines = self.text.lines().skip(1);
        lines
            .filter_map(|line| line.split_whitespace().next())
            .any(|word| word.eq_ignore_ascii_case(keyword))
    }

    /// Whether an EHLO answer lists this word behind this keyword, as `AUTH PLAIN LOGIN` does.
    pub(super) fn lists_with(&self, keyword: &str, wanted: &str) -> bool {
        let mut lines = self.text.lines().skip(1);
        lines.any(|line| {
            let mut words = line.split_whitespace();
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(keyword))
                && words.any(|word| word.eq_ignore_ascii_case(wanted))
        })
    }
}

/// What stands at the front of what was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// A reply, taken out.
    Reply(Reply),
    /// More is needed.
    Incomplete,
    /// No reply; the beginning of it.
    Nonsense(String),
}

/// Takes the first reply out of the bytes.
pub(crate) fn take(input: &mut Vec<u8>) -> Front {
    let mut texts = Vec::new();
    let mut at = 0;
    loop {
        let rest = &input[at..];
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            return if rest.len() > LINE_LIMIT {
                nonsense(rest)
            } else {
                Front::Incomplete
            };
        };
        let line = &rest[..length];
        let Some((code, more, text)) = read_line(line) else {
            return nonsense(line);
        };
        if length > LINE_LIMIT || texts.len() == LINES_LIMIT {
            return nonsense(line);
        }
        texts.push(text);
        at += length + 1;
        if !more {
            input.drain(..at);
            let text = texts.join("\n");
            return Front::Reply(Reply { code, text });
        }
    }
}

fn nonsense(bytes: &[u8]) -> Front {
    Front::Nonsense(String::from_utf8_lossy(bytes).chars().take(80).collect())
}

/// The code, whether a line follows, and the text.
fn read_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
    let code = line.get(..3)?;
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest = line.get(3..)?;
    let more = match rest.chars().next() {
        None | Some(' ') => false,
        Some('-') => true,
        Some(_) => return None,
    };
    Some((
        code.parse().ok()?,
        more,
        rest.get(1..).unwrap_or_default().to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn replies_of_one_and_several_lines_are_taken_and_others_named() {
        // (bytes, code and text if there is a reply, what is left)
        let cases = [
            ("250 ok\r\nrest", Some((250, "ok")), "rest"),
            ("250\r\n", Some((250, "")), ""),
            (
                "250-a\r\n250-b\n250 c\r\n354 d",
                Some((250, "a\nb\nc")),
                "354 d",
            ),
            ("250-a\r\n250", None, "250-a\r\n250"),
            ("hello\r\n", None, "hello\r\n"),
            ("+25 a\r\n", None, "+25 a\r\n"),
            ("250_a\r\n", None, "250_a\r\n"),
        ];
        for (bytes, want, left) in cases {
            let mut input = bytes.as_bytes().to_vec();
            let got = match take(&mut input) {
                Front::Reply(reply) => Some((reply.code, reply.text)),
                Front::Incomplete | Front::Nonsense(_) => None,
            };
            let want = want.map(|(code, text)| (code, text.to_owned()));
            assert_eq!(
                (got, input.as_slice()),
                (want, left.as_bytes()),
                "{bytes:?}"
            );
        }
        let endless = ["250-a\r\n".repeat(300), "2".repeat(9000)];
        for bytes in endless {
            assert!(matches!(take(&mut bytes.into_bytes()), Front::Nonsense(_)));
        }
    }

    #[test]
    fn a_keyword_is_listed_below_the_first_line_alone() {
        let reply = |text: &str| Reply {
            code: 250,
            text: text.into(),
        };
        assert!(reply("mx\nSIZE 10\nstarttls").lists("STARTTLS"));
        assert!(!reply("STARTTLS\nSIZE 10").lists("STARTTLS"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = take(&mut bytes.clone());
        }
    }
}
