//! What every folder of ours needs of the disk: one program at a time, the eyes of its owner alone, and contents that
//! outlast a loss of power. What is in it is left to `folder` and `versions`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The file that is locked; it stays empty.
pub(super) const LOCK_FILE: &str = "lock";

/// Takes a folder for this program alone, until the file is closed; none: another program has it.
pub(super) fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(LOCK_FILE))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(source),
    }
}

/// Only what was renamed or removed before is sure to outlast a loss of power.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // The parent of a name alone is the empty path.
    let folder = if folder == Path::new("") {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Mail and settings are nobody else's business.
#[cfg(unix)]
pub(super) fn only_for_the_owner(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
pub(super) fn only_for_the_owner(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_programs_until_the_file_is_closed() {
        let scratch = tempfile::tempdir().unwrap();
        let first = lock(scratch.path()).unwrap();
        assert!(first.is_some());
        assert!(lock(scratch.path()).unwrap().is_none());
        drop(first);
        assert!(lock(scratch.path()).unwrap().is_some());
    }
}
