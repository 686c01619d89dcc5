//! Whatever stands in a file, reading it ends with cases or with problems, and never with a panic.

use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Catalogue, read_text};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("../../../scenarios/requirements.toml")).unwrap()
});

/// All files of the suite.
static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut folders = vec![root];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "toml")
                && !path.ends_with("requirements.toml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
});

/// Reads it, prints all problems, and makes every twin of what was read.
fn read(text: &str) {
    let (cases, problems) = read_text("a.toml", "a", text, &CATALOGUE, false);
    assert!(cases.is_empty() || problems.is_empty());
    let _ = problems.to_string();
    for case in &cases {
        for step in 0..case.steps.len() {
            let twin = case.healthy_twin(step);
            assert!(twin.id.starts_with("twin/"));
        }
    }
}

/// What stands in for a piece of a line.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "{}",
        "[]",
        "\"\"",
        "0",
        "-1",
        "true",
        "\"healthy\"",
        "{ vary = [\"a\", \"b\"] }",
        "{ vary = {} }",
        "[[[]]]",
        "\"10 .\"",
        "\"\u{e9}.test\"",
        "1979-05-27",
        "1e9",
        "\"x\\u0000y\"",
        "'''\n'''",
        "= =",
        "#",
        "case.x = {}",
        "[case.\"\"]",
        "[[step]]",
        "expect = {}",
        "host.\"mx.example.test\" = {}",
        "inject = []",
        "twin = \"a\"",
        "9223372036854775808",
        "\"[.test]\"",
        "\"*.test\"",
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(String::from),
        "\\PC{0,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|[\n\"'=\\[\\]{}.,#]){0,200}") {
        read(&text);
    }

    #[test]
    fn no_line_left_out_doubled_or_changed_makes_the_reader_panic(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        how in 0..4,
        piece in piece(),
    ) {
        let text = &FILES[file.index(FILES.len())];
        let mut lines: Vec<String> = text.lines().map(Into::into).collect();
        let at = at.index(lines.len());
        match how {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines[at] = piece,
            _ => {
                let kept = lines[at].split_once('=').map_or("x", |(key, _)| key).to_string();
                lines[at] = format!("{kept} = {piece}");
            }
        }
        read(&lines.join("\n"));
    }

    #[test]
    fn no_octet_changed_makes_the_reader_panic(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        new in "\\PC",
    ) {
        let text = &FILES[file.index(FILES.len())];
        let mut characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        characters.splice(at..=at, new.chars());
        read(&characters.into_iter().collect::<String>());
    }
}
