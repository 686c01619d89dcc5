//! Which messages a table of expectations can speak of.
//!
//! A message with `copies` above 1 goes in under the names `NAME/1`, `NAME/2`, ... ; one without keeps its name.

use crate::events::Event;
use crate::scenario::{Case, Message};

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    /// What was injected.
    pub(crate) message: &'a Message,
    /// Which copy, from 1.
    pub(crate) copy: u32,
    /// The step in which it went in.
    pub(crate) step: usize,
}

impl Sent<'_> {
    /// Its own name.
    pub(crate) fn name(&self) -> String {
        match self.message.copies {
            0 | 1 => self.message.name.clone(),
            _ => format!("{}/{}", self.message.name, self.copy),
        }
    }

    /// Does the event belong to it? Events that name no message belong to none.
    pub(crate) fn owns(&self, event: &Event) -> bool {
        event.message.as_deref().is_some_and(|name| {
            if self.message.copies <= 1 {
                names(&self.message.name, name)
            } else {
                name == self.name()
            }
        })
    }

    /// Does the sender want to hear when it fails (RFC 3461 §4.1)? A null reverse-path never does.
    pub(crate) fn wants_notice(&self) -> bool {
        let notify = &self.message.notify;
        !self.message.from.is_empty()
            && (notify.is_empty() || notify.iter().any(|word| word == "failure"))
    }
}

/// Every message that went in up to a step, in order. A script without `MESSAGE` sends none.
pub(crate) fn sent_until(case: &Case, step: usize) -> Vec<Sent<'_>> {
    let sends_none = case.client.script.as_ref().is_some_and(|segments| {
        !segments
            .iter()
            .flatten()
            .any(|line| line.as_str() == "MESSAGE")
    });
    let steps = if sends_none { 0 } else { step };
    case.steps
        .iter()
        .enumerate()
        .take(steps)
        .flat_map(|(index, step)| step.inject.iter().map(move |message| (index + 1, message)))
        .flat_map(|(step, message)| {
            (1..=message.copies.max(1)).map(move |copy| Sent {
                message,
                copy,
                step,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::What;
    use crate::verdict::testing::{case, event, of};

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
        let sent = sent_until(&case, 1);
        let second = of("first/2", event(What::StepBegan));
        let owners: Vec<bool> = sent.iter().map(|sent| sent.owns(&second)).collect();
        assert_eq!(owners, [false, true, false]);
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
                sent_until(&case, 1)[0].wants_notice(),
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
            assert_eq!(sent_until(&case, 1).len(), want, "{lines:?}");
        }
    }
}
