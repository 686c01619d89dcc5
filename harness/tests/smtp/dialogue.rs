//! Which reply a command gets in each state.

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Host, StartTls};

use crate::stage::Stage;

/// Says the lines one after the other; the codes of the replies.
async fn codes(stage: &Stage, lines: &str, inside_tls: bool) -> String {
    let mut client = stage.greeted().await;
    if inside_tls {
        client = client.secured().await;
    }
    let mut codes = Vec::new();
    for line in lines.split('|') {
        let line = line.replace("SENDER", &stage.sender());
        let reply = client.say(&line).await;
        codes.push(reply.chars().take(3).collect::<String>());
    }
    codes.join(" ")
}

const TO: &str = "RCPT TO:<user@example.abcdefg2.test>";

#[tokio::test]
async fn every_command_has_its_reply_in_every_state() {
    let stage = Stage::healthy();
    // (commands, codes)
    let cases = [
        ("NOOP|RSET|VRFY x|QUIT", "250 250 252 221"),
        (
            "MAIL FROM:<>|RCPT TO:<a@b>|DATA|STARTTLS|AUTH PLAIN",
            "503 503 503 503 503",
        ),
        ("EHLO|HELO|EHLO a|HELO a|ehlo a", "501 501 250 250 250"),
        ("EHLO a|AUTH PLAIN|FOO|*?|", "250 502 500 500 500"),
        ("EHLO a|STARTTLS now|STARTTLS", "250 501 220"),
        ("EHLO a|RCPT TO:<a@b>|DATA|BDAT x", "250 503 503 501"),
        (
            "EHLO a|MAIL FROM:SENDER|MAIL FROM:<SENDER>|MAIL FROM:<SENDER>",
            "250 501 250 503",
        ),
        (
            "EHLO a|MAIL FROM:<SENDER>|DATA|STARTTLS|VRFY x|EHLO a|DATA",
            "250 250 503 503 252 250 503",
        ),
        (
            "EHLO a|MAIL FROM:<SENDER>|RCPT TO:<x@example.test>|RCPT TO|RCPT TO:<>",
            "250 250 451 501 451",
        ),
        (
            "EHLO a|MAIL FROM:<SENDER>|TO|DATA|x\r\n.|TO",
            "250 250 250 354 250 503",
        ),
        (
            "EHLO a|MAIL FROM:<SENDER>|TO|TO|RSET|TO|MAIL FROM:<>",
            "250 250 250 250 250 503 250",
        ),
        (
            "EHLO a|MAIL FROM:<SENDER>|TO|BDAT 5\r\nabc|MAIL FROM:<>|TO|BDAT 0 LAST|MAIL FROM:<>",
            "250 250 250 250 503 503 250 250",
        ),
        ("EHLO a|BDAT 5 LAST\r\nabc|NOOP", "250 503 250"),
        (
            "EHLO a|MAIL FROM:<> SIZE=99999999|MAIL FROM:<> XFOO=1|MAIL FROM:<ä@b>",
            "250 552 555 553",
        ),
        ("HELO a|MAIL FROM:<> SIZE=1|MAIL FROM:<>", "250 555 250"),
    ];
    for (lines, want) in cases {
        assert_eq!(
            codes(&stage, &lines.replace("|TO", &format!("|{TO}")), false).await,
            want,
            "{lines}"
        );
    }
}

#[tokio::test]
async fn inside_tls_the_session_begins_anew() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    assert!(client.say("EHLO a").await.ends_with("250 STARTTLS"));
    client.say("STARTTLS").await;
    let mut inside = client.into_tls().await.unwrap();
    assert!(inside.say("MAIL FROM:<>").await.starts_with("503"));
    let ehlo = inside.say("EHLO a").await;
    assert!(
        !ehlo.contains("STARTTLS") && ehlo.ends_with("250 REQUIRETLS"),
        "{ehlo}"
    );
    assert!(inside.say("STARTTLS").await.starts_with("503"));
    assert!(inside.say("QUIT").await.starts_with("221"));
}

#[tokio::test]
async fn starttls_is_offered_absent_or_hidden() {
    // (word, listed, code of the command)
    let cases = [
        (StartTls::Offered, true, "220"),
        (StartTls::Absent, false, "502"),
        (StartTls::Hidden, false, "220"),
    ];
    for (starttls, listed, code) in cases {
        let stage = Stage::with_host(Host {
            starttls,
            ..Host::default()
        });
        let mut client = stage.greeted().await;
        assert_eq!(
            client.say("EHLO a").await.contains("STARTTLS"),
            listed,
            "{starttls:?}"
        );
        assert!(
            client.say("STARTTLS").await.starts_with(code),
            "{starttls:?}"
        );
    }
}

#[tokio::test]
async fn the_nth_connection_meets_the_nth_host_and_the_last_one_stays() {
    let keyword = |word: &str| Host {
        keywords: vec![word.into()],
        ..Host::default()
    };
    let stage = Stage::with_host(Host {
        connections: vec![keyword("XFIRST"), keyword("XSECOND")],
        ..Host::default()
    });
    for word in ["XFIRST", "XSECOND", "XSECOND"] {
        let mut client = stage.greeted().await;
        assert!(client.say("EHLO a").await.contains(word), "{word}");
    }
}

#[tokio::test]
async fn implicit_tls_begins_before_the_greeting() {
    let stage = Stage::with_host(Host {
        implicit_tls: true,
        ..Host::default()
    });
    let mut client = stage.connect().await.into_tls().await.unwrap();
    assert!(client.reply().await.unwrap().starts_with("220 "));
    assert!(client.say("EHLO a").await.starts_with("250"));
    assert!(client.say("STARTTLS").await.starts_with("503"));
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_order() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await.secured().await;
    let sender = stage.sender();
    client
        .send(format!("MAIL FROM:<{sender}>\r\n{TO}\r\nDATA\r\n"))
        .await;
    for code in ["250", "250", "354"] {
        assert!(client.reply().await.unwrap().starts_with(code));
    }
    client
        .send(format!("{}.\r\nQUIT\r\n", stage.content()))
        .await;
    assert!(client.reply().await.unwrap().starts_with("250"));
    assert!(client.reply().await.unwrap().starts_with("221"));
    assert_eq!(client.rest().await, (String::new(), true));
    let events = stage.end().await;
    let accepted = events
        .iter()
        .filter(|event| matches!(event.what, What::MessageAccepted { .. }));
    assert_eq!(accepted.count(), 1);
}

#[tokio::test]
async fn chunks_make_one_message() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await.secured().await;
    client.say(&format!("MAIL FROM:<{}>", stage.sender())).await;
    client.say(TO).await;
    client
        .send("BDAT 6\r\na\r\n.\r\nBDAT 3 LAST\r\nb\r\n")
        .await;
    assert!(client.reply().await.unwrap().starts_with("250"));
    assert!(client.reply().await.unwrap().starts_with("250"));
    drop(client);
    let events = stage.end().await;
    let content = events.iter().find_map(|event| match &event.what {
        What::MessageAccepted { content, .. } => Some(content.as_str()),
        _ => None,
    });
    assert_eq!(content, Some("a\r\n.\r\nb\r\n"));
}
