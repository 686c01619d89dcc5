//! The guard: the first process of the PID namespace, with whose end the kernel ends everything inside.

use std::env;
use std::ffi::{CString, NulError, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawnp};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::{GuardError, user};

/// Starts a command and buries whoever is left behind inside, until the command ends or the outer process is gone. Gives
/// back the command's exit code, or 128 and the number of the signal that ended it; the caller must end with it.
///
/// # Errors
/// When this is not the first process of a PID namespace, or the command cannot be started.
pub fn guard(command: &OsStr, arguments: &[OsString]) -> Result<u8, GuardError> {
    if nix::unistd::getpid().as_raw() != 1 {
        return Err(GuardError::NotFirst);
    }
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    let mut awaited = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGCHLD] {
        awaited.add(signal);
    }
    awaited.thread_block()?;
    let signals = SignalFd::with_flags(&awaited, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    show_own_processes();
    let started = start(command, arguments).map_err(|cause| GuardError::NotStarted {
        command: command.to_string_lossy().into_owned(),
        cause,
    })?;
    let lifeline = io::stdin();
    loop {
        let mut watched = [
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(lifeline.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut watched, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        // Nobody writes into the lifeline: whatever is to be seen of it is its end.
        if watched[1].any().unwrap_or(true) {
            return Ok(128 + Signal::SIGKILL as u8);
        }
        while let Some(heard) = signals.read_signal()? {
            let number = i32::try_from(heard.ssi_signo).unwrap_or_default();
            match Signal::try_from(number) {
                Ok(Signal::SIGCHLD) | Err(_) => {}
                // It may have ended just now; then it needs no word.
                Ok(signal) => drop(kill(started, signal)),
            }
        }
        if let Some(code) = bury(started)? {
            return Ok(code);
        }
    }
}

/// Mounts the list of processes anew, or it shows those of the machine. An ordinary user has lost the right to it by now,
/// and in some containers root has not got it; then programs see the machine's processes, and can do nothing to them.
fn show_own_processes() {
    if user::is_root() {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        let _ = mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>);
    }
}

/// Starts the command with signals as it expects them, which `std::process` would leave blocked.
fn start(command: &OsStr, arguments: &[OsString]) -> io::Result<Pid> {
    let text = |text: &OsStr| CString::new(text.as_bytes());
    let program = text(command)?;
    let arguments: Vec<CString> = std::iter::once(command)
        .chain(arguments.iter().map(OsString::as_os_str))
        .map(text)
        .collect::<Result<_, NulError>>()?;
    let environment: Vec<CString> = env::vars_os()
        .map(|(name, value)| {
            let pair = [name.into_vec(), value.into_vec()].join(&b'=');
            CString::new(pair)
        })
        .collect::<Result<_, NulError>>()?;
    let nothing = File::open("/dev/null")?;
    let mut files = PosixSpawnFileActions::init()?;
    files.add_dup2(nothing.as_raw_fd(), io::stdin().as_raw_fd())?;
    let mut usual = SigSet::empty();
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGCHLD,
        Signal::SIGPIPE,
    ] {
        usual.add(signal);
    }
    let mut how = PosixSpawnAttr::init()?;
    how.set_flags(
        PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF,
    )?;
    how.set_sigmask(&SigSet::empty())?;
    how.set_sigdefault(&usual)?;
    Ok(posix_spawnp(
        &program,
        &files,
        &how,
        &arguments,
        &environment,
    )?)
}

/// Takes note of all that have ended; the exit code of the command if it is among them.
fn bury(command: Pid) -> Result<Option<u8>, GuardError> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(process, code)) if process == command => {
                return Ok(Some(u8::try_from(code).unwrap_or(u8::MAX)));
            }
            Ok(WaitStatus::Signaled(process, signal, _)) if process == command => {
                return Ok(Some(128 + signal as u8));
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(None),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}
