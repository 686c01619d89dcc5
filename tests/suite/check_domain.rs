//! `mtaspec check-domain` before domains of the fake Internet.

use serde_json::Value;

use crate::command::told;
use crate::probe::Scene;

const FOLDER: &str = "mta-sts/published/both-records-in-detail";

/// The text with every id of fourteen digits taken out: it is the time of the day.
fn without_time(text: &str) -> String {
    let mut plain = String::new();
    for word in text.split_inclusive([' ', '=', ';', '"', '\n']) {
        let (core, end) = word.split_at(word.len() - 1);
        let is_time = core.len() == 14 && core.bytes().all(|byte| byte.is_ascii_digit());
        plain.push_str(if is_time { "TIME" } else { core });
        plain.push_str(end);
    }
    plain
}

#[test]
fn a_domain_that_is_set_up_right_passes_and_is_shown_whole() {
    let scene = Scene::of(&format!("{FOLDER}#both-records"));
    let (code, text) = scene.told("check-domain", &[&scene.name("example.test")]);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(without_time(&text));
}

#[test]
fn each_problem_is_told_in_words_with_its_requirement() {
    let scene = Scene::of(&format!("{FOLDER}#several-things-wrong"));
    let (code, text) = scene.told("check-domain", &[&scene.name("example.test")]);
    assert_eq!(code, 1, "{text}");
    insta::assert_snapshot!(without_time(&text));
}

#[test]
fn programs_get_the_same_as_json() {
    let scene = Scene::of(&format!("{FOLDER}#several-things-wrong"));
    let (code, text) = scene.told("check-domain", &[&scene.name("example.test"), "--json"]);
    assert_eq!(code, 1, "{text}");
    let told: Value = serde_json::from_str(&text).unwrap();
    insta::assert_snapshot!(without_time(&serde_json::to_string_pretty(&told).unwrap()));
}

#[test]
fn what_is_no_domain_is_refused_with_what_would_be_one() {
    for wrong in ["", "user@example.test", "[192.0.2.1]", "a..b"] {
        let (code, _, error) = told(&["check-domain", wrong]);
        assert_eq!(code, 2, "{wrong}");
        assert!(error.contains("give a domain, as example.test"), "{error}");
    }
}

#[test]
fn every_requirement_that_a_problem_names_is_in_the_catalogue() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/engine/src/published/lint.rs");
    let lint = std::fs::read_to_string(folder).unwrap();
    let catalogue = crate::play::Loaded::suite().catalogue.clone();
    let is_id = |text: &&str| {
        ["RFC", "GSTS-"].iter().any(|start| text.starts_with(start)) && !text.contains(' ')
    };
    let named: Vec<&str> = lint.split('"').skip(1).step_by(2).filter(is_id).collect();
    assert!(named.len() > 20, "{}", named.len());
    for id in named {
        assert!(catalogue.row(id).is_some(), "{id}");
    }
}
