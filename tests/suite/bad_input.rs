//! What a person or a machine gets wrong: a clear sentence with place and remedy, and the right exit code.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::Stdio;

use super::command::{HEALTHY, mtaspec, outcome, scenario, told};

#[test]
fn every_problem_of_every_file_begins_its_line_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    scenario(path, "broken.toml", "title = \"x\nwhy = 1");
    scenario(path, "healthy.toml", HEALTHY);
    scenario(path, "Upper.toml", HEALTHY);
    fs::write(path.join("latin.toml"), b"title = \"\xe9\"\n").unwrap();
    fs::write(path.join("huge.toml"), "#".repeat(70_000)).unwrap();
    for command in ["run", "check", "show", "list", "serve"] {
        let (code, out, err) = told(&[command, path.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (2, ""), "{command}: {err}");
        let err = err.replace(path.to_str().unwrap(), "[FOLDER]");
        insta::allow_duplicates! {
            insta::assert_snapshot!(err, @r#"
            [FOLDER]/Upper.toml:1:1: "Upper" is no id
            help: folders and files are words of a-z, 0-9 and -, as `routing/null-mx.toml`

            [FOLDER]/broken.toml:1:11: invalid basic string, expected `"`
            1 | title = "x
              |           ^

            [FOLDER]/huge.toml:1:1: the file has 70000 octets
            help: at most 64 KiB

            [FOLDER]/latin.toml:1:1: this is no UTF-8 text: octet 9 is wrong

            mtaspec: 4 problems in scenario files
            "#);
        }
    }
}

#[test]
fn a_wrong_argument_is_named_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = scenario(folder.path(), "healthy.toml", HEALTHY);
    let notes = scenario(folder.path(), "notes.md", "");
    let here = folder.path().to_str().unwrap();
    let in_place_of_a_file = format!("json={here}");
    let cases: [(&[&str], &str); 9] = [
        (&["run", "no-such"], "`mtaspec list` has all cases"),
        (&["run", "./no-such"], "a folder of such files"),
        (&["run", &notes], "scenario files end in .toml"),
        (&["run", "a b"], "is no pattern of ids"),
        (
            &["run", &healthy, "--jobs", "0"],
            "write a number from 1 on",
        ),
        (
            &["run", &healthy, "--report", &in_place_of_a_file],
            "give a place that can",
        ),
        (
            &["run", &healthy, "--record", &notes],
            "give a place that can",
        ),
        (&["pki", "new", &notes], "notes.md"),
        (
            &[
                "serve",
                &healthy,
                "--ports",
                "real",
                "--pool",
                "198.18.0.0/15",
            ],
            "off loopback",
        ),
    ];
    for (arguments, want) in cases {
        let (code, out, err) = told(arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}{err}");
        assert!(err.contains(want), "{arguments:?}: no {want:?} in {err}");
    }
}

#[test]
fn a_recording_that_is_cut_off_changed_or_foreign_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = scenario(folder.path(), "healthy.toml", HEALTHY);
    let records = folder.path().join("records");
    let (code, _, err) = told(&["run", &healthy, "--record", records.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    let whole = fs::read_to_string(records.join("healthy.jsonl")).unwrap();
    let first = whole.lines().next().unwrap();
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("nothing", Vec::new(), "this is no recording"),
        ("bytes", b"\xff\xfe\n".to_vec(), "line 1: "),
        ("another file", b"{}\n{}\n".to_vec(), "this is no recording"),
        ("first line alone", format!("{first}\n").into(), "cut off"),
        (
            "without its end",
            whole.as_bytes()[..whole.len() - 9].to_vec(),
            "cut off",
        ),
        (
            "of another format",
            whole
                .replace("\"mtaspec_recording\":1", "\"mtaspec_recording\":2")
                .into(),
            "version 2",
        ),
        (
            "with another case",
            whole.replace("\"delivered\"", "\"bounced\"").into(),
            "the case was changed",
        ),
        (
            "with a foreign event",
            format!("{first}\n{{\"event\":1}}\n{{\"end\":true}}\n").into(),
            "line 2: ",
        ),
    ];
    for (what, bytes, want) in cases {
        let path = folder.path().join("bad.jsonl");
        fs::write(&path, bytes).unwrap();
        let (code, out, err) = told(&["judge", path.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (2, ""), "{what}: {err}");
        assert!(
            err.contains("bad.jsonl cannot be read: ") && err.contains(want),
            "{what}: no {want:?} in {err}"
        );
    }
    let twice = records.to_str().unwrap();
    let (code, out, err) = told(&["judge", twice, twice]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("1 case: 1 passed"), "{out}");
}

#[test]
fn a_recording_that_cannot_be_written_harms_no_verdict_and_is_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = scenario(folder.path(), "healthy.toml", HEALTHY);
    let records = folder.path().join("records");
    fs::create_dir_all(records.join("healthy.jsonl")).unwrap();
    let (code, out, err) = told(&["run", &healthy, "--record", records.to_str().unwrap()]);
    assert_eq!(code, 3, "{err}");
    assert!(out.contains("1 case: 1 passed"), "{out}");
    assert!(err.contains("healthy.jsonl cannot be written"), "{err}");
}

#[test]
fn output_on_a_full_disk_is_code_3_and_a_reader_that_left_is_no_trouble() {
    let list = |out: Stdio| {
        let child = mtaspec(&["list"])
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn();
        outcome(&child.unwrap().wait_with_output().unwrap())
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (code, _, err) = list(writer.into());
    assert_eq!((code, err.as_str()), (0, ""));
    let full = Path::new("/dev/full");
    if full.exists() {
        let full = fs::OpenOptions::new().write(true).open(full).unwrap();
        let (code, _, err) = list(full.into());
        assert_eq!(code, 3);
        assert!(err.contains("standard output cannot be written"), "{err}");
    }
}

/// Whoever may listen at port 53 meets a port in use, anybody else a missing right.
#[test]
fn a_port_in_use_and_a_missing_right_end_serve_with_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let healthy = scenario(folder.path(), "healthy.toml", HEALTHY);
    let pool = "127.213.7.0/24";
    let taken = UdpSocket::bind("127.213.7.2:53");
    let taken = (taken, TcpListener::bind("127.213.7.2:53"));
    let want = match &taken.0 {
        Ok(_) => "127.213.7.2:53 is in use; stop what listens there",
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            "no right to listen at 127.213.7.2:53; run as root"
        }
        // The addresses of loopback beside the first are not everywhere.
        Err(_) => "127.213.7.2:53",
    };
    let (code, out, err) = told(&["serve", &healthy, "--ports", "real", "--pool", pool]);
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(err.contains(want), "no {want:?} in {err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}
