//! What is said of bad profiles: each row is a difference from a good one.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::super::Profile;

/// Everything that a profile must have.
const GOOD: [(&str, &str); 5] = [
    ("name", "name = \"mine\"\n"),
    ("about", "about = \"a relay\"\n"),
    ("capabilities", "capabilities = []\n"),
    (
        "[version]",
        "[version]\ncommand = [\"relay\", \"-V\"]\npattern = '(\\d+)'\n",
    ),
    ("[start]", "[start]\ncommand = [\"relay\"]\n"),
];

/// The good profile with a difference: tables last, and a part that the difference has is its own.
fn profile(difference: &str) -> String {
    let begins = |key: &str| {
        difference
            .lines()
            .any(|line| line == key || line.starts_with(&format!("{key} =")))
    };
    let (keys, tables): (Vec<_>, Vec<_>) = GOOD
        .into_iter()
        .filter(|(key, _)| !begins(key))
        .partition(|(key, _)| !key.starts_with('['));
    let is_keys = !difference.starts_with('[');
    let mut text: String = keys.iter().map(|(_, line)| *line).collect();
    text += if is_keys { difference } else { "" };
    text += "\n";
    text.extend(tables.iter().map(|(_, lines)| *lines));
    text += if is_keys { "" } else { difference };
    text
}

fn problems(folder: &Path, text: &str) -> String {
    fs::write(folder.join("profile.toml"), text).unwrap();
    match Profile::load(folder) {
        Ok(_) => String::new(),
        Err(problems) => problems
            .to_string()
            .replace(&folder.display().to_string(), "DIR"),
    }
}

#[derive(serde::Deserialize)]
struct Rows {
    row: Vec<Row>,
}

#[derive(serde::Deserialize)]
struct Row {
    difference: String,
    /// A file beside the profile, `t.conf`.
    template: Option<String>,
    /// Where, what and help.
    says: Vec<String>,
}

#[test]
fn every_mistake_has_its_place_message_and_help() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(problems(folder.path(), &profile("")), "");
    let rows: Rows = toml_of(include_str!("bad_profiles.toml"));
    assert!(rows.row.len() > 40);
    let mut missed = Vec::new();
    for row in rows.row {
        let template = folder.path().join("t.conf");
        let _ = fs::remove_file(&template);
        if let Some(text) = &row.template {
            fs::write(template, text).unwrap();
        }
        let found = problems(folder.path(), &profile(&row.difference));
        for words in &row.says {
            if !found.contains(words.as_str()) {
                let difference = &row.difference;
                missed.push(format!("{difference}\nsays:\n{found}\nnot: {words}"));
            }
        }
        assert!(found.starts_with("DIR/"), "{found}");
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("relay.conf"),
        "a\n{% for one in domains %}\n{{ one.nmae }}\n{% endfor %}\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("known-failures.toml"),
        "[[known_failure]]\ncase = \"a b\"\nexpectation = \"outcme\"\ngot = \"lost\"\nreason = \"\"\n",
    )
    .unwrap();
    let text = "nam = \"mine\"\nabout = 1\ncapabilities = [\"tls-rul\", \"retry\"]\n\n[version]\n\
                command = []\npattern = '[0-9'\n\n[start]\ncommand = [\"relay\", \"{{ foldr }}\"]\nready = \"30\"\n\n\
                [[file]]\npath = \"../relay.conf\"\ntemplate = \"relay.conf\"\nmode = \"rw\"\n\n\
                [queue]\ncommand = [\"relay\", \"list\"]\nmessage = 'from (.*)'\nrecipient = 'to (?<recipient>.*)'\n";
    insta::assert_snapshot!(problems(folder.path(), text));
}

#[test]
fn a_folder_without_a_profile_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let found = Profile::load(folder.path()).unwrap_err().to_string();
    assert!(
        found.contains("profile.toml:1:1: cannot be read"),
        "{found}"
    );
    fs::write(folder.path().join("profile.toml"), b"name = \"\xe9\"").unwrap();
    let found = Profile::load(folder.path()).unwrap_err().to_string();
    assert!(found.contains("octet 9 is wrong"), "{found}");
    fs::write(folder.path().join("profile.toml"), "#".repeat(70_000)).unwrap();
    let found = Profile::load(folder.path()).unwrap_err().to_string();
    assert!(found.contains("too long\nhelp: at most 64 KiB"), "{found}");
}

fn toml_of<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_profile_and_no_template_make_it_panic(
        at in 0_usize..4_000,
        put in "[\\[\\]{}%\"'=.a-z0-9 \\n]{0,12}",
        template in "([a-z .\\n]|\\{\\{|\\}\\}|\\{%|%\\}|domains|for|in|if){0,40}",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let good = include_str!("../../../../subjects/postfix/profile.toml");
        let at = good.floor_char_boundary(at.min(good.len()));
        let text = format!("{}{put}{}", &good[..at], &good[at..]);
        fs::write(folder.path().join("main.cf"), template).unwrap();
        let _ = problems(folder.path(), &text);
    }
}
