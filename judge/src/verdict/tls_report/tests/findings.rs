//! Reports as findings and as events.

use super::*;

#[test]
fn each_key_of_a_report_holds_or_not() {
    let mut events = without_tls(1);
    events.push(posted(&report_body()));
    let failures = |kind: &str| {
        FieldPattern::Tables(vec![fields(&[("type", text(kind)), ("host", text(MX))])])
    };
    let lines =
        |lines: &[&str]| FieldPattern::Text(lines.iter().map(|&line| line.to_owned()).collect());
    let cases = [
        (
            "to",
            text("https://reports.example.test/*"),
            text("mailto:*"),
        ),
        ("domain", text("Example.test"), text("other.test")),
        ("policy_type", text("sts"), text("tlsa")),
        ("successful", number(0), number(1)),
        ("failed", number(1), number(0)),
        (
            "failures",
            failures("starttls-not-supported"),
            failures("certificate-expired"),
        ),
        ("mx", text(MX), text("second.example.test")),
        ("policy", lines(&POLICY), lines(&POLICY[..3])),
        ("days", number(1), number(2)),
        ("signed", flag(false), flag(true)),
        ("compressed", flag(true), flag(false)),
        ("truthful", flag(true), flag(false)),
        ("well_formed", flag(true), flag(false)),
    ];
    for (key, good, bad) in cases {
        let wanted = |pattern| Wanted::Report(Some(vec![fields(&[(key, pattern)])]));
        let is = found(Level::Must, &events, wanted(good));
        assert_eq!(is, (Pass, "one report".into()), "{key}");
        assert_eq!(found(Level::Must, &events, wanted(bad)).0, Fail, "{key}");
    }
}

#[test]
fn no_report_is_a_warning_at_most_and_an_unwanted_one_a_failure() {
    let some = || Wanted::Report(Some(vec![Fields::new()]));
    let none = with_tls(1);
    let one = [none.clone(), vec![posted(&report_body())]].concat();
    let refused = [
        none.clone(),
        vec![posted_with(500, &report_body().to_string())],
    ]
    .concat();
    assert_eq!(
        found(Level::Must, &none, some()),
        (Warn, "no report".into())
    );
    assert_eq!(found(Level::Must, &none, Wanted::Report(None)).0, Pass);
    assert_eq!(found(Level::Must, &one, some()).0, Pass);
    let unwanted = found(Level::Must, &one, Wanted::Report(None));
    assert_eq!(unwanted, (Fail, "one report".into()));
    // What was not taken has not arrived.
    assert_eq!(
        found(Level::Must, &refused, some()),
        (Warn, "no report".into())
    );
}

#[test]
fn a_report_is_an_event_too() {
    let events = [with_tls(1), vec![posted(&report_body())]].concat();
    let pattern = |domain: &str| Pattern {
        event: "report".into(),
        count: None,
        fields: fields(&[
            ("by", text("https")),
            ("domain", text(domain)),
            ("status", number(201)),
        ]),
        written: "{ report }".into(),
    };
    let saw = |domain| found(Level::Must, &events, Wanted::Saw(vec![pattern(domain)])).0;
    assert_eq!(saw("example.test"), Pass);
    assert_eq!(saw("other.test"), Fail);
}

#[test]
fn a_missed_should_is_no_matter_of_form_for_a_must() {
    let mut half = report_body();
    half["date-range"]["end-datetime"] = json!("2026-01-01T12:00:00Z");
    let events = [without_tls(1), vec![posted(&half)]].concat();
    let wanted = || Wanted::Report(Some(vec![fields(&[("well_formed", flag(true))])]));
    assert_eq!(found(Level::Must, &events, wanted()).0, Pass);
    assert_eq!(
        found(Level::Should, &events, wanted()),
        (
            Warn,
            "well formed false (its date-range is no whole day)".into()
        )
    );
}

#[test]
fn a_report_id_belongs_to_one_report() {
    let mut other = report_body();
    other["organization-name"] = json!("Other");
    let wanted = || Wanted::Report(Some(vec![fields(&[("well_formed", flag(false))])]));
    let twice = |second: &Value| {
        let events = [without_tls(1), vec![posted(&report_body()), posted(second)]].concat();
        found(Level::Must, &events, wanted()).0
    };
    assert_eq!(
        twice(&report_body()),
        Fail,
        "the same one went to two addresses"
    );
    assert_eq!(twice(&other), Pass);
}
