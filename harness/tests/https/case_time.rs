//! A host that says nothing, or never comes to an end, lets the case's clock go on: the sender's own limit ends it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mtaspec_harness::clock::CaseClock;
use mtaspec_judge::scenario::{Deed, Moment};
use tokio::sync::oneshot;

use crate::stage::{Answered, FETCH, POLICY, Plan, Stage};

/// The sender's limit for a whole fetch.
const LIMIT: Duration = Duration::from_secs(60);

/// Fetches as a task of the case, and gives up at the limit; how long it took on the case's clock.
async fn fetch(stage: &Arc<Stage>, request: &'static [u8]) -> (Option<Answered>, Duration) {
    let (told, answered) = oneshot::channel();
    let (of_task, clock) = (Arc::clone(stage), Arc::clone(&stage.clock));
    stage.clock.spawn(async move {
        let fetching = async {
            let tcp = of_task.clock.connect(of_task.address()).await.unwrap();
            of_task.ask_over(tcp, request).await
        };
        let fetched = tokio::select! {
            biased;
            answered = fetching => Some(answered),
            () = of_task.clock.sleep_until(LIMIT) => None,
        };
        let _ = told.send(fetched);
    });
    let answered = answered.await.unwrap();
    (answered, clock.elapsed())
}

fn up(at: Moment, deed: Deed) -> Arc<Stage> {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000));
    Arc::new(Plan::default().fault(at, deed).up_by(clock))
}

#[tokio::test]
async fn silence_lasts_until_the_senders_own_limit() {
    let cases = [
        (Moment::Connect, Deed::Stall),
        (Moment::Handshake, Deed::Stall),
        (Moment::InHandshake, Deed::Stall),
        (Moment::Response, Deed::Stall),
        (Moment::Body, Deed::Stall),
        (Moment::Body, Deed::Drip(Duration::from_secs(1))),
        (Moment::Response, Deed::Delay(Duration::from_secs(600))),
        (Moment::Body, Deed::Delay(Duration::from_secs(600))),
        (Moment::Body, Deed::Endless),
    ];
    for (at, deed) in cases {
        let what = format!("{deed:?} at {at:?}");
        let stage = up(at, deed);
        let (answered, took) = fetch(&stage, FETCH.as_bytes()).await;
        assert_eq!(answered, None, "{what}");
        assert_eq!(took, LIMIT, "{what}");
        assert_eq!(stage.met().await, ["fault the fault"], "{what}");
    }
}

#[tokio::test]
async fn a_fake_that_waits_for_a_request_lets_the_clock_go_on() {
    let stage = up(Moment::Body, Deed::Stall);
    let half: &[u8] = b"GET /.well-known/mta-sts.txt HTTP/1.1\r\n";
    assert_eq!(fetch(&stage, half).await, (None, LIMIT));
}

#[tokio::test]
async fn delays_and_drips_take_the_time_that_they_say() {
    let drops = u32::try_from(POLICY.len() - 1).unwrap();
    // (moment, deed, how long the fetch takes)
    let cases = [
        (
            Moment::Response,
            Deed::Delay(Duration::from_secs(5)),
            Duration::from_secs(5),
        ),
        (
            Moment::Body,
            Deed::Delay(Duration::from_secs(7)),
            Duration::from_secs(7),
        ),
        (
            Moment::Body,
            Deed::Drip(Duration::from_millis(500)),
            Duration::from_millis(500) * drops,
        ),
    ];
    for (at, deed, want) in cases {
        let what = format!("{deed:?} at {at:?}");
        let (answered, took) = fetch(&up(at, deed), FETCH.as_bytes()).await;
        assert_eq!(answered.unwrap().body(), POLICY, "{what}");
        assert_eq!(took, want, "{what}");
    }
}
