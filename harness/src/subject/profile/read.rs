//! A folder becomes a profile, or all its problems are told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mtaspec_judge::document::{
    self, Complaint, LONGEST, Node, Notes, Problem, Problems, Source, nearest,
};
use mtaspec_judge::scenario::all_capabilities;
use mtaspec_judge::verdict::{KnownFailure, read_known_failures};

use super::keys;
use super::parts;
use super::placed;
use super::profile::{InjectBy, Profile};
use super::section::Section;
use super::trial::{Trial, read_text};

/// The file of a folder that says what the others are.
const FILE: &str = "profile.toml";

/// The list beside it of what the relay is known to fail, as `run --write-known-failures` drafts it.
const KNOWN_FAILURES: &str = "known-failures.toml";

/// The longest such list, in octets.
const LONGEST_LIST: usize = 2 * 1024 * 1024;

impl Profile {
    /// Reads the profile of a folder.
    ///
    /// # Errors
    /// Tells everything that is wrong, each with its place.
    pub fn load(folder: &Path) -> Result<Self, Problems> {
        Self::load_beside(folder, None)
    }

    /// The same, beside a suite with these ids: a pattern of cases that selects none of them is wrong.
    ///
    /// # Errors
    /// Tells everything that is wrong, each with its place.
    pub fn load_beside(folder: &Path, ids: Option<&[&str]>) -> Result<Self, Problems> {
        let path = folder.join(FILE);
        let name = path.display().to_string();
        let mut problems = Problems::default();
        let text = match read_text(&path, LONGEST) {
            Ok(text) => text,
            Err(complaint) => {
                let help = complaint.help.as_deref();
                problems.extend([Problem::of_file(&name, complaint.message, help)]);
                return Err(problems);
            }
        };
        let source = Source::new(&name, &text);
        let notes = Notes::new(&source);
        let trial = Trial::new(folder, &notes);
        let profile = document::parse(&text, &notes).and_then(|table| {
            read(
                Section::of_file(&table, &keys::FILE, &notes),
                &trial,
                folder,
                ids,
            )
        });
        let known_failures = known_failures(folder).unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        });
        problems.extend(trial.into_problems());
        problems.extend(notes.into_problems());
        match profile {
            Some(profile) if problems.is_empty() => Ok(Self {
                known_failures,
                ..profile
            }),
            _ => Err(problems),
        }
    }
}

/// What the relay is known to fail, if there is such a list.
fn known_failures(folder: &Path) -> Result<Vec<KnownFailure>, Problems> {
    let path = folder.join(KNOWN_FAILURES);
    let name = path.display().to_string();
    if !path.exists() {
        return Ok(Vec::new());
    }
    match read_text(&path, LONGEST_LIST) {
        Ok(text) => read_known_failures(&name, &text),
        Err(complaint) => {
            let help = complaint.help.as_deref();
            let mut problems = Problems::default();
            problems.extend([Problem::of_file(&name, complaint.message, help)]);
            Err(problems)
        }
    }
}

/// Each part is read before any is missed, so that all problems are told.
fn read(
    file: Section<'_>,
    trial: &Trial<'_>,
    folder: &Path,
    ids: Option<&[&str]>,
) -> Option<Profile> {
    let name = file.needed("name", "what reports call it, as \"postfix\"");
    let name = name.and_then(|_| name_of(file));
    let about = file.needed_text("about", "what it is, in a sentence");
    let install = file.text("install").map(str::to_owned);
    let (capabilities, missing) = capabilities(file);
    let version = parts::version(file, trial);
    let needs = parts::needs(file);
    let namespace = parts::namespace(file);
    let files = placed::files(file, trial, &namespace.private);
    let start = parts::start(file, trial);
    let stop = parts::command(file, "stop", &keys::STOP, trial);
    let reload = parts::prompt(file, "reload", &keys::RELOAD, trial);
    let retry = parts::prompt(file, "retry", &keys::RETRY, trial);
    let inject = parts::inject(file, trial);
    parts::start_is_needed(file, inject.as_ref());
    let inbound_port = parts::inbound_port(file);
    let queue = parts::queue(file, trial);
    let remove = parts::command(file, "remove", &keys::REMOVE, trial);
    if let (Some(node), None) = (file.node("remove"), file.node("queue")) {
        let complaint = Complaint::new("[remove] needs [queue], which is not here");
        let help = "what is removed is what was seen to wait; say how the queue is listed";
        file.notes().note(node.span, complaint.help(help));
    }
    let times = parts::times(file);
    let dangerous = parts::dangerous(file, ids);
    let skipped = parts::skipped(file, ids);
    // What a capability is played with.
    for word in ["retry", "queue"] {
        if let Some(node) = capabilities.get(word)
            && file.node(word).is_none()
        {
            let complaint = Complaint::new(format!("{word:?} needs [{word}], which is not here"));
            let help = format!("say the command, or leave {word:?} out");
            file.notes().note(node.span, complaint.help(help));
        }
    }
    Some(Profile {
        folder: folder.to_owned(),
        name: name?,
        about: about?.to_owned(),
        install,
        capabilities: capabilities.into_keys().map(str::to_owned).collect(),
        missing,
        version: version?,
        needs,
        files,
        namespace,
        start,
        stop,
        reload,
        retry,
        inbound_port: inbound_port.unwrap_or(match inject.as_ref()?.by {
            InjectBy::Port(port) => port,
            InjectBy::Command(_) => 25,
        }),
        inject: inject?,
        queue,
        remove,
        times,
        dangerous,
        skipped,
        known_failures: Vec::new(),
    })
}

fn name_of(file: Section<'_>) -> Option<String> {
    let text = file.needed_text("name", "what reports call it, as \"postfix\"")?;
    let is_right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let named = match text.chars().all(is_right) && !text.starts_with('-') {
        true => Ok(text.to_owned()),
        false => Err(Complaint::new(format!("{text:?} is no name"))
            .help("a-z, 0-9 and hyphens, as \"postfix\"")),
    };
    file.noted(file.node("name")?, named)
}

/// The words of `capabilities`, and those of `missing` with their reasons.
fn capabilities<'a>(file: Section<'a>) -> (BTreeMap<&'a str, &'a Node>, BTreeMap<String, String>) {
    let words = all_capabilities();
    let notes = file.notes();
    let mut has = BTreeMap::new();
    if let Some(node) = file.needed(
        "capabilities",
        "what it can do, as [\"tls-rule\", \"retry\"]; [] for nothing but plain delivery",
    ) {
        for (node, word) in file.texts_of("capabilities", node) {
            if let Err(complaint) = known(word, &words) {
                notes.note(node.span, complaint);
            } else if has.insert(word, node).is_some() {
                let complaint = Complaint::new(format!("{word:?} is said twice"));
                notes.note(node.span, complaint);
            }
        }
    }
    let mut missing = BTreeMap::new();
    for (entry, reason) in file.pairs("missing", "write missing = { capability = \"why not\" }") {
        if let Err(complaint) = known(&entry.key, &words) {
            notes.note(entry.key_span, complaint);
        } else if has.contains_key(entry.key.as_str()) {
            let complaint = Complaint::new(format!("{:?} is missing and is not", entry.key));
            notes.note(
                entry.key_span,
                complaint.help("it stands in `capabilities` too"),
            );
        }
        missing.insert(entry.key.clone(), reason.to_owned());
    }
    (has, missing)
}

fn known(word: &str, words: &BTreeSet<String>) -> Result<(), Complaint> {
    if words.contains(word) {
        return Ok(());
    }
    let help = match nearest(word, words.iter().map(String::as_str)) {
        Some(word) => format!("did you mean {word:?}?"),
        None => words
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", "),
    };
    Err(Complaint::new(format!("no capability is called {word:?}")).help(help))
}
