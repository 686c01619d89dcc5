//! Relays that do not what their profiles claim: they are told to be misconfigured, and are not blamed for every case.
//!
//! The relay is `mtaspec relay`, whose settings the test spoils.

use super::command::{HEALTHY, own_relay, scenario, told};

const UNDER_A_RULE: &str = r#"
title  = "Without TLS nothing goes out under a rule"
why    = "That is what the rule is for."
rule   = { list = ["example.test"], require_ca_signed = false, validate_hostname = false }
host."mx.example.test".starttls = "absent"
expect = { outcome = ["deferred", "returned"] }
"#;

const WITHOUT_TLS: (&str, &str) = ("{{ domain.require_tls | lower }}", "false");

/// What is told of `mtaspec relay` with a change in its settings, and these scenarios.
fn told_of_spoiled((from, to): (&str, &str), scenarios: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let own = own_relay(folder, ("settings.toml", from, to));
    let files = scenarios.iter().zip(0..);
    let files = files.map(|(text, number)| scenario(folder, &format!("{number}.toml"), text));
    let files: Vec<_> = files.collect();
    let mut run = vec!["run", "--subject", &own];
    run.extend(files.iter().map(String::as_str));
    told(&run)
}

#[test]
fn cases_that_need_what_a_relay_does_not_do_are_skipped_and_the_others_are_judged() {
    let (code, out, err) = told_of_spoiled(WITHOUT_TLS, &[HEALTHY, UNDER_A_RULE]);
    assert_eq!(code, 0, "{out}{err}");
    let told = err.lines().find(|line| line.contains("tls-rule-broken"));
    insta::assert_snapshot!(told.unwrap(), @"mtaspec: mtaspec is misconfigured: controls#tls-rule-broken: outcome is delivered, leaked is true: envelope, header, body at mx.example.test");
    let skipped = out.lines().find(|line| line.starts_with("skip "));
    let skipped = skipped.unwrap().split_once(": ").unwrap().1;
    insta::assert_snapshot!(skipped, @"misconfigured: `tls-rule` is claimed and controls#tls-rule-broken fails");
    assert!(out.ends_with("2 cases: 1 passed, 1 skipped\n"), "{out}");
}

#[test]
fn what_no_case_needs_is_not_asked_of_a_relay() {
    let (code, out, err) = told_of_spoiled(WITHOUT_TLS, &[HEALTHY]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.ends_with("1 case: 1 passed\n"), "{out}");
}

#[test]
fn of_a_relay_that_lets_no_mail_out_nothing_is_said() {
    let (code, out, err) = told_of_spoiled(
        ("[\"{{ resolver }}:53\"]", "[\"{{ listen }}:9\"]"),
        &[HEALTHY],
    );
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(
        err.contains("mtaspec does not let mail out and notices back in"),
        "{err}"
    );
}
