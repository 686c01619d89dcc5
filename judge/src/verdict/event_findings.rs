//! Findings about events: saw, never, order.

use std::collections::BTreeSet;

use serde_json::Value;

use super::derive::Seen;
use super::finding::{Found, Holds};
use super::pattern::matches;
use super::scope::Scope;
use super::wanted::counts;
use crate::scenario::{Count, Pattern};

/// Each pattern matches an event, so often as it says.
pub(crate) fn saw(scope: &Scope<'_, '_>, patterns: &[Pattern]) -> Found {
    let events = events_of(scope);
    let mut missing: Vec<String> = Vec::new();
    let mut decisive = Vec::new();
    let mut of_missing = Vec::new();
    for pattern in patterns {
        let found: Vec<usize> = matching(pattern, &events);
        let wanted = pattern.count.unwrap_or(Count {
            least: 1,
            most: None,
        });
        if counts(wanted, found.len() as u64) {
            decisive.extend(found);
        } else {
            missing.push(times(pattern, found.len()));
            of_missing.extend(if found.is_empty() {
                of_the_same_name(pattern, &events)
            } else {
                found
            });
        }
    }
    let allows_none = |pattern: &Pattern| pattern.count.is_some_and(|count| count.least == 0);
    if missing.is_empty() {
        return Found {
            holds: Holds::Yes,
            got: "all of them".to_owned(),
            decisive,
            rests_on_silence: patterns.iter().all(allows_none),
        };
    }
    Found {
        holds: Holds::No,
        got: missing.join(", "),
        decisive: of_missing,
        rests_on_silence: false,
    }
}

/// No pattern matches an event.
pub(crate) fn never(scope: &Scope<'_, '_>, patterns: &[Pattern]) -> Found {
    let events = events_of(scope);
    let mut present: Vec<String> = Vec::new();
    let mut decisive = Vec::new();
    for pattern in patterns {
        let found = matching(pattern, &events);
        // With a count, so many are what must not be.
        let forbidden = pattern.count.unwrap_or(Count {
            least: 1,
            most: None,
        });
        if counts(forbidden, found.len() as u64) {
            present.push(times(pattern, found.len()));
            decisive.extend(found);
        }
    }
    Found {
        holds: Holds::from(present.is_empty()),
        got: if present.is_empty() {
            "none of them".to_owned()
        } else {
            present.join(", ")
        },
        decisive,
        rests_on_silence: true,
    }
}

/// Each pattern matches an event after the one that the pattern before matched.
pub(crate) fn order(scope: &Scope<'_, '_>, patterns: &[Pattern]) -> Found {
    let events = events_of(scope);
    let mut from = 0;
    let mut decisive = Vec::new();
    for pattern in patterns {
        let after = &events[from..];
        match after
            .iter()
            .position(|event| matches(pattern, &event.fields))
        {
            Some(at) => {
                decisive.push(after[at].index);
                from += at + 1;
            }
            None => {
                let earlier = matching(pattern, &events[..from]);
                let got = if earlier.is_empty() {
                    format!("never {}", pattern.written)
                } else {
                    format!("{} only before the others", pattern.written)
                };
                decisive.extend(earlier);
                return Found {
                    holds: Holds::No,
                    got,
                    decisive,
                    rests_on_silence: false,
                };
            }
        }
    }
    Found {
        holds: Holds::Yes,
        got: "in this order".to_owned(),
        decisive,
        rests_on_silence: patterns.is_empty(),
    }
}

/// The events of the step; where a message is named, without those of others.
fn events_of<'e>(scope: &Scope<'e, '_>) -> Vec<&'e Seen> {
    let own: BTreeSet<&str> = scope
        .sent
        .iter()
        .flat_map(|sent| [sent.name.as_str(), sent.message.name.as_str()])
        .collect();
    let is_of_another = |event: &Seen| match event.fields.get("message") {
        Some(Value::String(name)) => !own.contains(name.as_str()),
        _ => false,
    };
    let events = scope.evidence.seen(scope.step).iter();
    events
        .filter(|event| !(scope.names_message && is_of_another(event)))
        .collect()
}

fn matching(pattern: &Pattern, events: &[&Seen]) -> Vec<usize> {
    events
        .iter()
        .filter(|event| matches(pattern, &event.fields))
        .map(|event| event.index)
        .collect()
}

fn of_the_same_name(pattern: &Pattern, events: &[&Seen]) -> Vec<usize> {
    let any = Pattern {
        fields: pattern
            .fields
            .iter()
            .filter(|(name, _)| *name == "host")
            .map(|(name, field)| (name.clone(), field.clone()))
            .collect(),
        ..pattern.clone()
    };
    matching(&any, events)
}

fn times(pattern: &Pattern, found: usize) -> String {
    let written = &pattern.written;
    match found {
        0 => format!("never {written}"),
        1 => format!("once {written}"),
        2 => format!("twice {written}"),
        found => format!("{found} times {written}"),
    }
}
