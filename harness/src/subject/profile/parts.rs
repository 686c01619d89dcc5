//! The tables of a profile, each read to its part.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mtaspec_judge::document::Complaint;
use mtaspec_judge::scenario::IdPattern;
use nix::sys::signal::Signal;
use regex::Regex;

use super::keys::{self, Keys};
use super::profile::{
    Apart, Inject, InjectBy, Namespace, Needs, Prompt, PromptBy, Queue, Resolver, Start, Times,
    Version,
};
use super::queue::QueuePatterns;
use super::section::Section;
use super::template::Template;
use super::trial::Trial;

/// The most connections, and the most messages on one of them.
const MOST: i64 = 10_000;

pub(super) fn version(file: Section<'_>, trial: &Trial<'_>) -> Option<Version> {
    let help = "a command that prints the version, and a pattern that finds it";
    file.needed("version", help)?;
    let version = file.table("version", &keys::VERSION)?;
    let command = trial.command(version, false);
    let pattern = pattern(version, "pattern", None);
    Some(Version {
        command: command?,
        pattern: pattern?,
    })
}

pub(super) fn needs(file: Section<'_>) -> Needs {
    let Some(needs) = file.table("needs", &keys::NEEDS) else {
        return Needs::default();
    };
    let programs = needs.texts("programs");
    Needs {
        programs: programs.into_iter().map(|(_, name)| name.into()).collect(),
        root: needs.flag("root").unwrap_or_default(),
    }
}

pub(super) fn namespace(file: Section<'_>) -> Namespace {
    let mut read = Namespace {
        private: Vec::new(),
        trust_file: None,
        resolver: Resolver::Validating,
    };
    let Some(namespace) = file.table("namespace", &keys::NAMESPACE) else {
        return read;
    };
    for (node, path) in namespace.texts("private") {
        read.private.extend(namespace.noted(node, from_root(path)));
    }
    if let (Some(node), Some(path)) = (namespace.node("trust_file"), namespace.text("trust_file")) {
        read.trust_file = namespace.noted(node, from_root(path));
    }
    if let (Some(node), Some(word)) = (namespace.node("resolver"), namespace.text("resolver")) {
        let resolver = match word {
            "validating" => Ok(Resolver::Validating),
            "plain" => Ok(Resolver::Plain),
            _ => Err(Complaint::new(format!("no resolver is called {word:?}"))
                .help("\"validating\" or \"plain\"")),
        };
        read.resolver = namespace.noted(node, resolver).unwrap_or(read.resolver);
    }
    read
}

fn from_root(text: &str) -> Result<PathBuf, Complaint> {
    let path = Path::new(text);
    let is_plain = !text.split('/').any(|part| part == "..");
    match path.is_absolute() && is_plain && path != Path::new("/") {
        true => Ok(path.to_owned()),
        false => Err(Complaint::new(format!("{text:?} is no path from the root"))
            .help("as in \"/var/spool/exim4\"")),
    }
}

pub(super) fn start(file: Section<'_>, trial: &Trial<'_>) -> Option<Start> {
    let start = file.table("start", &keys::START)?;
    let command = trial.command(start, false);
    let foreground = start.flag("foreground").unwrap_or(true);
    let ready = start.duration("ready").unwrap_or(Duration::from_secs(30));
    Some(Start {
        command: command?,
        foreground,
        ready,
    })
}

/// Somebody must listen where messages go in.
pub(super) fn start_is_needed(file: Section<'_>, inject: Option<&Inject>) {
    if inject.is_some_and(|inject| matches!(inject.by, InjectBy::Port(_))) {
        let help = "the command that starts the relay; only one whose [inject] has a `command` may do without";
        file.needed("start", help);
    }
}

/// How a running relay is made to do something: by a command, or by a signal.
pub(super) fn prompt(
    file: Section<'_>,
    key: &str,
    keys: &'static Keys,
    trial: &Trial<'_>,
) -> Option<Prompt> {
    let table = file.table(key, keys)?;
    let said = match table.text("said") {
        Some(text) => {
            let node = table.node("said")?;
            let made = Regex::new(text).map_err(|error| no_expression("said", &error));
            Some(table.noted(node, made)?)
        }
        None => None,
    };
    let Some(node) = table.node("signal") else {
        let by = PromptBy::Command(trial.command(table, false)?);
        return Some(Prompt { by, said });
    };
    let made = match (table.text("signal")?, table.node("command")) {
        (_, Some(_)) => Err(Complaint::new("both `signal` and `command`").help("leave one out")),
        (word, None) => signal(word),
    };
    let by = PromptBy::Signal(table.noted(node, made)?);
    Some(Prompt { by, said })
}

/// Those that daemons are told things by.
fn signal(word: &str) -> Result<Signal, Complaint> {
    const KNOWN: [(&str, Signal); 4] = [
        ("HUP", Signal::SIGHUP),
        ("USR1", Signal::SIGUSR1),
        ("USR2", Signal::SIGUSR2),
        ("ALRM", Signal::SIGALRM),
    ];
    let known = KNOWN.iter().find(|(name, _)| *name == word);
    known.map(|(_, signal)| *signal).ok_or_else(|| {
        let names = KNOWN.map(|(name, _)| name).join(", ");
        Complaint::new(format!("no signal of a relay is called {word:?}")).help(names)
    })
}

/// A table with nothing but a command.
pub(super) fn command(
    file: Section<'_>,
    key: &str,
    keys: &'static Keys,
    trial: &Trial<'_>,
) -> Option<Vec<Template>> {
    trial.command(file.table(key, keys)?, false)
}

pub(super) fn inject(file: Section<'_>, trial: &Trial<'_>) -> Option<Inject> {
    let mut read = Inject {
        by: InjectBy::Port(25),
        connections: 10,
        messages_per_connection: None,
    };
    let Some(inject) = file.table("inject", &keys::INJECT) else {
        return Some(read);
    };
    if let Some(port) = inject.number("port", 65_535) {
        read.by = InjectBy::Port(port);
    }
    if let Some(node) = inject.node("command") {
        if inject.node("port").is_some() {
            let complaint = Complaint::new("both `port` and `command`");
            inject.notes().note(
                node.span,
                complaint.help("messages go in one way; leave one out"),
            );
        }
        read.by = InjectBy::Command(trial.command(inject, true)?);
    }
    read.connections = inject
        .number("connections", MOST)
        .unwrap_or(read.connections);
    read.messages_per_connection = inject.number("messages_per_connection", MOST);
    Some(read)
}

pub(super) fn inbound_port(file: Section<'_>) -> Option<u16> {
    file.table("inbound", &keys::INBOUND)?
        .number("port", 65_535)
}

pub(super) fn queue(file: Section<'_>, trial: &Trial<'_>) -> Option<Queue> {
    let queue = file.table("queue", &keys::QUEUE)?;
    let command = trial.command(queue, false);
    let message = pattern(queue, "message", Some("sender"));
    let recipient = pattern(queue, "recipient", Some("recipient"));
    Some(Queue {
        command: command?,
        patterns: QueuePatterns::new(message?, recipient?),
    })
}

pub(super) fn times(file: Section<'_>) -> Times {
    let mut read = Times {
        quiet: Duration::from_secs(3),
        longest: Duration::from_secs(50),
        lifetime: None,
    };
    let Some(time) = file.table("time", &keys::TIME) else {
        return read;
    };
    read.quiet = time.duration("quiet").unwrap_or(read.quiet);
    read.longest = time.duration("longest").unwrap_or(read.longest);
    read.lifetime = time.duration("lifetime");
    if read.quiet >= read.longest {
        let node = time.node("quiet").or_else(|| time.node("longest"));
        let complaint = Complaint::new("`longest` is over before `quiet` can be");
        time.notes().note(
            node.map_or(time.span(), |node| node.span),
            complaint.help("`quiet` is a few seconds of silence, `longest` the whole run"),
        );
    }
    read
}

pub(super) fn dangerous(file: Section<'_>, ids: Option<&[&str]>) -> Vec<Apart> {
    let why = "what happens to the relay";
    apart(file.tables("dangerous", &keys::DANGEROUS), why, ids)
}

pub(super) fn skipped(file: Section<'_>, ids: Option<&[&str]>) -> Vec<Apart> {
    let why = "why they show nothing here";
    apart(file.tables("skip", &keys::SKIP), why, ids)
}

fn apart(tables: Vec<Section<'_>>, why: &str, ids: Option<&[&str]>) -> Vec<Apart> {
    let read = |table: Section<'_>| {
        let cases = table.needed("cases", "patterns, as [\"starttls/injection*\"]");
        let cases = cases.map(|node| {
            let texts = table.texts_of("cases", node);
            let patterns = texts
                .into_iter()
                .filter_map(|(node, text)| table.noted(node, id_pattern(text, ids)));
            patterns.collect::<Vec<_>>()
        });
        let why = table.needed_text("why", why);
        Some(Apart {
            cases: cases?,
            why: why?.to_owned(),
        })
    };
    tables.into_iter().filter_map(read).collect()
}

/// A pattern, which selects one of these ids at least.
fn id_pattern(text: &str, ids: Option<&[&str]>) -> Result<IdPattern, Complaint> {
    let wrong = |message: String| Complaint::new(message).help("`mtaspec list` has all ids");
    let pattern = IdPattern::parse(text).map_err(|error| wrong(error.to_string()))?;
    match ids {
        Some(ids) if !ids.iter().any(|id| pattern.matches(id)) => {
            Err(wrong(format!("the suite has no case {text:?}")))
        }
        _ => Ok(pattern),
    }
}

/// A regular expression with a group of that name; with one group, when it need not have a name.
fn pattern(section: Section<'_>, key: &str, group: Option<&str>) -> Option<Regex> {
    let wanted = group.unwrap_or("version");
    let help = format!("a regular expression with a group, as \"(?<{wanted}>[^ ]+)\"");
    let text = section.needed_text(key, &help)?;
    let made = match Regex::new(text) {
        Err(error) => Err(no_expression(key, &error)),
        Ok(regex) => {
            let has_group = match group {
                Some(name) => regex.capture_names().flatten().any(|one| one == name),
                None => regex.captures_len() > 1,
            };
            match (has_group, group) {
                (true, _) => Ok(regex),
                (false, Some(name)) => Err(Complaint::new(format!(
                    "`{key}` has no group called {name:?}"
                ))
                .help(format!("write (?<{name}>...) around it"))),
                (false, None) => Err(Complaint::new(format!("`{key}` has no group"))
                    .help("put the version in brackets, as \"mail_version = (.+)\"")),
            }
        }
    };
    section.noted(section.node(key)?, made)
}

fn no_expression(key: &str, error: &regex::Error) -> Complaint {
    let told = error.to_string();
    // The last line says what is wrong, those before it show where.
    let what = told.lines().last().unwrap_or_default();
    let what = what.trim().trim_start_matches("error: ");
    Complaint::new(format!("`{key}` is no regular expression: {what}"))
        .help("as in the crate `regex`; in '...' backslashes need no doubling")
}
