//! Messages handed to small receivers that answer from a script.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::clock::CaseClock;

/// A receiver that answers line by line from a script and keeps what it was told.
async fn receiver(
    scripts: Vec<Vec<&'static str>>,
) -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut heard = Vec::new();
        for script in scripts {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut tcp = BufReader::new(tcp);
            for reply in script {
                tcp.write_all(format!("{reply}\r\n").as_bytes())
                    .await
                    .unwrap();
                let in_data = reply.starts_with("354");
                let mut line = String::new();
                while tcp.read_line(&mut line).await.unwrap() > 0 {
                    if !in_data {
                        heard.push(line.trim_end().to_owned());
                    }
                    if !in_data || line == ".\r\n" {
                        break;
                    }
                    line.clear();
                }
            }
        }
        heard
    });
    (address, task)
}

async fn injected(
    message: Message,
    scripts: Vec<Vec<&'static str>>,
) -> (Result<(), InjectionError>, Vec<String>, Vec<String>) {
    let (address, task) = receiver(scripts).await;
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let recorder = Recorder::new(clock, "abcdefg2");
    let mail = PlannedMail {
        message: "first".into(),
        copy: 1,
        sender: "sender+mtabcdefghij@home.test".into(),
        header_canary: "mtaspec-header-abcdefghij".into(),
        body_canary: "mtaspec-body-abcdefghij".into(),
    };
    let hand_over = HandOver {
        way: address.into(),
        home: "home.test",
        now: SystemTime::UNIX_EPOCH,
        recorder: &recorder,
    };
    let result = hand_over.inject(&message, &mail).await;
    let noted = recorder
        .events()
        .into_iter()
        .map(|event| match event.what {
            What::Injected {
                recipient, code, ..
            } => format!("{recipient:?} {code}"),
            other => format!("{other:?}"),
        })
        .collect();
    (result, task.await.unwrap(), noted)
}

#[tokio::test]
async fn the_parameters_of_a_message_are_said_and_each_recipient_has_its_answer() {
    let message = Message {
        to: vec!["a@example.test".into(), "b@example.test".into()],
        ret: Some("full".into()),
        envid: Some("a+b c".into()),
        notify: vec!["success".into(), "failure".into()],
        requiretls: true,
        size: 10,
        ..Message::default()
    };
    let script = vec![
        "220 hi",
        "250 ok",
        "250 ok",
        "550 no",
        "250 ok",
        "354 go",
        "250 taken",
        "221 bye",
    ];
    let (result, heard, noted) = injected(message, vec![script]).await;
    result.unwrap();
    insta::assert_snapshot!(heard.join("\n"), @r"
    EHLO client.home.test
    MAIL FROM:<sender+mtabcdefghij@home.test> SIZE=229 RET=FULL ENVID=a+2Bb+20c REQUIRETLS
    RCPT TO:<a@example.test> NOTIFY=SUCCESS,FAILURE
    RCPT TO:<b@example.test> NOTIFY=SUCCESS,FAILURE
    DATA
    QUIT
    ");
    assert_eq!(
        noted,
        [
            r#"Some("a@example.test") 550"#,
            r#"Some("b@example.test") 250"#
        ]
    );
}

#[tokio::test]
async fn a_message_that_is_put_off_is_offered_four_times() {
    let put_off = || vec!["421 later"];
    let (result, _, noted) = injected(
        Message::default(),
        vec![put_off(), put_off(), put_off(), put_off()],
    )
    .await;
    assert_eq!(
        result.unwrap_err().to_string(),
        "message `first` was put off 4 times: 421 later"
    );
    assert_eq!(noted, [""; 0]);
    let taken = vec![
        "220 hi",
        "250 ok",
        "250 ok",
        "250 ok",
        "354 go",
        "250 taken",
        "221 bye",
    ];
    let (result, _, noted) = injected(
        Message::default(),
        vec![vec!["220 hi", "250 ok", "451 later"], taken],
    )
    .await;
    result.unwrap();
    assert_eq!(noted, [r#"Some("user@example.test") 250"#]);
}

#[tokio::test]
async fn a_refusal_of_the_reverse_path_speaks_of_all_recipients() {
    let (result, _, noted) = injected(
        Message::default(),
        vec![vec!["220 hi", "250 ok", "550 5.7.1 no"]],
    )
    .await;
    result.unwrap();
    assert_eq!(noted, ["None 550"]);
}

#[tokio::test]
async fn nonsense_and_a_closed_connection_are_errors() {
    for script in [vec!["hello"], vec!["220 hi"]] {
        let (result, _, _) = injected(Message::default(), vec![script]).await;
        assert!(result.is_err());
    }
}
