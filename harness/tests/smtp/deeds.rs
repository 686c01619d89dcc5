//! Each deed at each moment of a session in plaintext does what it says.

use std::sync::Arc;
use std::time::Duration;

use mtaspec_judge::scenario::{Deed, Fault, Moment};

use crate::client::Client;
use crate::stage::{Stage, ends, fault, met};

/// So long the sender waits for a reply, by the case's clock.
const LIMIT: Duration = Duration::from_secs(300);

/// The codes of a healthy session.
const HEALTHY: [&str; 7] = ["220", "250", "250", "250", "354", "250", "221"];

/// The moments of that session and the reply that each is about.
const MOMENTS: [(Moment, usize); 9] = [
    (Moment::Connect, 0),
    (Moment::Greeting, 0),
    (Moment::Ehlo, 1),
    (Moment::Mail, 2),
    (Moment::Rcpt, 3),
    (Moment::Data, 4),
    (Moment::Content, 5),
    (Moment::EndOfData, 5),
    (Moment::Quit, 6),
];

/// A whole session: the code of each reply, `end` or `reset` where the connection ends, `stall` where nothing comes.
async fn session(stage: &Stage, content: String) -> String {
    let (clock, address) = (Arc::clone(&stage.clock), stage.fake.real_address());
    let lines = [
        String::new(),
        "EHLO a.test\r\n".into(),
        format!("MAIL FROM:<{}>\r\n", stage.sender()),
        "RCPT TO:<user@example.abcdefg2.test>\r\n".into(),
        "DATA\r\n".into(),
        format!("{content}.\r\n"),
        "QUIT\r\n".into(),
    ];
    stage
        .run(async move {
            let mut client = Client::new(clock.connect(address).await.unwrap());
            let mut codes = Vec::new();
            for line in lines {
                if line.ends_with(".\r\n") && codes.last().is_none_or(|code| code != "354") {
                    continue;
                }
                let until = clock.elapsed() + LIMIT;
                let code = tokio::select! {
                    biased;
                    code = async { client.send(&line).await; client.code().await } => code,
                    () = clock.sleep_until(until) => "stall".to_owned(),
                };
                codes.push(code);
                if codes
                    .last()
                    .is_some_and(|code| code.len() > 3 || code == "end")
                {
                    break;
                }
            }
            codes.join(" ")
        })
        .await
}

fn up_to(count: usize, then: &str) -> String {
    let mut codes = HEALTHY[..count].to_vec();
    codes.push(then);
    codes.join(" ")
}

#[tokio::test]
async fn a_deed_that_ends_or_stops_the_session_does_so_at_its_moment() {
    // (deed, what the sender sees, who ended it)
    let cases = [
        (Deed::Close, "end", "Receiver"),
        (Deed::Reset, "reset", "Receiver"),
        (Deed::Stall, "stall", "Sender"),
    ];
    for (deed, seen, by) in cases {
        for (moment, at) in MOMENTS {
            let stage = Stage::with_faults(vec![fault(moment.clone(), deed.clone())]);
            let codes = session(&stage, stage.content()).await;
            assert_eq!(codes, up_to(at, seen), "{deed:?} at {moment:?}");
            let stalled = stage.clock.elapsed() == LIMIT;
            assert_eq!(stalled, deed == Deed::Stall, "{deed:?} at {moment:?}");
            let events = stage.end().await;
            assert_eq!(met(&events), ["fault as written"], "{deed:?} at {moment:?}");
            assert!(
                ends(&events)[0].starts_with(by),
                "{deed:?} at {moment:?}: {:?}",
                ends(&events)
            );
        }
    }
}

#[tokio::test]
async fn a_deed_that_only_changes_the_form_of_a_reply_changes_nothing_else() {
    let second = Duration::from_secs(1);
    let deeds = [
        Deed::Delay(second * 30),
        Deed::Drip(second),
        Deed::Split,
        Deed::BareLf,
    ];
    for deed in deeds {
        for (moment, _) in MOMENTS {
            let stage = Stage::with_faults(vec![fault(moment.clone(), deed.clone())]);
            let codes = session(&stage, stage.content()).await;
            assert_eq!(codes, HEALTHY.join(" "), "{deed:?} at {moment:?}");
            let silent = matches!(moment, Moment::Connect | Moment::Content);
            let waited = stage.clock.elapsed();
            match deed {
                Deed::Delay(wait) => assert_eq!(waited, wait, "{moment:?}"),
                Deed::Drip(wait) if !silent => assert!(waited >= wait * 10, "{moment:?}"),
                _ => assert_eq!(waited, Duration::ZERO, "{deed:?} at {moment:?}"),
            }
            assert_eq!(
                met(&stage.end().await),
                ["fault as written"],
                "{deed:?} at {moment:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_reply_of_a_fault_leads_on_as_its_code_says() {
    // (moment, reply, codes)
    let cases = [
        (Moment::Connect, "421 4.3.2 no", "421 end"),
        (Moment::Greeting, "421 4.3.2 no", "421 end"),
        (Moment::Greeting, "554 5.3.2 no", "554 503 503 503 503 221"),
        (Moment::Ehlo, "550 no", "220 550 503 503 503 221"),
        (Moment::Ehlo, "250 a\nDSN", "220 250 250 250 354 250 221"),
        (Moment::Mail, "450 4.2.1 no", "220 250 450 503 503 221"),
        (Moment::Rcpt, "550 5.1.1 no", "220 250 250 550 503 221"),
        (Moment::Rcpt, "421 4.3.2 no", "220 250 250 421 end"),
        (Moment::Data, "554 5.5.1 no", "220 250 250 250 554 221"),
        (
            Moment::Content,
            "421 4.3.0 no",
            "220 250 250 250 354 421 end",
        ),
        (
            Moment::Content,
            "552 5.3.4 no",
            "220 250 250 250 354 552 221",
        ),
        (
            Moment::EndOfData,
            "451 4.3.0 no",
            "220 250 250 250 354 451 221",
        ),
        (Moment::EndOfData, "250 fine", "220 250 250 250 354 250 221"),
        (Moment::Quit, "500 5.5.1 no", "220 250 250 250 354 250 500"),
    ];
    for (moment, reply, want) in cases {
        let stage = Stage::with_faults(vec![fault(moment.clone(), Deed::Reply(reply.into()))]);
        let codes = session(&stage, "x\r\n".into()).await;
        assert_eq!(codes, want, "{reply} at {moment:?}");
        let events = stage.end().await;
        let accepted = events.iter().any(|event| {
            matches!(
                event.what,
                mtaspec_judge::events::What::MessageAccepted { .. }
            )
        });
        assert_eq!(accepted, want.contains("354 250"), "{reply} at {moment:?}");
    }
}

#[tokio::test]
async fn helo_is_a_moment_of_its_own() {
    let stage = Stage::with_faults(vec![fault(Moment::Helo, Deed::Reply("502 no".into()))]);
    let mut client = stage.greeted().await;
    assert!(client.say("EHLO a").await.starts_with("250"));
    assert_eq!(client.say("HELO a").await, "502 no");
}

#[tokio::test]
async fn refused_connections_are_counted_and_the_others_served() {
    let refusal = Fault {
        times: Some(1),
        ..fault(Moment::Connect, Deed::Refuse)
    };
    let stage = Stage::with_faults(vec![refusal]);
    assert!(stage.connect().await.reply().await.is_none());
    drop(stage.greeted().await);
    let events = stage.end().await;
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match event.what {
            mtaspec_judge::events::What::Connect { refused, .. } => {
                Some((event.connection, refused))
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, [(Some(1), true), (Some(2), false)]);
    assert_eq!(ends(&events).len(), 1);
}

#[tokio::test]
async fn odd_forms_of_a_reply_are_what_they_say() {
    let mail = |stage: &Stage| format!("MAIL FROM:<{}>\r\n", stage.sender());
    let inject = |same_segment| Deed::Inject {
        text: "250 injected\r\n".into(),
        same_segment,
    };
    // (deed, the lines that come)
    let ok = "250 2.1.0 Sender OK";
    let cases = [
        (Deed::BareLf, vec![format!("{ok}\n")]),
        (Deed::Split, vec![format!("{ok}\r\n")]),
        (
            inject(true),
            vec![format!("{ok}\r\n"), "250 injected\r\n".into()],
        ),
        (
            inject(false),
            vec![format!("{ok}\r\n"), "250 injected\r\n".into()],
        ),
    ];
    for (deed, lines) in cases {
        let stage = Stage::with_faults(vec![fault(Moment::Mail, deed.clone())]);
        let mut client = stage.greeted().await;
        client.say("EHLO a").await;
        client.send(mail(&stage)).await;
        for line in lines {
            assert_eq!(client.line().await.unwrap(), line, "{deed:?}");
        }
    }
    let stage = Stage::with_faults(vec![fault(Moment::Mail, Deed::Garbage)]);
    let mut client = stage.greeted().await;
    client.say("EHLO a").await;
    client.send(mail(&stage)).await;
    assert!(
        !client
            .line()
            .await
            .unwrap()
            .starts_with(|first: char| first.is_ascii_digit())
    );
    assert!(
        client
            .say("RCPT TO:<user@example.abcdefg2.test>")
            .await
            .starts_with("503")
    );
}

#[tokio::test]
async fn a_sender_that_gives_up_while_a_reply_is_delayed_ends_the_session() {
    let stage = Stage::with_faults(vec![fault(Moment::Greeting, Deed::Delay(LIMIT * 2))]);
    assert_eq!(session(&stage, stage.content()).await, "stall");
    assert_eq!(stage.clock.elapsed(), LIMIT);
    assert_eq!(ends(&stage.ended().await), ["Sender greeting"]);
}

#[tokio::test]
async fn a_body_that_nobody_takes_in_makes_its_sender_wait() {
    let stage = Stage::with_faults(vec![fault(Moment::Content, Deed::Stall)]);
    let mut client = stage.greeted().await;
    client.say("EHLO a").await;
    client.say(&format!("MAIL FROM:<{}>", stage.sender())).await;
    client.say("RCPT TO:<user@example.abcdefg2.test>").await;
    assert!(client.say("DATA").await.starts_with("354"));
    let clock = Arc::clone(&stage.clock);
    let body = format!("{}\r\n", "x".repeat(998)).repeat(5_243);
    let taken = stage.run(async move {
        tokio::select! {
            biased;
            () = client.send(body) => true,
            () = clock.sleep_until(LIMIT) => false,
        }
    });
    assert!(!taken.await);
    assert_eq!(ends(&stage.ended().await), ["Sender DATA"]);
}

#[tokio::test]
async fn a_sender_that_takes_odd_octets_for_no_reply_waits_on_the_clock_of_the_case() {
    for deed in [Deed::Garbage, Deed::BareLf] {
        for secured in [false, true] {
            let stage = Stage::with_faults(vec![fault(Moment::Mail, deed.clone())]);
            let (clock, mail) = (Arc::clone(&stage.clock), stage.sender());
            let address = stage.fake.real_address();
            let heard = stage.run(async move {
                let mut client = Client::new(clock.connect(address).await.unwrap());
                client.reply().await.unwrap();
                client = if secured {
                    client.secured().await
                } else {
                    client.say("EHLO a.test").await;
                    client
                };
                client.send(format!("MAIL FROM:<{mail}>\r\n")).await;
                let strict = async {
                    // A reply begins with a digit and ends in CRLF, for this sender.
                    while client.line().await.is_some_and(|line| {
                        !line.starts_with(|first: char| first.is_ascii_digit())
                            || !line.ends_with("\r\n")
                    }) {}
                };
                tokio::select! {
                    biased;
                    () = strict => true,
                    () = clock.sleep_until(LIMIT) => false,
                }
            });
            assert!(!heard.await, "{deed:?}");
            assert_eq!(stage.clock.elapsed(), LIMIT, "{deed:?}");
            assert_eq!(ends(&stage.ended().await), ["Sender MAIL"], "{deed:?}");
        }
    }
}
