//! A folder to begin with: a commented profile that `mtaspec check --subject` accepts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The profile; `NAME` stands for the name.
pub(super) const PROFILE: &str = include_str!("skeleton/profile.toml");

/// All files of the folder.
const FILES: [(&str, &str); 2] = [
    ("profile.toml", PROFILE),
    ("relay.conf", include_str!("skeleton/relay.conf")),
];

/// Why there is no new folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SkeletonError {
    /// The name could not stand in a report.
    #[error("{0:?} is no name of a subject; a-z, 0-9 and hyphens, as \"postfix\"")]
    BadName(String),
    /// Something is there.
    #[error("{} is there already; give another name, or edit it", .0.display())]
    Exists(PathBuf),
    /// The disk or the rights.
    #[error("{} cannot be written: {error}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Makes the folder `NAME` in another. Nothing that is there is touched.
///
/// # Errors
/// When the name is none, or the folder is there or cannot be made.
pub fn make_skeleton(parent: &Path, name: &str) -> Result<PathBuf, SkeletonError> {
    let is_right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_taken = ["engine", "engine-validating", "relay"].contains(&name);
    if name.is_empty() || name.starts_with('-') || is_taken || !name.chars().all(is_right) {
        return Err(SkeletonError::BadName(name.to_owned()));
    }
    let folder = parent.join(name);
    let failed = |path: &Path, error| SkeletonError::Path {
        path: path.to_owned(),
        error,
    };
    fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
    match fs::create_dir(&folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(SkeletonError::Exists(folder));
        }
        Err(error) => return Err(failed(&folder, error)),
    }
    for (file, text) in FILES {
        let path = folder.join(file);
        let text = text.replace("NAME", name);
        fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(folder)
}
