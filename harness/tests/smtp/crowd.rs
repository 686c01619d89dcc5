//! Many senders at once, and senders that die, flood or say nothing.

use std::sync::Arc;

use mtaspec_judge::events::{Event, What};
use proptest::prelude::*;
use tokio::runtime::Handle;

use crate::client::Client;
use crate::stage::Stage;

const TO: &str = "RCPT TO:<user@example.abcdefg2.test>";

/// Hands over a message over TLS.
async fn deliver(mut client: Client, sender: &str, content: &str) -> String {
    client.reply().await;
    let mut inside = client.secured().await;
    inside.say(&format!("MAIL FROM:<{sender}>")).await;
    inside.say(TO).await;
    inside.say("DATA").await;
    let reply = inside.say(&format!("{content}.")).await;
    inside.say("QUIT").await;
    inside.rest().await;
    reply
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_sessions_at_once_are_all_served() {
    let stage = Arc::new(Stage::healthy());
    let sessions: Vec<_> = (0..200)
        .map(|_| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                let client = stage.connect().await;
                deliver(client, &stage.sender(), &stage.content()).await
            })
        })
        .collect();
    for session in sessions {
        assert!(session.await.unwrap().starts_with("250"));
    }
    let stage = Arc::into_inner(stage).unwrap();
    let events = stage.end().await;
    let count =
        |wanted: fn(&What) -> bool| events.iter().filter(|event| wanted(&event.what)).count();
    assert_eq!(
        count(|what| matches!(what, What::MessageAccepted { .. })),
        200
    );
    assert_eq!(count(|what| matches!(what, What::Disconnect { .. })), 200);
    let mut numbers: Vec<_> = events.iter().filter_map(|event| event.connection).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn bad_senders_harm_no_other_session_and_leave_no_task() {
    let before = Handle::current().metrics().num_alive_tasks();
    let stage = Stage::healthy();
    let mute = stage.connect().await;
    let mut dying = stage.greeted().await;
    dying.send("EHLO a\r\nMAIL FR").await;
    drop(dying);
    // It sends without end and never hears an answer: the kernel stops it when nobody takes more in.
    let mut flood = stage.connect().await;
    let flooding = tokio::spawn(async move {
        loop {
            flood.send("NOOP\r\n".repeat(1_000)).await;
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..3 {
        let client = stage.connect().await;
        let reply = deliver(client, &stage.sender(), &stage.content()).await;
        assert!(reply.starts_with("250"), "{reply}");
    }
    flooding.abort();
    let _ = flooding.await;
    drop(stage);
    drop(mute);
    while Handle::current().metrics().num_alive_tasks() > before {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_port_is_free_as_soon_as_its_fake_is_dropped() {
    let stage = Stage::healthy();
    let (address, setup) = (stage.fake.real_address(), stage.setup.clone());
    drop(stage);
    let again = mtaspec_harness::internet::smtp::SmtpFake::listen(address, setup).unwrap();
    assert_eq!(again.real_address(), address);
}

fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "EHLO a",
        "HELO a",
        "MAIL FROM:<>",
        "MAIL FROM:<a@b> SIZE=9",
        TO,
        "DATA",
        ".",
        "RSET",
        "BDAT 3",
        "BDAT 4 LAST",
        "STARTTLS",
        "AUTH PLAIN",
        "VRFY x",
        "NOOP",
    ];
    prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(|word| format!("{word}\r\n").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_comes_the_session_ends_in_order(
        lines in prop::collection::vec(any_line(), 0..30), cut in 1_usize..40,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let events = runtime.block_on(async {
            let stage = Stage::healthy();
            let mut client = stage.connect().await;
            for segment in lines.concat().chunks(cut) {
                client.send(segment).await;
            }
            client.finish().await;
            client.rest().await;
            stage.end().await
        });
        let broken = |event: &Event| matches!(event.what, What::HarnessFailed { .. });
        prop_assert!(!events.iter().any(broken));
        let ends = events.iter().filter(|event| matches!(event.what, What::Disconnect { .. }));
        prop_assert_eq!(ends.count(), 1);
    }
}
