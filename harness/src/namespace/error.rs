//! Why the namespaces could not be had, or have no guard: one sentence that names what is missing, and what cures it.

use std::io;
use std::path::PathBuf;

use nix::errno::Errno;

use super::{GUARD, Kind};

/// Why the namespaces could not be entered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamespaceError {
    /// A setting of the kernel forbids it.
    #[error(
        "an ordinary user may make no {kind} namespace here: the kernel setting {setting} is {value}; allow it with \
         `sysctl -w {setting}={wanted}`, or start mtaspec as root"
    )]
    Forbidden {
        /// What was asked for.
        kind: Kind,
        /// The setting as `sysctl` names it.
        setting: &'static str,
        /// What it says.
        value: String,
        /// What it should say.
        wanted: &'static str,
    },
    /// All that the kernel allows exist, or none is allowed.
    #[error(
        "the kernel gives no further {kind} namespace: its setting {setting} is {value}; allow more with \
         `sysctl -w {setting}={wanted}`"
    )]
    UsedUp {
        /// What was asked for.
        kind: Kind,
        /// The setting as `sysctl` names it.
        setting: &'static str,
        /// What it says.
        value: String,
        /// What it should say.
        wanted: &'static str,
    },
    /// The kernel was built without.
    #[error("this kernel has no {0} namespaces; use one that was built with them")]
    Unknown(Kind),
    /// Root without the right, or an ordinary user whom no setting of the kernel forbids it.
    #[error(
        "{deed} is not permitted: the right CAP_SYS_ADMIN is missing, as in a container or a service with a filter; give \
         it that right (`--privileged`), or start mtaspec outside"
    )]
    NotPermitted {
        /// What was tried.
        deed: String,
    },
    /// The kernel or the machine has no IPv6.
    #[error(
        "the network namespace has no IPv6, which the fake Internet needs; start the kernel without `ipv6.disable=1`"
    )]
    NoIpv6,
    /// What is to be set in the network namespace cannot be.
    #[error(
        "the settings of the network namespace under /proc/sys are read-only, as in a container; start it with \
         `--privileged`, or mtaspec outside"
    )]
    ReadOnlySettings,
    /// Another system.
    #[error(
        "{} has no namespaces as Linux has them; use a Linux machine, or a virtual one",
        std::env::consts::OS
    )]
    NotLinux,
    /// A folder that should be private or writable does not exist.
    #[error("the folder {} is not there; install what it belongs to, or make it", .0.display())]
    NoFolder(PathBuf),
    /// A file that should be covered does not exist: a mount needs something to be put over.
    #[error("the file {} is not there, so that none can be put in its place; install what it belongs to", .0.display())]
    NoFile(PathBuf),
    /// The system said no for a reason of its own.
    #[error("{deed} failed")]
    System {
        /// What was tried.
        deed: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

#[cfg(target_os = "linux")]
impl NamespaceError {
    /// What became of a deed that has no reason of its own to fail.
    pub(super) fn of(deed: impl Into<String>, cause: impl Into<io::Error>) -> Self {
        let (deed, cause) = (deed.into(), cause.into());
        if cause.raw_os_error() == Some(Errno::EPERM as i32) {
            Self::NotPermitted { deed }
        } else {
            Self::System { deed, cause }
        }
    }
}

/// Why the guard does not stand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// Somebody calls it by hand.
    #[error(
        "{GUARD} is no command by itself: it is the first process of a namespace that mtaspec makes"
    )]
    NotFirst,
    /// The command that should run inside.
    #[error("{command} cannot be started")]
    NotStarted {
        /// The program.
        command: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The system gave no signals or no processes.
    #[error("the guard of the namespace cannot do its work")]
    System(#[from] io::Error),
}

impl From<Errno> for GuardError {
    fn from(errno: Errno) -> Self {
        Self::System(errno.into())
    }
}
