//! Folders of scenario files: all cases and all problems of all files at once.
//!
//! A folder with `requirements.toml` in it is the suite, or is laid out like it; any other is a folder of one's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::problem::{Problem, Problems};
use super::read::{LONGEST, read_text};
use super::{Case, Catalogue};

/// The cases of all files, in the order of paths and, inside a file, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// The cases.
    pub cases: Vec<Case>,
    /// Every file that was read, as the user can open it.
    pub files: Vec<PathBuf>,
}

/// What is beside the scenario files in the suite's folder.
const CATALOGUE: &str = "requirements.toml";

impl Suite {
    /// Reads every scenario file below the roots (a root may also be a file). Without a catalogue, or in a folder
    /// that has none, `requirements` may be left out.
    #[must_use]
    pub fn load(roots: &[PathBuf], catalogue: Option<&Catalogue>) -> (Self, Problems) {
        let mut suite = Self::default();
        let mut problems = Problems::default();
        let empty = Catalogue::default();
        for root in roots {
            let is_suite = catalogue.is_some() && root.join(CATALOGUE).is_file();
            let mut files = BTreeSet::new();
            let mut visited = BTreeSet::new();
            gather(root, &mut files, &mut visited, &mut problems);
            for path in files {
                let name = path.display().to_string();
                let result = identity(root, &path).and_then(|id| Ok((id, text(&path)?)));
                match result {
                    Ok((id, text)) => {
                        let catalogue = catalogue.unwrap_or(&empty);
                        let (cases, found) = read_text(&name, &id, &text, catalogue, !is_suite);
                        suite.cases.extend(cases);
                        problems.extend(found);
                    }
                    Err((message, help)) => {
                        problems.extend([Problem::of_file(&name, message, help)]);
                    }
                }
                suite.files.push(path);
            }
        }
        (suite, problems)
    }
}

/// All scenario files below a path. Every folder is read once, so links that lead in a circle end.
fn gather(
    path: &Path,
    files: &mut BTreeSet<PathBuf>,
    visited: &mut BTreeSet<PathBuf>,
    problems: &mut Problems,
) {
    let mut complain = |message: String, help| {
        problems.extend([Problem::of_file(&path.display().to_string(), message, help)]);
    };
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) => return complain(format!("this cannot be opened: {error}"), None),
    };
    if real.is_dir() {
        if !visited.insert(real) {
            return complain(
                "this folder is read already".into(),
                Some("a link leads to it a second time"),
            );
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return complain(format!("this folder cannot be read: {error}"), None),
        };
        let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        below.sort();
        for path in below {
            let is_hidden = path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if !is_hidden {
                gather(&path, files, visited, problems);
            }
        }
    } else if path
        .extension()
        .is_some_and(|extension| extension == "toml")
        && path.file_name().is_some_and(|name| name != CATALOGUE)
    {
        files.insert(path.into());
    }
}

type Trouble = (String, Option<&'static str>);

/// The path below the root without `.toml`, as the id of the file.
fn identity(root: &Path, path: &Path) -> Result<String, Trouble> {
    let below = path
        .strip_prefix(root)
        .ok()
        .filter(|below| !below.as_os_str().is_empty());
    let below = below.map_or_else(
        || path.file_name().map(PathBuf::from),
        |below| Some(below.into()),
    );
    let below = below.unwrap_or_default().with_extension("");
    let words: Option<Vec<&str>> = below.iter().map(|word| word.to_str()).collect();
    let is_word = |word: &&str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    match words {
        Some(words) if words.iter().all(is_word) => Ok(words.join("/")),
        _ => Err((
            format!("{:?} is no id", below.display().to_string()),
            Some("folders and files are words of a-z, 0-9 and -, as `routing/null-mx.toml`"),
        )),
    }
}

fn text(path: &Path) -> Result<String, Trouble> {
    let unreadable = |error: std::io::Error| (format!("this file cannot be read: {error}"), None);
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > LONGEST as u64 {
        return Err((
            format!("the file has {size} octets"),
            Some("at most 64 KiB"),
        ));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (
            format!("this is no UTF-8 text: the octet at {at} is wrong"),
            None,
        )
    })
}
