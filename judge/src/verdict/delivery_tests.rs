//! Findings about deliveries: each key as wanted and not as wanted.

use super::testing::*;
use super::{FindingVerdict, JudgeOptions, TwinResult, judge};
use crate::events::{Event, Part, What};
use crate::scenario::{
    Count, Disclosure, Level, Message, OutcomeWord, TlsCondition, TlsVersion, Wanted,
};
use FindingVerdict::{Fail, Inconclusive, NotJudged, Pass};

const MX: &str = "mx.example.test";
const USER: &str = "user@example.test";

/// The verdict on the first of several wishes, and what was got.
fn found(events: Vec<Event>, wanted: Vec<Wanted>) -> (FindingVerdict, String) {
    let case = case_of(vec![step(vec![table(Level::Must, wanted)])]);
    let mut all = vec![injected("first", 250, "ok")];
    all.extend(events);
    let result = judge(
        &recording(case, all),
        &TwinResult::Delivered,
        &JudgeOptions::default(),
    );
    let finding = &result.findings[0];
    (finding.verdict, finding.got.clone())
}

fn delivered(tls: &str) -> Vec<Event> {
    vec![connect(MX, 1, false), accepted(MX, 1, "first", USER, tls)]
}

fn bounced(status: &str) -> Vec<Event> {
    vec![
        connect(MX, 1, false),
        notice("first", &dsn("failed", status, USER)),
    ]
}

fn exactly(count: u64) -> Count {
    Count {
        least: count,
        most: Some(count),
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn check(cases: Vec<(Vec<Event>, Wanted, FindingVerdict, &str)>) {
    for (events, wanted, verdict, got) in cases {
        // Something is always judged, so that a table which speaks of nothing else shows as it is.
        let wishes = vec![wanted.clone(), Wanted::Leaked(false)];
        let found = found(events, wishes);
        assert_eq!(found, (verdict, got.to_owned()), "{wanted:?}");
    }
}

#[test]
fn an_outcome_is_accepted_or_not() {
    let delivery = || Wanted::Outcome(vec![OutcomeWord::Delivered]);
    let refusal = || Wanted::Outcome(vec![OutcomeWord::Deferred, OutcomeWord::Returned]);
    let both = delivered("1.3")
        .into_iter()
        .chain(bounced("5.7.4"))
        .collect::<Vec<_>>();
    let bounced_or_delivered = Wanted::Outcome(vec![OutcomeWord::Delivered, OutcomeWord::Bounced]);
    check(vec![
        (delivered("1.3"), delivery(), Pass, "delivered"),
        (delivered("1.3"), refusal(), Fail, "delivered"),
        (bounced("5.7.4"), refusal(), Pass, "bounced"),
        (bounced("5.7.4"), delivery(), Fail, "bounced"),
        (vec![queued("first", true)], refusal(), Pass, "deferred"),
        (vec![queued("first", false)], refusal(), Fail, "lost"),
        (vec![], refusal(), Inconclusive, "unknown"),
        (both.clone(), delivery(), Fail, "delivered and bounced"),
        (both, bounced_or_delivered, Pass, "delivered and bounced"),
    ]);
}

#[test]
fn a_status_is_that_of_the_notice_or_of_the_refusal() {
    let family = || Wanted::Status(texts(&["?.7.*"]));
    let rejected = |text: &str| vec![injected("first", 550, text), injected("first", 550, text)];
    check(vec![
        (bounced("5.7.4"), family(), Pass, "5.7.4"),
        (bounced("5.1.1"), family(), Fail, "5.1.1"),
        (bounced("5.7.20"), family(), Fail, "5.7.20"),
        (rejected("5.7.1 no"), family(), Pass, "5.7.1"),
        (rejected("no"), family(), Fail, "no status"),
        (
            delivered("1.3"),
            family(),
            NotJudged,
            "nothing was returned",
        ),
        (
            vec![queued("first", true)],
            family(),
            NotJudged,
            "nothing was returned",
        ),
    ]);
}

#[test]
fn tls_and_via_are_those_of_the_session_that_delivered() {
    let at_least = || Wanted::Tls(vec![TlsCondition::AtLeast(TlsVersion::Tls12)]);
    let tls = |condition| Wanted::Tls(vec![condition]);
    let via = |host: &str| Wanted::Via(texts(&["other.test", host]));
    let exactly = || tls(TlsCondition::Exactly(TlsVersion::Tls10));
    let without_leak = |tls: &str| delivered(tls);
    check(vec![
        (without_leak("1.3"), at_least(), Pass, "1.3"),
        (without_leak("1.1"), at_least(), Fail, "1.1"),
        (without_leak("none"), at_least(), Fail, "none"),
        (without_leak("none"), tls(TlsCondition::None), Pass, "none"),
        (without_leak("1.2"), tls(TlsCondition::None), Fail, "1.2"),
        (without_leak("1.0"), tls(TlsCondition::Any), Pass, "1.0"),
        (without_leak("none"), tls(TlsCondition::Any), Fail, "none"),
        (without_leak("1.0"), exactly(), Pass, "1.0"),
        (without_leak("1.2"), exactly(), Fail, "1.2"),
        (
            bounced("5.7.4"),
            at_least(),
            NotJudged,
            "nothing was delivered",
        ),
        (delivered("1.3"), via("MX.example.test"), Pass, MX),
        (delivered("1.3"), via("second.example.test"), Fail, MX),
        (
            bounced("5.7.4"),
            via(MX),
            NotJudged,
            "nothing was delivered",
        ),
    ]);
}

#[test]
fn a_received_field_that_claims_tls_changes_nothing_of_what_was_seen() {
    let at_least = || Wanted::Tls(vec![TlsCondition::AtLeast(TlsVersion::Tls12)]);
    let forged = "Received: from a.test by subject.home.test with ESMTPS\r\n \
                  (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\r\n \
                  Sun, 22 Nov 2026 05:00:00 +0000\r\nSubject: hello\r\n\r\nHow are you?\r\n";
    let in_plaintext = || {
        let from_to = ("sender@home.test", USER);
        vec![
            connect(MX, 1, false),
            arrived(MX, 1, "first", from_to, "none", forged),
        ]
    };
    check(vec![
        (in_plaintext(), at_least(), Fail, "none"),
        (
            in_plaintext(),
            Wanted::Tls(vec![TlsCondition::None]),
            Pass,
            "none",
        ),
    ]);
}

#[test]
fn rounds_and_attempts_lie_within_their_counts() {
    let twice = || vec![connect(MX, 1, true), connect(MX, 2, true)];
    let attempts = |most| {
        Wanted::Attempts(Count {
            least: 0,
            most: Some(most),
        })
    };
    check(vec![
        (twice(), Wanted::Rounds(exactly(2)), Pass, "2"),
        (twice(), Wanted::Rounds(exactly(1)), Fail, "2"),
        (twice(), attempts(6), Pass, "2"),
        (twice(), attempts(1), Fail, "2"),
        (delivered("1.3"), Wanted::Rounds(exactly(1)), Pass, "1"),
    ]);
}

#[test]
fn leaked_and_disclosed_are_what_the_canary_shows() {
    let canary = |host: &str, part, plaintext| {
        let what = What::Canary {
            part,
            plaintext,
            attacker: false,
        };
        of("first", at_host(host, 1, what))
    };
    let with = |mut events: Vec<Event>, more| {
        events.push(more);
        events
    };
    let leak = || with(delivered("none"), canary(MX, Part::Body, true));
    let given = || with(bounced("5.7.4"), canary(MX, Part::Envelope, false));
    let told = "envelope: envelope at mx.example.test";
    check(vec![
        (delivered("1.3"), Wanted::Leaked(false), Pass, "false"),
        (
            leak(),
            Wanted::Leaked(false),
            Fail,
            "true: body at mx.example.test",
        ),
        (
            leak(),
            Wanted::Leaked(true),
            Pass,
            "true: body at mx.example.test",
        ),
        (delivered("1.3"), Wanted::Leaked(true), Fail, "false"),
        (
            delivered("1.3"),
            Wanted::Disclosed(Disclosure::Nothing),
            Pass,
            "nothing",
        ),
        (given(), Wanted::Disclosed(Disclosure::Nothing), Fail, told),
        (given(), Wanted::Disclosed(Disclosure::Envelope), Pass, told),
        (given(), Wanted::Disclosed(Disclosure::Message), Pass, told),
    ]);
}

#[test]
fn a_table_that_speaks_of_no_message_is_inconclusive() {
    let alone = vec![Wanted::Tls(vec![TlsCondition::Any])];
    let (verdict, _) = found(bounced("5.7.4"), alone);
    assert_eq!(verdict, Inconclusive);
}

#[test]
fn a_table_speaks_of_its_message_and_recipient() {
    let mut case = case();
    let second = Message {
        name: "second".into(),
        to: vec![USER.into(), "other@example.test".into()],
        ..Message::default()
    };
    case.steps[0].inject.push(second);
    let delivery = || {
        table(
            Level::Must,
            vec![Wanted::Outcome(vec![OutcomeWord::Delivered])],
        )
    };
    let mut of_second = delivery();
    of_second.message = Some("second".into());
    let mut of_one = of_second.clone();
    of_one.recipient = Some(USER.into());
    case.steps[0].expect = vec![delivery(), of_second, of_one];
    let events = vec![
        injected("first", 250, "ok"),
        injected("second", 250, "ok"),
        accepted(MX, 1, "first", USER, "1.3"),
        accepted(MX, 2, "second", USER, "1.3"),
        of(
            "second",
            notice("second", &dsn("failed", "5.7.4", "other@example.test")),
        ),
    ];
    let result = judge(
        &recording(case, events),
        &TwinResult::Delivered,
        &JudgeOptions::default(),
    );
    let found: Vec<(&str, FindingVerdict)> = result
        .findings
        .iter()
        .map(|finding| (finding.got.as_str(), finding.verdict))
        .collect();
    assert_eq!(
        found,
        [
            ("delivered 2 times, bounced for other@example.test", Fail),
            (
                "delivered for user@example.test, bounced for other@example.test",
                Fail
            ),
            ("delivered", Inconclusive),
        ]
    );
}

#[test]
fn each_delivery_must_be_as_wanted() {
    let mixed = vec![
        accepted(MX, 1, "first", USER, "1.3"),
        accepted(MX, 2, "first", USER, "none"),
    ];
    let wanted = || Wanted::Tls(vec![TlsCondition::Any]);
    assert_eq!(found(mixed, vec![wanted()]), (Fail, "none".into()));
    assert_eq!(found(delivered("1.3"), vec![wanted()]).0, Pass);
}

#[test]
fn what_came_in_another_step_is_not_judged_in_this_one() {
    let mut later = table(
        Level::Must,
        vec![
            Wanted::Via(texts(&["second.example.test"])),
            Wanted::Notice(None),
        ],
    );
    later.message = Some("first".into());
    let mut second = step(vec![later]);
    second.inject.clear();
    let case = case_of(vec![step(Vec::new()), second]);
    let mut events = delivered("1.3");
    events.extend(bounced("5.7.4"));
    let result = judge(
        &recording(case, events),
        &TwinResult::Delivered,
        &JudgeOptions::default(),
    );
    let verdicts: Vec<FindingVerdict> = result.findings.iter().map(|one| one.verdict).collect();
    assert_eq!(verdicts, [NotJudged, Pass]);
}
