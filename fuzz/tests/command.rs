//! The program itself: what it says, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_mtaspec-fuzz");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(program).args(arguments).output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_sound_target_is_told_with_its_inputs() {
    let (code, text) = run(&["sts-record", "tlsa", "--rounds", "50", "--seed", "9"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(text, "sts-record: 52 inputs\ntlsa: 53 inputs\n");
}

#[test]
fn one_file_is_read_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("input");
    std::fs::write(&file, "v=STSv1; id=1;").unwrap();
    let file = file.to_str().unwrap();
    let (code, text) = run(&["sts-record", "--input", file]);
    assert_eq!(
        (code, text.as_str()),
        (Some(0), "sts-record: read 14 octets\n")
    );
    let (code, text) = run(&["--input", file]);
    assert_eq!(code, Some(1));
    assert!(text.contains("--input needs exactly one target"), "{text}");
}

#[test]
fn a_target_that_is_not_there_is_told_with_those_that_are() {
    let (code, text) = run(&["sts"]);
    assert_eq!(code, Some(1));
    assert!(
        text.contains("no target \"sts\", but catalogue, "),
        "{text}"
    );
}
