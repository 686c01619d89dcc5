//! Which part may name which: the arrows of the architecture.

use super::{Breach, Source};

/// A crate's folder and the crates of ours that its manifest may name.
const CRATES: [(&str, &[&str]); 5] = [
    ("engine", &[]),
    ("certs", &[]),
    ("judge", &["mtaspec-certs"]),
    ("harness", &["mtaspec-certs", "mtaspec-judge"]),
    ("fuzz", &["mtaspec-engine", "mtaspec-judge"]),
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

/// The one part of the command whose files name both engine and harness: the file of this name, and the folder.
const JOINS: &str = "src/builtin";

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
    let may_join = (source.path.strip_prefix(JOINS))
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
    if source.path.starts_with("src/") && !may_join && source.text.contains("mtaspec_harness") {
        breaches.extend(lines_with(source, "mtaspec_engine").map(|(line, _)| {
            format!(
                "{}:{line}: only {JOINS} names both engine and harness",
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

    const BOTH: &str = "use mtaspec_engine::Engine;\nuse mtaspec_harness::runner::Player;\n";

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
            ("src/commands/run.rs", BOTH, 1),
            ("src/commands/relay.rs", "use mtaspec_engine::Engine;\n", 0),
            ("src/builtin.rs", BOTH, 0),
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
