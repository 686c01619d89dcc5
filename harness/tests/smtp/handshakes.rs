//! Faults around TLS, plaintext where TLS should begin, and what an injection looks like to a sender.

use std::sync::Arc;
use std::time::Duration;

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Deed, Moment};

use crate::client::Client;
use crate::stage::{Stage, ends, fault, met};

/// So long the sender waits for each part, by the case's clock.
const LIMIT: Duration = Duration::from_secs(300);

/// Greeting, EHLO, STARTTLS, TLS, EHLO, QUIT: the code of each, `tls` for the handshake, and what went wrong.
async fn session(stage: &Stage) -> String {
    let (clock, address) = (Arc::clone(&stage.clock), stage.fake.real_address());
    stage
        .run(async move {
            let until = clock.elapsed() + LIMIT;
            let mut codes = Vec::new();
            let whole = async {
                let mut client = Client::new(clock.connect(address).await.unwrap());
                codes.push(client.code().await);
                for line in ["EHLO a", "STARTTLS"] {
                    client.send(format!("{line}\r\n")).await;
                    codes.push(client.code().await);
                }
                if codes[2] == "220" {
                    match client.into_tls().await {
                        Some(inside) => client = inside,
                        None => return codes.push("no-tls".into()),
                    }
                    codes.push("tls".into());
                }
                for line in ["EHLO a", "QUIT"] {
                    if codes
                        .last()
                        .is_none_or(|code| code != "end" && code != "reset")
                    {
                        client.send(format!("{line}\r\n")).await;
                        codes.push(client.code().await);
                    }
                }
            };
            let stalled = tokio::select! {
                biased;
                () = whole => false,
                () = clock.sleep_until(until) => true,
            };
            if stalled {
                codes.push("stall".into());
            }
            codes.join(" ")
        })
        .await
}

#[tokio::test]
async fn each_moment_around_tls_has_its_deeds() {
    let reply = |text: &str| Deed::Reply(text.into());
    let (second, healthy) = (Duration::from_secs(1), "220 250 220 tls 250 221");
    // (moment, deed, what the sender sees)
    let cases = [
        (
            Moment::Starttls,
            reply("454 4.7.0 no"),
            "220 250 454 250 221",
        ),
        (Moment::Starttls, reply("421 4.7.0 no"), "220 250 421 end"),
        (Moment::Starttls, reply("220 in other words"), healthy),
        (Moment::Starttls, Deed::Close, "220 250 end"),
        (Moment::Starttls, Deed::Reset, "220 250 reset"),
        (Moment::Starttls, Deed::Stall, "220 250 stall"),
        (Moment::Starttls, Deed::Delay(second), healthy),
        (Moment::Starttls, Deed::Drip(second), healthy),
        (Moment::Starttls, Deed::Split, healthy),
        (Moment::Starttls, Deed::BareLf, healthy),
        (
            Moment::Handshake,
            Deed::Alert("handshake_failure".into()),
            "220 250 220 no-tls",
        ),
        (Moment::Handshake, Deed::Close, "220 250 220 no-tls"),
        (Moment::Handshake, Deed::Reset, "220 250 220 no-tls"),
        (Moment::Handshake, Deed::Garbage, "220 250 220 no-tls"),
        (Moment::Handshake, Deed::Stall, "220 250 220 stall"),
        (Moment::Handshake, Deed::Delay(second), healthy),
        // In TLS 1.3 the sender is through with the handshake then; the end comes without a close_notify.
        (Moment::InHandshake, Deed::Close, "220 250 220 tls reset"),
        (Moment::InHandshake, Deed::Stall, "220 250 220 tls stall"),
        (Moment::AfterHandshake, Deed::Close, "220 250 220 tls end"),
        (Moment::AfterHandshake, Deed::Reset, "220 250 220 tls reset"),
        (Moment::AfterHandshake, Deed::Stall, "220 250 220 tls stall"),
        (Moment::AfterHandshake, Deed::Delay(second), healthy),
        (
            Moment::AfterHandshake,
            reply("421 4.3.2 no"),
            "220 250 220 tls 421 end",
        ),
        (
            Moment::EhloAfterTls,
            reply("554 no"),
            "220 250 220 tls 554 221",
        ),
        (Moment::EhloAfterTls, Deed::Close, "220 250 220 tls end"),
        (Moment::EhloAfterTls, Deed::Reset, "220 250 220 tls reset"),
        (Moment::EhloAfterTls, Deed::Stall, "220 250 220 tls stall"),
        (Moment::EhloAfterTls, Deed::Drip(second), healthy),
        (Moment::EhloAfterTls, Deed::Split, healthy),
    ];
    for (moment, deed, want) in cases {
        let stage = Stage::with_faults(vec![fault(moment.clone(), deed.clone())]);
        assert_eq!(session(&stage).await, want, "{deed:?} at {moment:?}");
        let events = stage.ended().await;
        assert_eq!(met(&events), ["fault as written"], "{deed:?} at {moment:?}");
        assert_eq!(ends(&events).len(), 1, "{deed:?} at {moment:?}");
    }
}

#[tokio::test]
async fn an_injection_stands_in_plaintext_behind_the_reply_and_tls_follows() {
    for same_segment in [true, false] {
        let inject = Deed::Inject {
            text: "250-injected\r\n250 AUTH PLAIN\r\n".into(),
            same_segment,
        };
        let stage = Stage::with_faults(vec![fault(Moment::Starttls, inject)]);
        let mut client = stage.greeted().await;
        client.say("EHLO a").await;
        assert!(client.say("STARTTLS").await.starts_with("220"));
        assert_eq!(
            client.reply().await.unwrap(),
            "250-injected\r\n250 AUTH PLAIN"
        );
        let mut inside = client.into_tls().await.unwrap();
        assert!(inside.say("EHLO a").await.ends_with("REQUIRETLS"));
    }
}

#[tokio::test]
async fn plaintext_where_tls_should_begin_is_told_and_never_obeyed() {
    let stage = Stage::healthy();
    // (bytes with STARTTLS, bytes behind its reply, what is told behind STARTTLS)
    let cases = [
        ("MAIL FROM:<SENDER>\r\n", "", vec!["MAIL STARTTLS"]),
        (
            "",
            "MAIL FROM:<SENDER>\r\nRCPT TO:<a@b>\r\n",
            vec!["MAIL STARTTLS", "RCPT MAIL"],
        ),
        ("MAIL FROM:<SEN", "", vec!["MAIL STARTTLS"]),
    ];
    for (with, behind, want) in cases {
        let told_before = stage.events().len();
        let mut client = stage.greeted().await;
        client.say("EHLO a").await;
        let sender = stage.sender();
        client
            .send(format!("STARTTLS\r\n{with}").replace("SENDER", &sender))
            .await;
        assert!(client.reply().await.unwrap().starts_with("220"));
        client.send(behind.replace("SENDER", &sender)).await;
        client.finish().await;
        let (rest, _) = client.rest().await;
        assert!(!rest.contains("250"), "{rest}");
        while ends(&stage.events()[told_before..]).is_empty() {
            tokio::task::yield_now().await;
        }
        let events = stage.events().split_off(told_before);
        let told: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.what {
                What::SmtpCommand {
                    verb,
                    follows,
                    tls: false,
                    ..
                } => Some(format!("{verb} {follows}")),
                _ => None,
            })
            .skip(2)
            .collect();
        assert_eq!(told, want, "{with:?} {behind:?}");
        let heard = events
            .iter()
            .any(|event| matches!(event.what, What::Canary { .. }));
        assert_eq!(
            heard,
            format!("{with}{behind}").contains("SENDER"),
            "{with:?} {behind:?}"
        );
    }
}

#[tokio::test]
async fn plaintext_pipelined_behind_starttls_is_dropped_and_tls_follows() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    client.say("EHLO a").await;
    client.send("STARTTLS\r\nRSET\r\n").await;
    assert!(client.reply().await.unwrap().starts_with("220"));
    let mut inside = client.into_tls().await.unwrap();
    assert!(inside.say("EHLO a").await.ends_with("REQUIRETLS"));
    let told = stage
        .events()
        .into_iter()
        .find_map(|event| match event.what {
            What::SmtpCommand {
                verb, follows, tls, ..
            } if verb == "RSET" => Some((follows, tls)),
            _ => None,
        });
    assert_eq!(told, Some(("STARTTLS".to_owned(), false)));
}

#[tokio::test]
async fn what_a_sender_says_after_a_failed_handshake_is_heard_though_it_leaves_at_once() {
    let alert = Deed::Alert("handshake_failure".into());
    for deed in [Deed::Garbage, alert, Deed::Close] {
        let stage = Stage::with_faults(vec![fault(Moment::Handshake, deed.clone())]);
        let mut client = stage.greeted().await;
        client.say("EHLO a").await;
        assert!(client.say("STARTTLS").await.starts_with("220"));
        client.send_hello().await;
        client
            .send(format!("MAIL FROM:<{}>\r\n", stage.sender()))
            .await;
        drop(client);
        let events = stage.ended().await;
        let mail = events.iter().any(|event| {
            matches!(&event.what, What::SmtpCommand { verb, tls: false, .. } if verb == "MAIL")
        });
        assert!(mail, "{deed:?}: {events:#?}");
    }
}
