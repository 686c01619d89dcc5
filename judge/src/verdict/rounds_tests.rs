//! Rounds and attempts, by what was seen of them.

use super::evidence::Evidence;
use super::rounds::{attempts, rounds};
use super::testing::*;
use crate::events::{Event, What};
use crate::scenario::{Case, Message, MxRecord, Route, Switches};

const MX: &str = "mx.example.test";
const SECOND: &str = "second.example.test";

fn counted(case: Case, events: Vec<Event>, message: usize) -> (u64, u64) {
    let recording = recording(case, events);
    let evidence = Evidence::new(&recording);
    let sent = evidence.sent_until(1);
    let sent = &sent[message];
    (
        rounds(&evidence, sent, "example.test", 1..=1).count,
        attempts(&evidence, sent, &(1..=1)).count,
    )
}

fn two_hosts() -> Case {
    let mut case = case();
    let domain = case.steps[0].world.domains.get_mut("example.test").unwrap();
    domain.mx.push(MxRecord {
        preference: 20,
        host: SECOND.into(),
    });
    case
}

fn asked(second: u64) -> Event {
    at_second(second, question("example.test", "MX", "noerror"))
}

fn other_address(connection: u32) -> Event {
    at_host(
        MX,
        connection,
        What::Connect {
            family: "ipv6".into(),
            port: 25,
            address: 2,
            refused: false,
            source: None,
        },
    )
}

#[test]
fn a_round_is_one_walk_over_the_hosts() {
    let call = |n| connect(MX, n, false);
    // (what, events, rounds, attempts)
    let cases: Vec<(&str, Vec<Event>, u64, u64)> = vec![
        ("nothing", vec![], 0, 0),
        ("one host", vec![asked(0), call(1)], 1, 1),
        (
            "two hosts",
            vec![asked(0), connect(MX, 1, true), connect(SECOND, 1, false)],
            1,
            2,
        ),
        ("two addresses", vec![call(1), other_address(2)], 1, 2),
        ("the same host again", vec![call(1), call(2)], 2, 2),
        (
            "both hosts twice",
            vec![
                call(1),
                connect(SECOND, 1, false),
                call(2),
                connect(SECOND, 2, false),
            ],
            2,
            4,
        ),
        (
            "asked anew",
            vec![asked(0), call(1), asked(900), connect(SECOND, 1, false)],
            2,
            2,
        ),
        (
            "one lookup repeated",
            vec![asked(0), asked(5), asked(20)],
            1,
            0,
        ),
        (
            "looked up again later",
            vec![asked(0), asked(5), asked(900), asked(2700)],
            3,
            0,
        ),
        (
            "back in plaintext",
            vec![call(1), tls_failed(MX, 1), call(2)],
            1,
            2,
        ),
        (
            "back in plaintext, then again",
            vec![call(1), tls_failed(MX, 1), call(2), call(3)],
            2,
            3,
        ),
        (
            "back with TLS",
            vec![
                call(1),
                tls_failed(MX, 1),
                call(2),
                established(MX, 2, "1.2", "valid"),
            ],
            2,
            2,
        ),
        (
            "home does not count",
            vec![connect("mx.home.test", 1, false)],
            0,
            0,
        ),
    ];
    for (what, events, rounds, attempts) in cases {
        assert_eq!(
            counted(two_hosts(), events, 0),
            (rounds, attempts),
            "{what}"
        );
    }
}

#[test]
fn a_route_without_lookup_is_walked_by_address_questions() {
    let mut case = case();
    case.steps[0].world.routes.insert(
        "example.test".into(),
        Route {
            host: "relay.test".into(),
            mx_lookup: false,
            port: 25,
            switches: Switches {
                require_tls: false,
                require_ca_signed: false,
                validate_hostname: false,
            },
            when_secure: false,
        },
    );
    let events = vec![
        question("relay.test", "A", "nodata"),
        question("relay.test", "AAAA", "nodata"),
        at_second(900, question("relay.test", "A", "nodata")),
    ];
    assert_eq!(counted(case.clone(), events, 0), (2, 0));
    assert_eq!(
        counted(case, vec![connect("relay.test", 1, true)], 0),
        (1, 1)
    );
}

#[test]
fn connections_of_several_messages_are_told_apart() {
    let mut case = case();
    case.steps[0].inject = vec![Message {
        copies: 2,
        ..Message::default()
    }];
    // Those in which a message was seen are its own.
    let named = vec![
        connect(MX, 1, false),
        of("first/1", reply(MX, 1, "MAIL", 250, "ok")),
        connect(MX, 2, false),
        of("first/2", reply(MX, 2, "MAIL", 250, "ok")),
        connect(MX, 3, false),
        of("first/2", reply(MX, 3, "MAIL", 250, "ok")),
    ];
    assert_eq!(counted(case.clone(), named.clone(), 0), (1, 1));
    assert_eq!(counted(case.clone(), named, 1), (2, 2));
    // Those that broke down before are dealt out in turn.
    let unnamed = vec![connect(MX, 1, true), connect(MX, 2, true)];
    assert_eq!(counted(case.clone(), unnamed.clone(), 0), (1, 1));
    assert_eq!(counted(case, unnamed, 1), (1, 1));
}

#[test]
fn connections_of_the_warm_up_are_no_attempts() {
    let warm_up = in_step(0, connect(MX, 1, false));
    assert_eq!(counted(case(), vec![warm_up], 0), (0, 0));
}
