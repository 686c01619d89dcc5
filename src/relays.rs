//! Where the profiles of relays are: beside the suite, or in a folder of one's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::trouble::Trouble;

/// Where they are, seen from the folder in which the suite is worked on.
const SUBJECTS: &str = "harness/subjects";

/// The file that makes a folder a profile.
const FILE: &str = "profile.toml";

/// The folder of new profiles: here if the suite is worked on here.
pub(crate) fn own_folder() -> &'static Path {
    let subjects = Path::new(SUBJECTS);
    if subjects.is_dir() {
        subjects
    } else {
        Path::new(".")
    }
}

/// The folder of a profile, by its path or by the name of one that the suite has.
pub(crate) fn profile_folder(word: &str) -> Result<PathBuf, Trouble> {
    let path = Path::new(word);
    if path.join(FILE).is_file() {
        return Ok(path.to_owned());
    }
    if word.contains('/') || path.is_dir() {
        return Err(Trouble::usage(format!(
            "{word} has no {FILE}; `mtaspec subject new NAME` makes a folder to begin with"
        )));
    }
    let folders = profile_folders();
    let is_called = |folder: &&PathBuf| folder.file_name().is_some_and(|name| name == word);
    if let Some(folder) = folders.iter().find(is_called) {
        return Ok(folder.clone());
    }
    let names = folders
        .iter()
        .filter_map(|folder| folder.file_name()?.to_str());
    let names: Vec<&str> = names.collect();
    let known = if names.is_empty() {
        "none is here".to_owned()
    } else {
        format!("there are {}", names.join(", "))
    };
    Err(Trouble::usage(format!(
        "no subject is called {word:?}; {known}, and a folder of your own is given by its path"
    )))
}

/// The folders of all profiles that the suite has, by name: where it is worked on, else where this program was built.
pub(crate) fn profile_folders() -> Vec<PathBuf> {
    let built_from = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/harness/subjects"));
    let mut by_name = BTreeMap::new();
    for place in [Path::new(SUBJECTS), built_from] {
        for entry in place.read_dir().into_iter().flatten().flatten() {
            if entry.path().join(FILE).is_file() {
                by_name.entry(entry.file_name()).or_insert(entry.path());
            }
        }
    }
    by_name.into_values().collect()
}
