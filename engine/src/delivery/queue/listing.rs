//! The queue as it is shown to people: from the engine that has it, or from a store at which somebody only looks.

use std::path::Path;
use std::time::SystemTime;

use crate::delivery::message::Message;
use crate::outside::{EntryName, FolderError, FolderStore, Kind};

use super::held::Waiting;
use super::stored;

/// What the queue holds for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMessage {
    /// The message, as logs and the store call it.
    pub id: String,
    /// The envelope sender; empty is the null sender.
    pub from: String,
    /// The recipient.
    pub recipient: String,
    /// When the message came.
    pub arrived: SystemTime,
    /// How many rounds were made in vain.
    pub rounds: u32,
    /// When it is tried next; not later than now while a round is under way.
    pub next_attempt: SystemTime,
    /// The last trouble, in one sentence without its full stop.
    pub last: Option<String>,
}

/// One entry.
pub(super) fn told(id: &EntryName, message: &Message, waiting: &Waiting) -> QueuedMessage {
    let sender = message.sender.as_ref();
    QueuedMessage {
        id: id.to_string(),
        from: sender.map_or_else(String::new, |sender| sender.as_str().to_owned()),
        recipient: waiting.recipient.mailbox.as_str().to_owned(),
        arrived: message.arrived,
        rounds: waiting.rounds,
        next_attempt: waiting.due,
        last: waiting.last.as_ref().map(|(last, _)| last.told()),
    }
}

/// A queue as a folder has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredQueue {
    /// What waits, oldest first.
    pub messages: Vec<QueuedMessage>,
    /// Entries that cannot be read, each with the reason.
    pub unreadable: Vec<(String, String)>,
}

impl StoredQueue {
    /// Looks at the store in a folder, which may be in use.
    ///
    /// # Errors
    /// `FolderError` when it is none, or cannot be read.
    pub fn look(folder: &Path) -> Result<Self, FolderError> {
        let mut queue = Self::default();
        let limit = stored::HEAD_LIMIT as u64;
        for (name, head) in FolderStore::look(folder, Kind::Messages, limit)? {
            match stored::read_head(&head) {
                Ok((message, _, waiting)) => {
                    let all = waiting.iter().map(|one| told(&name, &message, one));
                    queue.messages.extend(all);
                }
                Err(error) => queue.unreadable.push((name.to_string(), error.to_string())),
            }
        }
        Ok(queue)
    }
}
