//! The inputs that mutation begins with: the files of a folder.

use std::io;
use std::path::{Path, PathBuf};

/// The most octets of a file.
const FILE_LIMIT: u64 = 1_024 * 1_024;

/// The inputs of one target, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corpus {
    inputs: Vec<Vec<u8>>,
}

/// Why a corpus cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// A folder or file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file is too long to begin with.
    #[error("{0} has more than {FILE_LIMIT} octets")]
    TooLong(PathBuf),
    /// There is no file.
    #[error("{0} has no file to begin with")]
    Empty(PathBuf),
}

impl Corpus {
    /// Reads a folder, and those in it.
    ///
    /// # Errors
    /// `CorpusError` when there is nothing to begin with.
    pub fn load(folder: &Path) -> Result<Self, CorpusError> {
        let mut paths = Vec::new();
        files(folder, &mut paths)?;
        paths.sort();
        let inputs = paths
            .iter()
            .map(|path| read(path))
            .collect::<Result<Vec<_>, _>>()?;
        if inputs.is_empty() {
            return Err(CorpusError::Empty(folder.to_owned()));
        }
        Ok(Self { inputs })
    }

    /// The inputs.
    #[must_use]
    pub fn inputs(&self) -> &[Vec<u8>] {
        &self.inputs
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), CorpusError> {
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, CorpusError> {
    if std::fs::metadata(path).map_err(unreadable(path))?.len() > FILE_LIMIT {
        return Err(CorpusError::TooLong(path.to_owned()));
    }
    std::fs::read(path).map_err(unreadable(path))
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> CorpusError {
    let path = path.to_owned();
    |source| CorpusError::Unreadable { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Corpus::load(folder.path()),
            Err(CorpusError::Empty(_))
        ));
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for (name, text) in [("c", "third"), ("a", "first"), ("b/a", "second")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let corpus = Corpus::load(folder.path()).unwrap();
        let texts: Vec<&[u8]> = corpus.inputs().iter().map(Vec::as_slice).collect();
        assert_eq!(texts, [b"first".as_slice(), b"second", b"third"]);
        let nowhere = folder.path().join("nowhere");
        assert!(matches!(
            Corpus::load(&nowhere),
            Err(CorpusError::Unreadable { .. })
        ));
    }
}
