//! Patterns that select cases by id: `mta-sts/**`, `*#no-rule`, `**/bogus*`, or an id as it is.
//!
//! `*` stands for any run of characters without `/` and `#`, `**` for any run at all, `?` for one character. What a
//! pattern matches it selects with all that lies below: a folder selects its files, a file its cases, a case its
//! labels. A pattern without `/` in its path is looked for in every folder.

use std::fmt;

/// A pattern of ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdPattern(String);

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is empty.
    #[error("an empty pattern selects nothing")]
    Empty,
    /// No id has this character.
    #[error("{0:?} is no pattern of ids: {1:?} stands in no id")]
    BadCharacter(String, char),
}

impl IdPattern {
    /// Reads a pattern; a final `/` and a final `.toml`, as shells complete them, are dropped.
    ///
    /// # Errors
    /// When no id could ever match.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let bare = text.trim_end_matches('/');
        let bare = bare.strip_suffix(".toml").unwrap_or(bare);
        if bare.is_empty() {
            return Err(PatternError::Empty);
        }
        let is_right = |c: char| c.is_ascii_alphanumeric() || "-/#*?".contains(c);
        match bare.chars().find(|c| !is_right(*c)) {
            Some(wrong) => Err(PatternError::BadCharacter(text.into(), wrong)),
            None => Ok(Self(bare.into())),
        }
    }

    /// Whether it selects the case of that id.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        let path = self.0.split('#').next().unwrap_or_default();
        let anywhere = !path.contains('/');
        let folders = id.split('#').next().unwrap_or_default().match_indices('/');
        let starts = std::iter::once(0).chain(folders.map(|(at, _)| at + 1));
        let starts = starts.take(if anywhere { usize::MAX } else { 1 });
        starts
            .into_iter()
            .any(|start| selects(self.0.as_bytes(), &id.as_bytes()[start..]))
    }
}

impl fmt::Display for IdPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether the pattern matches the whole id or a part that ends before a `/` or `#`. Each state is one position in
/// the pattern, so the work is bounded by the product of the lengths.
fn selects(pattern: &[u8], id: &[u8]) -> bool {
    let mut states = vec![false; pattern.len() + 1];
    states[0] = true;
    skip_stars(pattern, &mut states);
    for byte in id {
        if states[pattern.len()] && matches!(byte, b'/' | b'#') {
            return true;
        }
        let mut next = vec![false; pattern.len() + 1];
        for at in (0..pattern.len()).filter(|at| states[*at]) {
            match pattern[at] {
                b'*' => {
                    let is_any =
                        pattern[at..].starts_with(b"**") || (at > 0 && pattern[at - 1] == b'*');
                    next[at] |= is_any || !matches!(byte, b'/' | b'#');
                }
                b'?' => next[at + 1] |= !matches!(byte, b'/' | b'#'),
                exact => next[at + 1] |= exact == *byte,
            }
        }
        if !next.contains(&true) {
            return false;
        }
        skip_stars(pattern, &mut next);
        states = next;
    }
    states[pattern.len()]
}

/// A star may stand for nothing.
fn skip_stars(pattern: &[u8], states: &mut [bool]) {
    for at in 0..pattern.len() {
        if states[at] && pattern[at] == b'*' {
            states[at + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_selects_what_it_matches_and_all_below() {
        // (pattern, id, is it selected?)
        let cases = [
            ("mta-sts/**", "mta-sts/cache/weeks#a", true),
            ("mta-sts/**", "dane/mta-sts/x", false),
            ("mta-sts/*", "mta-sts/cache/weeks#a", true),
            ("mta-sts", "mta-sts/cache/weeks#a", true),
            ("mta-sts/", "mta-sts/cache/weeks#a", true),
            ("*#no-rule", "compliance/outbound/no-starttls#no-rule", true),
            (
                "*#no-rule",
                "compliance/outbound/no-starttls#no-rule/label",
                true,
            ),
            (
                "*#no-rule",
                "compliance/outbound/no-starttls#no-rule-at-all",
                false,
            ),
            ("**/bogus*", "dane/lookup/bogus-answers#a", true),
            ("**/bogus*", "dane/lookup/answers#a/bogus-mx", true),
            ("**/bogus*", "dane/lookup/answers#a", false),
            ("starttls/refused", "starttls/refused", true),
            (
                "starttls/refused",
                "starttls/refused#with-a-rule/busy",
                true,
            ),
            (
                "starttls/refused.toml",
                "starttls/refused#with-a-rule",
                true,
            ),
            ("starttls/refused", "starttls/refused-again#a", false),
            (
                "starttls/refused#with-a-rule",
                "starttls/refused#with-a-rule/busy",
                true,
            ),
            (
                "starttls/refused#with-a-rule/busy",
                "starttls/refused#with-a-rule/busy",
                true,
            ),
            (
                "starttls/refused#with-a-rule/busy",
                "starttls/refused#with-a-rule/unknown",
                false,
            ),
            ("refused", "starttls/refused#a", true),
            (
                "tls-versions/each-version#tls-1-?",
                "tls-versions/each-version#tls-1-2",
                true,
            ),
            ("starttls/*#*", "starttls/refused#a/b", true),
            ("starttls/*/x", "starttls/a/b/x", false),
            ("starttls/**/x", "starttls/a/b/x", true),
            ("**", "anything#at/all", true),
            ("**#/1*", "a/b#/1-2", true),
        ];
        for (pattern, id, want) in cases {
            assert_eq!(
                IdPattern::parse(pattern).unwrap().matches(id),
                want,
                "{pattern} with {id}"
            );
        }
    }

    #[test]
    fn what_no_id_can_match_is_refused() {
        assert_eq!(IdPattern::parse(""), Err(PatternError::Empty));
        assert_eq!(IdPattern::parse("/"), Err(PatternError::Empty));
        assert!(matches!(
            IdPattern::parse("a b"),
            Err(PatternError::BadCharacter(_, ' '))
        ));
    }

    proptest! {
        #[test]
        fn no_pattern_and_no_id_make_it_panic(pattern in "[a-c/#*?]{0,30}", id in "[a-c/#]{0,60}") {
            if let Ok(pattern) = IdPattern::parse(&pattern) {
                let _ = pattern.matches(&id);
            }
        }

        #[test]
        fn an_id_selects_itself(id in "[a-z-]{1,9}(/[a-z-]{1,9}){0,3}(#[a-z-]{1,9}(/[a-z-]{1,9}){0,2})?") {
            prop_assert!(IdPattern::parse(&id).unwrap().matches(&id));
        }
    }
}
