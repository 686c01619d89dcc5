//! What lasts: named entries of bytes, each of them whole or not there at all.
//!
//! A store knows nothing of what its entries mean. `MemoryStore` lasts as long as the program, or as the scenario that
//! holds it; `folder` lasts longer.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::stored::StoredError;

/// The most characters of a name.
const NAME_LIMIT: usize = 100;

/// What an entry is: one message, one policy, one tally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A message with its envelope.
    Messages,
    /// The MTA-STS policy of a domain.
    Policies,
    /// The sessions of a day with a domain, until they were reported.
    Tallies,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Messages, Self::Policies, Self::Tallies];

    /// One word for it, which is also the name of its folder.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Policies => "policies",
            Self::Tallies => "tallies",
        }
    }

    /// What one of them is called.
    fn one(self) -> &'static str {
        match self {
            Self::Messages => "message",
            Self::Policies => "policy",
            Self::Tallies => "tally",
        }
    }
}

/// The name of an entry among those of its kind: letters in lower case, digits, hyphens and dots, beginning with neither
/// of the last two, so that it can be the name of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryName(String);

impl EntryName {
    /// Takes a name; none if it is not allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_name = text.len() <= NAME_LIMIT
            && text.bytes().next().is_some_and(is_plain)
            && (text.bytes()).all(|byte| is_plain(byte) || byte == b'-' || byte == b'.');
        is_name.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Keeps entries.
#[async_trait]
pub trait Store: Send + Sync {
    /// Puts an entry in the place of what had its name. On return it lasts; before that the older one does.
    ///
    /// # Errors
    /// What the system says; the older one then stays.
    async fn put(&self, kind: Kind, name: &EntryName, bytes: Vec<u8>) -> io::Result<()>;

    /// Takes an entry away. One that is not there is no error.
    ///
    /// # Errors
    /// What the system says.
    async fn remove(&self, kind: Kind, name: &EntryName) -> io::Result<()>;

    /// The names of all entries of a kind, in order.
    ///
    /// # Errors
    /// What the system says.
    async fn names(&self, kind: Kind) -> io::Result<Vec<EntryName>>;

    /// The bytes of an entry.
    ///
    /// # Errors
    /// What the system says.
    async fn read(&self, kind: Kind, name: &EntryName) -> io::Result<Vec<u8>>;

    /// Puts an entry that nobody can read where a person finds it and no program does, and says where.
    ///
    /// # Errors
    /// What the system says; the entry then stays where it is.
    async fn set_aside(&self, kind: Kind, name: &EntryName) -> io::Result<String>;
}

/// Reads all entries of a kind, one by one. What cannot be taken is set aside, and the log says where.
///
/// # Errors
/// What the system says of the store.
pub(crate) async fn take_up(
    store: &dyn Store,
    kind: Kind,
    mut take: impl FnMut(&EntryName, &[u8]) -> Result<(), StoredError>,
) -> io::Result<()> {
    for name in store.names(kind).await? {
        let bytes = store.read(kind, &name).await?;
        if let Err(why) = take(&name, &bytes) {
            let place = store.set_aside(kind, &name).await?;
            let (one, why) = (kind.one(), why.to_string());
            tracing::error!(entry = %name, why, place, "a stored {one} cannot be read and is set aside");
        }
    }
    Ok(())
}

/// A store in memory. Clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    entries: Arc<Mutex<Entries>>,
}

#[derive(Debug, Default)]
struct Entries {
    kept: BTreeMap<(Kind, EntryName), Vec<u8>>,
    aside: BTreeMap<(Kind, EntryName), Vec<u8>>,
}

impl MemoryStore {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn put(&self, kind: Kind, name: &EntryName, bytes: Vec<u8>) -> io::Result<()> {
        self.entries().kept.insert((kind, name.clone()), bytes);
        Ok(())
    }

    async fn remove(&self, kind: Kind, name: &EntryName) -> io::Result<()> {
        self.entries().kept.remove(&(kind, name.clone()));
        Ok(())
    }

    async fn names(&self, kind: Kind) -> io::Result<Vec<EntryName>> {
        let entries = self.entries();
        let of_kind = entries.kept.keys().filter(|(found, _)| *found == kind);
        Ok(of_kind.map(|(_, name)| name.clone()).collect())
    }

    async fn read(&self, kind: Kind, name: &EntryName) -> io::Result<Vec<u8>> {
        let found = self.entries().kept.get(&(kind, name.clone())).cloned();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    async fn set_aside(&self, kind: Kind, name: &EntryName) -> io::Result<String> {
        let mut entries = self.entries();
        let key = (kind, name.clone());
        let bytes = entries.kept.remove(&key).ok_or(io::ErrorKind::NotFound)?;
        entries.aside.insert(key, bytes);
        Ok("memory".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_the_name_of_a_file_and_leads_nowhere_else() {
        // (text, is it a name?)
        let cases = [
            ("0005f3a1b2c3d4e5", true),
            ("example.test", true),
            ("a-b", true),
            ("", false),
            (".", false),
            ("..", false),
            ("../x", false),
            ("a/b", false),
            ("-a", false),
            ("Upper", false),
            ("a b", false),
            ("ü", false),
        ];
        for (text, want) in cases {
            assert_eq!(EntryName::parse(text).is_some(), want, "{text:?}");
        }
        assert!(EntryName::parse(&"a".repeat(NAME_LIMIT + 1)).is_none());
    }
}
