//! Templates of a profile, tried over made-up data as they are read.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path};

use super::data::Data;
use super::sample::sample;
use super::section::Section;
use super::template::{RenderError, Template, values};
use mtaspec_judge::document::{Complaint, Node, Notes, Problem, Problems, Source, Span};

/// The longest template, in octets.
const LONGEST_TEMPLATE: usize = 1024 * 1024;

/// What templates are tried with, and what was wrong in files other than the profile.
pub(super) struct Trial<'a> {
    folder: &'a Path,
    data: Data,
    notes: &'a Notes<'a>,
    others: RefCell<Problems>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(folder: &'a Path, notes: &'a Notes<'a>) -> Self {
        Self {
            folder,
            data: sample(),
            notes,
            others: RefCell::default(),
        }
    }

    pub(super) fn into_problems(self) -> Problems {
        self.others.into_inner()
    }

    /// The words of a command at `command`.
    pub(super) fn command(
        &self,
        section: Section<'_>,
        takes_message: bool,
    ) -> Option<Vec<Template>> {
        let help = "its words, as [\"postfix\", \"stop\"]";
        let node = section.needed("command", help)?;
        let words = section.texts_of("command", node);
        if node.list().is_some_and(<[Node]>::is_empty)
            || words
                .first()
                .is_some_and(|(_, word)| word.trim().is_empty())
        {
            let complaint = Complaint::new("`command` names no program");
            self.notes.note(node.span, complaint.help(help));
            return None;
        }
        let sender = takes_message.then_some("sender@home.test");
        let seen = values(self.data.for_commands(sender));
        let words = words.into_iter().enumerate().map(|(index, (node, word))| {
            let name = format!("{} command, word {}", section.name(), index + 1);
            let template = Template::new(name, word);
            if let Err(error) = template.render(&seen) {
                self.within(node, &error);
            }
            template
        });
        Some(words.collect())
    }

    /// A template that stands in the profile.
    pub(super) fn text(&self, name: &str, node: &Node, text: &str) -> Template {
        let template = Template::new(name, text);
        if let Err(error) = template.render(&values(&self.data)) {
            self.within(node, &error);
        }
        template
    }

    /// A template that is a file of the folder, or of a profile beside it.
    pub(super) fn file(&self, node: &Node, name: &str) -> Option<Template> {
        let inside = |component| matches!(component, Component::Normal(_));
        // Of another profile it is a file of its folder, never one beside the folders.
        let (path, fewest) = match name.strip_prefix("../") {
            Some(other) => (Path::new(other), 2),
            None => (Path::new(name), 1),
        };
        if path.components().count() < fewest || !path.components().all(inside) {
            let complaint = Complaint::new(format!("{name:?} is no file of this folder"));
            self.notes.note(
                node.span,
                complaint
                    .help("a name beside profile.toml, or \"../NAME/FILE\" of another profile"),
            );
            return None;
        }
        let path = self.folder.join(name);
        let text = match read_text(&path, LONGEST_TEMPLATE) {
            Ok(text) => text,
            Err(complaint) => {
                let complaint = Complaint {
                    message: format!("template {name:?}: {}", complaint.message),
                    ..complaint
                };
                self.notes.note(node.span, complaint);
                return None;
            }
        };
        let template = Template::new(name, text);
        if let Err(error) = template.render(&values(&self.data)) {
            let problem = in_file(&path, template.source(), &error);
            self.others.borrow_mut().extend([problem]);
        }
        Some(template)
    }

    fn within(&self, node: &Node, error: &RenderError) {
        let place = match error.line {
            0 | 1 => String::new(),
            line => format!("line {line} of this text: "),
        };
        let complaint = Complaint {
            message: format!("{place}{}", error.message),
            help: error.help.clone(),
        };
        self.notes.note(node.span, complaint);
    }
}

fn in_file(path: &Path, text: &str, error: &RenderError) -> Problem {
    let name = path.display().to_string();
    let source = Source::new(&name, text);
    let span = match &error.range {
        Some(range) => range.clone().into(),
        None => {
            let before = text.split_inclusive('\n').take(error.line.max(1) - 1);
            let start = before.map(str::len).sum();
            Span { start, end: start }
        }
    };
    let complaint = Complaint {
        message: error.message.clone(),
        help: error.help.clone(),
    };
    source.problem(span, complaint)
}

/// The text of a file that is not too long.
pub(super) fn read_text(path: &Path, most: usize) -> Result<String, Complaint> {
    let failed = |error: std::io::Error| Complaint::new(format!("cannot be read: {error}"));
    let mut octets = Vec::new();
    let file = File::open(path).map_err(failed)?;
    (file.take(most as u64 + 1).read_to_end(&mut octets)).map_err(failed)?;
    if octets.len() > most {
        let complaint = Complaint::new("the file is too long");
        return Err(complaint.help(format!("at most {} KiB", most / 1024)));
    }
    String::from_utf8(octets).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Complaint::new(format!("this is no UTF-8 text: octet {} is wrong", at + 1))
    })
}
