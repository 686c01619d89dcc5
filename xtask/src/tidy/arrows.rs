//! Which part may name which: the arrows of the architecture.

use super::{Breach, Source};

/// A crate's folder and the crates of ours that its manifest may name.
const CRATES: [(&str, &[&str]); 4] = [
    ("engine", &[]),
    ("certs", &[]),
    ("judge", &["mtaspec-certs"]),
    ("harness", &["mtaspec-certs", "mtaspec-judge"]),
];

/// A folder and the words that none of its files may hold.
const FOLDERS: [(&str, &[&str]); 3] = [
    (
        "judge/src/scenario/",
        &["crate::events", "crate::verdict", "crate::report"],
    ),
    ("judge/src/events/", &["crate::verdict", "crate::report"]),
    ("judge/src/verdict/", &["crate::report"]),
];

/// The one part of the command that names the engine: the file of this name, and the folder.
const NAMES_THE_ENGINE: &str = "src/builtin";

pub(super) fn breaches(sources: &[Source]) -> Vec<Breach> {
    sources.iter().flat_map(breaches_of).collect()
}

fn breaches_of(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (folder, allowed) in CRATES {
        if source.path == format!("{folder}/Cargo.toml") {
            breaches.extend(lines_with(source, "mtaspec-").filter_map(|(line, text)| {
                let name = text
                    .split(|c: char| c == '.' || c == '=' || c.is_whitespace())
                    .next()?;
                let own = name.starts_with("mtaspec-") && !allowed.contains(&name);
                own.then(|| format!("{}:{line}: {folder} may not import {name}", source.path))
            }));
        }
    }
    for (folder, forbidden) in FOLDERS {
        if source.path.starts_with(folder) {
            for word in forbidden {
                breaches.extend(lines_with(source, word).map(|(line, _)| {
                    format!("{}:{line}: {folder} may not use {word}", source.path)
                }));
            }
        }
    }
    let names_it = (source.path.strip_prefix(NAMES_THE_ENGINE))
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
    if source.path.starts_with("src/") && !names_it {
        breaches.extend(lines_with(source, "mtaspec_engine").map(|(line, _)| {
            format!(
                "{}:{line}: only {NAMES_THE_ENGINE} names the engine",
                source.path
            )
        }));
    }
    breaches
}

fn lines_with<'a>(source: &'a Source, word: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    source
        .text
        .lines()
        .enumerate()
        .filter(move |(_, text)| text.contains(word))
        .map(|(at, text)| (at + 1, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn an_arrow_that_the_architecture_lacks_is_told() {
        // (path, text, how many breaches)
        let cases = [
            (
                "engine/Cargo.toml",
                "[dependencies]\nmtaspec-judge.workspace = true\n",
                1,
            ),
            (
                "harness/Cargo.toml",
                "mtaspec-judge.workspace = true\nmtaspec-certs = { workspace = true }\n",
                0,
            ),
            ("harness/Cargo.toml", "mtaspec-engine.workspace = true\n", 1),
            (
                "judge/src/scenario/case.rs",
                "use crate::verdict::Finding;\n",
                1,
            ),
            (
                "judge/src/report/json.rs",
                "use crate::verdict::Finding;\n",
                0,
            ),
            ("src/commands/run.rs", "use mtaspec_engine::Engine;\n", 1),
            ("src/builtin.rs", "use mtaspec_engine::Engine;\n", 0),
        ];
        for (path, text, want) in cases {
            assert_eq!(
                breaches(&[source(path, text)]).len(),
                want,
                "{path}: {text}"
            );
        }
    }
}
