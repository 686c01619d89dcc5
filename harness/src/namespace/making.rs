//! How each namespace is made, and why the kernel refuses one.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

use super::{Kind, NamespaceError, user};

impl Kind {
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
        reason(self, errno, user::is_root(), &setting)
    }
}

/// Enters a user namespace in which this user is who it was before.
///
/// The user is mapped to itself and not to root: Exim, for one, refuses to deliver as root. What needs rights is done
/// before the next program is executed, since an ordinary user loses them then.
pub(super) fn make_own_user() -> Result<(), NamespaceError> {
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

/// Makes one namespace and stays in it: for a process that only wants to know whether it can, and ends.
///
/// # Errors
/// When the kernel refuses.
pub fn try_making(kind: Kind) -> Result<(), NamespaceError> {
    if kind == Kind::User || !user::is_root() {
        make_own_user()?;
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

/// What a setting of the kernel says, if there is one of this name.
pub(super) fn setting(name: &str) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(setting_file(name)).ok()?;
    file.take(4096).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

/// Where it stands: `sysctl` writes dots, the file system slashes.
pub(super) fn setting_file(name: &str) -> PathBuf {
    Path::new("/proc/sys").join(name.replace('.', "/"))
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
