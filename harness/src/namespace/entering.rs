//! The outer process: it enters the namespaces, starts the guard in them and waits for it.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, sethostname};

use super::making::make_own_user;
use super::{GUARD, Kind, NamespaceError, Surroundings, TEMPORARY, mounts, network, user};

/// Enters namespaces of its own: a user namespace unless this is root, then network, mount, process, host name and IPC.
///
/// The caller must have one thread, and can start none from here on: the kernel has it so, since what it starts lives in
/// another process namespace than itself.
///
/// # Errors
/// When a right, a setting of the kernel, or a folder is missing. The process may then be half inside, and should end.
pub fn enter(surroundings: &Surroundings) -> Result<Entered, NamespaceError> {
    if !user::is_root() {
        make_own_user()?;
    }
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::User) {
        kind.make()?;
    }
    sethostname(&surroundings.hostname).map_err(|errno| {
        NamespaceError::of(
            format!("setting the host name {:?}", surroundings.hostname),
            errno,
        )
    })?;
    network::bring_up()?;
    mounts::arrange(surroundings)?;
    Ok(Entered(()))
}

/// A process that has entered, and may start one command inside.
#[derive(Debug)]
pub struct Entered(());

impl Entered {
    /// Runs a command inside until it ends, and everything inside with it. Its exit code is given back, or 128 and the
    /// number of the signal that ended it.
    ///
    /// The command gets SIGINT and SIGTERM that this process gets; a second one ends everything at once. Its standard
    /// input is empty. This process gets them no longer by itself, and should end soon.
    ///
    /// # Errors
    /// When the guard cannot be started: this very program, which must know the subcommand [`GUARD`].
    pub fn run(self, command: &Command) -> io::Result<ExitCode> {
        let mut awaited = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGCHLD] {
            awaited.add(signal);
        }
        // They stay blocked in the guard, which listens as this process does: none is lost while it starts.
        awaited.thread_block()?;
        let signals = SignalFd::with_flags(&awaited, SfdFlags::SFD_CLOEXEC)?;
        let mut guard = guard_of(command).spawn()?;
        let mut asked_to_end = false;
        loop {
            let heard = signals.read_signal()?;
            let number = heard.and_then(|heard| i32::try_from(heard.ssi_signo).ok());
            let Some(signal) = number.and_then(|number| Signal::try_from(number).ok()) else {
                continue;
            };
            if signal == Signal::SIGCHLD {
                if let Some(status) = guard.try_wait()? {
                    return Ok(ExitCode::from(code(status)));
                }
            } else if asked_to_end {
                guard.kill()?;
            } else {
                asked_to_end = true;
                pass_on(signal, &guard)?;
            }
        }
    }
}

/// The guard with a command for it. Its standard input is a pipe whose other end this process holds, and nobody else: it
/// closes when this process is no more, whatever ended it.
fn guard_of(command: &Command) -> Command {
    let mut guard = Command::new("/proc/self/exe");
    guard
        .arg(GUARD)
        .arg("--")
        .arg(command.get_program())
        .args(command.get_args())
        .env("TMPDIR", TEMPORARY)
        .stdin(Stdio::piped())
        // Ctrl-C reaches a whole process group; the command is to get it once, from us.
        .process_group(0);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guard.env(name, value),
            None => guard.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        guard.current_dir(folder);
    }
    guard
}

fn pass_on(signal: Signal, guard: &Child) -> io::Result<()> {
    let process = i32::try_from(guard.id()).map_err(io::Error::other)?;
    // It was not waited for, so its number is its own still.
    Ok(kill(Pid::from_raw(process), signal)?)
}

/// As shells have it.
fn code(status: ExitStatus) -> u8 {
    let number = status.code().or(status.signal().map(|number| 128 + number));
    number
        .and_then(|number| u8::try_from(number).ok())
        .unwrap_or(u8::MAX)
}
