//! What is told for a relay that already runs.

use super::command::{scenario, told};

const RULES_AND_ROUTES: &str = r#"
title  = "A rule and a route"
why    = "A relay must be told of both."

rule   = { list = ["example.test"] }
expect = { outcome = "delivered" }

[route."routed.test"]
host = "relay.provider.test"
port = 2525
"#;

#[test]
fn each_relay_is_told_in_its_own_words_and_any_other_by_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "told.toml", RULES_AND_ROUTES);
    for relay in ["table", "postfix", "exim", "opensmtpd"] {
        let arguments = ["config", relay, &path, "--ports", "real", "--token=first"];
        let (code, out, err) = told(&arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{relay}");
        insta::assert_snapshot!(format!("config_{relay}"), out);
    }
}

#[test]
fn what_no_relay_could_use_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), "told.toml", RULES_AND_ROUTES);
    // (arguments, a part of what is said)
    let cases: [(&[&str], &str); 4] = [
        (
            &["sendmail"],
            "give exim, opensmtpd, postfix, a folder that has one, or table",
        ),
        (&["./no/such"], "./no/such has no config.j2"),
        (
            &["postfix", &path],
            "on free ports no relay finds the resolver",
        ),
        (
            &["table", &path, "--token"],
            "nobody else has the token of now",
        ),
    ];
    for (arguments, want) in cases {
        let arguments = [&["config"], arguments].concat();
        let (code, out, err) = told(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(want), "{arguments:?}: {err}");
    }
}
