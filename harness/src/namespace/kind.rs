//! The kinds of namespaces, how each is made, and why the kernel refuses one.

use std::fmt;
use std::fs;
use std::io::Read as _;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Uid;

use super::{NamespaceError, user};

/// A kind of namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Users and rights.
    User,
    /// Interfaces, addresses and ports.
    Network,
    /// What is mounted where.
    Mount,
    /// Processes.
    Process,
    /// The name of the machine.
    HostName,
    /// Shared memory and queues of messages.
    Ipc,
}

impl Kind {
    /// All of them, in the order in which they are made: the first gives the right to the others.
    pub const ALL: [Self; 6] = [
        Self::User,
        Self::Network,
        Self::Mount,
        Self::Process,
        Self::HostName,
        Self::Ipc,
    ];

    fn flag(self) -> CloneFlags {
        match self {
            Self::User => CloneFlags::CLONE_NEWUSER,
            Self::Network => CloneFlags::CLONE_NEWNET,
            Self::Mount => CloneFlags::CLONE_NEWNS,
            Self::Process => CloneFlags::CLONE_NEWPID,
            Self::HostName => CloneFlags::CLONE_NEWUTS,
            Self::Ipc => CloneFlags::CLONE_NEWIPC,
        }
    }

    /// The setting that says how many there may be.
    fn limit(self) -> &'static str {
        match self {
            Self::User => "user.max_user_namespaces",
            Self::Network => "user.max_net_namespaces",
            Self::Mount => "user.max_mnt_namespaces",
            Self::Process => "user.max_pid_namespaces",
            Self::HostName => "user.max_uts_namespaces",
            Self::Ipc => "user.max_ipc_namespaces",
        }
    }

    /// Leaves the namespace of this kind for a new one.
    pub(super) fn make(self) -> Result<(), NamespaceError> {
        unshare(self.flag()).map_err(|errno| self.refused(errno))
    }

    /// Why this process was refused a namespace of this kind.
    pub(super) fn refused(self, errno: Errno) -> NamespaceError {
        reason(self, errno, Uid::effective().is_root(), &setting)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User => "user",
            Self::Network => "network",
            Self::Mount => "mount",
            Self::Process => "process",
            Self::HostName => "host name",
            Self::Ipc => "IPC",
        })
    }
}

/// Makes one namespace and stays in it: for a process that only wants to know whether it can, and ends.
///
/// # Errors
/// When the kernel refuses.
pub fn try_making(kind: Kind) -> Result<(), NamespaceError> {
    if kind == Kind::User || !Uid::effective().is_root() {
        user::enter_own()?;
    }
    match kind {
        Kind::User => Ok(()),
        other => other.make(),
    }
}

/// Settings by which a kernel forbids user namespaces to ordinary users: the name, what forbids, what allows.
const FORBIDDING: [(&str, &str, &str); 3] = [
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "15000"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
];

/// What the kernel's answer means, with what its settings say.
fn reason(
    kind: Kind,
    errno: Errno,
    as_root: bool,
    setting: &dyn Fn(&str) -> Option<String>,
) -> NamespaceError {
    let deed = || format!("making a {kind} namespace");
    match errno {
        // Older kernels say EUSERS for user namespaces.
        Errno::ENOSPC | Errno::EUSERS if as_root => NamespaceError::UsedUp {
            kind,
            setting: kind.limit(),
            value: setting(kind.limit()).unwrap_or_else(|| "used up".to_owned()),
            wanted: "15000",
        },
        Errno::ENOSPC | Errno::EUSERS => NamespaceError::Forbidden {
            kind,
            setting: kind.limit(),
            value: setting(kind.limit()).unwrap_or_else(|| "used up".to_owned()),
            wanted: "15000",
        },
        // With AppArmor's restriction the user namespace is made, and has no rights.
        Errno::EPERM | Errno::EACCES if !as_root => FORBIDDING
            .into_iter()
            .find(|(name, forbids, _)| setting(name).as_deref() == Some(*forbids))
            .map_or_else(
                || NamespaceError::NotPermitted { deed: deed() },
                |(name, value, wanted)| NamespaceError::Forbidden {
                    kind: Kind::User,
                    setting: name,
                    value: value.to_owned(),
                    wanted,
                },
            ),
        Errno::EINVAL => NamespaceError::Unknown(kind),
        other => NamespaceError::of(deed(), other),
    }
}

/// What a setting of the kernel says, if there is one of this name (`sysctl` writes dots, the file system slashes).
pub(super) fn setting(name: &str) -> Option<String> {
    let file = fs::File::open(format!("/proc/sys/{}", name.replace('.', "/"))).ok()?;
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_setting_or_the_right_that_is_missing() {
        // (kind, answer, as root, settings, what is told)
        let none: &[(&str, &str)] = &[];
        let cases = [
            (
                Kind::User,
                Errno::ENOSPC,
                false,
                &[("user.max_user_namespaces", "0")][..],
                "user.max_user_namespaces is 0",
            ),
            (
                Kind::User,
                Errno::EPERM,
                false,
                &[("kernel.unprivileged_userns_clone", "0")],
                "`sysctl -w kernel.unprivileged_userns_clone=1`, or start mtaspec as root",
            ),
            (
                Kind::Network,
                Errno::EPERM,
                false,
                &[
                    ("kernel.unprivileged_userns_clone", "1"),
                    ("kernel.apparmor_restrict_unprivileged_userns", "1"),
                ],
                "no user namespace here: the kernel setting kernel.apparmor_restrict_unprivileged_userns is 1",
            ),
            (
                Kind::User,
                Errno::EPERM,
                false,
                none,
                "making a user namespace is not permitted: the right CAP_SYS_ADMIN is missing",
            ),
            (
                Kind::Network,
                Errno::EPERM,
                true,
                &[("user.max_user_namespaces", "0")],
                "making a network namespace is not permitted",
            ),
            (
                Kind::Process,
                Errno::ENOSPC,
                true,
                &[("user.max_pid_namespaces", "7")],
                "user.max_pid_namespaces is 7",
            ),
            (Kind::Ipc, Errno::EINVAL, true, none, "no IPC namespaces"),
        ];
        for (kind, errno, as_root, settings, want) in cases {
            let known = |name: &str| {
                let found = settings.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let told = reason(kind, errno, as_root, &known).to_string();
            assert!(told.contains(want), "{kind} {errno}: {told}");
        }
    }
}
