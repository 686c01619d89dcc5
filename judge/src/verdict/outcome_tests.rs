//! What becomes of a message, by what was seen of it.

use super::evidence::Evidence;
use super::outcome::{Fate, outcome};
use super::testing::*;
use crate::events::{Event, What};
use crate::scenario::{Case, Direction, OutcomeWord};

const HOST: &str = "mx.example.test";
const USER: &str = "user@example.test";

fn fates(case: Case, events: Vec<Event>) -> Vec<Fate> {
    let recording = recording(case, events);
    let evidence = Evidence::new(&recording);
    let sent = evidence.sent_until(1);
    outcome(&evidence, &sent[0], USER, recording.case.steps.len()).fates
}

fn taken(then: Vec<Event>) -> Vec<Event> {
    let mut events = vec![injected("first", 250, "ok")];
    events.extend(then);
    events
}

fn check(cases: Vec<(&str, Vec<Event>, Vec<Fate>)>) {
    for (what, events, want) in cases {
        assert_eq!(fates(case(), events), want, "{what}");
    }
}

fn delivery() -> Event {
    accepted(HOST, 1, "first", "user@EXAMPLE.test", "1.3")
}

fn bounce() -> Event {
    notice("first", &dsn("failed", "5.7.4", USER))
}

#[test]
fn what_a_fake_took_is_delivered_and_what_is_kept_is_deferred() {
    let other_local_part = accepted(HOST, 1, "first", "User@example.test", "1.3");
    let other_message = accepted(HOST, 1, "second", USER, "1.3");
    let twice = vec![connect(HOST, 1, true), connect(HOST, 2, true)];
    check(vec![
        (
            "taken by a fake",
            taken(vec![delivery()]),
            vec![Fate::Delivered],
        ),
        (
            "another local part",
            taken(vec![other_local_part]),
            vec![Fate::Unknown],
        ),
        (
            "another message",
            taken(vec![other_message]),
            vec![Fate::Unknown],
        ),
        (
            "listed",
            taken(vec![queued("first", true)]),
            vec![Fate::Deferred],
        ),
        ("tried again", taken(twice), vec![Fate::Deferred]),
        (
            "tried once",
            taken(vec![connect(HOST, 1, true)]),
            vec![Fate::Unknown],
        ),
    ]);
}

#[test]
fn a_notice_makes_it_bounced_unless_it_denies_that() {
    let delay = || notice("first", &dsn("delayed", "4.7.0", USER));
    let other = notice("first", &dsn("failed", "5.7.4", "other@example.test"));
    let free = notice("first", "Subject: Undeliverable\r\n\r\nSorry.\r\n");
    let content = dsn("failed", "5.7.4", USER);
    let from_somebody = ("postmaster@home.test", "sender+x1@home.test");
    let named = arrived("mx.home.test", 1, "first", from_somebody, "1.3", &content);
    let (listed, gone) = (queued("first", true), queued("first", false));
    check(vec![
        (
            "returned",
            taken(vec![bounce(), gone.clone()]),
            vec![Fate::Bounced],
        ),
        (
            "delayed, listed",
            taken(vec![delay(), listed.clone()]),
            vec![Fate::Deferred],
        ),
        (
            "delayed, gone",
            taken(vec![delay(), gone.clone()]),
            vec![Fate::Bounced],
        ),
        (
            "delayed, then delivered, gone",
            taken(vec![delay(), delivery(), gone]),
            vec![Fate::Delivered],
        ),
        (
            "both",
            taken(vec![delivery(), bounce()]),
            vec![Fate::Delivered, Fate::Bounced],
        ),
        (
            "another recipient",
            taken(vec![other, listed]),
            vec![Fate::Deferred],
        ),
        ("free form", taken(vec![free]), vec![Fate::Bounced]),
        (
            "a reverse-path of its own",
            taken(vec![named]),
            vec![Fate::Bounced],
        ),
    ]);
}

#[test]
fn what_is_neither_kept_nor_returned_is_lost_rejected_or_unknown() {
    check(vec![
        (
            "nowhere",
            taken(vec![queued("first", false)]),
            vec![Fate::Lost],
        ),
        (
            "for good",
            vec![injected("first", 550, "no")],
            vec![Fate::Rejected(550)],
        ),
        (
            "for now",
            vec![injected("first", 451, "no")],
            vec![Fate::Rejected(451)],
        ),
        (
            "dropped",
            vec![injected("first", 0, "")],
            vec![Fate::Unknown],
        ),
        ("nothing at all", vec![], vec![Fate::Unknown]),
    ]);
}

#[test]
fn what_wants_no_notice_is_bounced_when_the_queue_has_it_no_longer() {
    for (from, notify) in [("", vec![]), ("sender@home.test", vec!["never".to_owned()])] {
        let mut case = case();
        case.steps[0].inject[0].from = from.into();
        case.steps[0].inject[0].notify = notify;
        let gone = taken(vec![queued("first", false)]);
        assert_eq!(fates(case.clone(), gone), [Fate::Bounced], "{from}");
        let kept = taken(vec![queued("first", true)]);
        assert_eq!(fates(case.clone(), kept), [Fate::Deferred], "{from}");
        assert_eq!(fates(case, taken(vec![])), [Fate::Unknown], "{from}");
    }
}

#[test]
fn the_answer_for_a_recipient_stands_before_that_for_all() {
    let own = of(
        "first",
        event(What::Injected {
            recipient: Some(USER.into()),
            code: 550,
            text: "5.7.1 no".into(),
        }),
    );
    let events = vec![own, injected("first", 250, "ok")];
    assert_eq!(fates(case(), events), [Fate::Rejected(550)]);
    let again = vec![
        injected("first", 451, "later"),
        injected("first", 250, "ok"),
        queued("first", true),
    ];
    assert_eq!(fates(case(), again), [Fate::Deferred]);
}

#[test]
fn an_alias_is_delivered_when_all_it_stands_for_have_it() {
    let mut case = case();
    case.steps[0].world.settings.aliases.insert(
        USER.into(),
        vec!["a@example.test".into(), "b@example.test".into()],
    );
    let one = accepted(HOST, 1, "first", "a@example.test", "1.3");
    let other = accepted(HOST, 2, "first", "b@example.test", "1.3");
    assert_eq!(
        fates(case.clone(), taken(vec![one.clone()])),
        [Fate::Unknown]
    );
    assert_eq!(fates(case, taken(vec![one, other])), [Fate::Delivered]);
}

#[test]
fn inbound_a_command_that_was_refused_makes_it_rejected() {
    let mut case = case();
    case.direction = Direction::Inbound;
    case.steps[0].inject[0].from = "sender@example.test".into();
    case.steps[0].inject[0].to = vec![USER.into(), "user@home.test".into()];
    let refused = reply(
        "subject.home.test",
        1,
        "MAIL",
        530,
        "5.7.0 must issue STARTTLS",
    );
    assert_eq!(
        fates(case.clone(), vec![refused.clone()]),
        [Fate::Rejected(530)]
    );
    let recording = recording(
        case,
        vec![
            refused,
            arrived(
                "mx.home.test",
                1,
                "first",
                ("sender@example.test", "user@home.test"),
                "none",
                "",
            ),
        ],
    );
    let evidence = Evidence::new(&recording);
    let sent = evidence.sent_until(1);
    let outcome = outcome(&evidence, &sent[0], "user@home.test", 1);
    assert_eq!(outcome.fates, [Fate::Delivered]);
}

#[test]
fn an_outcome_is_that_of_its_step() {
    let case = case_of(vec![step(vec![]), step(vec![])]);
    let events = vec![
        injected("first", 250, "ok"),
        queued("first", true),
        in_step(2, accepted(HOST, 1, "first", USER, "1.3")),
    ];
    let recording = recording(case, events);
    let evidence = Evidence::new(&recording);
    let sent = evidence.sent_until(1);
    assert_eq!(
        outcome(&evidence, &sent[0], USER, 1).fates,
        [Fate::Deferred]
    );
    assert_eq!(
        outcome(&evidence, &sent[0], USER, 2).fates,
        [Fate::Delivered]
    );
}

#[test]
fn words_of_files_accept_what_they_say() {
    use OutcomeWord::{Bounced, Deferred, Delivered, Rejected, Returned};
    let cases = [
        (Fate::Bounced, vec![Returned, Bounced]),
        (Fate::Rejected(550), vec![Returned, Rejected]),
        (Fate::Rejected(451), vec![Rejected]),
        (Fate::Delivered, vec![Delivered]),
        (Fate::Deferred, vec![Deferred]),
        (Fate::Lost, vec![]),
        (Fate::Unknown, vec![]),
    ];
    for (fate, accepting) in cases {
        for word in [Bounced, Deferred, Delivered, Rejected, Returned] {
            assert_eq!(
                fate.is(word),
                accepting.contains(&word),
                "{fate:?} {word:?}"
            );
        }
    }
}

#[test]
fn what_comes_home_is_no_delivery_to_somebody_else() {
    let astray = accepted("mx.home.test", 1, "first", USER, "1.3");
    assert_eq!(fates(case(), taken(vec![astray])), [Fate::Unknown]);

    // A sender who writes to himself tells the notice from the message by its reverse-path.
    let mut case = case();
    case.steps[0].inject[0].to = vec!["sender@home.test".into()];
    let content = dsn("failed", "5.7.4", "sender@home.test");
    for (events, want) in [
        (vec![notice("first", &content)], Fate::Bounced),
        (
            vec![accepted(
                "mx.home.test",
                1,
                "first",
                "sender@home.test",
                "1.3",
            )],
            Fate::Delivered,
        ),
    ] {
        let recording = recording(case.clone(), taken(events));
        let evidence = Evidence::new(&recording);
        let sent = evidence.sent_until(1);
        let found = outcome(&evidence, &sent[0], "sender@home.test", 1);
        assert_eq!(found.fates, [want]);
    }
}

#[test]
fn a_subject_that_gives_up_early_may_have_kept_what_it_returns() {
    let twice = || vec![connect(HOST, 1, true), connect(HOST, 2, true)];
    // (what was seen before the notice, keeps mail for seconds only, in words)
    let cases = [
        (vec![queued("first", true)], true, "deferred, then bounced"),
        (twice(), true, "deferred, then bounced"),
        (vec![connect(HOST, 1, true)], true, "bounced"),
        (vec![queued("first", true)], false, "bounced"),
        (twice(), false, "bounced"),
    ];
    for (before, is_short, want) in cases {
        let mut events = taken(before);
        events.push(bounce());
        let mut recording = recording(case(), events);
        recording.subject.gives_up_after = is_short.then_some(4_000);
        let evidence = Evidence::new(&recording);
        let found = outcome(&evidence, &evidence.sent_until(1)[0], USER, 1);
        assert_eq!(found.words(), want);
        assert!(found.is_accepted_by(&[OutcomeWord::Bounced]));
        assert_eq!(
            found.is_accepted_by(&[OutcomeWord::Deferred]),
            want != "bounced"
        );
    }
}

#[test]
fn what_nobody_is_told_of_may_have_been_kept_as_well() {
    for (listed, is_short, want) in [
        (true, true, "deferred, then bounced"),
        (false, true, "bounced"),
        (true, false, "bounced"),
    ] {
        let mut case = case();
        case.steps[0].inject[0].from = String::new();
        let events = taken(vec![queued("first", listed), queued("first", false)]);
        let mut recording = recording(case, events);
        recording.subject.gives_up_after = is_short.then_some(4_000);
        let evidence = Evidence::new(&recording);
        let found = outcome(&evidence, &evidence.sent_until(1)[0], USER, 1);
        assert_eq!(found.words(), want);
    }
}

#[test]
fn what_was_delivered_in_the_end_was_not_kept() {
    let mut recording = recording(
        case(),
        taken(vec![queued("first", true), delivery(), bounce()]),
    );
    recording.subject.gives_up_after = Some(4_000);
    let evidence = Evidence::new(&recording);
    let found = outcome(&evidence, &evidence.sent_until(1)[0], USER, 1);
    assert_eq!(found.words(), "delivered and bounced");
    assert!(!found.is_accepted_by(&[OutcomeWord::Deferred, OutcomeWord::Bounced]));
}
