//! Folders of scenario files: all cases and all problems of all files at once.
//!
//! A folder with `requirements.toml` in it, and all below, is the suite; any other is a folder of one's own. The id
//! of a file is its path below the suite's folder, or below the folder that was named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::read::read_text;
use super::{Case, Catalogue};
use crate::document::{LONGEST, Problem, Problems};

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
    /// Reads every scenario file below the roots (a root may also be a file). Without a catalogue, or in a folder of
    /// one's own, `requirements` may be left out.
    #[must_use]
    pub fn load(roots: &[PathBuf], catalogue: Option<&Catalogue>) -> (Self, Problems) {
        let mut loader = Loader {
            catalogue,
            ..Loader::default()
        };
        for root in roots {
            let mut visited = BTreeSet::new();
            let mut files = BTreeSet::new();
            loader.gather(root, &mut files, &mut visited);
            let suite = root
                .ancestors()
                .find(|folder| folder.join(CATALOGUE).is_file());
            for path in files {
                loader.file(suite.unwrap_or(root), path, suite.is_none());
            }
        }
        (loader.suite, loader.problems)
    }
}

#[derive(Default)]
struct Loader<'a> {
    catalogue: Option<&'a Catalogue>,
    suite: Suite,
    problems: Problems,
    /// What was read already, by its real path: two roots may overlap.
    known: BTreeSet<PathBuf>,
    /// Who has an id.
    ids: BTreeMap<String, PathBuf>,
}

/// What is wrong and what would be right.
type Trouble = (String, Option<String>);

impl Loader<'_> {
    fn complain(&mut self, path: &Path, (message, help): Trouble) {
        let problem = Problem::of_file(&path.display().to_string(), message, help.as_deref());
        self.problems.extend([problem]);
    }

    /// All scenario files below a path. Every folder is entered once, so links that lead in a circle end.
    fn gather(
        &mut self,
        path: &Path,
        files: &mut BTreeSet<PathBuf>,
        visited: &mut BTreeSet<PathBuf>,
    ) {
        let is_root = visited.is_empty();
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if is_root || is_toml => {
                let help = Some("give a file that ends in .toml, or a folder of such files".into());
                return self.complain(path, (format!("this cannot be opened: {error}"), help));
            }
            Err(_) => return,
        };
        if real.is_dir() {
            if !visited.insert(real) {
                let help = Some("a link leads back to it".into());
                return self.complain(path, ("this folder is read already".into(), help));
            }
            match fs::read_dir(path) {
                Ok(entries) => {
                    let below: BTreeSet<PathBuf> =
                        entries.flatten().map(|entry| entry.path()).collect();
                    below
                        .iter()
                        .filter(|path| !is_hidden(path))
                        .for_each(|path| self.gather(path, files, visited));
                }
                Err(error) => {
                    self.complain(path, (format!("this folder cannot be read: {error}"), None));
                }
            }
        } else if is_root && !is_toml {
            let help = Some("scenario files end in .toml".into());
            self.complain(path, ("this is no scenario file".into(), help));
        } else if is_toml
            && path.file_name().is_some_and(|name| name != CATALOGUE)
            && self.known.insert(real)
        {
            files.insert(path.into());
        }
    }

    fn file(&mut self, folder: &Path, path: PathBuf, own_folder: bool) {
        let found = identity(folder, &path).and_then(|id| Ok((text(&path)?, id)));
        match found {
            Err(trouble) => self.complain(&path, trouble),
            Ok((text, id)) => {
                let name = path.display().to_string();
                let empty = Catalogue::default();
                let catalogue = self.catalogue.unwrap_or(&empty);
                let own_folder = own_folder || self.catalogue.is_none();
                let (cases, problems) = read_text(&name, &id, &text, catalogue, own_folder);
                self.suite.cases.extend(cases);
                self.problems.extend(problems);
                if let Some(other) = self.ids.insert(id.clone(), path.clone()) {
                    let help = Some(format!("the other is {}", other.display()));
                    self.complain(&path, (format!("two files have the id {id:?}"), help));
                }
            }
        }
        self.suite.files.push(path);
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The path below the folder without `.toml`, as the id of the file.
fn identity(folder: &Path, path: &Path) -> Result<String, Trouble> {
    let below = path
        .strip_prefix(folder)
        .ok()
        .filter(|below| !below.as_os_str().is_empty());
    let below = below
        .or_else(|| path.file_name().map(Path::new))
        .unwrap_or(path)
        .with_extension("");
    let words: Option<Vec<&str>> = below.iter().map(|word| word.to_str()).collect();
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(is_letter);
    match words {
        Some(words) if words.iter().all(is_word) => Ok(words.join("/")),
        _ => Err((
            format!("{:?} is no id", below.display().to_string()),
            Some("folders and files are words of a-z, 0-9 and -, as `routing/null-mx.toml`".into()),
        )),
    }
}

fn text(path: &Path) -> Result<String, Trouble> {
    let unreadable = |error: std::io::Error| (format!("this file cannot be read: {error}"), None);
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(("this is no plain file".into(), None));
    }
    if metadata.len() > LONGEST as u64 {
        let help = Some("at most 64 KiB".into());
        return Err((format!("the file has {} octets", metadata.len()), help));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (format!("this is no UTF-8 text: octet {at} is wrong"), None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "title = \"t\"\nwhy = \"w\"\nexpect = { outcome = \"delivered\" }\n";

    fn ids(suite: &Suite) -> Vec<&str> {
        suite.cases.iter().map(|case| case.id.as_str()).collect()
    }

    #[test]
    fn files_are_read_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.toml", "b/a.toml", "a.toml", ".hidden.toml", "notes.txt"] {
            fs::write(folder.path().join(name), GOOD).unwrap();
        }
        let (suite, problems) = Suite::load(&[folder.path().into(), folder.path().join("b")], None);
        assert!(problems.is_empty(), "{problems}");
        assert_eq!(ids(&suite), ["a", "b/a", "c"]);
    }

    #[test]
    fn a_part_of_the_suite_keeps_its_ids_and_needs_requirements() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("family")).unwrap();
        fs::write(folder.path().join(CATALOGUE), "").unwrap();
        fs::write(folder.path().join("family/a.toml"), GOOD).unwrap();
        let file = [folder.path().join("family/a.toml")];
        assert_eq!(ids(&Suite::load(&file, None).0), ["family/a"]);
        let (_, problems) = Suite::load(&file, Some(&Catalogue::default()));
        assert!(
            problems.to_string().contains("no `requirements`"),
            "{problems}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_by_the_name_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("Big Name.toml"), GOOD).unwrap();
        fs::write(path("latin.toml"), b"title = \"\xe9\"").unwrap();
        fs::write(path("long.toml"), "#".repeat(65 * 1024 + 1)).unwrap();
        fs::write(path("good.toml"), GOOD).unwrap();
        std::os::unix::fs::symlink("nowhere", path("broken.toml")).unwrap();
        fs::create_dir(path("sub")).unwrap();
        std::os::unix::fs::symlink("..", path("sub/loop")).unwrap();
        let (suite, problems) = Suite::load(&[folder.path().into(), path("missing")], None);
        assert_eq!(ids(&suite), ["good"]);
        let told = problems.to_string();
        // (file, what is said of it)
        let cases = [
            ("Big Name.toml:1:1: ", "is no id"),
            ("latin.toml:1:1: ", "no UTF-8 text: octet 9 is wrong"),
            ("long.toml:1:1: ", "the file has 66561 octets"),
            ("broken.toml:1:1: ", "cannot be opened"),
            ("loop:1:1: ", "read already"),
            ("missing:1:1: ", "cannot be opened"),
        ];
        for (file, message) in cases {
            let line = told.lines().find(|line| line.contains(file));
            assert!(
                line.is_some_and(|line| line.contains(message)),
                "{file} {message}\n{told}"
            );
        }
        assert_eq!(problems.len(), cases.len(), "{told}");
    }
}
