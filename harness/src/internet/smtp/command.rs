//! Reads a command line: its verb, paths and parameters (RFC 5321 §4.1).
//!
//! What is no command has the verb `?`. Which commands are in order is left to the session's table.

/// The verbs that a session knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// RFC 5321 §4.1.1.1.
    Ehlo,
    /// RFC 5321 §4.1.1.1.
    Helo,
    /// RFC 3207 §4.
    Starttls,
    /// RFC 5321 §4.1.1.2.
    Mail,
    /// RFC 5321 §4.1.1.3.
    Rcpt,
    /// RFC 5321 §4.1.1.4.
    Data,
    /// RFC 3030 §2.
    Bdat,
    /// RFC 5321 §4.1.1.5.
    Rset,
    /// RFC 5321 §4.1.1.9.
    Noop,
    /// RFC 5321 §4.1.1.6.
    Vrfy,
    /// RFC 4954 §4.
    Auth,
    /// RFC 5321 §4.1.1.10.
    Quit,
    /// Anything else.
    Unknown,
}

impl Verb {
    const ALL: [(&'static str, Self); 12] = [
        ("EHLO", Self::Ehlo),
        ("HELO", Self::Helo),
        ("STARTTLS", Self::Starttls),
        ("MAIL", Self::Mail),
        ("RCPT", Self::Rcpt),
        ("DATA", Self::Data),
        ("BDAT", Self::Bdat),
        ("RSET", Self::Rset),
        ("NOOP", Self::Noop),
        ("VRFY", Self::Vrfy),
        ("AUTH", Self::Auth),
        ("QUIT", Self::Quit),
    ];
}

/// A command line, taken apart at the first blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// What it asks.
    pub(super) verb: Verb,
    /// As events spell it: in capitals, `?` for what is no word.
    pub(super) spelled: String,
    /// The line, lossy.
    pub(super) text: String,
    /// What stands behind the verb.
    pub(super) argument: String,
}

impl Command {
    /// Takes any bytes.
    pub(super) fn parse(line: &[u8]) -> Self {
        let text = String::from_utf8_lossy(line).into_owned();
        let (word, argument) = text.split_once([' ', '\t']).unwrap_or((&text, ""));
        let upper = word.to_ascii_uppercase();
        let known = Verb::ALL.iter().find(|(name, _)| *name == upper);
        let is_word = (2..=12).contains(&upper.len())
            && upper.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Self {
            verb: known.map_or(Verb::Unknown, |(_, verb)| *verb),
            spelled: if is_word { upper } else { "?".into() },
            argument: argument.trim().to_owned(),
            text,
        }
    }
}

/// The argument of MAIL or RCPT (RFC 5321 §4.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// What stands between the angle brackets.
    pub(super) address: String,
    /// `KEYWORD` or `KEYWORD=VALUE`, in order.
    pub(super) parameters: Vec<(String, Option<String>)>,
}

impl Path {
    /// Reads what stands behind `MAIL` or `RCPT`; `label` is `FROM:` or `TO:`. None: the syntax is wrong.
    pub(super) fn parse(argument: &str, label: &str) -> Option<Self> {
        let head = argument.get(..label.len())?;
        let rest = head
            .eq_ignore_ascii_case(label)
            .then(|| &argument[label.len()..])?;
        let rest = rest.strip_prefix('<')?;
        let end = closing_bracket(rest)?;
        let (address, parameters) = (&rest[..end], &rest[end + 1..]);
        if !parameters.is_empty() && !parameters.starts_with(' ') {
            return None;
        }
        let parameters =
            parameters
                .split_ascii_whitespace()
                .map(|parameter| match parameter.split_once('=') {
                    Some((key, value)) => (key.to_ascii_uppercase(), Some(value.to_owned())),
                    None => (parameter.to_ascii_uppercase(), None),
                });
        Some(Self {
            address: without_source_route(address).to_owned(),
            parameters: parameters.collect(),
        })
    }

    /// The value of a parameter; empty when it has none.
    pub(super) fn parameter(&self, key: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(name, _)| name == key)?;
        Some(found.1.as_deref().unwrap_or_default())
    }
}

/// Where the path ends: a bracket inside a quoted local part does not count.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Source routes are read and not used (RFC 5321 §4.1.2).
fn without_source_route(address: &str) -> &str {
    match address.split_once(':') {
        Some((route, mailbox)) if route.starts_with('@') => mailbox,
        _ => address,
    }
}

/// The argument of BDAT: the size of the chunk, and whether it is the last (RFC 3030 §2).
pub(super) fn chunk(argument: &str) -> Option<(u64, bool)> {
    let mut words = argument.split_ascii_whitespace();
    let size = words.next()?.parse().ok()?;
    match (words.next(), words.next()) {
        (None, None) => Some((size, false)),
        (Some(last), None) if last.eq_ignore_ascii_case("LAST") => Some((size, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_has_a_verb_and_an_argument() {
        // (line, verb, as spelled, argument)
        let cases: [(&[u8], _, _, _); 6] = [
            (b"EHLO mx.test", Verb::Ehlo, "EHLO", "mx.test"),
            (b"starttls", Verb::Starttls, "STARTTLS", ""),
            (b"XCLIENT a=b", Verb::Unknown, "XCLIENT", "a=b"),
            (b"\x16\x03\x01", Verb::Unknown, "?", ""),
            (b"", Verb::Unknown, "?", ""),
            (b"GET / HTTP/1.1", Verb::Unknown, "GET", "/ HTTP/1.1"),
        ];
        for (line, verb, spelled, argument) in cases {
            let command = Command::parse(line);
            assert_eq!(
                (command.verb, &*command.spelled, &*command.argument),
                (verb, spelled, argument)
            );
        }
    }

    #[test]
    fn paths_have_brackets_and_parameters() {
        // (argument of MAIL, address, parameters)
        let cases = [
            ("FROM:<a@b.test>", Some("a@b.test"), ""),
            ("from:<> SIZE=12 REQUIRETLS", Some(""), "SIZE=12 REQUIRETLS"),
            (
                "FROM:<\"a>b\"@c.test> BODY=8BITMIME",
                Some("\"a>b\"@c.test"),
                "BODY=8BITMIME",
            ),
            ("FROM:<@x.test,@y.test:a@b.test>", Some("a@b.test"), ""),
            ("FROM:<a@b.test>SIZE=1", None, ""),
            ("FROM: <a@b.test>", None, ""),
            ("FROM:a@b.test", None, ""),
            ("TO:<a@b.test>", None, ""),
            ("ü", None, ""),
        ];
        for (argument, address, parameters) in cases {
            let path = Path::parse(argument, "FROM:");
            assert_eq!(
                path.as_ref().map(|path| path.address.as_str()),
                address,
                "{argument}"
            );
            let spelled: Vec<_> = path.iter().flat_map(|path| &path.parameters).collect();
            let spelled: Vec<_> = spelled
                .iter()
                .map(|(key, value)| match value {
                    Some(value) => format!("{key}={value}"),
                    None => key.clone(),
                })
                .collect();
            assert_eq!(spelled.join(" "), parameters, "{argument}");
        }
    }

    #[test]
    fn a_chunk_has_a_size_and_may_be_the_last() {
        // (argument, chunk)
        let cases = [
            ("10", Some((10, false))),
            ("0 last", Some((0, true))),
            ("", None),
            ("-1", None),
            ("99999999999999999999", None),
            ("1 FIRST", None),
            ("1 LAST 2", None),
        ];
        for (argument, want) in cases {
            assert_eq!(chunk(argument), want, "{argument}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
            let command = Command::parse(&line);
            let _ = (Path::parse(&command.argument, "FROM:"), chunk(&command.argument));
            let _ = Path::parse(&format!("TO:<{text}"), "TO:");
        }
    }
}
