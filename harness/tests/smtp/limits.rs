//! What is too much gets a clear reply, and harms nobody.

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::Host;

use crate::stage::Stage;

const TO: &str = "RCPT TO:<user@example.abcdefg2.test>";

#[tokio::test]
async fn a_line_over_the_limit_is_refused_and_the_session_goes_on() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    assert!(
        client
            .say(&"x".repeat(2_046))
            .await
            .starts_with("500 5.5.1")
    );
    assert!(
        client
            .say(&"x".repeat(2_047))
            .await
            .starts_with("500 5.5.2")
    );
    assert!(client.say("EHLO a").await.starts_with("250"));
}

#[tokio::test]
async fn a_line_without_end_ends_the_session() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    client.send(vec![b'x'; (1 << 20) + 4_096]).await;
    assert!(client.reply().await.unwrap().starts_with("421 4.7.0"));
    assert_eq!(client.rest().await, (String::new(), true));
}

#[tokio::test]
async fn commands_without_end_end_the_session() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    for _ in 0..100 {
        client.send("NOOP\r\n".repeat(100)).await;
        for _ in 0..100 {
            assert!(client.reply().await.unwrap().starts_with("250"));
        }
    }
    assert!(client.say("NOOP").await.starts_with("421 4.7.0"));
    assert_eq!(client.rest().await, (String::new(), true));
}

#[tokio::test]
async fn a_message_over_the_stated_size_is_refused_at_its_end() {
    let stage = Stage::with_host(Host {
        keywords: vec!["SIZE 1000".into()],
        ..Host::default()
    });
    // (octets, code)
    for (octets, code) in [(1_000, "250"), (1_001, "552"), (100_000, "552")] {
        let mut client = stage.greeted().await;
        client.say("EHLO a").await;
        client.say(&format!("MAIL FROM:<{}>", stage.sender())).await;
        client.say(TO).await;
        client.say("DATA").await;
        let reply = client
            .say(&format!("{}\r\n.", "x".repeat(octets - 2)))
            .await;
        assert!(reply.starts_with(code), "{octets}: {reply}");
    }
    let events = stage.end().await;
    let accepted = events
        .iter()
        .filter(|event| matches!(event.what, What::MessageAccepted { .. }));
    assert_eq!(accepted.count(), 1);
}

#[tokio::test]
async fn a_chunk_beyond_all_measure_ends_the_session() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    client.say("EHLO a").await;
    client.say(&format!("MAIL FROM:<{}>", stage.sender())).await;
    client.say(TO).await;
    assert!(
        client
            .say("BDAT 18446744073709551615")
            .await
            .starts_with("421 4.7.0")
    );
    assert_eq!(client.rest().await, (String::new(), true));
}

#[tokio::test]
async fn one_recipient_over_a_hundred_is_refused() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    client.say("EHLO a").await;
    client.say(&format!("MAIL FROM:<{}>", stage.sender())).await;
    for _ in 0..100 {
        assert!(client.say(TO).await.starts_with("250"));
    }
    assert!(client.say(TO).await.starts_with("452"));
}
