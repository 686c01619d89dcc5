//! How queue and store agree: what is taken is stored first, and what changes is written down.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::delivery::expansion::expand;
use crate::delivery::message::{Message, Recipient};
use crate::delivery::telling::Telling;
use crate::outside::{EntryName, Kind, take_up, wrong};

use super::bounds::NotTaken;
use super::held::{Held, Unwritten};
use super::state::Queue;
use super::stored;

/// How long the queue waits before it writes down again what could not be written.
const WRITE_PAUSE: Duration = Duration::from_secs(60);

impl Queue {
    /// Takes up what is in the store. What cannot be read there is set aside.
    ///
    /// # Errors
    /// What the system says of the store.
    pub(crate) async fn resume(&self) -> io::Result<()> {
        let store = Arc::clone(&self.workshop().outside.store);
        take_up(&*store, Kind::Messages, |name, bytes| {
            let id = id_of(name).ok_or_else(|| wrong("name", name.as_str()))?;
            let held = stored::read(bytes)?;
            self.state().put(id, held);
            Ok(())
        })
        .await?;
        let resumed = self.state().messages.len();
        if resumed > 0 {
            tracing::info!(messages = resumed, "taken up from the store");
        }
        self.look_again();
        Ok(())
    }

    /// Takes a message that somebody sent; it is due at once. On return it is in the store.
    ///
    /// # Errors
    /// `NotTaken` when there is no room for it.
    pub(crate) async fn take(
        &self,
        message: Message,
        recipients: Vec<Recipient>,
    ) -> Result<(), NotTaken> {
        {
            let state = self.state();
            let octets = state.octets.saturating_add(message.content.len() as u64);
            self.bounds().admit(state.messages.len(), octets)?;
        }
        Ok(self.keep(message, recipients).await?)
    }

    /// The same for a message of the engine's own, for which there always is room. It is kept for those whom its recipients
    /// stand for.
    ///
    /// Choice: the notice of an expansion follows the message into the store. A program that is killed between the two
    /// has told nobody; told before, it might have promised what then was not there.
    ///
    /// # Errors
    /// What the system says of the store; the message is not taken then.
    pub(super) async fn keep(
        &self,
        message: Message,
        recipients: Vec<Recipient>,
    ) -> io::Result<()> {
        let workshop = self.workshop();
        let expansion = expand(&workshop.settings.aliases, recipients);
        let message = Arc::new(message);
        self.store(Arc::clone(&message), expansion.recipients)
            .await?;
        let mut telling = Telling::default();
        for recipient in expansion.expanded {
            telling.expanded(recipient);
        }
        // What a notice could not be stored for is logged; the message has been taken all the same.
        Box::pin(self.tell(&workshop, &message, telling)).await;
        Ok(())
    }

    async fn store(&self, message: Arc<Message>, recipients: Vec<Recipient>) -> io::Result<()> {
        let now = self.workshop().outside.clock.now();
        let held = Held::new(message, recipients, now);
        let id = {
            let mut state = self.state();
            // Ids grow over restarts too, so that logs do not speak of two messages by one id.
            let since = now.duration_since(SystemTime::UNIX_EPOCH);
            let by_clock = u64::try_from(since.unwrap_or_default().as_micros()).unwrap_or_default();
            let id = by_clock.max(state.last_id + 1);
            state.put(id, held);
            id
        };
        let written = self.write(id).await;
        if written.is_err() {
            self.state().forget(id);
        }
        self.look_again();
        written
    }

    /// Writes a message down as it now is, unless the store has it so. One that is over goes away.
    ///
    /// # Errors
    /// What the system says; it is logged, and the message is written again later.
    pub(super) async fn write(&self, id: u64) -> io::Result<()> {
        let outside = self.workshop().outside.clone();
        let Some(writing) = self.state().messages.get(&id).map(Held::writing) else {
            return Ok(());
        };
        let _alone = writing.lock().await;
        let unwritten = (self.state().messages.get_mut(&id)).and_then(Held::take_unwritten);
        let Some(unwritten) = unwritten else {
            return Ok(());
        };
        let name = entry_name(id);
        let is_over = matches!(unwritten, Unwritten::Over);
        let written = match unwritten {
            Unwritten::Over => outside.store.remove(Kind::Messages, &name).await,
            Unwritten::Head(head, message) => {
                let bytes = stored::whole(&head, &message.content);
                outside.store.put(Kind::Messages, &name, bytes).await
            }
        };
        let mut state = self.state();
        match &written {
            Ok(()) if is_over => state.forget(id),
            Ok(()) => {
                if let Some(held) = state.messages.get_mut(&id) {
                    held.is_written();
                }
            }
            Err(error) => {
                tracing::error!(message = %name, %error, "the store cannot be written");
                if let Some(held) = state.messages.get_mut(&id) {
                    held.is_not_written(outside.clock.now() + WRITE_PAUSE);
                }
            }
        }
        written
    }
}

/// The name of a message in the store.
pub(super) fn entry_name(id: u64) -> EntryName {
    EntryName::parse(&format!("{id:016x}")).expect("digits of a number are a name")
}

fn id_of(name: &EntryName) -> Option<u64> {
    let id = u64::from_str_radix(name.as_str(), 16).ok()?;
    (entry_name(id) == *name && id < u64::MAX).then_some(id)
}
