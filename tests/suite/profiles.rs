//! Profiles of relays, as their authors meet them.

use std::fs;

use super::command::told;

#[test]
fn a_new_profile_is_accepted_and_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().to_str().unwrap();
    let new = ["subject", "new", "my-relay", "--in", parent];
    let (code, out, err) = told(&new);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    insta::assert_snapshot!(
        out.replace(parent, "[FOLDER]"),
        @"[FOLDER]/my-relay/profile.toml is there; harness/subjects/README.md explains it, `mtaspec check --subject [FOLDER]/my-relay` reads it"
    );
    let made = format!("{parent}/my-relay");
    let (code, out, err) = told(&["check", "--subject", &made]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(out, "my-relay: 0 capabilities, 1 template, nothing wrong\n");
    let (code, _, err) = told(&new);
    assert_eq!(code, 2);
    assert!(err.contains("my-relay is there already"), "{err}");
}

#[test]
fn a_bad_profile_is_told_with_places_and_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().to_str().unwrap();
    told(&["subject", "new", "my-relay", "--in", parent]);
    let made = folder.path().join("my-relay");
    let text = fs::read_to_string(made.join("profile.toml")).unwrap();
    let text = text.replace("ready =", "redy =");
    fs::write(made.join("profile.toml"), text).unwrap();
    fs::write(made.join("relay.conf"), "listen {{ lisen }}\n").unwrap();
    let (code, out, err) = told(&["check", "--subject", made.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (2, ""));
    insta::assert_snapshot!(err.replace(parent, "[FOLDER]"), @r#"
    [FOLDER]/my-relay/profile.toml:49:1: unknown key `redy` in [start]
    49 | redy = "30 s"
       | ^^^^
    help: did you mean `ready`?

    [FOLDER]/my-relay/relay.conf:1:11: undefined value: `lisen` is undefined
    1 | listen {{ lisen }}
      |           ^^^^^
    help: did you mean `listen`?

    mtaspec: 2 problems in the profile
    "#);
}

#[test]
fn subjects_of_the_suite_are_checked_by_their_names_and_speak_of_its_cases_alone() {
    for name in [
        "dma",
        "exim",
        "mtaspec",
        "opensmtpd",
        "postfix",
        "postfix-mta-sts",
    ] {
        let (code, out, err) = told(&["check", "--subject", name]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(out.starts_with(&format!("{name}: ")), "{out}");
    }
}

#[test]
fn cases_that_the_suite_does_not_have_are_told_where_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().to_str().unwrap();
    told(&["subject", "new", "my-relay", "--in", parent]);
    let made = folder.path().join("my-relay");
    let text = fs::read_to_string(made.join("profile.toml")).unwrap()
        + "\n[[dangerous]]\ncases = [\"starttls/injected-reply#*\"]\nwhy = \"it crashes\"\n"
        + "\n[[skip]]\ncases = [\"routing/second-mx-hosts*\"]\nwhy = \"it has one\"\n";
    fs::write(made.join("profile.toml"), text).unwrap();
    let made = made.to_str().unwrap();
    let (code, out, err) = told(&["check", "--subject", made]);
    assert_eq!((code, out.as_str()), (2, ""));
    insta::assert_snapshot!(err.replace(parent, "[FOLDER]"), @r#"
    [FOLDER]/my-relay/profile.toml:114:10: the suite has no case "routing/second-mx-hosts*"
    114 | cases = ["routing/second-mx-hosts*"]
        |          ^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: `mtaspec list` has all ids

    mtaspec: 1 problem in the profile
    "#);
    // A suite of one's own has cases of its own.
    let (code, _, err) = told(&["check", "--subject", made, "--scenarios", parent]);
    assert_eq!(code, 2);
    assert!(err.contains("has no requirements.toml"), "{err}");
}

#[test]
fn what_is_no_profile_and_no_name_is_told_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().to_str().unwrap();
    let new = |name| vec!["subject", "new", name, "--in", here];
    // (arguments, words of what is said)
    let cases = [
        (vec!["check", "--subject", here], "has no profile.toml"),
        (
            vec!["check", "--subject", "no-such"],
            "no subject is called \"no-such\"; there are ",
        ),
        (
            vec!["check", "--subject", "postfix", here],
            "cannot be used with",
        ),
        (new("My Relay"), "\"My Relay\" is no name of a subject"),
        (new("engine"), "\"engine\" is no name of a subject"),
        (new("../relay"), "a-z, 0-9 and hyphens"),
    ];
    for (arguments, words) in cases {
        let (code, out, err) = told(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(words), "{arguments:?} says {err}");
    }
    fs::write(folder.path().join("file"), "").unwrap();
    let below = format!("{here}/file");
    let (code, _, err) = told(&["subject", "new", "a", "--in", &below]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("cannot be written"), "{err}");
}
