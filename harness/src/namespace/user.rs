//! Who this process is, and what it may have.

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{User, geteuid};

/// Whether this process may make namespaces without a user namespace.
#[must_use]
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// The user's name, or number if it has none.
#[must_use]
pub fn user_name() -> String {
    let user = geteuid();
    let known = User::from_uid(user).ok().flatten();
    known.map_or_else(|| user.to_string(), |known| known.name)
}

/// How many files a process of this user may have open: the limit that it cannot raise.
#[must_use]
pub fn open_files() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(_, hard)| hard)
}
