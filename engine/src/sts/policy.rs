//! The text of an STS policy (RFC 8461 §3.2).
//!
//! Bytes come in, a policy goes out, or all that is wrong with them. When a policy holds is a matter of `cached`.

use std::fmt;
use std::time::Duration;

use crate::address::DomainName;

use super::pattern::MxPattern;
use super::record::is_field_name;

/// The most seconds that a policy lasts.
const MAX_AGE_LIMIT: u64 = 31_557_600;
/// The most octets of a policy (RFC 8461 §3.3 suggests as many).
pub const POLICY_LIMIT: usize = 64 * 1_024;
/// The most octets that are kept of a text that is no policy.
const REFUSED_TEXT_LIMIT: usize = 4 * 1_024;

/// What a policy asks for where a host fails it (RFC 8461 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The host is not used.
    Enforce,
    /// The host is used, and the failure reported.
    Testing,
    /// The domain has no policy (any more).
    None,
}

impl Mode {
    /// Its word in a policy.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::None => "none",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Enforce, Self::Testing, Self::None]
            .into_iter()
            .find(|mode| mode.word() == word)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    text: String,
    mode: Mode,
    max_age: Duration,
    patterns: Vec<MxPattern>,
    unread_patterns: Vec<String>,
}

/// What is wrong with the text of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFault {
    /// It is too long.
    #[error("the policy is longer than {POLICY_LIMIT} octets")]
    TooLong,
    /// It is not text.
    #[error("the policy is not in UTF-8")]
    NotUtf8,
    /// A line is no field.
    #[error("line {0} is not a name, a colon and a value")]
    NotAField(usize),
    /// A field that must be there is not.
    #[error("the policy has no {0:?} field")]
    MissingField(&'static str),
    /// The version is another one.
    #[error("the version {0:?} is not \"STSv1\"")]
    Version(String),
    /// The mode is none of the three.
    #[error("the mode {0:?} is not \"enforce\", \"testing\" or \"none\"")]
    Mode(String),
    /// The lifetime is no number of one to ten digits.
    #[error("the max_age {0:?} is not a number of seconds from 0 to {MAX_AGE_LIMIT}")]
    MaxAge(String),
    /// No `mx` line can be read.
    #[error("the mx {0:?} is not a host name, with or without \"*.\" before it")]
    Mx(String),
}

/// All that is wrong with the text of a policy, at least one thing, and the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFaults {
    faults: Vec<PolicyFault>,
    text: String,
}

impl PolicyFaults {
    fn of(text: &str, faults: Vec<PolicyFault>) -> Self {
        let text = text[..text.floor_char_boundary(REFUSED_TEXT_LIMIT)].to_owned();
        Self { faults, text }
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyFault> {
        self.faults.iter()
    }

    /// The text as it was published, for a report about it (RFC 8460 §4.5); empty when it is none.
    ///
    /// Choice: no more than 4 KiB of it are kept, since it may be anything.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for PolicyFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.iter().map(ToString::to_string).collect();
        formatter.write_str(&told.join("; "))
    }
}

impl std::error::Error for PolicyFaults {}

impl Policy {
    /// Reads a policy. Lines end in CRLF or LF; fields come in any order; of one that is there twice the first counts, but
    /// each `mx` counts; unknown fields are passed over.
    ///
    /// Choice: a `max_age` over the limit is cut down to it, and an `mx` that is no pattern names no host, as long as another
    /// one is a pattern. RFC 8461 §3.2 binds the publisher; a policy refused for these would protect nobody. Lines with
    /// nothing on them are passed over, for the grammar has no place for them and publishers have. A mode in capitals is
    /// another word, as the grammar says, and is refused with everything else that is no field.
    ///
    /// # Errors
    /// `PolicyFaults` with everything that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyFaults> {
        if bytes.len() > POLICY_LIMIT {
            return Err(PolicyFaults::of("", vec![PolicyFault::TooLong]));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| PolicyFaults::of("", vec![PolicyFault::NotUtf8]))?;
        let mut fields = Fields::read(text);
        let mode = fields.mode();
        let max_age = fields.max_age();
        fields.check_version();
        let (patterns, unread_patterns) = fields.patterns(mode);
        match (mode, max_age) {
            (Some(mode), Some(max_age)) if fields.faults.is_empty() => Ok(Self {
                text: text.to_owned(),
                mode,
                max_age,
                patterns,
                unread_patterns,
            }),
            _ => Err(PolicyFaults::of(text, fields.faults)),
        }
    }

    /// The text as it was published.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it asks for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How long it lasts.
    #[must_use]
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// The hosts that it names, in its own order.
    #[must_use]
    pub fn patterns(&self) -> &[MxPattern] {
        &self.patterns
    }

    /// The `mx` values that name no host.
    #[must_use]
    pub fn unread_patterns(&self) -> &[String] {
        &self.unread_patterns
    }

    /// Whether it names an MX host.
    #[must_use]
    pub fn names(&self, host: &DomainName) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(host))
    }
}

/// The fields of a policy, and what was wrong so far.
struct Fields<'t> {
    fields: Vec<(&'t str, &'t str)>,
    faults: Vec<PolicyFault>,
}

impl<'t> Fields<'t> {
    fn read(text: &'t str) -> Self {
        let mut found = Self {
            fields: Vec::new(),
            faults: Vec::new(),
        };
        let blanks = [' ', '\t'];
        for (index, line) in text.split('\n').enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let line = line.trim_end_matches(blanks);
            if line.is_empty() {
                continue;
            }
            let field = line
                .split_once(':')
                .map(|(name, value)| (name, value.trim_start_matches(blanks)))
                .filter(|(name, value)| is_field_name(name) && is_value(value));
            match field {
                Some(field) => found.fields.push(field),
                None => found.faults.push(PolicyFault::NotAField(index + 1)),
            }
        }
        found
    }

    /// The first value of a field.
    fn value(&mut self, wanted: &'static str) -> Option<&'t str> {
        let value = self
            .fields
            .iter()
            .find_map(|(name, value)| (*name == wanted).then_some(*value));
        if value.is_none() {
            self.faults.push(PolicyFault::MissingField(wanted));
        }
        value
    }

    fn check_version(&mut self) {
        if let Some(version) = self.value("version")
            && version != "STSv1"
        {
            self.faults.push(PolicyFault::Version(version.to_owned()));
        }
    }

    fn mode(&mut self) -> Option<Mode> {
        let word = self.value("mode")?;
        let mode = Mode::parse(word);
        if mode.is_none() {
            self.faults.push(PolicyFault::Mode(word.to_owned()));
        }
        mode
    }

    fn max_age(&mut self) -> Option<Duration> {
        let digits = self.value("max_age")?;
        let is_number =
            (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = digits.parse::<u64>().ok().filter(|_| is_number);
        if seconds.is_none() {
            self.faults.push(PolicyFault::MaxAge(digits.to_owned()));
        }
        seconds.map(|seconds| Duration::from_secs(seconds.min(MAX_AGE_LIMIT)))
    }

    fn patterns(&mut self, mode: Option<Mode>) -> (Vec<MxPattern>, Vec<String>) {
        let (mut patterns, mut unread) = (Vec::new(), Vec::new());
        for (_, value) in self.fields.iter().filter(|(name, _)| *name == "mx") {
            match MxPattern::parse(value) {
                Some(pattern) => patterns.push(pattern),
                None => unread.push((*value).to_owned()),
            }
        }
        if patterns.is_empty() && mode != Some(Mode::None) {
            self.faults.push(match unread.first() {
                Some(first) => PolicyFault::Mx(first.clone()),
                None => PolicyFault::MissingField("mx"),
            });
        }
        (patterns, unread)
    }
}

/// Something, and nothing that controls a terminal.
fn is_value(value: &str) -> bool {
    !value.is_empty() && !value.chars().any(|one| one.is_ascii_control())
}
