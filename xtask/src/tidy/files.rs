//! How long a file may be, what it may be called, and that it says what it holds.

use super::{Breach, Source};

const MOST_LINES: usize = 400;
const FORBIDDEN_NAMES: [&str; 8] = [
    "util", "utils", "helper", "helpers", "common", "misc", "shared", "types",
];

pub(super) fn breaches(sources: &[Source]) -> Vec<Breach> {
    sources
        .iter()
        .filter(|source| source.has_extension("rs"))
        .flat_map(breaches_of)
        .collect()
}

fn breaches_of(source: &Source) -> Vec<Breach> {
    let path = &source.path;
    let mut breaches = Vec::new();
    let lines = source.text.lines().count();
    if lines > MOST_LINES {
        breaches.push(format!(
            "{path}:{lines}: over {MOST_LINES} lines; which second noun is in it?"
        ));
    }
    for name in path.trim_end_matches(".rs").split('/') {
        if FORBIDDEN_NAMES.contains(&name) {
            breaches.push(format!(
                "{path}:1: {name:?} says nothing; name the thing that it holds"
            ));
        }
    }
    if !source.text.starts_with("//!") {
        breaches.push(format!(
            "{path}:1: the file does not begin with `//!` and what it holds"
        ));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn length_name_and_first_line_are_checked() {
        // (path, text, how many breaches)
        let long = format!("//! Long.\n{}", "\n".repeat(MOST_LINES));
        let cases = [
            ("engine/src/route/mod.rs", "//! Routes.\n", 0),
            ("engine/src/route/mod.rs", "use std::io;\n", 1),
            ("engine/src/utils.rs", "//! Things.\n", 1),
            ("judge/src/common/text.rs", "//! Text.\n", 1),
            ("judge/src/long.rs", long.as_str(), 1),
            ("README.md", "# No docs\n", 0),
        ];
        for (path, text, want) in cases {
            assert_eq!(breaches(&[source(path, text)]).len(), want, "{path}");
        }
    }
}
