//! The file system of the namespace: nothing of the machine can be written to, and what a relay writes to is in memory.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::stat::Mode;
use nix::sys::statvfs::{FsFlags, fstatvfs};
use nix::unistd::{Gid, Uid, getegid, geteuid};

use super::mount_table::mounted;
use super::{NamespaceError, SCRATCH, Surroundings, TEMPORARY, user};

/// What the kernel and its devices show: it is no file system of files, and programs write there.
const OF_THE_KERNEL: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Ways out of a network namespace that are no network: sockets in the file system, behind which daemons of the machine
/// write logs (syslog) and look up names (the cache of glibc). They are covered where there are any.
const WAYS_OUT: [&str; 2] = ["/dev/log", "/run/nscd/socket"];

const NOTHING: Option<&Path> = None;

/// Arranges everything in the mount namespace that this process has just made.
pub(super) fn arrange(surroundings: &Surroundings) -> Result<(), NamespaceError> {
    mount(
        NOTHING,
        "/",
        NOTHING,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        NOTHING,
    )
    .map_err(|errno| match errno {
        // AppArmor forbids mounts in these words to a container that may make namespaces.
        Errno::EACCES => NamespaceError::of("mounting", Errno::EPERM),
        _ => NamespaceError::of("mounting", errno),
    })?;
    // Opened before anything is covered, so that a folder can be writable inside a private one.
    let kept: Vec<Kept> = surroundings
        .writable
        .iter()
        .map(|path| Kept::open(path))
        .collect::<Result<_, _>>()?;
    make_read_only()?;
    make_fresh(Path::new(SCRATCH), Some(0o755))?;
    folder(Path::new(TEMPORARY), 0o1777)?;
    for path in &surroundings.private {
        make_fresh(path, None)?;
    }
    kept.iter().try_for_each(Kept::put_back)?;
    cover(surroundings)?;
    // Where this process is must be looked up again, or it stays below what was put over it. If it cannot be reached by
    // its path, it is somewhere that nobody writes to.
    if let Ok(here) = std::env::current_dir() {
        let _ = std::env::set_current_dir(here);
    }
    Ok(())
}

/// Makes all that is mounted read-only. What cannot be reached by its path, since it is covered or belongs to somebody
/// else, cannot be written to either.
fn make_read_only() -> Result<(), NamespaceError> {
    let mounts =
        mounted().map_err(|error| NamespaceError::of("reading /proc/self/mountinfo", error))?;
    let read_only = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    for mounted in mounts {
        let of_the_kernel = OF_THE_KERNEL
            .iter()
            .any(|path| mounted.path.starts_with(path));
        // To look at the place of an automatic mount is to ask for it.
        if of_the_kernel || mounted.flags.contains(MsFlags::MS_RDONLY) || mounted.kind == "autofs" {
            continue;
        }
        let flags = read_only | mounted.flags;
        match mount(NOTHING, &mounted.path, NOTHING, flags, NOTHING) {
            Ok(()) | Err(Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES | Errno::EINVAL) => {}
            Err(errno) => {
                let deed = format!("making {} read-only", mounted.path.display());
                return Err(NamespaceError::of(deed, errno));
            }
        }
    }
    Ok(())
}

/// An empty folder in memory over one that is there, of the same mode and owner. For an ordinary user all belongs to him:
/// nobody else is known in his namespace.
fn make_fresh(path: &Path, mode: Option<u32>) -> Result<(), NamespaceError> {
    let there = fs::metadata(path).ok().filter(fs::Metadata::is_dir);
    let there = there.ok_or_else(|| NamespaceError::NoFolder(path.to_owned()))?;
    let (user, group) = if user::is_root() && mode.is_none() {
        (Uid::from_raw(there.uid()), Gid::from_raw(there.gid()))
    } else {
        (geteuid(), getegid())
    };
    let mode = mode.unwrap_or(there.mode() & 0o7777);
    let data = format!("mode={mode:o},uid={user},gid={group}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("tmpfs"),
        path,
        Some("tmpfs"),
        flags,
        Some(data.as_str()),
    )
    .map_err(|errno| {
        NamespaceError::of(
            format!("mounting a folder in memory on {}", path.display()),
            errno,
        )
    })
}

/// A folder that stays as it is, and can be written to.
struct Kept {
    path: PathBuf,
    folder: OwnedFd,
    flags: MsFlags,
}

impl Kept {
    fn open(path: &Path) -> Result<Self, NamespaceError> {
        let path = path.canonicalize().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => NamespaceError::NoFolder(path.to_owned()),
            _ => NamespaceError::of(format!("looking at {}", path.display()), error),
        })?;
        let how = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let looking = |errno| NamespaceError::of(format!("looking at {}", path.display()), errno);
        let folder = open(&path, how, Mode::empty()).map_err(looking)?;
        let flags = restrictions(fstatvfs(&folder).map_err(looking)?.flags());
        Ok(Self {
            path,
            folder,
            flags,
        })
    }

    fn put_back(&self) -> Result<(), NamespaceError> {
        let name = self.path.display();
        // It is gone from there only if it lay in a folder that is fresh now.
        fs::create_dir_all(&self.path)
            .map_err(|error| NamespaceError::of(format!("making the folder {name}"), error))?;
        let source = format!("/proc/self/fd/{}", self.folder.as_raw_fd());
        let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
        let again = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | self.flags;
        mount(Some(source.as_str()), &self.path, NOTHING, bind, NOTHING)
            .and_then(|()| mount(NOTHING, &self.path, NOTHING, again, NOTHING))
            .map_err(|errno| NamespaceError::of(format!("keeping {name} writable"), errno))
    }
}

/// What a mount must be told again, or it would be lifted.
fn restrictions(found: FsFlags) -> MsFlags {
    let pairs = [
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    let held = pairs.into_iter().filter(|(flag, _)| found.contains(*flag));
    held.map(|(_, flag)| flag).collect()
}

/// Puts files over those of the machine, and nothing over the sockets of its daemons.
fn cover(surroundings: &Surroundings) -> Result<(), NamespaceError> {
    let sources = Path::new(SCRATCH).join("files");
    folder(&sources, 0o755)?;
    for (number, (target, content)) in surroundings.files.iter().enumerate() {
        let source = sources.join(number.to_string());
        fs::write(&source, content)
            .and_then(|()| fs::set_permissions(&source, Permissions::from_mode(0o644)))
            .map_err(|error| NamespaceError::of(format!("writing {}", source.display()), error))?;
        if !target.is_file() {
            return Err(NamespaceError::NoFile(target.clone()));
        }
        bind(&source, target)?;
    }
    for path in WAYS_OUT.map(Path::new) {
        if fs::metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
            bind(Path::new("/dev/null"), path)?;
        }
    }
    Ok(())
}

fn bind(source: &Path, target: &Path) -> Result<(), NamespaceError> {
    mount(Some(source), target, NOTHING, MsFlags::MS_BIND, NOTHING).map_err(|errno| {
        NamespaceError::of(format!("putting a file over {}", target.display()), errno)
    })
}

/// Makes a folder of exactly this mode, whatever the mask of this process.
fn folder(path: &Path, mode: u32) -> Result<(), NamespaceError> {
    let made: io::Result<()> =
        fs::create_dir(path).and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)));
    made.map_err(|error| NamespaceError::of(format!("making the folder {}", path.display()), error))
}
