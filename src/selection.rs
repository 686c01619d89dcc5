//! Which cases a command is about: the suite's, by pattern, or those of files and folders of one's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use mtaspec_harness::runner::with_causes;
use mtaspec_judge::scenario::{Case, Catalogue, IdPattern, Problems, Suite};

use crate::trouble::Trouble;

/// The file beside the suite's scenarios.
const CATALOGUE: &str = "requirements.toml";

/// The same, as it was when this program was built.
const BUILT_IN: &str = include_str!("../scenarios/requirements.toml");

/// Where the suite is.
#[derive(Debug, Clone, Args)]
pub(crate) struct SuiteFolder {
    /// The folder of the suite [default: ./scenarios, or the one this program was built from]
    #[arg(long, value_name = "DIR", global = true)]
    scenarios: Option<PathBuf>,
}

/// Cases to work on.
pub(crate) struct Selection {
    /// Those that were asked for, in the order of their files.
    pub(crate) cases: Vec<Arc<Case>>,
    /// All cases of the same files: a twin may be among them.
    pub(crate) known: Vec<Arc<Case>>,
    /// The requirements.
    pub(crate) catalogue: Catalogue,
}

impl SuiteFolder {
    /// The folder with the catalogue in it.
    pub(crate) fn path(&self) -> Result<PathBuf, Trouble> {
        let has_catalogue = |folder: &Path| folder.join(CATALOGUE).is_file();
        if let Some(folder) = &self.scenarios {
            if has_catalogue(folder) {
                return Ok(folder.clone());
            }
            return Err(Trouble::usage(format!(
                "{} has no {CATALOGUE}; give the folder of the suite to --scenarios, and your own scenarios as arguments",
                folder.display()
            )));
        }
        let built_from = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"));
        [Path::new("scenarios"), built_from]
            .into_iter()
            .find(|folder| has_catalogue(folder))
            .map(Path::to_owned)
            .ok_or_else(|| {
                Trouble::usage("the suite is not here; say where it is with --scenarios DIR")
            })
    }

    /// Whether it was said where the suite is.
    pub(crate) fn is_said(&self) -> bool {
        self.scenarios.is_some()
    }

    /// The folder of the relays that the suite knows: beside its own.
    pub(crate) fn subjects(&self) -> Option<PathBuf> {
        let suite = self.path().ok()?.canonicalize().ok()?;
        Some(suite.parent()?.join("harness/subjects"))
    }

    /// The requirements: those beside the suite, else those of the day this program was built. A program that was
    /// copied elsewhere still runs scenarios of one's own.
    pub(crate) fn catalogue(&self) -> Result<Catalogue, Trouble> {
        let catalogue = match self.path() {
            Ok(folder) => Catalogue::load(&folder.join(CATALOGUE)),
            Err(_) if !self.is_said() => Catalogue::parse(BUILT_IN),
            Err(trouble) => return Err(trouble),
        };
        catalogue.map_err(|error| Trouble::usage(with_causes(&error)))
    }

    /// The cases that the arguments name; all of the suite when there are none.
    pub(crate) fn select(&self, arguments: &[String]) -> Result<Selection, Trouble> {
        let root = self.path();
        let catalogue = self.catalogue()?;
        let mut selection = Selection {
            cases: Vec::new(),
            known: Vec::new(),
            catalogue,
        };
        let (paths, patterns) = apart(arguments, root.as_deref().ok())?;
        if !paths.is_empty() {
            let own = selection.load(&paths)?;
            if own.is_empty() {
                return Err(no_scenario(&paths));
            }
            selection.cases = own;
        }
        if arguments.is_empty() || !patterns.is_empty() {
            let all = selection.load(&[root?])?;
            for (text, pattern) in &patterns {
                if !all.iter().any(|case| pattern.matches(&case.id)) {
                    return Err(Trouble::usage(format!(
                        "no case is called {text:?}, and there is no such file or folder; `mtaspec list` has all cases, and a pattern may have * in it"
                    )));
                }
            }
            let chosen = all.into_iter().filter(|case| {
                patterns.is_empty()
                    || patterns
                        .iter()
                        .any(|(_, pattern)| pattern.matches(&case.id))
            });
            selection.cases.extend(chosen);
        }
        Ok(selection)
    }
}

impl Selection {
    fn load(&mut self, roots: &[PathBuf]) -> Result<Vec<Arc<Case>>, Trouble> {
        let (suite, problems) = Suite::load(roots, Some(&self.catalogue));
        refuse(&problems)?;
        let cases: Vec<_> = suite.cases.into_iter().map(Arc::new).collect();
        self.known.extend(cases.iter().cloned());
        Ok(cases)
    }
}

/// Nothing is there, though nothing is wrong.
pub(crate) fn no_scenario(paths: &[PathBuf]) -> Trouble {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    Trouble::usage(format!(
        "there is no scenario in {}; scenario files end in .toml",
        paths.join(", ")
    ))
}

/// All problems of all files, if there are any.
pub(crate) fn refuse(problems: &Problems) -> Result<(), Trouble> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Trouble::files(problems))
    }
}

/// Paths, and patterns as they were written and as they are meant.
type Apart = (Vec<PathBuf>, Vec<(String, IdPattern)>);

/// Arguments that are paths, and those that are patterns. What lies inside the suite is asked for by its id.
fn apart(arguments: &[String], root: Option<&Path>) -> Result<Apart, Trouble> {
    let root = root.and_then(|root| root.canonicalize().ok());
    let (mut paths, mut patterns) = (Vec::new(), Vec::new());
    for argument in arguments {
        let looks_like_a_path = argument.starts_with(['.', '/']) || argument.ends_with(".toml");
        let path = Path::new(argument);
        let inside = path.canonicalize().ok().and_then(|real| {
            let below = real.strip_prefix(root.as_ref()?).ok()?.with_extension("");
            below.to_str().map(str::to_owned)
        });
        let text = match inside {
            Some(id) if id.is_empty() => "**".to_owned(),
            Some(id) => id,
            None if looks_like_a_path || path.exists() => {
                paths.push(path.to_owned());
                continue;
            }
            None => argument.clone(),
        };
        let pattern = IdPattern::parse(&text).map_err(Trouble::usage)?;
        patterns.push((argument.clone(), pattern));
    }
    Ok((paths, patterns))
}
