//! The user namespace of an ordinary user, which gives the right to make all the others.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::unistd::{getegid, geteuid};

use super::{Kind, NamespaceError};

/// Enters a user namespace in which this user is who it was before.
///
/// The user is mapped to itself and not to root: Exim, for one, refuses to deliver as root. What needs rights is done
/// before the next program is executed, since an ordinary user loses them then.
pub(super) fn enter_own() -> Result<(), NamespaceError> {
    let (user, group) = (geteuid(), getegid());
    Kind::User.make()?;
    // Whoever may not drop groups cannot gain what a group is denied; the kernel takes a map of groups only then.
    let files = [
        ("/proc/self/uid_map", format!("{user} {user} 1")),
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/gid_map", format!("{group} {group} 1")),
    ];
    for (path, text) in files {
        fs::write(path, text).map_err(|error| refused(path, error))?;
    }
    Ok(())
}

fn refused(path: &str, error: io::Error) -> NamespaceError {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(errno @ (Errno::EPERM | Errno::EACCES)) => Kind::User.refused(errno),
        _ => NamespaceError::of(format!("writing {path}"), error),
    }
}
