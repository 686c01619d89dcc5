//! The events of a step as patterns see them: those that were recorded, and those that follow from them.
//!
//! `attempt` follows from a connection, `notice` and `report` from a message or a POST, `leak` from a canary.

use serde_json::{Map, Value, json};

use super::evidence::Evidence;
use super::messages::names;
use super::tls_report::reports;
use crate::events::{Event, What};
use crate::scenario::{Direction, Message};

/// An event as its fields.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// The recorded event that it is, or follows from.
    pub(crate) index: usize,
    /// Its fields by name.
    pub(crate) fields: Map<String, Value>,
}

/// All events of a step, in order. Lookups and fetches of the warm-up belong to the first step.
pub(crate) fn seen(evidence: &Evidence<'_>, step: usize) -> Vec<Seen> {
    let mut seen: Vec<Seen> = evidence
        .events(0..=step)
        .filter(|(_, event)| {
            event.step == step || (step == 1 && event.step == 0 && is_preparation(evidence, event))
        })
        .filter(|(_, event)| !is_of_warm_up(event))
        .filter_map(|(index, event)| {
            let Ok(Value::Object(fields)) = serde_json::to_value(event) else {
                return None;
            };
            Some(Seen { index, fields })
        })
        .collect();
    seen.extend(attempts(evidence, step));
    seen.extend(notices(evidence, step));
    seen.extend(reports(evidence, step).into_iter().map(|report| Seen {
        index: report.event,
        fields: object(&json!({
            "event": "report",
            "host": evidence.recording.events[report.event].host,
            "to": report.to,
            "domain": report.domains(),
            "by": report.by,
            "status": report.status,
        })),
    }));
    seen.extend(leaks(evidence, step));
    // What follows from an event stands behind it.
    seen.sort_by_key(|one| one.index);
    seen
}

/// A message of the warm-up is none of the story, however late something is heard of it.
fn is_of_warm_up(event: &Event) -> bool {
    let message = event.message.as_deref();
    message.is_some_and(|message| names(Message::WARM_UP, message))
}

fn is_preparation(evidence: &Evidence<'_>, event: &Event) -> bool {
    let at_https = event.host.as_deref().is_some_and(|host| {
        evidence
            .world(1)
            .https
            .keys()
            .any(|name| name.eq_ignore_ascii_case(host))
    });
    at_https || matches!(event.what, What::DnsQuery { .. } | What::Met { .. })
}

fn attempts(evidence: &Evidence<'_>, step: usize) -> Vec<Seen> {
    if evidence.case().direction == Direction::Inbound {
        return Vec::new();
    }
    evidence
        .connections
        .iter()
        .filter(|connection| connection.step == step)
        .filter_map(|connection| {
            let (first, last) = (connection.events.first()?, connection.events.last()?);
            let number = evidence.recording.events[*first].connection;
            let message = connection.messages.iter().next();
            Some(Seen {
                index: *last,
                fields: object(&json!({
                    "event": "attempt",
                    "host": connection.host,
                    "connection": number,
                    "message": message,
                    "ended": connection.ended.as_str(),
                    "tls": connection.tls.as_deref().unwrap_or("none"),
                })),
            })
        })
        .collect()
}

fn notices(evidence: &Evidence<'_>, step: usize) -> Vec<Seen> {
    evidence
        .notices
        .iter()
        .filter(|notice| notice.step == step)
        .map(|arrived| {
            let blocks = &arrived.notice.recipients;
            let actions: Vec<_> = blocks.iter().filter_map(|one| one.action.clone()).collect();
            let statuses: Vec<_> = blocks.iter().filter_map(|one| one.status.clone()).collect();
            Seen {
                index: arrived.event,
                fields: object(&json!({
                    "event": "notice",
                    "host": evidence.recording.events[arrived.event].host,
                    "message": arrived.message,
                    "to": arrived.to,
                    "action": actions,
                    "status": statuses,
                })),
            }
        })
        .collect()
}

fn leaks(evidence: &Evidence<'_>, step: usize) -> Vec<Seen> {
    evidence
        .events(step..=step)
        .filter_map(|(index, event)| {
            let What::Canary {
                part,
                plaintext,
                attacker,
            } = event.what
            else {
                return None;
            };
            (plaintext || attacker).then(|| Seen {
                index,
                fields: object(&json!({
                    "event": "leak",
                    "host": event.host,
                    "connection": event.connection,
                    "message": event.message,
                    "where": part.as_str(),
                })),
            })
        })
        .collect()
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
