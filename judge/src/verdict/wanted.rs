//! What an expectation wants, as reports say it: as the file writes it, on one line.

use crate::scenario::{
    Count, Disclosure, FieldPattern, Fields, OutcomeWord, Pattern, TlsCondition, TlsVersion, Wanted,
};

/// A key and its value, as a file would write them.
#[must_use]
pub fn told(wanted: &Wanted) -> String {
    format!("{} = {}", key(wanted), value(wanted))
}

/// The names of all keys.
pub(crate) const KEYS: [&str; 15] = [
    "outcome",
    "status",
    "tls",
    "via",
    "rounds",
    "attempts",
    "leaked",
    "disclosed",
    "notice",
    "trace",
    "report",
    "answer",
    "saw",
    "never",
    "order",
];

/// The name of the key.
pub(crate) const fn key(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted::Outcome(_) => "outcome",
        Wanted::Status(_) => "status",
        Wanted::Tls(_) => "tls",
        Wanted::Via(_) => "via",
        Wanted::Rounds(_) => "rounds",
        Wanted::Attempts(_) => "attempts",
        Wanted::Leaked(_) => "leaked",
        Wanted::Disclosed(_) => "disclosed",
        Wanted::Notice(_) => "notice",
        Wanted::Trace(_) => "trace",
        Wanted::Report(_) => "report",
        Wanted::Answer(_) => "answer",
        Wanted::Saw(_) => "saw",
        Wanted::Never(_) => "never",
        Wanted::Order(_) => "order",
    }
}

/// The value of the key.
pub(crate) fn value(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Outcome(words) => any_of(words.iter().map(|word| outcome_word(*word).to_owned())),
        Wanted::Status(codes) | Wanted::Via(codes) => any_of(codes.iter().cloned()),
        Wanted::Tls(conditions) => any_of(conditions.iter().map(|one| tls_condition(*one))),
        Wanted::Rounds(wanted) | Wanted::Attempts(wanted) => count(*wanted),
        Wanted::Leaked(wanted) => wanted.to_string(),
        Wanted::Disclosed(wanted) => disclosure(*wanted).to_owned(),
        Wanted::Notice(None) | Wanted::Report(None) => "none".to_owned(),
        Wanted::Notice(Some(wanted)) | Wanted::Trace(wanted) | Wanted::Answer(wanted) => {
            fields(wanted)
        }
        Wanted::Report(Some(tables)) => {
            let tables: Vec<String> = tables.iter().map(fields).collect();
            tables.join(", ")
        }
        Wanted::Saw(patterns) | Wanted::Never(patterns) | Wanted::Order(patterns) => {
            let patterns: Vec<&str> = patterns.iter().map(written).collect();
            patterns.join(", ")
        }
    }
}

fn written(pattern: &Pattern) -> &str {
    &pattern.written
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn any_of(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match &words[..] {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// As scenario files spell it.
pub(crate) const fn outcome_word(word: OutcomeWord) -> &'static str {
    match word {
        OutcomeWord::Delivered => "delivered",
        OutcomeWord::Deferred => "deferred",
        OutcomeWord::Bounced => "bounced",
        OutcomeWord::Rejected => "rejected",
        OutcomeWord::Returned => "returned",
    }
}

fn tls_condition(condition: TlsCondition) -> String {
    match condition {
        TlsCondition::None => "none".to_owned(),
        TlsCondition::Any => "any".to_owned(),
        TlsCondition::Exactly(version) => version.as_str().to_owned(),
        TlsCondition::AtLeast(version) => format!(">={}", version.as_str()),
    }
}

/// The version that scenario files and events spell so.
pub(crate) fn parse_tls_version(text: &str) -> Option<TlsVersion> {
    use TlsVersion::{Ssl3, Tls10, Tls11, Tls12, Tls13};
    [Ssl3, Tls10, Tls11, Tls12, Tls13]
        .into_iter()
        .find(|version| version.as_str() == text)
}

/// As scenario files spell it.
pub(crate) const fn disclosure(disclosure: Disclosure) -> &'static str {
    match disclosure {
        Disclosure::Nothing => "nothing",
        Disclosure::Envelope => "envelope",
        Disclosure::Message => "message",
    }
}

/// `2`, `>=1`, `1..3`.
pub(crate) fn count(count: Count) -> String {
    match count.most {
        Some(most) if most == count.least => most.to_string(),
        Some(most) => format!("{}..{most}", count.least),
        None => format!(">={}", count.least),
    }
}

/// Does a number lie within a count?
pub(crate) fn counts(count: Count, number: u64) -> bool {
    number >= count.least && count.most.is_none_or(|most| number <= most)
}

/// `{ a = 1, b = "x" }`.
pub(crate) fn fields(fields: &Fields) -> String {
    if fields.is_empty() {
        return "one".to_owned();
    }
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, pattern)| format!("{name} = {}", field(pattern)))
        .collect();
    format!("{{ {} }}", fields.join(", "))
}

/// A field's pattern as the file writes it.
pub(crate) fn field(pattern: &FieldPattern) -> String {
    match pattern {
        FieldPattern::Text(texts) => match &texts[..] {
            [one] => format!("{one:?}"),
            texts => format!("{texts:?}"),
        },
        FieldPattern::Flag(flag) => flag.to_string(),
        FieldPattern::Count(wanted) => match wanted.most {
            Some(most) if most == wanted.least => most.to_string(),
            _ => format!("{:?}", count(*wanted)),
        },
        FieldPattern::Numbers(numbers) => format!("{numbers:?}"),
        FieldPattern::Tables(tables) => {
            let tables: Vec<String> = tables.iter().map(fields).collect();
            format!("[{}]", tables.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_in_the_file() {
        let cases = [
            (
                Wanted::Outcome(vec![OutcomeWord::Deferred, OutcomeWord::Returned]),
                "outcome = deferred or returned",
            ),
            (
                Wanted::Tls(vec![
                    TlsCondition::AtLeast(TlsVersion::Tls12),
                    TlsCondition::None,
                ]),
                "tls = >=1.2 or none",
            ),
            (
                Wanted::Rounds(Count {
                    least: 1,
                    most: Some(1),
                }),
                "rounds = 1",
            ),
            (
                Wanted::Attempts(Count {
                    least: 0,
                    most: Some(6),
                }),
                "attempts = 0..6",
            ),
            (
                Wanted::Disclosed(Disclosure::Nothing),
                "disclosed = nothing",
            ),
            (Wanted::Notice(None), "notice = none"),
            (
                Wanted::Notice(Some(Fields::from([
                    ("action".into(), FieldPattern::Text(vec!["failed".into()])),
                    (
                        "count".into(),
                        FieldPattern::Count(Count {
                            least: 1,
                            most: None,
                        }),
                    ),
                ]))),
                "notice = { action = \"failed\", count = \">=1\" }",
            ),
        ];
        for (wanted, want) in cases {
            assert_eq!(format!("{} = {}", key(&wanted), value(&wanted)), want);
        }
    }

    #[test]
    fn a_count_has_both_its_ends() {
        let cases = [
            (
                Count {
                    least: 1,
                    most: Some(3),
                },
                0,
                false,
            ),
            (
                Count {
                    least: 1,
                    most: Some(3),
                },
                1,
                true,
            ),
            (
                Count {
                    least: 1,
                    most: Some(3),
                },
                3,
                true,
            ),
            (
                Count {
                    least: 1,
                    most: Some(3),
                },
                4,
                false,
            ),
            (
                Count {
                    least: 2,
                    most: None,
                },
                99,
                true,
            ),
        ];
        for (count, number, want) in cases {
            assert_eq!(counts(count, number), want, "{number} in {count:?}");
        }
    }
}
