//! `mtaspec coverage` as its user meets it.

use std::collections::BTreeSet;
use std::process::Stdio;

use mtaspec_judge::report::State;
use serde_json::Value;

use super::command::{mtaspec, outcome, told};

fn coverage(arguments: &[&str]) -> Value {
    let (code, out, err) = told(&[&["coverage", "--json"], arguments].concat());
    assert_eq!((code, err.as_str()), (0, ""));
    serde_json::from_str(&out).unwrap()
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap().try_into().unwrap()
}

#[test]
fn every_row_of_the_catalogue_is_in_one_source_and_counted_once() {
    let coverage = coverage(&[]);
    assert_eq!(coverage["version"], 2);
    let (_, out, _) = told(&["list", "requirements", "--json"]);
    let catalogue: Value = serde_json::from_str(&out).unwrap();
    let mut rows = BTreeSet::new();
    for source in coverage["sources"].as_array().unwrap() {
        let requirements = source["requirements"].as_array().unwrap();
        assert_eq!(number(&source["rows"]), requirements.len(), "{source}");
        for state in State::ALL.map(State::as_str) {
            let of_state = requirements.iter().filter(|row| row["state"] == state);
            assert_eq!(number(&source[state]), of_state.count(), "{source}");
        }
        for row in requirements {
            rows.insert(row["id"].as_str().unwrap().to_owned());
            for text in ["level", "role", "testable"] {
                assert!(row[text].is_string(), "{text} of {row}");
            }
            for list in ["cases", "skipped_cases", "needs", "tests", "situations"] {
                assert!(row[list].is_array(), "{list} of {row}");
            }
            let is_empty = |list: &str| row[list].as_array().unwrap().is_empty();
            assert_eq!(row["state"] == "covered", !is_empty("cases"), "{row}");
            assert_eq!(is_empty("needs"), is_empty("skipped_cases"), "{row}");
        }
    }
    assert_eq!(
        rows.len(),
        catalogue["requirements"].as_array().unwrap().len()
    );
}

#[test]
fn a_named_source_is_told_row_by_row_and_nothing_else_is() {
    let (code, out, err) = told(&["coverage", "rfc7505"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.contains("RFC7505-") && !out.contains("RFC3207-"),
        "{out}"
    );
    assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
    let sources = &coverage(&["rfc7505", "rfc3207"])["sources"];
    let names = sources.as_array().unwrap().iter().map(|it| &it["source"]);
    assert_eq!(names.collect::<Vec<_>>(), ["rfc3207", "rfc7505"]);
    let (_, numbers, _) = told(&["coverage"]);
    assert!(!numbers.contains("RFC7505-"), "{numbers}");
    let (_, all, _) = told(&["coverage", "--rows"]);
    assert!(all.starts_with(&numbers), "{all}");
    assert!(
        all.contains("RFC7505-") && all.contains("RFC3207-"),
        "{all}"
    );
}

#[test]
fn an_unknown_source_is_named_with_those_that_there_are() {
    let (code, out, err) = told(&["coverage", "rfc7505", "rfc1"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        err.contains("no source is called \"rfc1\"; there are "),
        "{err}"
    );
    assert!(err.contains("rfc3207") && err.contains("rfc9525"), "{err}");
}

#[test]
fn a_reader_of_coverage_that_left_is_no_trouble() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = mtaspec(&["coverage", "--rows"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn();
    let (code, _, err) = outcome(&child.unwrap().wait_with_output().unwrap());
    assert_eq!((code, err.as_str()), (0, ""));
}
