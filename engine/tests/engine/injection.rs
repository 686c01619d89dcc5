//! How the engine takes messages: the dialogue at injection, and what it refuses.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use mtaspec_engine::Running;

use crate::peer::Host;
use crate::scene::{Scene, bounced, delivered};

/// Sends commands one after the other and returns the code of each reply, that of the greeting first.
async fn dialogue(engine: &Running, commands: &[&str]) -> Vec<String> {
    let mut stream = BufReader::new(
        TcpStream::connect(
            engine
                .address_of(mtaspec_engine::Service::Injection)
                .unwrap(),
        )
        .await
        .unwrap(),
    );
    let mut codes = Vec::new();
    let mut commands = commands.iter();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            codes.push("closed".into());
            return codes;
        }
        if line.as_bytes()[3] == b'-' {
            continue;
        }
        codes.push(line[..3].to_owned());
        match commands.next() {
            Some(command) => {
                // The other side may have closed by now; the next read tells.
                let _ = stream.write_all(format!("{command}\r\n").as_bytes()).await;
            }
            None => return codes,
        }
    }
}

#[tokio::test]
async fn commands_are_answered_in_order_and_out_of_order_refused() {
    let scene = Scene::new(Host::with_tls);
    let engine = scene.start(&[]).await;
    let mail = "MAIL FROM:<a@home.test>";
    let rcpt = "RCPT TO:<user@example.test>";
    let long = format!("EHLO {}", "x".repeat(5_000));
    let wrong = vec!["WRONG"; 25];
    // (commands, codes)
    let cases: [(&[&str], &[&str]); 11] = [
        (&["QUIT", "NOOP"], &["220", "221", "closed"]),
        (
            &["HELO a.test", mail, rcpt, "QUIT"],
            &["220", "250", "250", "250", "221"],
        ),
        (
            &[mail, "EHLO a.test", rcpt, "DATA"],
            &["220", "503", "250", "503", "503"],
        ),
        (
            &["EHLO a.test", mail, mail, "RSET", mail, "DATA"],
            &["220", "250", "250", "503", "250", "250", "503"],
        ),
        (
            &["EHLO a.test", "MAIL FROM:<a@home.test> SIZE=99999999999"],
            &["220", "250", "552"],
        ),
        (
            &["EHLO a.test", "MAIL FROM:<a@home.test> MT-PRIORITY=3"],
            &["220", "250", "555"],
        ),
        (
            &["NOOP x", "VRFY a", "HELP", "STARTTLS"],
            &["220", "250", "252", "502", "502"],
        ),
        (
            &["EHLO a.test", "MAIL FROM:<jürgen@home.test>"],
            &["220", "250", "553"],
        ),
        (
            &[
                "EHLO a.test",
                mail,
                "RCPT TO:<jürgen@example.test>",
                rcpt,
                "RSET",
                "MAIL FROM:<jürgen@home.test> SMTPUTF8",
                "RCPT TO:<jürgen@example.test>",
            ],
            &["220", "250", "250", "553", "250", "250", "250", "250"],
        ),
        (&[&long, "NOOP"], &["220", "500", "closed"]),
        (&wrong, &["220"]),
    ];
    for (commands, want) in cases {
        let codes = dialogue(&engine, commands).await;
        if commands == wrong {
            assert_eq!(codes[1..21], vec!["502"; 20]);
            assert_eq!(codes[21..], ["421", "closed"]);
        } else {
            assert_eq!(codes, want, "{commands:?}");
        }
    }
    assert!(engine.queue().is_empty());
}

#[tokio::test]
async fn commands_in_one_segment_are_answered_one_by_one() {
    let scene = Scene::new(Host::with_tls);
    let engine = scene.start(&[]).await;
    let segment = "EHLO a.test\r\nMAIL FROM:<a@home.test>\r\nRCPT TO:<user@example.test>\r\nDATA";
    let codes = dialogue(&engine, &[segment, "Subject: x\r\n\r\n..dot\r\n.\r\nQUIT"]).await;
    assert_eq!(codes[..3], ["220", "250", "250"]);
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    assert!(scene.mx.messages()[0].content.ends_with("\r\n\r\n.dot\r\n"));
}

#[tokio::test]
async fn a_message_goes_only_to_hosts_that_can_take_it() {
    // (keywords inside TLS, body, outcome)
    let cases = [
        (&["SIZE 1000000"][..], "x", delivered("tls")),
        (&["SIZE 0"], "x", delivered("tls")),
        (&["SIZE 100"], "x", bounced("5.3.4")),
        (&["8BITMIME"], "ü", delivered("tls")),
        (&["SIZE"], "ü", bounced("5.6.3")),
    ];
    for (keywords, body, want) in cases {
        let scene = Scene::new(|identity| Host::with_tls(identity).keywords_in_tls(keywords));
        let engine = scene.start(&[]).await;
        let content = format!("Subject: x\r\n\r\n{body}\r\n");
        let recipient = "RCPT TO:<user@example.test>".to_owned();
        let mail = "MAIL FROM:<sender@home.test> BODY=8BITMIME";
        crate::peer::inject(
            engine
                .address_of(mtaspec_engine::Service::Injection)
                .unwrap(),
            mail,
            &[recipient],
            &content,
        )
        .await;
        assert_eq!(
            scene.outcome(&engine).await,
            want,
            "{keywords:?} with {body}"
        );
        if body == "ü" && want == delivered("tls") {
            assert_eq!(
                scene.mx.messages()[0].mail,
                "MAIL FROM:<sender@home.test> BODY=8BITMIME"
            );
        }
    }
}

#[tokio::test]
async fn a_message_that_goes_round_in_circles_is_not_taken() {
    // (trace fields it comes with, code)
    for (hops, want) in [(100, "250"), (101, "554")] {
        let scene = Scene::new(Host::with_tls);
        let engine = scene.start(&[]).await;
        let content = format!(
            "{}Subject: x\r\n\r\nReceived: no field\r\n.",
            "received: by a.test\r\n\tfor b\r\n".repeat(hops)
        );
        let commands = [
            "EHLO a.test",
            "MAIL FROM:<a@home.test>",
            "RCPT TO:<user@example.test>",
            "DATA",
            &content,
        ];
        let codes = dialogue(&engine, &commands).await;
        assert_eq!(codes.last().map(String::as_str), Some(want), "{hops}");
    }
}
