//! What a settings file refers to: the files beside it, and variables of the environment.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The most octets of one file.
const FILE_LIMIT: u64 = 16 * 1_024 * 1_024;

/// Where the files are that settings name, and the variables.
pub trait Beside {
    /// The bytes of a file; a path that is not absolute begins where the settings file is.
    ///
    /// # Errors
    /// What the system says; a file that is too long is `io::ErrorKind::FileTooLarge`.
    fn file(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The value of a variable, if it is set and is text.
    fn variable(&self, name: &str) -> Option<String>;

    /// The path as a person can open it.
    fn shown(&self, path: &str) -> String;
}

/// A folder of the system, and the environment of this program.
#[derive(Debug, Clone)]
pub struct SystemBeside {
    folder: PathBuf,
}

impl SystemBeside {
    /// The folder in which a file is.
    #[must_use]
    pub fn of(file: &Path) -> Self {
        Self {
            folder: file.parent().map(Path::to_owned).unwrap_or_default(),
        }
    }
}

impl Beside for SystemBeside {
    fn file(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.folder.join(path))?;
        if file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)? as u64 > FILE_LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    fn variable(&self, name: &str) -> Option<String> {
        // The standard library panics at a name that can be none.
        let is_name = !name.is_empty() && !name.contains(['=', '\0']);
        is_name.then(|| std::env::var(name).ok()).flatten()
    }

    fn shown(&self, path: &str) -> String {
        self.folder.join(path).display().to_string()
    }
}

/// Files and variables in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBeside {
    /// Files by path.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Variables by name.
    pub variables: BTreeMap<String, String>,
}

impl Beside for MemoryBeside {
    fn file(&self, path: &str) -> io::Result<Vec<u8>> {
        let found = self.files.get(path).cloned();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn shown(&self, path: &str) -> String {
        path.to_owned()
    }
}
