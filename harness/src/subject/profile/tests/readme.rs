//! The README for authors of profiles has all that there is.

use std::fs;

use super::super::sample::sample;
use super::super::{keys, skeleton};
use super::subjects;

fn readme() -> String {
    fs::read_to_string(subjects().join("README.md")).unwrap()
}

/// What stands below the line that names a table.
fn rows_of<'a>(readme: &'a str, table: &str) -> Vec<&'a str> {
    let name = format!("`{table}`");
    let lines = readme.lines();
    let below = lines.skip_while(|line| !(line.starts_with('`') && line.contains(&name)));
    below
        .skip(1)
        .take_while(|line| !line.starts_with(['`', '#']))
        .collect()
}

#[test]
fn every_key_stands_in_the_readme() {
    let readme = readme();
    for table in keys::ALL {
        let rows = rows_of(&readme, table.name);
        for key in table.keys {
            let row = format!("| `{key}` |");
            let is_table = keys::ALL
                .iter()
                .any(|inner| inner.name.trim_matches(['[', ']']) == *key);
            assert!(
                is_table || rows.iter().any(|line| line.starts_with(&row)),
                "{} `{key}`",
                table.name
            );
        }
    }
}

#[test]
fn every_key_stands_in_the_skeleton_but_those_for_which_there_is_a_simpler_one() {
    let lines: Vec<_> = (skeleton::PROFILE.lines())
        .map(|line| line.trim_start_matches("# "))
        .collect();
    for table in keys::ALL {
        for key in table.keys {
            let begins = |line: &&str| {
                let bare = line.trim_start_matches('[');
                bare.strip_prefix(key)
                    .is_some_and(|rest| rest.trim_start().starts_with(['=', ']']))
            };
            let is_there = lines.iter().any(begins);
            assert!(is_there || ["text", "owner"].contains(key), "{key}");
        }
    }
}

#[test]
fn every_variable_stands_in_the_readme() {
    let readme = readme();
    let data = serde_json::to_value(sample()).unwrap();
    let mut missed = Vec::new();
    look(&data, &mut |name| {
        if !readme.contains(&format!("`{name}`")) {
            missed.push(name.to_owned());
        }
    });
    assert!(missed.is_empty(), "not in the README: {missed:?}");
}

fn look(value: &serde_json::Value, tell: &mut dyn FnMut(&str)) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, inner) in fields {
                tell(name);
                look(inner, tell);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| look(item, tell)),
        _ => {}
    }
}
