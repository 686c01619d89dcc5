//! Findings about events: saw, never, order.

use super::FindingVerdict::{Fail, Pass};
use super::testing::*;
use crate::events::{Part, What};
use crate::scenario::{Count, FieldPattern, Pattern, Wanted};

const MX: &str = "mx.example.test";
const USER: &str = "user@example.test";

fn pattern(event: &str, list: &[(&str, FieldPattern)], count: Option<Count>) -> Pattern {
    Pattern {
        event: event.into(),
        count,
        fields: fields(list),
        written: format!("{{ event = {event:?} }}"),
    }
}

#[test]
fn saw_never_and_order_look_at_the_events_of_the_step() {
    let events = [
        in_step(0, question("example.test", "MX", "noerror")),
        connect(MX, 1, false),
        established(MX, 1, "1.3", "valid"),
        accepted(MX, 1, "first", USER, "1.3"),
        connect("mx.home.test", 1, false),
    ];
    let twice = Count {
        least: 2,
        most: None,
    };
    let dns = || pattern("dns-query", &[("type", text("MX"))], None);
    let attempt = |ended: &str| {
        pattern(
            "attempt",
            &[("ended", text(ended)), ("tls", text("1.3"))],
            None,
        )
    };
    let connect = |count| pattern("connect", &[], count);
    let tls = || pattern("tls-established", &[("version", text("1.3"))], None);
    let took = || pattern("message-accepted", &[], None);
    let cases = [
        (Wanted::Saw(vec![connect(None), dns()]), Pass, "all of them"),
        (
            Wanted::Saw(vec![connect(Some(twice))]),
            Fail,
            "once { event = \"connect\" }",
        ),
        (Wanted::Saw(vec![attempt("accepted")]), Pass, "all of them"),
        (
            Wanted::Saw(vec![attempt("refused")]),
            Fail,
            "never { event = \"attempt\" }",
        ),
        (
            Wanted::Never(vec![attempt("refused")]),
            Pass,
            "none of them",
        ),
        (
            Wanted::Never(vec![connect(None)]),
            Fail,
            "once { event = \"connect\" }",
        ),
        (
            Wanted::Never(vec![connect(Some(twice))]),
            Pass,
            "none of them",
        ),
        (
            Wanted::Order(vec![connect(None), tls(), took()]),
            Pass,
            "in this order",
        ),
        (
            Wanted::Order(vec![took(), tls()]),
            Fail,
            "{ event = \"tls-established\" } only before the others",
        ),
        (
            Wanted::Order(vec![took(), attempt("refused")]),
            Fail,
            "never { event = \"attempt\" }",
        ),
    ];
    for (wanted, verdict, got) in cases {
        assert_eq!(
            found(&events, wanted.clone()),
            (verdict, got.to_owned()),
            "{wanted:?}"
        );
    }
}

#[test]
fn attempts_notices_and_leaks_are_events_too() {
    let leak = What::Canary {
        part: Part::Header,
        plaintext: true,
        attacker: false,
    };
    let events = [
        of("first", at_host(MX, 1, leak)),
        accepted(MX, 1, "first", USER, "none"),
        notice("first", &dsn("failed", "5.7.4", USER)),
    ];
    let patterns = vec![
        pattern(
            "leak",
            &[("where", text("header")), ("message", text("first"))],
            None,
        ),
        pattern(
            "notice",
            &[("action", text("failed")), ("status", text("5.7.*"))],
            None,
        ),
    ];
    assert_eq!(
        found(&events, Wanted::Saw(patterns)),
        (Pass, "all of them".into())
    );
}

#[test]
fn each_pattern_of_an_order_has_an_event_of_its_own() {
    let once = [accepted(MX, 1, "first", USER, "1.3")];
    let twice = [once[0].clone(), accepted(MX, 2, "first", USER, "1.3")];
    let took = || pattern("message-accepted", &[], None);
    let order = || Wanted::Order(vec![took(), took()]);
    assert_eq!(found(&once, order()).0, Fail);
    assert_eq!(found(&twice, order()).0, Pass);
}

#[test]
fn a_table_with_a_message_passes_over_the_events_of_others() {
    let never = Wanted::Never(vec![pattern(
        "message-accepted",
        &[("tls", text("none"))],
        None,
    )]);
    let mut of_first = table(crate::scenario::Level::Must, vec![never]);
    let mut case = case_of(vec![step(vec![of_first.clone()])]);
    of_first.message = Some("first".into());
    case.steps[0].expect.push(of_first);
    let second = crate::scenario::Message {
        name: "second".into(),
        ..crate::scenario::Message::default()
    };
    case.steps[0].inject.push(second);
    let events = vec![
        accepted(MX, 1, "first", USER, "1.3"),
        accepted(MX, 2, "second", USER, "none"),
    ];
    let result = crate::verdict::judge(
        &recording(case, events),
        &crate::verdict::TwinResult::Delivered,
        &crate::verdict::JudgeOptions::default(),
    );
    let verdicts: Vec<_> = result.findings.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [Fail, Pass]);
}
