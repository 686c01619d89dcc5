//! The keywords of an EHLO answer (RFC 5321 §4.1.1.1), in any letter case.
//!
//! Keywords belong to one answer. After a handshake there is a new one, and nothing of the old is kept (RFC 3207 §4.2).

use std::collections::BTreeMap;

use super::reply::Reply;

/// What a receiver says that it can.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Keywords {
    listed: BTreeMap<String, String>,
    host: Option<String>,
}

impl Keywords {
    /// What a receiver can that knows only HELO, by its answer to that.
    #[must_use]
    pub(crate) fn of_helo(reply: &Reply) -> Self {
        Self {
            listed: BTreeMap::new(),
            host: host(reply),
        }
    }

    /// Reads the answer to EHLO; its first line is a greeting.
    #[must_use]
    pub(crate) fn of(reply: &Reply) -> Self {
        let keyword = |line: &String| {
            let line = line.trim();
            // Some receivers write `AUTH=PLAIN`; the keyword ends there too.
            let end = line.find([' ', '=']).unwrap_or(line.len());
            let (word, rest) = line.split_at(end);
            let parameters = rest.get(1..).unwrap_or_default().trim();
            (!word.is_empty()).then(|| (word.to_ascii_uppercase(), parameters.to_owned()))
        };
        Self {
            listed: reply.lines().iter().skip(1).filter_map(keyword).collect(),
            host: host(reply),
        }
    }

    /// What the receiver calls itself: the first word of its answer (RFC 5321 §4.1.1.1).
    #[must_use]
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Whether a keyword is listed.
    #[must_use]
    pub(crate) fn has(&self, keyword: &str) -> bool {
        self.listed.contains_key(keyword)
    }

    /// The largest message that is taken (RFC 1870 §4), if there is a limit.
    #[must_use]
    pub(crate) fn size_limit(&self) -> Option<u64> {
        self.listed
            .get("SIZE")?
            .parse()
            .ok()
            .filter(|limit| *limit > 0)
    }
}

fn host(reply: &Reply) -> Option<String> {
    let greeting = reply.lines().first()?;
    greeting.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::smtp::lines::Lines;

    fn keywords(lines: &[&str]) -> Keywords {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let reply = runtime.block_on(async {
            let (mut here, there) = tokio::io::duplex(64 * 1024);
            for line in lines {
                here.write_all(format!("250-{line}\r\n").as_bytes())
                    .await
                    .unwrap();
            }
            here.write_all(b"250 HELP\r\n").await.unwrap();
            Reply::read(&mut Lines::new(Box::new(there))).await.unwrap()
        });
        Keywords::of(&reply)
    }

    #[test]
    fn keywords_are_known_in_any_letter_case_and_never_from_the_greeting() {
        let found = keywords(&[
            "STARTTLS is my name",
            "pipelining",
            "StartTLS",
            "SIZE 1000",
            "Auth=PLAIN",
            "",
            "XSTARTTLS",
        ]);
        assert!(
            found.has("PIPELINING")
                && found.has("STARTTLS")
                && found.has("AUTH")
                && found.has("HELP")
        );
        assert_eq!(found.size_limit(), Some(1_000));
        let greeting = keywords(&["STARTTLS"]);
        assert!(!greeting.has("STARTTLS"));
        let mangled = keywords(&["mx.example.test", "XXXXXXXX", "STARTTLSX", "X-STARTTLS"]);
        assert!(!mangled.has("STARTTLS"));
    }

    #[test]
    fn a_size_of_zero_or_nonsense_is_no_limit() {
        for (line, want) in [
            ("SIZE", None),
            ("SIZE 0", None),
            ("SIZE x", None),
            ("size 10485760", Some(10_485_760)),
        ] {
            assert_eq!(
                keywords(&["mx.example.test", line]).size_limit(),
                want,
                "{line}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_line_is_read_without_panic(line in "[ -~]{0,80}") {
            let _ = keywords(&["mx.example.test", &line]);
        }
    }
}
