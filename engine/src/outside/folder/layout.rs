//! What makes a folder a store: its version, its lock, and what else may be in it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::outside::Kind;
use crate::outside::own_folder::{self, LOCK_FILE};

/// The first line of the version file, of the only version that there is.
pub(super) const VERSION: &str = "mtaspec-store 1";
/// The most octets that are read of a version file.
const VERSION_LIMIT: u64 = 200;

pub(super) const VERSION_FILE: &str = "version";
pub(super) const UNFINISHED: &str = "unfinished";
pub(super) const ASIDE: &str = "aside";

/// Why a folder is no store that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Something else is in the folder.
    #[error(
        "{0} is not a store: it has other files and no file `version`; give an empty folder, or one that is not there yet"
    )]
    NotAStore(PathBuf),
    /// There is nothing to look at.
    #[error("there is no store at {0}")]
    Absent(PathBuf),
    /// A program of another version made it.
    #[error(
        "{folder} is a store of the version {found:?}, and this program knows {VERSION:?} alone"
    )]
    Version {
        /// The folder.
        folder: PathBuf,
        /// What the version file says.
        found: String,
    },
    /// Another program has it.
    #[error("the store {0} is in use by another program; stop that one, or give another folder")]
    InUse(PathBuf),
    /// The disk.
    #[error("the store {path} cannot be used: {source}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Checks that a folder is a store that this program knows.
pub(super) fn version(folder: &Path) -> Result<(), FolderError> {
    let path = folder.join(VERSION_FILE);
    let mut found = Vec::new();
    match File::open(&path).and_then(|file| file.take(VERSION_LIMIT).read_to_end(&mut found)) {
        Ok(_) if found == format!("{VERSION}\n").as_bytes() => Ok(()),
        Ok(_) => {
            let text = String::from_utf8_lossy(&found);
            Err(FolderError::Version {
                folder: folder.to_owned(),
                found: text.lines().next().unwrap_or_default().to_owned(),
            })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(FolderError::Absent(folder.to_owned()))
        }
        Err(source) => Err(disk(&path, source)),
    }
}

/// Whether nothing is in a folder but what was made of a store before its version was written.
pub(super) fn is_unused(folder: &Path) -> Result<bool, FolderError> {
    let ours = |name: &str| {
        [LOCK_FILE, UNFINISHED, ASIDE].contains(&name)
            || Kind::ALL.iter().any(|kind| kind.word() == name)
    };
    let look = || -> io::Result<bool> {
        for entry in fs::read_dir(folder)? {
            if !entry?.file_name().to_str().is_some_and(ours) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    look().map_err(|source| disk(folder, source))
}

/// Takes a folder for this program alone, until the file is closed.
pub(super) fn lock(folder: &Path) -> Result<File, FolderError> {
    own_folder::lock(folder)
        .map_err(|source| disk(&folder.join(LOCK_FILE), source))?
        .ok_or_else(|| FolderError::InUse(folder.to_owned()))
}

pub(super) fn disk(path: &Path, source: io::Error) -> FolderError {
    FolderError::Disk {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::super::FolderStore;
    use super::*;

    #[test]
    fn only_a_store_of_our_own_is_opened() {
        type Prepare = fn(&Path);
        let cases: [(&str, Prepare, &str); 4] = [
            ("empty", |_| {}, ""),
            (
                "half made",
                |folder| fs::write(folder.join(LOCK_FILE), "").unwrap(),
                "",
            ),
            (
                "foreign",
                |folder| fs::write(folder.join("letter"), "").unwrap(),
                "DIR is not a store: it has other files and no file `version`; give an empty folder, or one that is not there yet",
            ),
            (
                "newer",
                |folder| fs::write(folder.join(VERSION_FILE), "mtaspec-store 2\n").unwrap(),
                "DIR is a store of the version \"mtaspec-store 2\", and this program knows \"mtaspec-store 1\" alone",
            ),
        ];
        for (case, prepare, want) in cases {
            let scratch = tempfile::tempdir().unwrap();
            prepare(scratch.path());
            let told = FolderStore::open(scratch.path()).err().map(|error| {
                error
                    .to_string()
                    .replace(&scratch.path().display().to_string(), "DIR")
            });
            assert_eq!(told.unwrap_or_default(), want, "{case}");
        }
    }

    #[test]
    fn a_store_has_one_program_at_a_time() {
        let scratch = tempfile::tempdir().unwrap();
        let first = FolderStore::open(scratch.path()).unwrap();
        assert!(matches!(
            FolderStore::open(scratch.path()),
            Err(FolderError::InUse(_))
        ));
        assert!(
            FolderStore::look(scratch.path(), Kind::Messages, 10)
                .unwrap()
                .is_empty()
        );
        drop(first);
        FolderStore::open(scratch.path()).unwrap();
    }

    #[test]
    fn where_no_store_is_there_is_nothing_to_look_at() {
        let scratch = tempfile::tempdir().unwrap();
        let absent = scratch.path().join("absent");
        assert!(matches!(
            FolderStore::look(&absent, Kind::Messages, 10),
            Err(FolderError::Absent(_))
        ));
    }
}
