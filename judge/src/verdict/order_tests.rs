//! No order of events makes the judge panic.

use super::testing::*;
use super::{JudgeOptions, TwinResult, judge};
use crate::events::{Event, What};
use crate::scenario::{Level, OutcomeWord, TlsCondition, Wanted};

const MX: &str = "mx.example.test";
const USER: &str = "user@example.test";

fn any_event() -> impl proptest::strategy::Strategy<Value = Event> {
    use proptest::prelude::*;
    let kinds = vec![
        connect(MX, 1, true),
        established(MX, 2, "1.3", "valid"),
        tls_failed(MX, 2),
        reply(MX, 2, "MAIL", 451, "4.7.0 later"),
        accepted(MX, 2, "first", USER, "1.3"),
        notice("first", &dsn("failed", "5.7.4", USER)),
        injected("first", 250, "ok"),
        queued("first", true),
        question("example.test", "MX", "servfail"),
        event(What::Met {
            what: "host.\"mx.example.test\".starttls".into(),
        }),
    ];
    (
        prop::sample::select(kinds),
        any::<u16>(),
        0_usize..9,
        0_u32..4,
    )
        .prop_map(|(event, at, step, connection)| Event {
            at: u64::from(at) * 1000,
            step,
            connection: event.connection.map(|_| connection),
            ..event
        })
}

proptest::proptest! {
    #[test]
    fn no_order_of_events_makes_the_judge_panic_or_change_its_mind(
        events in proptest::collection::vec(any_event(), 0..30)
    ) {
        let wanted = vec![
            Wanted::Outcome(vec![OutcomeWord::Deferred, OutcomeWord::Returned]),
            Wanted::Tls(vec![TlsCondition::Any]),
            Wanted::Leaked(false),
            Wanted::Notice(None),
            Wanted::Never(vec![]),
            Wanted::Status(vec!["?.7.*".into()]),
        ];
        let steps = vec![
            step(vec![table(Level::Must, wanted.clone())]),
            step(vec![table(Level::Should, wanted)]),
        ];
        let recording = recording(case_of(steps), events);
        let judged = || judge(&recording, &TwinResult::Delivered, &JudgeOptions::default());
        proptest::prop_assert_eq!(judged(), judged());
    }
}
