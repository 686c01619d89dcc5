//! A folder of numbered versions, each a few files that are all there or not at all, and a log that only grows.
//!
//! ```text
//! DIR/version          one line, `mtaspec-settings 1`
//! DIR/lock             locked while a program changes the folder
//! DIR/audit.jsonl      the log
//! DIR/saved/NUMBER/    the versions
//! DIR/unfinished/      what was being written; swept before the next change
//! ```
//!
//! Files and folders are synced before a change returns. Who only looks needs no lock.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::own_folder::{self, LOCK_FILE, only_for_the_owner, sync_folder};

const VERSION: &str = "mtaspec-settings 1\n";
const VERSION_FILE: &str = "version";
const LOG_FILE: &str = "audit.jsonl";
const SAVED: &str = "saved";
const UNFINISHED: &str = "unfinished";

/// Why a folder of versions cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VersionsError {
    /// Something else is there.
    #[error(
        "{} is no folder of saved settings; give an empty folder, or one that is not there yet", .0.display()
    )]
    NotOurs(PathBuf),
    /// Nothing is there.
    #[error("there are no saved settings in {path}; `mtaspec settings apply FILE --to {path}` saves some", path = .0.display())]
    Absent(PathBuf),
    /// A program of another version made it.
    #[error("{} is of the version {found:?}, and this program knows {:?} alone", folder.display(), VERSION.trim_end())]
    Version {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        found: String,
    },
    /// Another program is changing it.
    #[error("another program is changing {}; try again when it is done", .0.display())]
    InUse(PathBuf),
    /// The disk.
    #[error("{} cannot be used", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// A folder of versions.
#[derive(Debug)]
pub struct Versions {
    folder: PathBuf,
}

/// The same while nobody else changes it.
#[derive(Debug)]
pub struct VersionsToChange {
    versions: Versions,
    _lock: File,
}

impl Versions {
    /// Looks at a folder.
    ///
    /// # Errors
    /// `VersionsError` when it is none of ours.
    pub fn look(folder: &Path) -> Result<Self, VersionsError> {
        let path = folder.join(VERSION_FILE);
        let mut found = String::new();
        match File::open(&path).and_then(|file| file.take(200).read_to_string(&mut found)) {
            Ok(_) if found == VERSION => Ok(Self {
                folder: folder.to_owned(),
            }),
            Ok(_) => Err(VersionsError::Version {
                folder: folder.to_owned(),
                found: found.lines().next().unwrap_or_default().to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(VersionsError::Absent(folder.to_owned()))
            }
            Err(source) => Err(disk(&path, source)),
        }
    }

    /// The numbers of all versions, in order.
    ///
    /// # Errors
    /// `VersionsError` when the disk cannot be read.
    pub fn numbers(&self) -> Result<Vec<u64>, VersionsError> {
        let saved = self.folder.join(SAVED);
        let read = || -> io::Result<Vec<u64>> {
            let mut numbers = Vec::new();
            for entry in fs::read_dir(&saved)? {
                // What has another name was put there by somebody else.
                numbers.extend(
                    entry?
                        .file_name()
                        .to_str()
                        .and_then(|name| name.parse::<u64>().ok()),
                );
            }
            numbers.sort_unstable();
            Ok(numbers)
        };
        read().map_err(|source| disk(&saved, source))
    }

    /// Where the files of a version are.
    #[must_use]
    pub fn path(&self, number: u64) -> PathBuf {
        self.folder.join(SAVED).join(format!("{number:06}"))
    }

    /// The log, whole; bytes that are no text are replaced.
    ///
    /// # Errors
    /// `VersionsError` when the disk cannot be read.
    pub fn log(&self) -> Result<String, VersionsError> {
        let path = self.folder.join(LOG_FILE);
        match fs::read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(source) => Err(disk(&path, source)),
        }
    }
}

impl VersionsToChange {
    /// Takes a folder to change it; makes it where nothing is.
    ///
    /// # Errors
    /// `VersionsError` when it is none of ours, or not free.
    pub fn open(folder: &Path) -> Result<Self, VersionsError> {
        let at = |source| disk(folder, source);
        let is_new = match Versions::look(folder) {
            Ok(_) => false,
            Err(VersionsError::Absent(_)) => true,
            Err(error) => return Err(error),
        };
        if is_new {
            fs::create_dir_all(folder).map_err(at)?;
            let ours = [LOCK_FILE, LOG_FILE, SAVED, UNFINISHED];
            for entry in fs::read_dir(folder).map_err(at)? {
                let name = entry.map_err(at)?.file_name();
                if !ours.iter().any(|known| name == *known) {
                    return Err(VersionsError::NotOurs(folder.to_owned()));
                }
            }
            only_for_the_owner(folder).map_err(at)?;
        }
        let lock = lock(folder)?;
        let prepare = || -> io::Result<()> {
            fs::create_dir_all(folder.join(SAVED))?;
            if folder.join(UNFINISHED).exists() {
                fs::remove_dir_all(folder.join(UNFINISHED))?;
            }
            if is_new {
                let mut file = File::create(folder.join(VERSION_FILE))?;
                file.write_all(VERSION.as_bytes())?;
                file.sync_all()?;
            }
            sync_folder(folder)
        };
        prepare().map_err(at)?;
        Ok(Self {
            versions: Versions {
                folder: folder.to_owned(),
            },
            _lock: lock,
        })
    }

    /// To look at it.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Adds lines to the log. A last line that was cut short stays a line of its own.
    ///
    /// # Errors
    /// `VersionsError` when the disk cannot be written.
    pub fn append(&self, lines: &str) -> Result<(), VersionsError> {
        let path = self.versions.folder.join(LOG_FILE);
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .create(true)
                .read(true)
                .append(true)
                .open(&path)?;
            let mut last = [b'\n'];
            if file.seek(SeekFrom::End(0))? > 0 {
                file.seek(SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
            }
            let parted = if last == [b'\n'] { "" } else { "\n" };
            file.write_all(format!("{parted}{lines}").as_bytes())?;
            file.sync_all()?;
            sync_folder(&self.versions.folder)
        };
        write().map_err(|source| disk(&path, source))
    }

    /// Saves a version; its files are all there when it has its number.
    ///
    /// # Errors
    /// `VersionsError` when the disk cannot be written.
    pub fn save(
        &self,
        number: u64,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<(), VersionsError> {
        let unfinished = self.versions.folder.join(UNFINISHED);
        let place = self.versions.path(number);
        let write = || -> io::Result<()> {
            fs::create_dir_all(&unfinished)?;
            for (name, bytes) in files {
                let mut file = File::create(unfinished.join(name))?;
                file.write_all(bytes)?;
                file.sync_all()?;
            }
            sync_folder(&unfinished)?;
            fs::rename(&unfinished, &place)?;
            sync_folder(&self.versions.folder.join(SAVED))
        };
        write().map_err(|source| disk(&place, source))
    }

    /// Takes a version away.
    ///
    /// # Errors
    /// `VersionsError` when the disk cannot be written.
    pub fn remove(&self, number: u64) -> Result<(), VersionsError> {
        let place = self.versions.path(number);
        // Renamed first: a version is all there or not at all.
        let unfinished = self.versions.folder.join(UNFINISHED);
        let take_away = || -> io::Result<()> {
            fs::rename(&place, &unfinished)?;
            sync_folder(&self.versions.folder.join(SAVED))?;
            fs::remove_dir_all(&unfinished)
        };
        take_away().map_err(|source| disk(&place, source))
    }
}

fn lock(folder: &Path) -> Result<File, VersionsError> {
    own_folder::lock(folder)
        .map_err(|source| disk(&folder.join(LOCK_FILE), source))?
        .ok_or_else(|| VersionsError::InUse(folder.to_owned()))
}

fn disk(path: &Path, source: io::Error) -> VersionsError {
    VersionsError::Disk {
        path: path.to_owned(),
        source,
    }
}
