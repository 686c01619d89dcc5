//! Patterns of events and of other fields: texts with wildcards, lists, flags, numbers.
//!
//! Nothing here knows one event from another: an event is its fields, as they stand in a recording. A list matches
//! where one of its elements does, but for those that have to be told whole.

use serde_json::{Map, Value};

use super::wanted::counts;
use super::wildcard::{fits, fits_address, fits_name};
use crate::scenario::{FieldPattern, Fields, Pattern};

/// Fields that hold host or domain names.
const NAMES: [&str; 6] = ["host", "name", "sni", "remote_mta", "domain", "mx"];

/// Fields that hold addresses (or URIs, which have their domain behind an `@` or none).
const ADDRESSES: [&str; 4] = ["from", "to", "recipient", "about"];

/// Fields of a report that repeat what was published: each element counts, in whatever order (RFC 8460 §4.4, §4.5).
const WHOLE: [&str; 2] = ["mx", "policy"];

/// Does an event have the pattern's name and fields?
#[must_use]
pub(crate) fn matches(pattern: &Pattern, event: &Map<String, Value>) -> bool {
    event.get("event").and_then(Value::as_str) == Some(pattern.event.as_str())
        && is_about(pattern, event)
        && all_match(&pattern.fields, event)
}

/// A pattern that names no host is about every fake but the subject's mailboxes; a notice arrives nowhere else.
fn is_about(pattern: &Pattern, event: &Map<String, Value>) -> bool {
    let at_home = event
        .get("host")
        .and_then(Value::as_str)
        .is_some_and(|host| fits_name("mx.home.test", host));
    pattern.fields.contains_key("host") || pattern.event == "notice" || !at_home
}

/// Does each field fit its pattern?
#[must_use]
pub(crate) fn all_match(fields: &Fields, values: &Map<String, Value>) -> bool {
    fields.iter().all(|(name, pattern)| {
        field_matches(name, pattern, values.get(name).unwrap_or(&Value::Null))
    })
}

/// Does a value fit the pattern of the field of that name? An absent one is null.
#[must_use]
pub(crate) fn field_matches(name: &str, pattern: &FieldPattern, value: &Value) -> bool {
    if let Value::Array(items) = value {
        return match pattern {
            FieldPattern::Tables(tables) => tables.iter().all(|table| {
                items
                    .iter()
                    .any(|item| item.as_object().is_some_and(|item| all_match(table, item)))
            }),
            FieldPattern::Text(texts) if WHOLE.contains(&name) => is_whole(name, texts, items),
            FieldPattern::Flag(false) => items.is_empty(),
            FieldPattern::Flag(true) => !items.is_empty(),
            _ => items.iter().any(|item| field_matches(name, pattern, item)),
        };
    }
    match pattern {
        FieldPattern::Text(texts) => text_of(value)
            .is_some_and(|value| texts.iter().any(|text| text_fits(name, text, &value))),
        FieldPattern::Flag(wanted) => *wanted == is_set(value),
        FieldPattern::Count(count) => number_of(value).is_some_and(|number| counts(*count, number)),
        FieldPattern::Numbers(numbers) => number_of(value)
            .and_then(|number| i64::try_from(number).ok())
            .is_some_and(|number| numbers.contains(&number)),
        FieldPattern::Tables(tables) => value
            .as_object()
            .is_some_and(|value| tables.iter().all(|table| all_match(table, value))),
    }
}

/// Is each text found in the list, and nothing else?
fn is_whole(name: &str, texts: &[String], items: &[Value]) -> bool {
    let fits = |text: &String, item: &Value| {
        text_of(item).is_some_and(|item| text_fits(name, text, &item))
    };
    texts.len() == items.len()
        && (texts.iter()).all(|text| items.iter().any(|item| fits(text, item)))
        && (items.iter()).all(|item| texts.iter().any(|text| fits(text, item)))
}

fn text_fits(name: &str, pattern: &str, value: &str) -> bool {
    if NAMES.contains(&name) {
        fits_name(pattern, value)
    } else if ADDRESSES.contains(&name) {
        fits_address(pattern, value)
    } else if name == "message" {
        fits(pattern, value) || super::messages::names(pattern, value)
    } else {
        fits(pattern, value)
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// False are `false`, nothing, and the words for nothing.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::Null => false,
        Value::String(text) => !matches!(text.as_str(), "" | "none"),
        Value::Number(number) => number.as_u64() != Some(0),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn number_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scenario::Count;

    fn text(texts: &[&str]) -> FieldPattern {
        FieldPattern::Text(texts.iter().map(ToString::to_string).collect())
    }

    fn between(least: u64, most: Option<u64>) -> FieldPattern {
        FieldPattern::Count(Count { least, most })
    }

    fn check(cases: &[(&str, FieldPattern, Value, bool)]) {
        for (name, pattern, value, want) in cases {
            let found = field_matches(name, pattern, value);
            assert_eq!(found, *want, "{name} {pattern:?} {value}");
        }
    }

    #[test]
    fn what_a_report_repeats_of_a_policy_is_repeated_whole() {
        let lines = || text(&["mode: none", "max_age: *"]);
        check(&[
            ("policy", lines(), json!(["mode: none", "max_age: 1"]), true),
            ("policy", lines(), json!(["max_age: 1", "mode: none"]), true),
            ("policy", lines(), json!(["mode: none"]), false),
            (
                "policy",
                lines(),
                json!(["mode: none", "x: 1", "max_age: 1"]),
                false,
            ),
            (
                "policy",
                lines(),
                json!(["mode: none", "mode: none"]),
                false,
            ),
            ("mx", text(&["MX.test"]), json!(["mx.test"]), true),
            ("mx", text(&["mx.test"]), json!("mx.test"), true),
            ("to", lines(), json!(["mode: none", "another"]), true),
        ]);
    }

    #[test]
    fn texts_fit_by_wildcards_and_names_in_any_letter_case() {
        check(&[
            ("verb", text(&["MAIL", "RCPT"]), json!("RCPT"), true),
            ("verb", text(&["mail"]), json!("MAIL"), false),
            (
                "text",
                text(&["*NOTIFY=*"]),
                json!("RCPT TO:<a> NOTIFY=NEVER"),
                true,
            ),
            ("text", text(&["a?c"]), json!("abbc"), false),
            (
                "host",
                text(&["MX.Example.test"]),
                json!("mx.example.TEST"),
                true,
            ),
            (
                "name",
                text(&["*.unsigned.test"]),
                json!("_25._tcp.MX.unsigned.test"),
                true,
            ),
            (
                "to",
                text(&["user@example.test"]),
                json!(["a@b.test", "user@EXAMPLE.test"]),
                true,
            ),
            (
                "to",
                text(&["User@example.test"]),
                json!(["user@example.test"]),
                false,
            ),
            ("versions", text(&["1.0"]), json!(["1.3", "1.0"]), true),
            ("versions", text(&["1.1"]), json!(["1.3", "1.0"]), false),
            ("message", text(&["first"]), json!("first/3"), true),
            ("message", text(&["first"]), json!("firstly"), false),
            ("sni", text(&["mx.example.test"]), json!(null), false),
        ]);
    }

    #[test]
    fn flags_and_numbers_fit_what_means_the_same() {
        check(&[
            ("sni", FieldPattern::Flag(false), json!(null), true),
            (
                "sni",
                FieldPattern::Flag(false),
                json!("mx.example.test"),
                false,
            ),
            ("tls", FieldPattern::Flag(true), json!(true), true),
            ("tls", FieldPattern::Flag(false), json!("none"), true),
            ("alpn", FieldPattern::Flag(false), json!([]), true),
            ("alpn", FieldPattern::Flag(true), json!(["smtp"]), true),
            ("code", between(400, Some(499)), json!(454), true),
            ("code", between(400, Some(499)), json!(550), false),
            ("code", text(&["4??"]), json!(454), true),
            (
                "code",
                FieldPattern::Numbers(vec![250, 251]),
                json!(251),
                true,
            ),
            ("code", FieldPattern::Numbers(vec![250]), json!("x"), false),
        ]);
    }

    #[test]
    fn tables_fit_where_each_has_its_own() {
        let failures = || {
            FieldPattern::Tables(vec![Fields::from([
                ("type".to_owned(), text(&["starttls-*"])),
                ("count".to_owned(), between(1, None)),
            ])])
        };
        let failure = |kind: &str, count: u64| json!({ "type": kind, "count": count });
        let two = json!([failure("x", 1), failure("starttls-not-supported", 2)]);
        check(&[
            ("failures", failures(), two, true),
            (
                "failures",
                failures(),
                json!([failure("starttls-not-supported", 0)]),
                false,
            ),
            ("failures", failures(), json!([]), false),
        ]);
    }

    #[test]
    fn a_pattern_without_host_is_about_every_fake_but_the_mailboxes() {
        let pattern = |event: &str, host: Option<&str>| Pattern {
            event: event.into(),
            count: None,
            fields: host
                .map(|host| ("host".to_owned(), text(&[host])))
                .into_iter()
                .collect(),
            written: String::new(),
        };
        let cases = [
            (
                "connect",
                None,
                json!({ "event": "connect", "host": "mx.example.test" }),
                true,
            ),
            (
                "connect",
                None,
                json!({ "event": "connect", "host": "mx.home.test" }),
                false,
            ),
            (
                "connect",
                Some("mx.home.test"),
                json!({ "event": "connect", "host": "mx.home.test" }),
                true,
            ),
            ("dns-query", None, json!({ "event": "dns-query" }), true),
            (
                "notice",
                None,
                json!({ "event": "notice", "host": "mx.home.test" }),
                true,
            ),
            (
                "connect",
                None,
                json!({ "event": "disconnect", "host": "mx.example.test" }),
                false,
            ),
        ];
        for (event, host, value, want) in cases {
            let found = matches(&pattern(event, host), value.as_object().unwrap());
            assert_eq!(found, want, "{event} {host:?} {value}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic(name in "[a-z]{0,5}", pattern in any::<String>(), value in any::<String>()) {
            let pattern = text(&[&pattern]);
            let _ = field_matches(&name, &pattern, &json!(value));
            let _ = field_matches("to", &pattern, &json!([value, 1, null]));
        }

        #[test]
        fn a_text_fits_itself(value in "[a-z0-9 .@-]{0,12}") {
            for name in ["text", "host", "to"] {
                prop_assert!(field_matches(name, &text(&[&value]), &json!(value)), "{name}");
            }
        }
    }
}
