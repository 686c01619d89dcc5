//! Each fault of an HTTPS host (SCENARIOS §6): what the client gets, what is told, and that it is met.

use std::time::Duration;

use mtaspec_judge::scenario::{Deed, Moment};

use crate::stage::{FETCH, POLICY, Plan};

#[tokio::test]
async fn a_status_stands_over_the_healthy_body() {
    // (status, location, status line)
    let elsewhere = "https://other.test/policy.txt";
    let cases = [
        (404, None, "HTTP/1.1 404 Not Found"),
        (500, None, "HTTP/1.1 500 Internal Server Error"),
        (301, Some(elsewhere), "HTTP/1.1 301 Moved Permanently"),
    ];
    for (status, location, want) in cases {
        let deed = Deed::Status(status, location.map(Into::into));
        let stage = Plan::default().fault(Moment::Response, deed).up();
        let answered = stage.ask(FETCH.as_bytes()).await;
        assert_eq!(answered.status(), want);
        assert_eq!(
            answered.body(),
            POLICY,
            "a sender that looks at no status takes it"
        );
        let field = format!("\r\nLocation: {elsewhere}\r\n");
        assert_eq!(answered.text.contains(&field), location.is_some());
        assert_eq!(stage.statuses().await, [status]);
        assert_eq!(stage.met().await, ["fault the fault"]);
    }
    let stage = Plan::default()
        .fault(Moment::Response, Deed::Status(204, None))
        .up();
    assert_eq!(stage.ask(FETCH.as_bytes()).await.body(), "");
}

#[tokio::test]
async fn a_deed_comes_instead_of_the_part_that_it_is_for() {
    let tick = Duration::from_millis(1);
    let whole = POLICY.len();
    // (moment, deed, does a status come?, octets of the body, does it end in order?, statuses told)
    let cases = [
        (Moment::Connect, Deed::Close, false, 0, false, &[][..]),
        (Moment::Connect, Deed::Reset, false, 0, false, &[]),
        (Moment::Connect, Deed::Refuse, false, 0, false, &[]),
        (Moment::Connect, Deed::Garbage, false, 0, false, &[]),
        (
            Moment::Connect,
            Deed::Delay(tick),
            true,
            whole,
            true,
            &[200],
        ),
        (
            Moment::Handshake,
            Deed::Alert("internal_error".into()),
            false,
            0,
            false,
            &[],
        ),
        (Moment::Handshake, Deed::Close, false, 0, false, &[]),
        (Moment::InHandshake, Deed::Reset, false, 0, false, &[]),
        (Moment::Response, Deed::Close, false, 0, true, &[0]),
        (Moment::Response, Deed::Reset, false, 0, false, &[0]),
        (Moment::Response, Deed::Garbage, false, 0, true, &[0]),
        (
            Moment::Response,
            Deed::Delay(tick),
            true,
            whole,
            true,
            &[200],
        ),
        (
            Moment::Response,
            Deed::Drip(tick),
            true,
            whole,
            true,
            &[200],
        ),
        (Moment::Body, Deed::Close, true, 0, true, &[200]),
        (Moment::Body, Deed::Reset, true, 0, false, &[200]),
        (Moment::Body, Deed::Delay(tick), true, whole, true, &[200]),
        (Moment::Body, Deed::Drip(tick), true, whole, true, &[200]),
        (
            Moment::Body,
            Deed::Pad(65 * 1024),
            true,
            65 * 1024,
            true,
            &[200],
        ),
        (Moment::Body, Deed::Pad(10), true, whole, true, &[200]),
    ];
    for (at, deed, has_status, octets, in_order, statuses) in cases {
        let what = format!("{deed:?} at {at:?}");
        let stage = Plan::default().fault(at, deed).up();
        let answered = stage.ask(FETCH.as_bytes()).await;
        let is_200 = answered.status() == "HTTP/1.1 200 OK";
        // A reset may overtake what was sent before it.
        if in_order {
            assert_eq!(is_200, has_status, "{what}");
        }
        assert_eq!(answered.body().len(), octets, "{what}");
        assert_eq!(answered.whole, in_order, "{what}");
        assert_eq!(stage.statuses().await, statuses, "{what}");
        assert_eq!(stage.met().await, ["fault the fault"], "{what}");
    }
}

#[tokio::test]
async fn garbage_at_the_body_is_as_long_as_the_head_says() {
    let stage = Plan::default().fault(Moment::Body, Deed::Garbage).up();
    let answered = stage.ask(FETCH.as_bytes()).await;
    assert!(answered.body().contains("no answer"));
    assert!(answered.whole);
}

#[tokio::test]
async fn a_padded_policy_is_the_policy_with_fields_that_say_nothing_behind_it() {
    let stage = Plan::default().fault(Moment::Body, Deed::Pad(4096)).up();
    let answered = stage.ask(FETCH.as_bytes()).await;
    let comments = answered.body().strip_prefix(POLICY).unwrap();
    assert!(comments.lines().all(|line| line.starts_with("x-comment: ")));
}

#[tokio::test]
async fn what_differs_is_met_only_when_it_was_served() {
    let key = "domain.\"example.test\".sts.mode";
    // (fault, what is met)
    let cases = [
        (None, vec![key]),
        (
            Some((Moment::Response, Deed::Status(404, None))),
            vec!["fault the fault", key],
        ),
        (
            Some((Moment::Response, Deed::Status(204, None))),
            vec!["fault the fault"],
        ),
        (
            Some((Moment::Response, Deed::Close)),
            vec!["fault the fault"],
        ),
        (Some((Moment::Body, Deed::Garbage)), vec!["fault the fault"]),
        (
            Some((Moment::Body, Deed::Pad(999))),
            vec!["fault the fault", key],
        ),
    ];
    for (fault, want) in cases {
        let mut plan = Plan::default().published(|sts| sts.mode = "testing".into());
        if let Some((at, deed)) = fault.clone() {
            plan = plan.fault(at, deed);
        }
        let stage = plan.up();
        stage.ask(FETCH.as_bytes()).await;
        assert_eq!(stage.met().await, want, "{fault:?}");
    }
}
