//! The EHLO answer: the healthy keywords, what a host differs in, and what an attacker makes of it.
//!
//! SCENARIOS §4 has the healthy list; RFC 5321 §4.1.1.1 the form. Letter case is kept as the file spells it.

use mtaspec_judge::scenario::{Attacker, Host, StartTls, Tampering};

/// The size that a healthy host takes, in octets (RFC 1870).
pub(super) const HEALTHY_SIZE: u64 = 10_485_760;

const HEALTHY: [&str; 8] = [
    "PIPELINING",
    "SIZE 10485760",
    "8BITMIME",
    "ENHANCEDSTATUSCODES",
    "DSN",
    "SMTPUTF8",
    "CHUNKING",
    "REQUIRETLS",
];

/// What STARTTLS looks like when an attacker has made it unreadable.
const MANGLED: &str = "XXXXXXXA";

/// What one EHLO answer lists, a line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keywords {
    lines: Vec<String>,
}

impl Keywords {
    /// What the host lists, before TLS or inside.
    pub(super) fn of_host(host: &Host, inside_tls: bool) -> Self {
        let mut keywords = Self {
            lines: HEALTHY.map(str::to_owned).to_vec(),
        };
        if !inside_tls && host.starttls == StartTls::Offered {
            keywords.lines.push("STARTTLS".into());
        }
        keywords.differ(&host.keywords);
        keywords.differ(if inside_tls {
            &host.keywords_after_tls
        } else {
            &host.keywords_before_tls
        });
        keywords
    }

    /// What is left of it behind an attacker who can write here.
    pub(super) fn behind(mut self, attacker: &Attacker, inside_tls: bool) -> Self {
        self.differ(&attacker.keywords);
        if inside_tls {
            return self;
        }
        self.differ(&attacker.keywords_before_tls);
        match attacker.starttls {
            Tampering::Passed => {}
            Tampering::Stripped => self.lines.retain(|line| !has_word(line, "STARTTLS")),
            Tampering::Mangled => {
                for line in self
                    .lines
                    .iter_mut()
                    .filter(|line| has_word(line, "STARTTLS"))
                {
                    MANGLED.clone_into(line);
                }
            }
        }
        self
    }

    /// A line adds or replaces by its first word; `-WORD` removes.
    fn differ(&mut self, differences: &[String]) {
        for difference in differences {
            if let Some(word) = difference.strip_prefix('-') {
                self.lines.retain(|line| !has_word(line, word));
                continue;
            }
            match self
                .lines
                .iter_mut()
                .find(|line| has_word(line, first_word(difference)))
            {
                Some(line) => line.clone_from(difference),
                None => self.lines.push(difference.clone()),
            }
        }
    }

    /// Is this keyword listed, in whatever letter case?
    pub(super) fn lists(&self, word: &str) -> bool {
        self.lines.iter().any(|line| has_word(line, word))
    }

    /// The size limit that the answer states (RFC 1870 §4); none, or 0, states none.
    pub(super) fn size(&self) -> Option<u64> {
        let line = self.lines.iter().find(|line| has_word(line, "SIZE"))?;
        let stated = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
        (stated > 0).then_some(stated)
    }

    /// The lines in order.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }
}

fn first_word(line: &str) -> &str {
    line.split([' ', '=']).next().unwrap_or_default()
}

fn has_word(line: &str, word: &str) -> bool {
    first_word(line).eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str =
        "PIPELINING|SIZE 10485760|8BITMIME|ENHANCEDSTATUSCODES|DSN|SMTPUTF8|CHUNKING|REQUIRETLS";

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_host_lists_the_healthy_keywords_and_its_differences() {
        let host = |starttls, both: &[&str], before: &[&str], after: &[&str]| Host {
            starttls,
            keywords: list(both),
            keywords_before_tls: list(before),
            keywords_after_tls: list(after),
            ..Host::default()
        };
        let offered = StartTls::Offered;
        // (host, inside TLS, what is listed)
        let cases = [
            (
                host(offered, &[], &[], &[]),
                false,
                format!("{ALL}|STARTTLS"),
            ),
            (host(offered, &[], &[], &[]), true, ALL.to_owned()),
            (host(StartTls::Absent, &[], &[], &[]), false, ALL.to_owned()),
            (host(StartTls::Hidden, &[], &[], &[]), false, ALL.to_owned()),
            (
                host(offered, &[], &["starttls"], &[]),
                false,
                format!("{ALL}|starttls"),
            ),
            (
                host(offered, &[], &[], &["STARTTLS"]),
                true,
                format!("{ALL}|STARTTLS"),
            ),
            (
                host(offered, &["-dsn", "Size 1000"], &["-SIZE"], &["XFOO a b"]),
                true,
                ALL.replace("|DSN", "")
                    .replace("SIZE 10485760", "Size 1000")
                    + "|XFOO a b",
            ),
            (
                host(offered, &["-DSN", "Size 1000"], &["-SIZE"], &[]),
                false,
                ALL.replace("|DSN", "").replace("SIZE 10485760|", "") + "|STARTTLS",
            ),
        ];
        for (host, inside_tls, want) in cases {
            assert_eq!(Keywords::of_host(&host, inside_tls).lines().join("|"), want);
        }
    }

    #[test]
    fn an_attacker_changes_what_passes_through() {
        let attacker = |starttls, both: &[&str], before: &[&str]| Attacker {
            starttls,
            keywords: list(both),
            keywords_before_tls: list(before),
            ..Attacker::default()
        };
        // (attacker, inside TLS, what is left)
        let cases = [
            (
                attacker(Tampering::Passed, &[], &[]),
                false,
                format!("{ALL}|STARTTLS"),
            ),
            (
                attacker(Tampering::Stripped, &[], &[]),
                false,
                ALL.to_owned(),
            ),
            (
                attacker(Tampering::Mangled, &[], &[]),
                false,
                format!("{ALL}|XXXXXXXA"),
            ),
            (
                attacker(Tampering::Stripped, &["AUTH PLAIN"], &["-DSN"]),
                false,
                ALL.replace("|DSN", "") + "|AUTH PLAIN",
            ),
            (
                attacker(Tampering::Stripped, &["AUTH PLAIN"], &["-DSN"]),
                true,
                format!("{ALL}|AUTH PLAIN"),
            ),
        ];
        for (attacker, inside_tls, want) in cases {
            let keywords = Keywords::of_host(&Host::default(), inside_tls);
            assert_eq!(
                keywords.behind(&attacker, inside_tls).lines().join("|"),
                want
            );
        }
    }

    #[test]
    fn the_stated_size_is_read() {
        // (keyword, stated size)
        let cases = [
            ("SIZE 1000", Some(1000)),
            ("SIZE", None),
            ("SIZE 0", None),
            ("-SIZE", None),
        ];
        for (line, want) in cases {
            let host = Host {
                keywords: list(&[line]),
                ..Host::default()
            };
            assert_eq!(Keywords::of_host(&host, true).size(), want, "{line}");
        }
    }
}
