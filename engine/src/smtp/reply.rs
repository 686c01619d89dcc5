//! Replies (RFC 5321 §4.2): a code, the same on each line, and text.

use super::lines::{LineFault, Lines};

/// The most octets of a line. RFC 5321 §4.5.3.1.5 says 512; receivers write more.
const LINE_LIMIT: usize = 2_048;
/// The most lines of one reply.
const LINES_LIMIT: usize = 128;
/// The most text that is kept of a reply when it is told to people.
const TOLD_LIMIT: usize = 1_000;

/// A reply of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    code: u16,
    lines: Vec<String>,
}

/// What the first digit of a reply says (RFC 5321 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    /// 2yz: done.
    Completed,
    /// 3yz: go on.
    Intermediate,
    /// 4yz: not now.
    Transient,
    /// 5yz: no.
    Permanent,
}

/// Why a reply could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ReplyFault {
    /// No line came.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// A line is no reply line.
    #[error("{0:?} is no reply")]
    Malformed(String),
    /// The codes of the lines differ.
    #[error("the lines of a reply have the codes {0} and {1}")]
    CodesDiffer(u16, u16),
    /// The reply does not end.
    #[error("a reply has more than {LINES_LIMIT} lines")]
    TooManyLines,
}

impl Reply {
    /// Reads one reply.
    ///
    /// # Errors
    /// `ReplyFault` when what comes is none.
    pub(crate) async fn read(from: &mut Lines) -> Result<Self, ReplyFault> {
        let mut code = None;
        let mut lines = Vec::new();
        while lines.len() < LINES_LIMIT {
            let line = from.next(LINE_LIMIT).await?;
            let (this, last, text) =
                split(&line).ok_or_else(|| ReplyFault::Malformed(printable(&line)))?;
            let first = *code.get_or_insert(this);
            if first != this {
                return Err(ReplyFault::CodesDiffer(first, this));
            }
            lines.push(text);
            if last {
                return Ok(Self { code: this, lines });
            }
        }
        Err(ReplyFault::TooManyLines)
    }

    /// A reply of one line that was kept elsewhere; none if it is no reply.
    #[must_use]
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let (code, _, text) = split(line.as_bytes())?;
        Some(Self {
            code,
            lines: vec![text],
        })
    }

    /// The same in one line: code and text as they are told.
    #[must_use]
    pub(crate) fn in_one_line(&self) -> Self {
        let told = self.told();
        Self {
            code: self.code,
            lines: vec![told.get(4..).unwrap_or_default().to_owned()],
        }
    }

    /// The three digits.
    #[must_use]
    pub(crate) fn code(&self) -> u16 {
        self.code
    }

    /// The text of each line, in printable form.
    #[must_use]
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// What the first digit says.
    #[must_use]
    pub(crate) fn category(&self) -> Category {
        match self.code {
            200..=299 => Category::Completed,
            300..=399 => Category::Intermediate,
            500..=599 => Category::Permanent,
            _ => Category::Transient,
        }
    }

    /// The enhanced status code at the head of the text, if it fits the reply (RFC 2034 §4).
    #[must_use]
    pub(crate) fn enhanced_status(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let mut numbers = word.split('.');
        let class = numbers.next()?;
        let is_number = |text: Option<&str>| {
            text.is_some_and(|text| {
                (1..=3).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_digit())
                    && (text.len() == 1 || !text.starts_with('0'))
            })
        };
        let fits = class.len() == 1 && self.code.to_string().starts_with(class);
        (fits && is_number(numbers.next()) && is_number(numbers.next()) && numbers.next().is_none())
            .then_some(word)
    }

    /// Code and text in one line, cut where it is very long.
    #[must_use]
    pub(crate) fn told(&self) -> String {
        let text = format!("{} {}", self.code, self.lines.join(" "));
        text.trim_end().chars().take(TOLD_LIMIT).collect()
    }

    /// One that nobody sent.
    #[cfg(test)]
    pub(crate) fn of(code: u16, lines: &[&str]) -> Self {
        Self {
            code,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        }
    }
}

/// Code, whether the line is the last, and text.
fn split(line: &[u8]) -> Option<(u16, bool, String)> {
    let (digits, rest) = line.split_at_checked(3)?;
    let in_range = matches!(digits[0], b'2'..=b'5')
        && matches!(digits[1], b'0'..=b'5')
        && digits[2].is_ascii_digit();
    if !in_range {
        return None;
    }
    let code = digits
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some((code, true, String::new())),
        Some((b' ', text)) => Some((code, true, printable(text))),
        Some((b'-', text)) => Some((code, false, printable(text))),
        Some(_) => None,
    }
}

/// What is written into notices and logs: no control character gets that far.
fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|char| if char.is_control() { '?' } else { char })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Reply, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (mut here, there) = tokio::io::duplex(bytes.len() + 1);
            here.write_all(bytes).await.unwrap();
            drop(here);
            Reply::read(&mut Lines::new(Box::new(there)))
                .await
                .map_err(|fault| fault.to_string())
        })
    }

    #[test]
    fn a_reply_has_one_code_and_ends_at_a_line_with_a_blank() {
        // (bytes, code and text or the fault)
        let cases: [(&[u8], Result<&str, &str>); 12] = [
            (b"250 2.1.0 fine\r\n", Ok("250 2.1.0 fine")),
            (b"250-one\r\n250 two\r\n", Ok("250 one two")),
            (b"250\r\n", Ok("250")),
            (b"220 \r\n", Ok("220")),
            (b"250-one\n250 two\n", Ok("250 one two")),
            (
                b"250-one\r\n251 two\r\n",
                Err("the lines of a reply have the codes 250 and 251"),
            ),
            (b"250-one\r\n", Err("the connection was closed")),
            (b"25 short\r\n", Err("\"25 short\" is no reply")),
            (b"650 high\r\n", Err("\"650 high\" is no reply")),
            (b"150 low\r\n", Err("\"150 low\" is no reply")),
            (b"250=odd\r\n", Err("\"250=odd\" is no reply")),
            (b"\x16\x03\x01\x00\n", Err("\"????\" is no reply")),
        ];
        for (bytes, want) in cases {
            let got = read(bytes);
            let got = got.as_ref().map(Reply::told);
            assert_eq!(
                got.as_deref().map_err(|fault| fault.as_str()),
                want,
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn a_reply_without_end_is_cut_off() {
        let endless = b"250-more\r\n".repeat(LINES_LIMIT + 5);
        assert_eq!(
            read(&endless),
            Err("a reply has more than 128 lines".into())
        );
    }

    #[test]
    fn the_enhanced_status_fits_the_code() {
        // (reply, its status)
        let cases = [
            ("550 5.1.1 no such user", Some("5.1.1")),
            ("450 4.7.0 later", Some("4.7.0")),
            ("550 4.7.0 of another class", None),
            ("550 5.7", None),
            ("550 5.7.1.2 x", None),
            ("550 5.07.1 x", None),
            ("550 no", None),
            ("550", None),
        ];
        for (text, want) in cases {
            let reply = read(format!("{text}\r\n").as_bytes()).unwrap();
            assert_eq!(reply.enhanced_status(), want, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_reply_that_was_written_is_read(code in 200_u16..556, lines in proptest::collection::vec("[ -~]{0,60}", 1..6)) {
            prop_assume!(code / 10 % 10 <= 5);
            let last = lines.len() - 1;
            let text: String = lines.iter().enumerate()
                .map(|(n, line)| format!("{code}{}{line}\r\n", if n == last { ' ' } else { '-' }))
                .collect();
            let reply = read(text.as_bytes()).unwrap();
            prop_assert_eq!(reply.code(), code);
            prop_assert_eq!(reply.lines(), &lines[..]);
        }
    }
}
