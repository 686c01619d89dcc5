//! The folders and files that a profile puts somewhere.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use mtaspec_judge::document::{Complaint, Node};

use super::files::Owner;
use super::keys;
use super::profile::{FileSource, PlacedFile};
use super::section::Section;
use super::trial::Trial;

/// All of them, folders first.
pub(super) fn files(file: Section<'_>, trial: &Trial<'_>, private: &[PathBuf]) -> Vec<PlacedFile> {
    let mut known = BTreeSet::new();
    let mut read = Vec::new();
    for folder in file.tables("folder", &keys::FOLDER) {
        let place = Place {
            section: folder,
            private,
            mode: 0o755,
        };
        read.extend(place.read(&mut known, Some(FileSource::Folder)));
    }
    for placed in file.tables("file", &keys::PLACED) {
        let place = Place {
            section: placed,
            private,
            mode: 0o644,
        };
        let source = source(placed, trial);
        read.extend(place.read(&mut known, source));
    }
    read
}

fn source(file: Section<'_>, trial: &Trial<'_>) -> Option<FileSource> {
    let template = file
        .node("template")
        .and_then(|node| trial.file(node, file.text("template")?));
    let text = file.node("text").and_then(|node| {
        Some(trial.text(
            file.text("path").unwrap_or("text"),
            node,
            file.text("text")?,
        ))
    });
    let complaint = match (file.node("template"), file.node("text")) {
        (None, None) => Complaint::new("[[file]] has neither `template` nor `text`"),
        (Some(_), Some(_)) => Complaint::new("[[file]] has both `template` and `text`"),
        _ => return template.or(text).map(FileSource::Template),
    };
    file.notes().note(
        file.span(),
        complaint.help("`template` is a file beside profile.toml, `text` stands here"),
    );
    None
}

struct Place<'a> {
    section: Section<'a>,
    private: &'a [PathBuf],
    mode: u32,
}

impl Place<'_> {
    fn read(self, known: &mut BTreeSet<PathBuf>, source: Option<FileSource>) -> Option<PlacedFile> {
        let section = self.section;
        let text = section.needed_text("path", "in the relay's folder, as \"etc/main.cf\"");
        let path = text
            .zip(section.node("path"))
            .and_then(|(text, node)| section.noted(node, self.path(text)));
        if let (Some(path), Some(node)) = (&path, section.node("path"))
            && !known.insert(path.clone())
        {
            let complaint = Complaint::new(format!("{} is there already", path.display()));
            section.notes().note(node.span, complaint);
        }
        let mode = named(section, "mode", mode);
        let owner = named(section, "owner", owner);
        Some(PlacedFile {
            path: path?,
            source: source?,
            mode: mode.unwrap_or(self.mode),
            owner,
        })
    }

    /// In the relay's folder, or in one that is private to it.
    fn path(&self, text: &str) -> Result<PathBuf, Complaint> {
        let path = Path::new(text);
        let allowed = |part| matches!(part, Component::Normal(_) | Component::RootDir);
        if !path.components().all(allowed) {
            let complaint = Complaint::new(format!("{text:?} leads out of the relay's folder"));
            return Err(complaint.help("a path without . and .., as \"etc/main.cf\""));
        }
        if path.is_absolute() && !self.private.iter().any(|folder| path.starts_with(folder)) {
            let complaint = Complaint::new(format!("{text:?} is in no private folder"));
            return Err(complaint.help(
                "a path in the relay's own folder, as \"etc/main.cf\"; or name a folder above it in `private` of [namespace]",
            ));
        }
        Ok(path.to_owned())
    }
}

fn named<T>(section: Section<'_>, key: &str, parse: fn(&str) -> Result<T, Complaint>) -> Option<T> {
    let node: &Node = section.node(key)?;
    section.noted(node, parse(section.text(key)?))
}

fn mode(text: &str) -> Result<u32, Complaint> {
    let is_octal = (3..=4).contains(&text.len());
    match u32::from_str_radix(text, 8) {
        Ok(mode) if is_octal && !text.starts_with('+') => Ok(mode),
        _ => {
            let complaint = Complaint::new(format!("{text:?} is no mode"));
            Err(complaint.help("octal digits, as \"0640\""))
        }
    }
}

fn owner(text: &str) -> Result<Owner, Complaint> {
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    let is_name =
        |name: &str| !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_whitespace());
    if is_name(user) && group.is_none_or(is_name) {
        return Ok(Owner {
            user: user.into(),
            group: group.map(Into::into),
        });
    }
    let complaint = Complaint::new(format!("{text:?} is no owner"));
    Err(complaint.help("a user, or a user and a group, as \"root:postdrop\""))
}
