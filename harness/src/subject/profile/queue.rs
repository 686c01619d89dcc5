//! What a relay lists of its queue, read by two regular expressions of its profile.
//!
//! Both are looked for from the beginning to the end: where `message` fits, a message begins, and each fit of
//! `recipient` belongs to the message that began last. So it does not matter whether a relay lists a message on one line
//! (Postfix as JSON), over many (Exim) or once for each recipient (OpenSMTPD).

use regex::{Captures, Regex};

use crate::subject::Listed;

/// The longest list that is read.
const LONGEST: usize = 64 * 1024 * 1024;

/// How a list is read.
#[derive(Debug, Clone)]
pub struct QueuePatterns {
    message: Regex,
    recipient: Regex,
}

/// Why a list could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// It is longer than any list could be.
    #[error("the list of the queue has {0} octets; at most {LONGEST} are read")]
    TooLong(usize),
    /// `recipient` fits before `message` did.
    #[error(
        "the list of the queue has recipient {0:?} before any message: `recipient` fits where `message` does not"
    )]
    NoMessage(String),
}

impl QueuePatterns {
    /// The groups are named `sender` and `recipient`; what has no such group finds nothing.
    pub(super) fn new(message: Regex, recipient: Regex) -> Self {
        Self { message, recipient }
    }

    /// Everybody whose message waits.
    ///
    /// # Errors
    /// When the list is no list that these expressions fit.
    pub fn read(&self, text: &str) -> Result<Vec<Listed>, QueueError> {
        if text.len() > LONGEST {
            return Err(QueueError::TooLong(text.len()));
        }
        let mut messages = self.message.captures_iter(text).peekable();
        let mut sender: Option<String> = None;
        let mut listed = Vec::new();
        for found in self.recipient.captures_iter(text) {
            let at = start(&found);
            while let Some(message) = messages.next_if(|message| start(message) <= at) {
                sender = Some(group(&message, "sender"));
            }
            let recipient = group(&found, "recipient");
            let Some(sender) = &sender else {
                return Err(QueueError::NoMessage(recipient));
            };
            listed.push(Listed {
                sender: sender.clone(),
                recipient,
            });
        }
        Ok(listed)
    }
}

fn start(found: &Captures<'_>) -> usize {
    found.get(0).map_or(0, |whole| whole.start())
}

/// Null senders are listed as nothing, as `<>` or by a name; the group says which part counts.
fn group(found: &Captures<'_>, name: &str) -> String {
    let text = found.name(name).map_or("", |group| group.as_str());
    text.trim_matches(['<', '>']).to_owned()
}
