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

/// What is told of `mtaspec relay` with changed settings, and two scenarios.
fn told_of_spoiled(from: &str, to: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let own = own_relay(folder, ("settings.toml", from, to));
    let cases = [("healthy.toml", HEALTHY), ("rule.toml", UNDER_A_RULE)];
    let [healthy, rule] = cases.map(|(name, text)| scenario(folder, name, text));
    told(&["run", "--subject", &own, &healthy, &rule])
}

#[test]
fn cases_that_need_what_a_relay_does_not_do_are_skipped_and_the_others_are_judged() {
    let (code, out, err) = told_of_spoiled("{{ domain.require_tls | lower }}", "false");
    assert_eq!(code, 0, "{out}{err}");
    let told = err.lines().find(|line| line.contains("tls-rule-broken"));
    insta::assert_snapshot!(told.unwrap(), @"mtaspec: mtaspec is misconfigured: controls#tls-rule-broken: outcome is delivered, leaked is true: envelope, header, body at mx.example.test");
    let skipped = out.lines().find(|line| line.starts_with("skip "));
    let skipped = skipped.unwrap().split_once(": ").unwrap().1;
    insta::assert_snapshot!(skipped, @"misconfigured: `tls-rule` is claimed and controls#tls-rule-broken fails");
    assert!(out.ends_with("2 cases: 1 passed, 1 skipped\n"), "{out}");
}

#[test]
fn of_a_relay_that_lets_no_mail_out_nothing_is_said() {
    let (code, out, err) = told_of_spoiled("[\"{{ resolver }}:53\"]", "[\"{{ listen }}:9\"]");
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(
        err.contains("mtaspec does not let mail out and notices back in"),
        "{err}"
    );
}
