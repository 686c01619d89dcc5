//! The commands of a profile: lists of words, each a template.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::data::Data;
use super::profile::{InjectBy, Profile, Prompt};
use super::template::{RenderError, values};

/// Where mail servers are, though not every user's `PATH` names these folders.
const ALSO: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// What a relay is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb<'a> {
    /// Print its version.
    Version,
    /// Begin to work.
    Start,
    /// Stop.
    Stop,
    /// Read its files anew.
    Reload,
    /// Try all that waits now.
    Retry,
    /// List what waits.
    Queue,
    /// Take messages out of the queue.
    Remove {
        /// Whose.
        recipients: &'a [String],
    },
    /// Take the message that stands on standard input.
    Inject {
        /// The envelope sender; empty is null.
        sender: &'a str,
        /// Who is to have it.
        recipients: &'a [String],
    },
}

/// Why there is no such command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// A word could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The program is not there.
    #[error("there is no program {program:?} on this machine{}", .install.as_ref().map(|install| format!("; install it with `{install}`")).unwrap_or_default())]
    NoProgram {
        /// As the profile calls it.
        program: String,
        /// How it is installed.
        install: Option<String>,
    },
}

impl Profile {
    /// The command that does it; none: the profile has no such command.
    ///
    /// # Errors
    /// When a word cannot be rendered, or the program is not there.
    pub fn command(&self, verb: Verb<'_>, data: &Data) -> Result<Option<Command>, CommandError> {
        let words = match verb {
            Verb::Version => Some(&self.version.command),
            Verb::Start => self.start.as_ref().map(|start| &start.command),
            Verb::Stop => self.stop.as_ref(),
            Verb::Reload => self.reload.as_ref().and_then(Prompt::command),
            Verb::Retry => self.retry.as_ref().and_then(Prompt::command),
            Verb::Queue => self.queue.as_ref().map(|queue| &queue.command),
            Verb::Remove { .. } => self.remove.as_ref(),
            Verb::Inject { .. } => match &self.inject.by {
                InjectBy::Port(_) => None,
                InjectBy::Command(words) => Some(words),
            },
        };
        let Some(words) = words else { return Ok(None) };
        let sender = match verb {
            Verb::Inject { sender, .. } => Some(sender),
            _ => None,
        };
        let seen = values(data.for_commands(sender));
        let words: Result<Vec<_>, _> = words.iter().map(|word| word.render(&seen)).collect();
        let mut words = words?;
        if let Verb::Inject { recipients, .. } | Verb::Remove { recipients } = verb {
            words.extend(recipients.iter().cloned());
        }
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        let Some(found) = find(&program) else {
            return Err(CommandError::NoProgram {
                program,
                install: self.install.clone(),
            });
        };
        let mut command = Command::new(found);
        command.args(words).env("PATH", path()).env("LC_ALL", "C");
        // A relay that stops ends all of its process group, which must not be ours.
        command.process_group(0);
        Ok(Some(command))
    }

    /// The version, from what the version command printed.
    #[must_use]
    pub fn read_version(&self, output: &str) -> Option<String> {
        let found = self.version.pattern.captures(output)?;
        Some(found.get(1)?.as_str().trim().to_owned())
    }
}

/// Those of the programs that a profile needs which this machine does not have.
#[must_use]
pub fn missing_programs(profile: &Profile) -> Vec<&str> {
    let programs = profile.needs.programs.iter().map(String::as_str);
    programs.filter(|program| find(program).is_none()).collect()
}

fn folders() -> impl Iterator<Item = PathBuf> {
    let named = std::env::var_os("PATH").unwrap_or_default();
    let named: Vec<_> = std::env::split_paths(&named).collect();
    named.into_iter().chain(ALSO.iter().map(PathBuf::from))
}

/// `PATH` with the folders of mail servers behind it.
fn path() -> std::ffi::OsString {
    std::env::join_paths(folders()).unwrap_or_else(|_| ALSO.join(":").into())
}

fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return is_program(Path::new(program)).then(|| program.into());
    }
    let places = folders().map(|folder| folder.join(program));
    places.into_iter().find(|place| is_program(place))
}

fn is_program(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
