//! Where the profiles of relays are: beside the suite, or in a folder of one's own.

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
    let built_from = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/harness/subjects"));
    let places = [Path::new(SUBJECTS), built_from];
    let found = places
        .iter()
        .map(|place| place.join(word))
        .find(|folder| folder.join(FILE).is_file());
    found.ok_or_else(|| {
        let mut names: Vec<String> = places.iter().flat_map(|place| names(place)).collect();
        names.sort();
        names.dedup();
        let known = if names.is_empty() {
            "none is here".to_owned()
        } else {
            format!("there are {}", names.join(", "))
        };
        Trouble::usage(format!(
            "no subject is called {word:?}; {known}, and a folder of your own is given by its path"
        ))
    })
}

fn names(place: &Path) -> Vec<String> {
    let entries = place.read_dir().into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().join(FILE).is_file());
    folders
        .filter_map(|folder| folder.file_name().into_string().ok())
        .collect()
}
