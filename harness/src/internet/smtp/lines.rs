//! Bytes to command lines and content (RFC 5321 §2.3.8), in whatever segments they come.
//!
//! Lines end in CRLF; a bare LF ends one as well, since nothing here depends on the difference. A line over the limit
//! is thrown away as it comes and told once. Nothing here knows commands.

/// Octets of a command line, its end included: RFC 5321 §4.5.3.1.4 asks for 512, extensions add to it.
pub(super) const LINE_LIMIT: usize = 2_048;

/// How many octets of an overlong line are thrown away before the peer counts as a flood.
pub(super) const OVERFLOW_LIMIT: usize = 1 << 20;

/// What has come and was not used.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    at: usize,
    /// How far the search for a line end has got.
    searched: usize,
    /// So many octets of the present line were thrown away.
    thrown: usize,
}

/// What stands at the front of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Front {
    /// A line, its end taken off.
    Line(Vec<u8>),
    /// A line over the limit, thrown away.
    TooLong,
    /// A line that never ends.
    Flood,
    /// More bytes are needed.
    Incomplete,
}

impl Input {
    /// Takes what has come.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.at > 0 && self.at == self.bytes.len() {
            self.clear();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Octets that wait.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next line, if it is there.
    pub(super) fn line(&mut self) -> Front {
        let waiting = &self.bytes[self.at..];
        let from = self.searched.min(waiting.len());
        let Some(end) = waiting[from..].iter().position(|byte| *byte == b'\n') else {
            return self.without_end();
        };
        let end = from + end;
        let line = waiting[..end]
            .strip_suffix(b"\r")
            .unwrap_or(&waiting[..end])
            .to_vec();
        let too_long = self.thrown + end + 1 > LINE_LIMIT;
        self.skip(end + 1);
        self.thrown = 0;
        if too_long {
            Front::TooLong
        } else {
            Front::Line(line)
        }
    }

    fn without_end(&mut self) -> Front {
        let waiting = self.len();
        self.searched = waiting;
        if self.thrown + waiting > LINE_LIMIT {
            self.thrown += waiting;
            self.skip(waiting);
        }
        if self.thrown > OVERFLOW_LIMIT {
            Front::Flood
        } else {
            Front::Incomplete
        }
    }

    /// Up to so many octets as they are.
    pub(super) fn take(&mut self, most: usize) -> Vec<u8> {
        let count = most.min(self.len());
        let taken = self.bytes[self.at..self.at + count].to_vec();
        self.skip(count);
        taken
    }

    /// Everything that waits.
    pub(super) fn take_all(&mut self) -> Vec<u8> {
        self.take(self.len())
    }

    fn skip(&mut self, count: usize) {
        self.at += count;
        self.searched = 0;
        if self.at == self.bytes.len() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.at = 0;
        self.searched = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(input: &mut Input) -> Vec<Front> {
        let mut fronts = Vec::new();
        loop {
            match input.line() {
                Front::Incomplete => return fronts,
                Front::Flood => {
                    fronts.push(Front::Flood);
                    return fronts;
                }
                front => fronts.push(front),
            }
        }
    }

    #[test]
    fn lines_end_in_crlf_or_lf_and_have_a_limit() {
        let line = |text: &str| Front::Line(text.as_bytes().to_vec());
        let longest = "x".repeat(LINE_LIMIT - 2);
        // (bytes, lines)
        let cases = [
            (
                "NOOP\r\nQUIT\r\n".to_owned(),
                vec![line("NOOP"), line("QUIT")],
            ),
            ("NOOP\n\r\n".to_owned(), vec![line("NOOP"), line("")]),
            ("NOO".to_owned(), vec![]),
            (format!("{longest}\r\n"), vec![line(&longest)]),
            (
                format!("{longest}x\r\nNOOP\r\n"),
                vec![Front::TooLong, line("NOOP")],
            ),
            ("x".repeat(OVERFLOW_LIMIT + 1), vec![Front::Flood]),
        ];
        for (bytes, want) in cases {
            let mut input = Input::default();
            input.push(bytes.as_bytes());
            assert_eq!(all(&mut input), want, "{bytes:.40}");
        }
    }

    /// Runs of letters around the limit, line ends whole and halved, and a few bytes of any kind.
    fn any_piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            (0_usize..3_000).prop_map(|length| vec![b'x'; length]),
            prop::sample::select(vec!["\r\n", "\r", "\n", "\r\n\r\n"])
                .prop_map(|end| end.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ]
    }

    proptest! {
        #[test]
        fn segmentation_does_not_change_the_lines(
            pieces in prop::collection::vec(any_piece(), 0..12),
        ) {
            let mut whole = Input::default();
            whole.push(&pieces.concat());
            let want = all(&mut whole);
            let mut input = Input::default();
            let mut got = Vec::new();
            for piece in &pieces {
                input.push(piece);
                got.extend(all(&mut input));
                prop_assert!(input.len() <= LINE_LIMIT);
            }
            for front in &got {
                if let Front::Line(line) = front {
                    prop_assert!(line.len() < LINE_LIMIT && !line.contains(&b'\n'));
                }
            }
            prop_assert_eq!(got, want);
        }
    }
}
