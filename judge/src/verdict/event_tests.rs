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
