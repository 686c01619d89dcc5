//! Failures that are known: drafted, listed, and missed when they do not happen.

use super::command::{HEALTHY, scenario, told};

#[test]
fn a_drafted_list_forgives_what_failed_and_fails_the_run_once_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let wrong = HEALTHY.replace("\"delivered\", tls = \">=1.2\"", "\"bounced\"");
    let case = scenario(folder.path(), "own/wrong.toml", &wrong);
    let list = path("known.toml");

    let (code, out, err) = told(&["run", &case, "--write-known-failures", &list]);
    assert_eq!(code, 1, "{out}{err}");
    let draft = std::fs::read_to_string(&list).unwrap();
    assert!(
        draft.contains("case = \"wrong\"\nexpectation = \"outcome\""),
        "{draft}"
    );

    let (code, out, err) = told(&["run", &case, "--known-failures", &list]);
    assert_eq!(code, 2, "a reason is wanted: {out}{err}");
    assert!(
        err.contains("known.toml:") && err.contains("`reason` is empty"),
        "{err}"
    );

    std::fs::write(
        &list,
        draft.replace("reason = \"\"", "reason = \"not yet done\""),
    )
    .unwrap();
    let (code, out, err) = told(&["run", &case, "--known-failures", &list]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("1 known failure"), "{out}");

    scenario(folder.path(), "own/wrong.toml", HEALTHY);
    let (code, out, err) = told(&["run", &case, "--known-failures", &list]);
    assert_eq!(code, 1, "{out}{err}");
    let told_of = "known failure that did not happen: case = \"wrong\", expectation = \"outcome\"";
    assert!(out.contains(told_of), "{out}");
}

#[test]
fn a_list_that_cannot_be_read_or_written_shows_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let case = scenario(folder.path(), "healthy.toml", HEALTHY);
    let broken = scenario(
        folder.path(),
        "list/known.toml",
        "[[known_failure]]\ncase = \n",
    );
    let nowhere = folder
        .path()
        .join("no/such/list.toml")
        .display()
        .to_string();
    // (flag, file, what is said)
    let cases = [
        ("--known-failures", &nowhere, "cannot be read"),
        ("--known-failures", &broken, "known.toml:2:"),
        ("--write-known-failures", &nowhere, "cannot be written"),
    ];
    for (flag, file, want) in cases {
        let (code, out, err) = told(&["run", &case, flag, file]);
        assert_eq!(code, 2, "{flag} {file}: {out}{err}");
        assert!(err.contains(want), "{want}: {err}");
        assert!(!out.contains("passed"), "nothing was run: {out}");
    }
}

#[test]
fn an_entry_that_fits_no_case_of_the_suite_fails_the_run_of_the_whole_suite() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/requirements.toml");
    std::fs::copy(catalogue, folder.path().join("requirements.toml")).unwrap();
    let row = "requirements = [\"RFC3207-4-starttls-has-no-parameter\"]\nexpect";
    scenario(
        folder.path(),
        "tls/healthy.toml",
        &HEALTHY.replace("expect", row),
    );
    let entry = "[[known_failure]]\ncase = \"tls/gone\"\nexpectation = \"tls\"\ngot = \"none\"\nreason = \"old\"\n";
    let outside = tempfile::tempdir().unwrap();
    let list = scenario(outside.path(), "known.toml", entry);
    let suite = folder.path().display().to_string();
    let whole = ["run", "--scenarios", &suite, "--known-failures", &list];
    let (code, out, err) = told(&whole);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("no case has such an id"), "{out}");
    let part = [&whole[..], &["tls/healthy"]].concat();
    let (code, out, err) = told(&part);
    assert_eq!(code, 0, "another part may have it: {out}{err}");
}
