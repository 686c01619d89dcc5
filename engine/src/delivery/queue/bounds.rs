//! How much the queue takes, and what is said to a sender for whom there is no room.

use std::io;

/// How much an engine takes upon itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Messages in the queue.
    pub messages: usize,
    /// Octets of all their contents. They are kept in memory beside the store.
    pub octets: u64,
    /// Rounds at once.
    pub rounds: usize,
    /// Sessions at once in which messages are taken.
    pub sessions: usize,
}

/// Choice: room for a hundred thousand messages or a GiB of them, a hundred rounds and five hundred sessions at once. RFC 5321 §4.5.3.1
/// asks for no bound and allows each; these keep an engine within the memory and the open files of a usual machine.
impl Default for Bounds {
    fn default() -> Self {
        Self {
            messages: 100_000,
            octets: 1 << 30,
            rounds: 100,
            sessions: 500,
        }
    }
}

impl Bounds {
    /// Whether there is room for one more message, with which all contents have so many octets.
    ///
    /// # Errors
    /// `NotTaken::Full` when there is none.
    pub(super) fn admit(&self, messages: usize, octets: u64) -> Result<(), NotTaken> {
        if messages >= self.messages || octets > self.octets {
            return Err(NotTaken::Full);
        }
        Ok(())
    }
}

/// Why a message was not taken; the text is the reply (RFC 5321 §4.2.3, RFC 3463 §3.4).
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// There is no room.
    #[error("452 4.3.1 The queue is full")]
    Full,
    /// The store does not take it.
    #[error("451 4.3.0 The message cannot be stored now")]
    Store(#[from] io::Error),
}
