//! Messages that wait: when they are tried again, until when, and what their senders are told.

use std::time::Duration;

use hickory_proto::op::ResponseCode;

use crate::peer::{Deed, Host};
use crate::scene::{Outcome, Scene, bounced, deferred, delivered};
use crate::world::{Dns, World};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_deferred_message_is_tried_again_after_thirty_minutes_and_then_more_rarely() {
    let scene = Scene::new(Host::with_tls);
    scene.world.no_host("192.0.2.1");
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    let mut waits = Vec::new();
    for _ in 0..5 {
        assert_eq!(scene.outcome(&engine).await, deferred("4.4.1"));
        let next = engine.queue()[0].next_attempt;
        waits.push(
            next.duration_since(scene.world.now_here())
                .unwrap()
                .as_secs()
                / 60,
        );
        scene
            .world
            .pass(next.duration_since(scene.world.now_here()).unwrap())
            .await;
    }
    assert_eq!(waits, [30, 60, 120, 240, 240]);
    scene.world.host("192.0.2.1", scene.mx.clone());
    engine.retry_now().await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    assert!(engine.queue().is_empty());
}

#[tokio::test]
async fn a_message_that_stays_deferred_is_returned_when_the_queue_time_is_over() {
    type Fault = fn(&World);
    let refused: Fault = |world| world.no_host("192.0.2.1");
    let silent: Fault = |world| world.host("192.0.2.1", Host::silent());
    let unresolved: Fault = |world| world.dns("MX example.test", Dns::Code(ResponseCode::ServFail));
    let put_off: Fault = |world| {
        let host = Host::plain().at("MAIL", Deed::Say("451 4.3.0 later"));
        world.host("192.0.2.1", host);
    };
    // (what goes wrong, status of the notice)
    let cases = [
        (refused, "4.4.1"),
        (silent, "4.4.1"),
        (unresolved, "4.4.3"),
        (put_off, "4.3.0"),
    ];
    for (fault, status) in cases {
        let scene = Scene::new(Host::with_tls);
        fault(&scene.world);
        let engine = scene
            .start_with(|settings| settings.delay_notice_after = None)
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        scene.world.pass(5 * DAY - MINUTE).await;
        assert_eq!(scene.home.messages().len(), 0, "{status}");
        assert_eq!(engine.queue().len(), 1);
        scene.world.pass(2 * MINUTE).await;
        assert_eq!(scene.outcome(&engine).await, bounced(status));
        assert_eq!(scene.home.messages().len(), 1);
        let rounds = scene
            .world
            .questions()
            .iter()
            .filter(|question| *question == "MX example.test")
            .count();
        let asked_each_round = if status == "4.4.3" { 2 } else { 1 };
        assert!(
            (28..=36).contains(&(rounds / asked_each_round)),
            "{rounds} rounds"
        );
    }
}

#[tokio::test]
async fn the_queue_time_is_a_setting() {
    let scene = Scene::new(Host::with_tls);
    scene.world.no_host("192.0.2.1");
    let engine = scene
        .start_with(|settings| settings.queue_lifetime = 60 * MINUTE)
        .await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.world.pass(59 * MINUTE).await;
    assert_eq!(scene.outcome(&engine).await, Outcome::Deferred);
    scene.world.pass(2 * MINUTE).await;
    assert_eq!(scene.outcome(&engine).await, bounced("4.4.1"));
}

#[tokio::test]
async fn a_message_under_a_rule_bounces_after_one_round_and_is_not_tried_again() {
    let scene = Scene::new(|_| Host::plain());
    let engine = scene.start(&["example.test"]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, bounced("5.7.4"));
    scene.world.pass(DAY).await;
    assert_eq!(scene.mx.lines(), ["EHLO subject.home.test", "QUIT"]);
}

#[tokio::test]
async fn a_rule_for_one_of_two_recipients_bounces_one_and_delivers_the_other() {
    let scene = Scene::new(|_| Host::plain());
    let engine = scene.start(&["user@example.test"]).await;
    scene
        .send(&engine, &["user@example.test", "other@example.test"])
        .await;
    scene.tried(&engine).await;
    assert!(engine.queue().is_empty());
    assert_eq!(scene.mx.messages().len(), 1);
    assert_eq!(
        scene.mx.messages()[0].recipients,
        ["RCPT TO:<other@example.test>"]
    );
    let notice = &scene.home.messages()[0].content;
    assert!(notice.contains("Final-Recipient: rfc822; user@example.test"));
    assert!(!notice.contains("other@example.test"));
}

#[tokio::test]
async fn recipients_of_several_domains_each_go_their_way() {
    let scene = Scene::new(|identity| {
        Host::with_tls(identity).at("no@example.test", Deed::Say("550 5.1.1 who?"))
    });
    let second = Host::plain();
    scene.world.record("MX second.test", &["10 mx.second.test"]);
    scene.world.record("A mx.second.test", &["192.0.2.2"]);
    scene.world.host("192.0.2.2", second.clone());
    let engine = scene.start(&[]).await;
    scene
        .send(
            &engine,
            &[
                "user@example.test",
                "no@example.test",
                "user@second.test",
                "user@nowhere.test",
                "third@example.test",
            ],
        )
        .await;
    scene.tried(&engine).await;
    assert!(engine.queue().is_empty());
    assert_eq!(
        scene.mx.messages()[0].recipients,
        [
            "RCPT TO:<user@example.test>",
            "RCPT TO:<third@example.test>"
        ]
    );
    assert_eq!(
        second.messages()[0].recipients,
        ["RCPT TO:<user@second.test>"]
    );
    let mut told: Vec<String> = scene
        .home
        .messages()
        .iter()
        .flat_map(|notice| {
            notice
                .content
                .lines()
                .filter_map(|line| line.strip_prefix("Final-Recipient: "))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        ["rfc822; no@example.test", "rfc822; user@nowhere.test"]
    );
}

#[tokio::test]
async fn a_changed_rule_holds_from_the_next_round_on() {
    let scene = Scene::new(|_| Host::plain());
    let engine = scene.start(&["example.test"]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, bounced("5.7.4"));
    engine.set_settings(scene.settings(|_| {})).unwrap();
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, delivered("plain"));
}

#[tokio::test]
async fn nobody_is_told_who_does_not_want_to_be() {
    // (MAIL, recipient, notices)
    let cases = [
        ("MAIL FROM:<sender@home.test>", "user@example.test", 1),
        (
            "MAIL FROM:<sender@home.test>",
            "user@example.test> NOTIFY=FAILURE",
            1,
        ),
        (
            "MAIL FROM:<sender@home.test>",
            "user@example.test> NOTIFY=NEVER",
            0,
        ),
        (
            "MAIL FROM:<sender@home.test>",
            "user@example.test> NOTIFY=SUCCESS,DELAY",
            0,
        ),
        ("MAIL FROM:<>", "user@example.test", 0),
    ];
    for (mail, recipient, want) in cases {
        let scene = Scene::new(|_| Host::plain());
        let engine = scene.start(&["example.test"]).await;
        scene.send_as(&engine, mail, &[recipient]).await;
        scene.tried(&engine).await;
        assert!(engine.queue().is_empty());
        assert_eq!(scene.home.messages().len(), want, "{mail} {recipient}");
        for notice in scene.home.messages() {
            assert!(
                notice.mail.starts_with("MAIL FROM:<> SIZE="),
                "{}",
                notice.mail
            );
            assert!(!notice.mail.contains("RET="));
            assert_eq!(
                notice.recipients,
                ["RCPT TO:<sender@home.test> NOTIFY=NEVER"]
            );
        }
    }
}

#[tokio::test]
async fn a_notice_that_cannot_be_delivered_waits_and_is_then_dropped() {
    let scene = Scene::new(|_| Host::plain());
    scene.world.no_host("192.0.2.25");
    let engine = scene.start(&["example.test"]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.tried(&engine).await;
    let waiting = engine.queue();
    assert_eq!(
        (waiting[0].from.as_str(), waiting[0].recipient.as_str()),
        ("", "sender@home.test")
    );
    scene.world.pass(6 * DAY).await;
    assert!(engine.queue().is_empty());
}

#[tokio::test]
async fn with_nothing_due_the_engine_asks_for_no_time() {
    let scene = Scene::new(Host::with_tls);
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    scene.world.pass(MINUTE).await;
    assert_eq!(scene.world.deadlines(), 0);
}

#[tokio::test]
async fn a_stopped_engine_does_nothing_more() {
    let scene = Scene::new(Host::with_tls);
    scene.world.no_host("192.0.2.1");
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.tried(&engine).await;
    let attempts = scene.world.connections().len();
    engine.stop();
    scene.world.pass(DAY).await;
    assert_eq!(scene.world.connections().len(), attempts);
    assert_eq!(scene.world.deadlines(), 0);
}

#[tokio::test]
async fn an_address_that_the_host_cannot_name_keeps_no_other_recipient_back() {
    let scene = Scene::new(|identity| Host::with_tls(identity).keywords_in_tls(&["8BITMIME"]));
    let engine = scene.start(&[]).await;
    scene
        .send(&engine, &["jürgen@example.test", "user@example.test"])
        .await;
    scene.tried(&engine).await;
    assert!(engine.queue().is_empty());
    assert_eq!(
        scene.mx.messages()[0].recipients,
        ["RCPT TO:<user@example.test>"]
    );
    let notice = &scene.home.messages()[0].content;
    assert!(notice.contains("Final-Recipient: utf-8; jürgen@example.test"));
    assert!(notice.contains("Status: 5.6.7"));
    assert!(!notice.contains("; user@example.test"));
}
