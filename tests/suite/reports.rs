//! Reports of runs: beside each other, against each other, and as a page.

use std::path::Path;

use serde_json::Value;

use super::command::{HEALTHY, scenario, told};

/// A case that cites a must and wants what the engine does not do, and one that it passes.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let row = "requirements = [\"RFC3207-4-starttls-has-no-parameter\"]\nexpect";
    let wrong = HEALTHY.replace("\"delivered\", tls = \">=1.2\"", "\"bounced\"");
    scenario(folder.path(), "own/healthy.toml", HEALTHY);
    scenario(
        folder.path(),
        "own/wrong.toml",
        &wrong.replace("expect", row),
    );
    folder
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Runs both cases; their report and recordings have this name.
fn run(folder: &Path, name: &str) -> (String, String) {
    let report = path(folder, &format!("{name}.json"));
    let recordings = path(folder, name);
    let argument = format!("json={report}");
    let own = path(folder, "own");
    let (code, out, err) = told(&["run", &own, "--report", &argument, "--record", &recordings]);
    assert!(code < 2, "{out}{err}");
    (report, recordings)
}

#[test]
fn reports_are_read_back_and_compared() {
    let folder = folder();
    let (old, _) = run(folder.path(), "old");
    scenario(folder.path(), "own/wrong.toml", HEALTHY);
    let (new, _) = run(folder.path(), "new");

    let (code, out, err) = told(&["merge", &old, &new]);
    assert_eq!(code, 0, "{err}");
    for words in [
        "engine#1",
        "engine#2",
        "More than one report is of \"engine\"",
        "healthy",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let (code, out, _) = told(&["merge", &old, &new, "--json", "--only", "differing"]);
    let matrix: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    assert_eq!(matrix["cases"][0]["id"], "wrong");
    assert_eq!(matrix["cases"][0]["results"][1]["verdict"], "pass");
    assert_eq!(matrix["cases"].as_array().map(Vec::len), Some(1));

    let (code, out, _) = told(&["diff", &old, &new]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("wrong: fail → pass"), "{out}");
    let (code, out, _) = told(&["diff", &new, &old, "--json"]);
    let comparison: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &comparison["worse"][0]["id"]), (1, &"wrong".into()));
}

#[test]
fn the_page_has_what_the_recordings_show_and_nothing_else() {
    let folder = folder();
    let (report, recordings) = run(folder.path(), "engine");
    let page = ["merge", "--markdown", &report, "--recordings", &recordings];
    let (code, out, err) = told(&page);
    assert_eq!(code, 0, "{err}");
    for words in [
        "engine/wrong.jsonl",
        "RFC3207-4-starttls-has-no-parameter",
        "got `delivered`",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }

    let invented = std::fs::read_to_string(&report).unwrap();
    let invented = invented.replace("\"got\": \"delivered\"", "\"got\": \"lost\"");
    std::fs::write(&report, invented).unwrap();
    let (code, out, err) = told(&page);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(
        err.contains("its recording does not show outcome = lost"),
        "{err}"
    );

    std::fs::remove_file(Path::new(&recordings).join("wrong.jsonl")).unwrap();
    let (_, _, err) = told(&page);
    assert!(err.contains("wrong: there is no recording of it"), "{err}");
}

#[test]
fn what_is_no_report_is_told_by_file_line_and_column() {
    let folder = folder();
    let file = |name: &str, text: &str| scenario(folder.path(), name, text);
    let (report, recordings) = run(folder.path(), "engine");
    let cut = file(
        "cut.json",
        &std::fs::read_to_string(&report).unwrap()[..300],
    );
    let foreign = file("foreign.json", "{\n  \"name\": \"package\"\n}\n");
    let missing = path(folder.path(), "missing.json");
    // (arguments, what is said)
    let cases: [(&[&str], &str); 7] = [
        (&["merge", &report, &cut], "cut.json:"),
        (
            &["merge", &foreign],
            "foreign.json:3:1: missing field `version`",
        ),
        (&["diff", &report, &missing], "missing.json cannot be read"),
        (
            &["merge", &report, "--cases", "no/such"],
            "widen the pattern",
        ),
        (&["merge", &report, "--cases", "a["], "a["),
        (
            &[
                "merge",
                &report,
                &report,
                "--markdown",
                "--recordings",
                &recordings,
            ],
            "2 reports and 1 folders",
        ),
        (
            &["merge", &report, "--recordings", &recordings],
            "--markdown",
        ),
    ];
    for (arguments, want) in cases {
        let (code, out, err) = told(arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}");
        assert!(err.contains(want), "{want}: {err}");
    }
}
