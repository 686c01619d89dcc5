//! What is fed: every reader of the engine, and those of the suite.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mtaspec_engine::readers::READERS;
use mtaspec_judge::events::Recording;
use mtaspec_judge::scenario::{Catalogue, IdPattern, read_text};
use mtaspec_judge::verdict::report_problems;

/// A reader with a name.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Reads an input. It panics where it breaks its word.
    pub read: fn(&[u8]),
}

/// Readers of the suite.
const OF_THE_SUITE: [Target; 4] = [
    Target {
        name: "catalogue",
        read: catalogue,
    },
    Target {
        name: "recording",
        read: recording,
    },
    Target {
        name: "report",
        read: report,
    },
    Target {
        name: "scenario",
        read: scenario,
    },
];

impl Target {
    /// Where its corpus is, below the root of the workspace: scenario files serve as they are.
    #[must_use]
    pub fn corpus(&self, root: &Path) -> PathBuf {
        match self.name {
            "scenario" => root.join("scenarios"),
            name => root.join("fuzz/corpus").join(name),
        }
    }
}

/// All targets, by name.
#[must_use]
pub fn targets() -> Vec<Target> {
    let of_the_engine = READERS.map(|(name, read)| Target { name, read });
    let mut targets = [of_the_engine.as_slice(), &OF_THE_SUITE].concat();
    targets.sort_by_key(|target| target.name);
    targets
}

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    targets().into_iter().find(|target| target.name == name)
}

/// A scenario file.
fn scenario(bytes: &[u8]) {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let catalogue = CATALOGUE.get_or_init(|| {
        let text = include_str!("../../scenarios/requirements.toml");
        Catalogue::parse(text).expect("the catalogue of this repository")
    });
    let (cases, problems) = read_text("fed.toml", "fed/scenario", text, catalogue, true);
    assert!(cases.is_empty() || problems.is_empty());
    let _ = IdPattern::parse(text.lines().next().unwrap_or_default());
}

/// The body of a TLS report (RFC 8460 §4.4).
fn report(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = report_problems(text);
    }
}

/// The catalogue of requirements.
fn catalogue(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Catalogue::parse(text);
    }
}

/// A recording of a case; one that reads back is written as it was read.
fn recording(bytes: &[u8]) {
    let _ = Recording::read_from(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_a_name_of_its_own() {
        let names: Vec<&str> = targets().iter().map(|target| target.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        assert!(target("sts-policy").is_some());
        assert!(target("nothing").is_none());
    }
}
