//! All tallies: in memory, and in the store after each session.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use crate::address::DomainName;
use crate::outside::{Clock, Kind, Outside, Store, take_up, wrong};
use crate::route::Chance;

use super::day::Day;
use super::entry::Entry;
use super::stored;
use super::tally::Counted;

/// The most domains and days at once.
///
/// Choice: ten thousand. Reports are a courtesy; a machine that sends to more domains a day than that has better things to
/// keep in its memory, and most domains want none.
const ENTRY_LIMIT: usize = 10_000;

/// Keeps tallies. Clones are the same keeper, which outlives a change of settings.
#[derive(Clone)]
pub(crate) struct Keeper {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    chance: Arc<Chance>,
    entries: Mutex<BTreeMap<Key, Held>>,
    /// One write at a time, so that the newest is the last.
    writing: tokio::sync::Mutex<()>,
    changed: Notify,
}

/// The day comes first: what is due next is near the beginning.
type Key = (Day, DomainName);

struct Held {
    entry: Entry,
    /// The store has an older state.
    is_changed: bool,
    /// A task has it now.
    is_under_way: bool,
}

impl Keeper {
    /// A keeper of nothing yet. `chance` spreads the reports.
    #[must_use]
    pub(crate) fn new(outside: &Outside, chance: Arc<Chance>) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock: Arc::clone(&outside.clock),
                store: Arc::clone(&outside.store),
                chance,
                entries: Mutex::default(),
                writing: tokio::sync::Mutex::default(),
                changed: Notify::new(),
            }),
        }
    }

    /// A keeper of what is in the store. What cannot be read there is set aside.
    ///
    /// # Errors
    /// What the system says of the store.
    pub(crate) async fn load(outside: &Outside, chance: Arc<Chance>) -> io::Result<Self> {
        let keeper = Self::new(outside, chance);
        take_up(&*outside.store, Kind::Tallies, |name, bytes| {
            let entry = stored::read(bytes)?;
            if stored::name(&entry.domain, entry.day) != *name {
                return Err(wrong("domain", entry.domain.as_str()));
            }
            let key = (entry.day, entry.domain.clone());
            let held = Held {
                entry,
                is_changed: false,
                is_under_way: false,
            };
            keeper.entries().insert(key, held);
            Ok(())
        })
        .await?;
        Ok(keeper)
    }

    /// Counts a session with a domain. On return the store has it, unless it cannot be written.
    pub(crate) async fn count(&self, domain: &DomainName, counted: Vec<Counted>) {
        if counted.is_empty() {
            return;
        }
        let day = Day::of(self.now());
        let key = (day, domain.clone());
        {
            let mut entries = self.entries();
            if entries.len() >= ENTRY_LIMIT && !entries.contains_key(&key) {
                tracing::warn!(%domain, "too many domains: a session is not counted");
                return;
            }
            let held = entries.entry(key.clone()).or_insert_with(|| Held {
                entry: Entry::new(domain.clone(), day, self.inner.chance.draw()),
                is_changed: true,
                is_under_way: false,
            });
            for one in counted {
                if !held.entry.tally.count(one) {
                    tracing::warn!(%domain, "too many policies in one day: a session is not counted");
                }
            }
            held.is_changed = true;
        }
        self.write(&key).await;
        self.inner.changed.notify_one();
    }

    /// When something is to be done next.
    pub(super) fn earliest(&self) -> Option<SystemTime> {
        let entries = self.entries();
        let waiting = entries.values().filter(|held| !held.is_under_way);
        waiting.map(|held| held.entry.due).min()
    }

    /// Something is to be done that was not to be done before.
    pub(super) async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    /// Takes what is due, at most so many.
    pub(super) fn take_due(&self, limit: usize) -> Vec<Entry> {
        let now = self.now();
        let mut entries = self.entries();
        let due = entries
            .values_mut()
            .filter(|held| !held.is_under_way && held.entry.due <= now);
        due.take(limit)
            .map(|held| {
                held.is_under_way = true;
                held.entry.clone()
            })
            .collect()
    }

    /// Puts back what was taken, to be done again when it is due.
    pub(super) async fn put_back(&self, entry: Entry) {
        let key = (entry.day, entry.domain.clone());
        if let Some(held) = self.entries().get_mut(&key) {
            held.entry = entry;
            held.is_changed = true;
            held.is_under_way = false;
        }
        self.write(&key).await;
        self.inner.changed.notify_one();
    }

    /// Forgets what was taken: it is over.
    pub(super) async fn forget(&self, domain: &DomainName, day: Day) {
        let _alone = self.inner.writing.lock().await;
        let name = stored::name(domain, day);
        if let Err(error) = self.inner.store.remove(Kind::Tallies, &name).await {
            // After a restart it is reported once more, under the same id (RFC 8460 §5.3).
            tracing::error!(tally = %name, %error, "the store cannot be written");
        }
        self.entries().remove(&(day, domain.clone()));
        self.inner.changed.notify_one();
    }

    pub(super) fn now(&self) -> SystemTime {
        self.inner.clock.now()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }

    pub(super) fn chance(&self) -> &Chance {
        &self.inner.chance
    }

    /// Writes an entry down as it now is, unless the store has it so.
    async fn write(&self, key: &Key) {
        let _alone = self.inner.writing.lock().await;
        let bytes = {
            let mut entries = self.entries();
            let Some(held) = entries.get_mut(key) else {
                return;
            };
            if !std::mem::take(&mut held.is_changed) {
                return;
            }
            stored::written(&held.entry)
        };
        let name = stored::name(&key.1, key.0);
        if let Err(error) = self.inner.store.put(Kind::Tallies, &name, bytes).await {
            tracing::error!(tally = %name, %error, "the store cannot be written");
            // The next session, or the next attempt to report, tries it again.
            if let Some(held) = self.entries().get_mut(key) {
                held.is_changed = true;
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Key, Held>> {
        self.inner
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::EntryName;
    use crate::tlsrpt::policy::Policy;

    async fn keeper(outside: &Outside) -> Keeper {
        let chance = Arc::new(Chance::from_seed(7));
        Keeper::load(outside, chance).await.unwrap()
    }

    fn session(domain: &DomainName) -> Vec<Counted> {
        vec![Counted {
            policy: Policy::none(domain.clone()),
            success: true,
            failures: Vec::new(),
        }]
    }

    #[tokio::test]
    async fn what_was_counted_is_there_after_a_restart_until_it_was_reported() {
        let outside = Outside::system();
        let domain = DomainName::parse("example.test").unwrap();
        let mut due = None;
        for sessions in 1..=3 {
            let keeper = keeper(&outside).await;
            keeper.count(&domain, session(&domain)).await;
            let entries = keeper.entries();
            let held = entries.values().next().unwrap();
            assert_eq!(held.entry.tally.policies()[0].successful, sessions);
            // The moment of the report is drawn once.
            assert_eq!(*due.get_or_insert(held.entry.due), held.entry.due);
        }
        let keeper = keeper(&outside).await;
        let day = keeper.entries().keys().next().unwrap().0;
        keeper.forget(&domain, day).await;
        assert_eq!(keeper.earliest(), None);
        assert!(outside.store.names(Kind::Tallies).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_set_aside() {
        let outside = Outside::system();
        let name = EntryName::parse("2026-11-22.broken").unwrap();
        let put = outside.store.put(Kind::Tallies, &name, b"{}".to_vec());
        put.await.unwrap();
        assert_eq!(keeper(&outside).await.earliest(), None);
        assert!(outside.store.names(Kind::Tallies).await.unwrap().is_empty());
    }
}
