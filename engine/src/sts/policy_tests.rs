//! Policies as they are published, with every corner of the grammar.

use proptest::prelude::*;

use super::policy::{POLICY_LIMIT, Policy};
use crate::address::DomainName;

/// The policy in one line, or all that is wrong with it.
fn told(text: &str) -> String {
    match Policy::parse(text.as_bytes()) {
        Ok(policy) => {
            let patterns: Vec<String> = policy.patterns().iter().map(ToString::to_string).collect();
            let age = policy.max_age().as_secs();
            format!("{} {age} {}", policy.mode(), patterns.join(" "))
                .trim_end()
                .to_owned()
        }
        Err(faults) => faults.to_string(),
    }
}

/// A policy with a changed or further line.
fn with(line: &str) -> String {
    let name = line.split(':').next().unwrap();
    let whole = [
        "version: STSv1",
        "mode: enforce",
        "mx: mx.a.test",
        "max_age: 86400",
    ];
    let kept = whole
        .iter()
        .filter(|one| !one.starts_with(&format!("{name}:")));
    let lines: Vec<&str> = kept.copied().chain([line]).collect();
    lines.join("\r\n") + "\r\n"
}

const GOOD: &str = "enforce 86400 mx.a.test";

#[test]
fn a_policy_is_read_in_every_form_that_the_grammar_allows() {
    let crlf = "version: STSv1\r\nmode: enforce\r\nmx: mx.a.test\r\nmax_age: 86400\r\n";
    // (policy, what it says)
    let cases = [
        (crlf.to_owned(), GOOD),
        (crlf.replace("\r\n", "\n"), GOOD),
        (crlf.trim_end().to_owned(), GOOD),
        (crlf.replace(": ", ":"), GOOD),
        (crlf.replace(": ", ": \t  "), GOOD),
        (crlf.replace("\r\n", " \t \r\n"), GOOD),
        (
            "max_age:86400\nmx:mx.a.test\nmode:enforce\nversion:STSv1".into(),
            GOOD,
        ),
        (
            format!("{crlf}mx: *.b.test\nmx: c.test\n"),
            "enforce 86400 mx.a.test *.b.test c.test",
        ),
        (format!("{crlf}mode: none\nmax_age: 1\nversion: 2\n"), GOOD),
        (
            format!("{crlf}new_field-1.0: any: text, with 'ümläute'\n"),
            GOOD,
        ),
        (format!("\r\n\n{crlf}\r\n"), GOOD),
        (with("mode: testing"), "testing 86400 mx.a.test"),
        (with("mode: none"), "none 86400 mx.a.test"),
        (
            "version: STSv1\nmode: none\nmax_age: 86400\n".into(),
            "none 86400",
        ),
        (with("max_age: 0"), "enforce 0 mx.a.test"),
        (with("max_age: 31557600"), "enforce 31557600 mx.a.test"),
        (with("max_age: 0000086400"), GOOD),
        (with("mx: MX.A.Test."), GOOD),
        (
            with("mx: mx.bücher.test"),
            "enforce 86400 mx.xn--bcher-kva.test",
        ),
        (with("mx: 192.0.2.1"), "enforce 86400 192.0.2.1"),
    ];
    for (text, want) in cases {
        assert_eq!(told(&text), want, "{text:?}");
    }
}

/// `{ages}` and `{names}` stand for what is wrong with an age or a name, behind the value.
fn compare(cases: &[(String, &str)]) {
    for (text, want) in cases {
        let want = want
            .replace("{modes}", "is not \"enforce\", \"testing\" or \"none\"")
            .replace("{ages}", "is not a number of seconds from 0 to 31557600")
            .replace(
                "{names}",
                "is not a host name, with or without \"*.\" before it",
            )
            .replace("{line}", "is not a name, a colon and a value")
            .replace("{no}", "the policy has no");
        assert_eq!(told(text), want, "{text:?}");
    }
}

#[test]
fn a_value_that_no_policy_may_have_is_told() {
    // (policy, what is wrong with it)
    compare(&[
        (with("mode: Enforce"), "the mode \"Enforce\" {modes}"),
        (with("mode: enforced"), "the mode \"enforced\" {modes}"),
        (
            with("version: STSv2"),
            "the version \"STSv2\" is not \"STSv1\"",
        ),
        (
            with("version: stsv1"),
            "the version \"stsv1\" is not \"STSv1\"",
        ),
        (with("max_age: 1w"), "the max_age \"1w\" {ages}"),
        (with("max_age: -1"), "the max_age \"-1\" {ages}"),
        (with("max_age: +1"), "the max_age \"+1\" {ages}"),
        (
            with("max_age: 00000086400"),
            "the max_age \"00000086400\" {ages}",
        ),
        (with("mx: [192.0.2.1]"), "the mx \"[192.0.2.1]\" {names}"),
        (
            with("mx: a.test b.test"),
            "the mx \"a.test b.test\" {names}",
        ),
        (
            with("mode: unknown") + "mode: enforce\r\n",
            "the mode \"unknown\" {modes}",
        ),
    ]);
}

#[test]
fn a_field_that_is_missing_or_none_is_told() {
    // (policy, what is wrong with it)
    compare(&[
        (
            with("x").replace("\r\nx\r\n", "\r\nno field\r\n"),
            "line 5 {line}",
        ),
        (with("mode :none"), "line 5 {line}"),
        (with(" mode: none"), "line 5 {line}"),
        (with("future:"), "line 5 {line}"),
        (with("future: a\u{7}b"), "line 5 {line}"),
        (with("future: a\rb"), "line 5 {line}"),
        (
            with("mx: a.test").replace("mx: ", "mxs: "),
            "{no} \"mx\" field",
        ),
        (
            with("Mode: none").replace("mode: enforce\r\n", ""),
            "{no} \"mode\" field",
        ),
        (
            format!("\u{feff}{}", with("mode: enforce")),
            "line 1 {line}; {no} \"version\" field",
        ),
        (
            String::new(),
            "{no} \"mode\" field; {no} \"max_age\" field; {no} \"version\" field; {no} \"mx\" field",
        ),
        (
            "<!DOCTYPE html>\n<p>Nothing here</p>\n".into(),
            "line 1 {line}; line 2 {line}; {no} \"mode\" field; {no} \"max_age\" field; {no} \"version\" field; {no} \"mx\" field",
        ),
    ]);
}

#[test]
fn a_lifetime_over_the_limit_is_cut_down_to_it() {
    for digits in ["31557601", "9999999999"] {
        let want = "enforce 31557600 mx.a.test";
        assert_eq!(told(&with(&format!("max_age: {digits}"))), want, "{digits}");
    }
}

#[test]
fn an_mx_that_is_no_pattern_names_nobody_and_spoils_nothing() {
    let text = format!(
        "{}mx: b.test c.test\nmx: m*.a.test\n",
        with("mx: mx.a.test")
    );
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(told(&text), GOOD);
    assert_eq!(policy.unread_patterns(), ["b.test c.test", "m*.a.test"]);
    assert_eq!(policy.text(), text);
    let named = |host: &str| policy.names(&DomainName::parse(host).unwrap());
    assert_eq!(
        ["mx.a.test", "b.test", "c.test", "mm.a.test"].map(named),
        [true, false, false, false]
    );
}

#[test]
fn a_policy_is_text_and_not_too_long() {
    let mut long = with("mode: enforce").into_bytes();
    long.resize(POLICY_LIMIT, b'\n');
    assert!(Policy::parse(&long).is_ok());
    long.push(b'\n');
    let why = |bytes: &[u8]| Policy::parse(bytes).unwrap_err().to_string();
    assert_eq!(why(&long), "the policy is longer than 65536 octets");
    assert_eq!(why(b"mode: \xff"), "the policy is not in UTF-8");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Policy::parse(&bytes);
    }

    #[test]
    fn lines_that_look_like_fields_are_read_without_panic(text in "((version|mode|mx|max_age)[: ]{1,2}\\PC{0,12}\r?\n){0,8}") {
        let _ = Policy::parse(text.as_bytes());
    }

    #[test]
    fn a_policy_that_was_read_reads_back_the_same(text in "version: STSv1\r?\n(mode: (enforce|testing|none)\n){1,2}(mx: (\\*\\.)?[a-z]{1,5}\\.test\n){1,3}max_age: [0-9]{1,10}") {
        let policy = Policy::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(Policy::parse(policy.text().as_bytes()), Ok(policy));
    }
}
