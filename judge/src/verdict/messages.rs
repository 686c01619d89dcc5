//! Which messages a table of expectations can speak of.
//!
//! A message with `copies` above 1 goes in under the names `NAME/1`, `NAME/2`, ... ; one without keeps its name.

use std::collections::BTreeMap;

use crate::events::Recording;
use crate::scenario::{Case, Message};

/// Indexes of the events that name a message, by that name.
pub(crate) type ByMessage<'a> = BTreeMap<&'a str, Vec<usize>>;

/// The events of a recording by the message that they name.
pub(crate) fn by_message(recording: &Recording) -> ByMessage<'_> {
    let mut found = ByMessage::new();
    for (index, event) in recording.events.iter().enumerate() {
        if let Some(name) = event.message.as_deref() {
            found.entry(name).or_default().push(index);
        }
    }
    found
}

/// The names under which the copies of a message go in and are recorded.
#[must_use]
pub fn copy_names(message: &Message) -> Vec<String> {
    match message.copies {
        0 | 1 => vec![message.name.clone()],
        copies => (1..=copies)
            .map(|n| format!("{}/{n}", message.name))
            .collect(),
    }
}

/// Is an event's message this one, or a copy of it?
#[must_use]
pub(crate) fn names(wanted: &str, recorded: &str) -> bool {
    recorded == wanted
        || recorded
            .strip_prefix(wanted)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// One message (or one copy) of the story.
#[derive(Debug)]
pub(crate) struct Sent<'a> {
    /// Which of the story, from 0.
    pub(crate) place: usize,
    /// What was injected.
    pub(crate) message: &'a Message,
    /// Its own name.
    pub(crate) name: String,
    /// The step in which it went in.
    pub(crate) step: usize,
    /// Indexes of the events that belong to it, in order. Events that name no message belong to none.
    pub(crate) events: Vec<usize>,
}

impl Sent<'_> {
    /// Does the sender want to hear when it fails (RFC 3461 §4.1)? A null reverse-path never does.
    pub(crate) fn wants_notice(&self) -> bool {
        let notify = &self.message.notify;
        !self.message.from.is_empty()
            && (notify.is_empty() || notify.iter().any(|word| word == "failure"))
    }
}

/// Every message of the story, in order, with what was seen of it. A script without `MESSAGE` sends none.
pub(crate) fn sent<'a>(case: &'a Case, seen: &ByMessage<'_>) -> Vec<Sent<'a>> {
    let sends_none = case.client.script.as_ref().is_some_and(|segments| {
        !segments
            .iter()
            .flatten()
            .any(|line| line.as_str() == "MESSAGE")
    });
    if sends_none {
        return Vec::new();
    }
    let mut sent = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        for message in &step.inject {
            for name in copy_names(message) {
                sent.push(Sent {
                    place: sent.len(),
                    message,
                    events: events_of(message, &name, seen),
                    name,
                    step: index + 1,
                });
            }
        }
    }
    sent
}

fn events_of(message: &Message, name: &str, seen: &ByMessage<'_>) -> Vec<usize> {
    if message.copies > 1 {
        return seen.get(name).cloned().unwrap_or_default();
    }
    let mut events: Vec<usize> = seen
        .range(name..)
        .take_while(|(recorded, _)| recorded.starts_with(name))
        .filter(|(recorded, _)| names(name, recorded))
        .flat_map(|(_, events)| events.iter().copied())
        .collect();
    events.sort_unstable();
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::What;
    use crate::verdict::testing::{case, event, of, recording};

    #[test]
    fn each_copy_has_a_name_of_its_own() {
        let one = Message::default();
        let three = Message {
            copies: 3,
            ..Message::default()
        };
        assert_eq!(copy_names(&one), ["first"]);
        assert_eq!(copy_names(&three), ["first/1", "first/2", "first/3"]);
        assert!(names("first", "first/2") && !names("first", "first2") && !names("a", "b"));

        let mut case = case();
        case.steps[0].inject = vec![three];
        let seen = |name: &str| of(name, event(What::StepBegan));
        let events = ["first/2", "first", "first/2", "first2"].map(seen);
        let recording = recording(case.clone(), events.to_vec());
        let seen = by_message(&recording);
        let own = |case: &Case| -> Vec<Vec<usize>> {
            let sent = sent(case, &seen);
            sent.into_iter().map(|sent| sent.events).collect()
        };
        assert_eq!(own(&case), [vec![], vec![0, 2], vec![]]);
        case.steps[0].inject = vec![one];
        assert_eq!(own(&case), [vec![0, 1, 2]]);
    }

    #[test]
    fn a_null_sender_and_notify_never_want_no_notice() {
        // (from, notify, wants one?)
        let cases: [(&str, &[&str], bool); 5] = [
            ("sender@home.test", &[], true),
            ("", &[], false),
            ("sender@home.test", &["never"], false),
            ("sender@home.test", &["success", "failure"], true),
            ("sender@home.test", &["delay"], false),
        ];
        for (from, notify, want) in cases {
            let mut case = case();
            case.steps[0].inject[0].from = from.into();
            case.steps[0].inject[0].notify = notify.iter().map(ToString::to_string).collect();
            assert_eq!(
                sent(&case, &ByMessage::new())[0].wants_notice(),
                want,
                "{from} {notify:?}"
            );
        }
    }

    #[test]
    fn a_script_without_message_sends_none() {
        for (lines, want) in [(["EHLO x", "QUIT"], 0), (["EHLO x", "MESSAGE"], 1)] {
            let mut case = case();
            case.client.script = Some(vec![lines.iter().map(ToString::to_string).collect()]);
            assert_eq!(sent(&case, &ByMessage::new()).len(), want, "{lines:?}");
        }
    }
}
