//! A profile as it was read: all that is said of a relay, and what holds where nothing is said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use mtaspec_judge::scenario::IdPattern;
use mtaspec_judge::verdict::KnownFailure;
use nix::sys::signal::Signal;
use regex::Regex;

use super::files::Owner;
use super::queue::{QueueError, QueuePatterns};
use super::template::Template;
use crate::subject::Listed;

/// What is known of a relay.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The folder that it was read from.
    pub folder: PathBuf,
    /// As reports call it.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// The line that installs it.
    pub install: Option<String>,
    /// What it can do, in the words of SCENARIOS §10.
    pub capabilities: BTreeSet<String>,
    /// Why it cannot do what else there is; told with skips.
    pub missing: BTreeMap<String, String>,
    /// How it tells its version.
    pub version: Version,
    /// Without which it cannot run.
    pub needs: Needs,
    /// Its folders and files, folders first.
    pub files: Vec<PlacedFile>,
    /// What surrounds it.
    pub namespace: Namespace,
    /// How it begins; none: the command that takes a message does all.
    pub start: Option<Start>,
    /// How it ends; none: by a signal.
    pub stop: Option<Vec<Template>>,
    /// How it is made to read its files anew; none: it does so by itself.
    pub reload: Option<Prompt>,
    /// How it is made to try all that waits; none: it cannot be.
    pub retry: Option<Prompt>,
    /// How messages are handed over.
    pub inject: Inject,
    /// The port on which it takes mail from strangers.
    pub inbound_port: u16,
    /// How its queue is listed; none: it cannot be.
    pub queue: Option<Queue>,
    /// How what waits is taken out of the queue without a word to its sender; none: it stays until it is given up.
    pub remove: Option<Vec<Template>>,
    /// How long things take.
    pub times: Times,
    /// Cases that it may not survive.
    pub dangerous: Vec<Apart>,
    /// Cases that show nothing of it, whatever it does.
    pub skipped: Vec<Apart>,
    /// What it is known to get wrong.
    pub known_failures: Vec<KnownFailure>,
}

/// How a relay tells its version.
#[derive(Debug, Clone)]
pub struct Version {
    /// Prints it, on standard output or standard error.
    pub command: Vec<Template>,
    /// Finds it there, in its first group.
    pub pattern: Regex,
}

/// Without which a relay cannot run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Programs.
    pub programs: Vec<String>,
    /// It changes users.
    pub root: bool,
}

/// A folder or file of the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFile {
    /// In the relay's folder; or from the root, in a private folder.
    pub path: PathBuf,
    /// What it is.
    pub source: FileSource,
    /// Its permissions.
    pub mode: u32,
    /// Whose it is; none: of whoever runs the suite.
    pub owner: Option<Owner>,
}

impl PlacedFile {
    /// It is a file, and no folder.
    #[must_use]
    pub fn is_template(&self) -> bool {
        matches!(self.source, FileSource::Template(_))
    }
}

/// What is put at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// A folder.
    Folder,
    /// A file.
    Template(Template),
}

/// What surrounds a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Folders of the machine that are empty for the relay.
    pub private: Vec<PathBuf>,
    /// The file in which it looks for authorities, when that cannot be configured.
    pub trust_file: Option<PathBuf>,
    /// Which resolver it is given.
    pub resolver: Resolver,
}

/// A resolver of the fake Internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// Checks signatures, and says so with the AD bit.
    Validating,
    /// Does not.
    Plain,
}

/// How a relay begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Starts it.
    pub command: Vec<Template>,
    /// The command runs as long as the relay does; otherwise it ends when the relay has begun.
    pub foreground: bool,
    /// How long until the first message may have come back.
    pub ready: Duration,
}

/// How a running relay is made to do something.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The way.
    pub by: PromptBy,
    /// What the relay says when it has done it; none: the way alone is enough.
    pub said: Option<Regex>,
}

/// A way to make a running relay do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptBy {
    /// A command that ends by itself.
    Command(Vec<Template>),
    /// A signal to the process that was started.
    Signal(Signal),
}

impl Prompt {
    pub(super) fn command(&self) -> Option<&Vec<Template>> {
        match &self.by {
            PromptBy::Command(words) => Some(words),
            PromptBy::Signal(_) => None,
        }
    }
}

/// How messages are handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inject {
    /// The way.
    pub by: InjectBy,
    /// How many at once.
    pub connections: usize,
    /// How many on one connection; none: any number.
    pub messages_per_connection: Option<usize>,
}

/// A way for messages into the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InjectBy {
    /// By SMTP.
    Port(u16),
    /// By a command that reads the message; the recipients are its last words.
    Command(Vec<Template>),
}

/// How a queue is listed.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Prints it.
    pub command: Vec<Template>,
    /// Reads it.
    pub patterns: QueuePatterns,
}

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When nothing has happened in the whole run for so long, it is over.
    pub quiet: Duration,
    /// When it is over in any case.
    pub longest: Duration,
    /// How long a message stays in the queue, where this was made short: then "deferred, then bounced" is deferred.
    pub lifetime: Option<Duration>,
}

/// Cases with which it is another matter than with the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Which.
    pub cases: Vec<IdPattern>,
    /// Why.
    pub why: String,
}

impl Apart {
    fn has(&self, id: &str) -> bool {
        self.cases.iter().any(|pattern| pattern.matches(id))
    }
}

impl Profile {
    /// Whether a case may kill it.
    #[must_use]
    pub fn is_dangerous(&self, id: &str) -> bool {
        self.dangerous.iter().any(|apart| apart.has(id))
    }

    /// Why a case shows nothing of this relay, if it is left out for that.
    #[must_use]
    pub fn skips(&self, id: &str) -> Option<&str> {
        let found = self.skipped.iter().find(|apart| apart.has(id));
        found.map(|apart| apart.why.as_str())
    }

    /// Everybody whose message waits, from what the queue command printed.
    ///
    /// # Errors
    /// When the list is not as the profile says; without a queue command it is always empty.
    pub fn read_queue(&self, text: &str) -> Result<Vec<Listed>, QueueError> {
        self.queue
            .as_ref()
            .map_or(Ok(Vec::new()), |queue| queue.patterns.read(text))
    }
}
