//! Entries as files: written beside their place, synced, renamed into it.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::outside::own_folder::{only_for_the_owner, sync_folder};
use crate::outside::{EntryName, Kind, Store};

use super::layout::{
    ASIDE, FolderError, UNFINISHED, VERSION, VERSION_FILE, disk, is_unused, lock, version,
};

/// The most octets of an entry.
const ENTRY_LIMIT: u64 = 128 * 1_024 * 1_024;
/// How often a folder that changes is looked at again.
const LOOKS: usize = 50;

/// A store in a folder, which is this program's own for as long as the value lives.
#[derive(Debug, Clone)]
pub struct FolderStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    unfinished: AtomicU64,
    _lock: File,
}

impl FolderStore {
    /// Opens the store in a folder, or makes one where nothing is.
    ///
    /// # Errors
    /// `FolderError` when it is none of ours, or not free.
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        match fs::create_dir(folder) {
            Ok(()) => only_for_the_owner(folder)
                .and_then(|()| folder.parent().map_or(Ok(()), sync_folder))
                .map_err(|source| disk(folder, source))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(disk(folder, source)),
        }
        let is_new = match version(folder) {
            Ok(()) => false,
            Err(FolderError::Absent(_)) if is_unused(folder)? => true,
            Err(FolderError::Absent(_)) => return Err(FolderError::NotAStore(folder.to_owned())),
            Err(error) => return Err(error),
        };
        let lock = lock(folder)?;
        let prepare = || -> io::Result<()> {
            for sub in Kind::ALL
                .map(Kind::word)
                .into_iter()
                .chain([UNFINISHED, ASIDE])
            {
                fs::create_dir_all(folder.join(sub))?;
            }
            for left in fs::read_dir(folder.join(UNFINISHED))? {
                fs::remove_file(left?.path())?;
            }
            if is_new {
                put(
                    folder,
                    &folder.join(VERSION_FILE),
                    "0",
                    format!("{VERSION}\n").as_bytes(),
                )?;
            }
            sync_folder(folder)
        };
        prepare().map_err(|source| disk(folder, source))?;
        Ok(Self {
            inner: Arc::new(Inner {
                folder: folder.to_owned(),
                unfinished: AtomicU64::new(0),
                _lock: lock,
            }),
        })
    }

    /// The first lines of all entries of a kind, by name, without opening the store: it may be in use. No line is longer
    /// than `limit`. Nothing that is there all the while is missed, nor what takes the place of something else meanwhile.
    ///
    /// # Errors
    /// `FolderError` when it is no store of ours, or cannot be read.
    pub fn look(
        folder: &Path,
        kind: Kind,
        limit: u64,
    ) -> Result<Vec<(EntryName, Vec<u8>)>, FolderError> {
        version(folder)?;
        let of_kind = folder.join(kind.word());
        let read = || -> io::Result<Vec<(EntryName, Vec<u8>)>> {
            let mut before = names(&of_kind)?;
            let mut heads = Vec::new();
            for _ in 0..LOOKS {
                heads = heads_of(&of_kind, &before, limit)?;
                // A folder is not read at one moment: what came while it was read may be missed, and show only now.
                let behind = names(&of_kind)?;
                if behind == before && heads.len() == before.len() {
                    break;
                }
                before = behind;
            }
            Ok(heads)
        };
        read().map_err(|source| disk(&of_kind, source))
    }

    /// Does something with the disk where it does not hold up the other tasks.
    async fn on_disk<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&Inner) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || deed(&inner))
            .await
            .map_err(io::Error::other)?
    }
}

impl Inner {
    fn path(&self, kind: Kind, name: &EntryName) -> PathBuf {
        self.folder.join(kind.word()).join(name.as_str())
    }
}

#[async_trait]
impl Store for FolderStore {
    async fn put(&self, kind: Kind, name: &EntryName, bytes: Vec<u8>) -> io::Result<()> {
        let name = name.clone();
        self.on_disk(move |inner| {
            let number = inner.unfinished.fetch_add(1, Ordering::Relaxed);
            let path = inner.path(kind, &name);
            put(&inner.folder, &path, &number.to_string(), &bytes)
        })
        .await
    }

    async fn remove(&self, kind: Kind, name: &EntryName) -> io::Result<()> {
        let name = name.clone();
        self.on_disk(move |inner| {
            match fs::remove_file(inner.path(kind, &name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            sync_folder(&inner.folder.join(kind.word()))
        })
        .await
    }

    async fn names(&self, kind: Kind) -> io::Result<Vec<EntryName>> {
        self.on_disk(move |inner| names(&inner.folder.join(kind.word())))
            .await
    }

    async fn read(&self, kind: Kind, name: &EntryName) -> io::Result<Vec<u8>> {
        let name = name.clone();
        self.on_disk(move |inner| {
            let file = File::open(inner.path(kind, &name))?;
            let mut bytes = Vec::new();
            if file.take(ENTRY_LIMIT + 1).read_to_end(&mut bytes)? as u64 > ENTRY_LIMIT {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(bytes)
        })
        .await
    }

    async fn set_aside(&self, kind: Kind, name: &EntryName) -> io::Result<String> {
        let name = name.clone();
        self.on_disk(move |inner| {
            let aside = inner.folder.join(ASIDE);
            let to = (0..)
                .map(|number| aside.join(format!("{}-{name}.{number}", kind.word())))
                .find(|to| !to.exists())
                .ok_or(io::ErrorKind::AlreadyExists)?;
            fs::rename(inner.path(kind, &name), &to)?;
            sync_folder(&aside)?;
            sync_folder(&inner.folder.join(kind.word()))?;
            Ok(to.display().to_string())
        })
        .await
    }
}

/// Writes a file beside its place, syncs it, and renames it into its place.
fn put(folder: &Path, path: &Path, number: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(UNFINISHED).join(number);
    let write = || -> io::Result<()> {
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().inspect_err(|_| {
        // What cannot be taken away now is swept when the store is opened again.
        let _ = fs::remove_file(&unfinished);
    })?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// The first lines of the files with these names; one that is gone is left out.
fn heads_of(
    of_kind: &Path,
    names: &[EntryName],
    limit: u64,
) -> io::Result<Vec<(EntryName, Vec<u8>)>> {
    let mut heads = Vec::new();
    for name in names {
        let file = match File::open(of_kind.join(name.as_str())) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut line = Vec::new();
        BufReader::new(file.take(limit)).read_until(b'\n', &mut line)?;
        heads.push((name.clone(), line));
    }
    Ok(heads)
}

fn names(of_kind: &Path) -> io::Result<Vec<EntryName>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(of_kind)? {
        // A file with a name of another kind was put there by somebody else, and is left alone.
        names.extend(entry?.file_name().to_str().and_then(EntryName::parse));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> EntryName {
        EntryName::parse(text).unwrap()
    }

    #[tokio::test]
    async fn entries_outlast_the_store_that_took_them() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("store");
        let store = FolderStore::open(&folder).unwrap();
        store
            .put(Kind::Messages, &name("b"), b"one\ntwo".to_vec())
            .await
            .unwrap();
        store
            .put(Kind::Messages, &name("a"), b"first".to_vec())
            .await
            .unwrap();
        store
            .put(Kind::Messages, &name("a"), b"second".to_vec())
            .await
            .unwrap();
        store
            .put(Kind::Messages, &name("c"), b"gone".to_vec())
            .await
            .unwrap();
        store.remove(Kind::Messages, &name("c")).await.unwrap();
        store.remove(Kind::Messages, &name("c")).await.unwrap();
        drop(store);
        fs::write(folder.join(UNFINISHED).join("7"), "half").unwrap();

        let store = FolderStore::open(&folder).unwrap();
        assert_eq!(
            store.names(Kind::Messages).await.unwrap(),
            [name("a"), name("b")]
        );
        assert_eq!(
            store.read(Kind::Messages, &name("a")).await.unwrap(),
            b"second"
        );
        assert_eq!(fs::read_dir(folder.join(UNFINISHED)).unwrap().count(), 0);
        let heads = FolderStore::look(&folder, Kind::Messages, 100).unwrap();
        assert_eq!(
            heads,
            [
                (name("a"), b"second".to_vec()),
                (name("b"), b"one\n".to_vec())
            ]
        );

        let place = store.set_aside(Kind::Messages, &name("a")).await.unwrap();
        assert_eq!(fs::read(place).unwrap(), b"second");
        assert_eq!(store.names(Kind::Messages).await.unwrap(), [name("b")]);
        assert!(store.read(Kind::Messages, &name("a")).await.is_err());
    }
}
