//! Findings about notices, traces and answers: as wanted and not as wanted.

use serde_json::json;

use super::FindingVerdict::{self, Fail, Pass};
use super::testing::*;
use super::{JudgeOptions, TwinResult, judge};
use crate::events::What;
use crate::scenario::{Fields, Level, OutcomeWord, Wanted};

const MX: &str = "mx.example.test";
const USER: &str = "user@example.test";

#[test]
fn each_key_of_a_notice_holds_or_not() {
    let events = [notice("first", &dsn("failed", "5.7.4", USER))];
    // (key, pattern that holds, pattern that does not, what was got)
    let cases = [
        (
            "to",
            text("sender@HOME.test"),
            text("other@home.test"),
            "to \"sender@home.test\"",
        ),
        (
            "action",
            text("failed"),
            text("delayed"),
            "action \"failed\"",
        ),
        ("status", text("?.7.*"), text("4.*"), "status \"5.7.4\""),
        (
            "recipient",
            text(USER),
            text("other@example.test"),
            "recipient \"user@example.test\"",
        ),
        (
            "remote_mta",
            text(MX),
            flag(false),
            "remote mta \"mx.example.test\"",
        ),
        (
            "diagnostic",
            text("454 4.7.0"),
            text("550"),
            "diagnostic \"smtp; 454 4.7.0 TLS is not available\"",
        ),
        (
            "says",
            text("securely"),
            text("spam"),
            "says \"Your message could not be delivered securely.\"",
        ),
        (
            "returned",
            text("headers"),
            text("full"),
            "returned \"headers\"",
        ),
        ("requiretls", flag(false), flag(true), "requiretls false"),
        ("tls", text("1.3"), text("none"), "tls \"1.3\""),
        ("count", number(1), number(2), "one notice"),
        (
            "will_retry_until",
            flag(false),
            flag(true),
            "will retry until false",
        ),
    ];
    for (key, good, bad, got) in cases {
        let wanted = |pattern| Wanted::Notice(Some(fields(&[(key, pattern)])));
        assert_eq!(
            found(&events, wanted(good)),
            (Pass, "one such notice".into()),
            "{key}"
        );
        assert_eq!(found(&events, wanted(bad)), (Fail, got.into()), "{key}");
    }
}

#[test]
fn a_notice_that_is_not_well_formed_says_why() {
    let wanted = || Wanted::Notice(Some(fields(&[("well_formed", flag(true))])));
    let good = dsn("failed", "5.7.4", USER);
    let ret = of(
        "first",
        at_host(
            "mx.home.test",
            1,
            What::SmtpCommand {
                verb: "MAIL".into(),
                text: "MAIL FROM:<> RET=HDRS".into(),
                tls: true,
                follows: "EHLO".into(),
            },
        ),
    );
    let cases = [
        (vec![notice("first", &good)], Pass, "one such notice"),
        (
            vec![notice("first", &good.replace("Action: failed\r\n", ""))],
            Fail,
            "not well formed: a recipient has no Action",
        ),
        (
            vec![ret, notice("first", &good)],
            Fail,
            "not well formed: its MAIL command has RET",
        ),
        (
            vec![arrived(
                "mx.home.test",
                1,
                "first",
                ("me@home.test", "sender@home.test"),
                "1.3",
                &good,
            )],
            Fail,
            "not well formed: its reverse-path is <me@home.test>, not null",
        ),
    ];
    for (events, verdict, got) in cases {
        assert_eq!(found(&events, wanted()), (verdict, got.to_owned()));
    }
}

#[test]
fn a_notice_may_be_wanted_unwanted_or_not_due() {
    let any = || Wanted::Notice(Some(Fields::new()));
    let came = notice("first", &dsn("failed", "5.7.4", USER));
    let delivered = accepted(MX, 1, "first", USER, "1.3");
    let cases = [
        (vec![came.clone()], any(), Pass),
        (vec![came], Wanted::Notice(None), Fail),
        (vec![delivered.clone()], Wanted::Notice(None), Pass),
        (vec![queued("first", false)], any(), Fail),
        (vec![delivered], any(), FindingVerdict::Inconclusive),
        (
            vec![queued("first", true)],
            any(),
            FindingVerdict::Inconclusive,
        ),
    ];
    for (events, wanted, verdict) in cases {
        assert_eq!(
            found(&events, wanted.clone()).0,
            verdict,
            "{wanted:?} {events:?}"
        );
    }
}

#[test]
fn what_was_given_up_early_is_told_of_and_that_is_no_notice_too_many() {
    let wanted = vec![
        Wanted::Outcome(vec![OutcomeWord::Deferred]),
        Wanted::Notice(None),
    ];
    let bounce = notice("first", &dsn("failed", "4.4.7", USER));
    // (what was seen before the notice, keeps mail for seconds only, verdict, what was got)
    let kept = queued("first", true);
    let cases = [
        (
            vec![kept.clone()],
            Some(4_000),
            Pass,
            "no notice, beside 1 about what was given up early",
        ),
        (vec![kept], None, Fail, "one notice"),
        (vec![], Some(4_000), Fail, "one notice"),
    ];
    for (before, gives_up_after, verdict, got) in cases {
        let mut events = vec![injected("first", 250, "ok")];
        events.extend(before);
        events.push(bounce.clone());
        let case = case_of(vec![step(vec![table(Level::Must, wanted.clone())])]);
        let mut recording = recording(case, events);
        recording.subject.gives_up_after = gives_up_after;
        let result = judge(&recording, &TwinResult::Delivered, &JudgeOptions::default());
        let finding = &result.findings[1];
        assert_eq!((finding.verdict, finding.got.as_str()), (verdict, got));
    }
}

#[test]
fn a_delay_before_the_failure_does_not_stand_for_it() {
    let events = [
        notice("first", &dsn("delayed", "4.7.0", USER)),
        notice("first", &dsn("failed", "5.4.7", USER)),
    ];
    let status = |code| Wanted::Notice(Some(fields(&[("status", text(code))])));
    assert_eq!(found(&events, status("5.*")).0, Pass);
    assert_eq!(found(&events, status("4.*")).0, Fail);
    let delayed = fields(&[("action", text("delayed")), ("status", text("4.*"))]);
    assert_eq!(found(&events, Wanted::Notice(Some(delayed))).0, Pass);
}

#[test]
fn each_key_of_a_trace_holds_or_not() {
    let content = "Received: from a by b with ESMTPS id 1\r\n (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); now\r\nFrom: a@b.test\r\n\r\n";
    let sender = ("sender@home.test", USER);
    let events = [arrived(MX, 1, "first", sender, "1.3", content)];
    let cases = [
        ("with", text("ESMTPS"), text("ESMTP"), "with \"ESMTPS\""),
        (
            "version",
            text("TLS1_3"),
            text("TLS1_2"),
            "version \"TLS1_3\"",
        ),
        (
            "cipher",
            text("TLS_AES_*"),
            text("ECDHE-*"),
            "cipher \"TLS_AES_256_GCM_SHA384\"",
        ),
        ("bits", text("256/256"), text("128/128"), "bits \"256/256\""),
        ("tls_clause", flag(false), flag(true), "tls clause false"),
        ("on_top", flag(true), flag(false), "on top true"),
    ];
    for (key, good, bad, got) in cases {
        let wanted = |pattern| Wanted::Trace(fields(&[(key, pattern)]));
        assert_eq!(found(&events, wanted(good)), (Pass, got.into()), "{key}");
        assert_eq!(found(&events, wanted(bad)), (Fail, got.into()), "{key}");
    }
    let bare = [arrived(
        MX,
        1,
        "first",
        sender,
        "1.3",
        "From: a@b.test\r\n\r\n",
    )];
    let wanted = Wanted::Trace(fields(&[("with", text("ESMTP"))]));
    assert_eq!(found(&bare, wanted), (Fail, "no Received field".into()));
}

#[test]
fn an_answer_has_the_wanted_fields() {
    let answer = |value: serde_json::Value| {
        let fields = value.as_object().unwrap().clone();
        vec![
            accepted(MX, 1, "first", USER, "1.3"),
            event(What::Answered { fields }),
        ]
    };
    let wanted = || {
        Wanted::Answer(fields(&[
            ("passed", flag(false)),
            ("failure", text("starttls-*")),
        ]))
    };
    let good = answer(json!({ "passed": false, "failure": "starttls-not-supported" }));
    assert_eq!(found(&good, wanted()).0, Pass);
    let bad = answer(json!({ "passed": true }));
    assert_eq!(
        found(&bad, wanted()),
        (Fail, "no failure, passed true".into())
    );
    let none = [accepted(MX, 1, "first", USER, "1.3")];
    assert_eq!(found(&none, wanted()), (Fail, "no answer".into()));
}
