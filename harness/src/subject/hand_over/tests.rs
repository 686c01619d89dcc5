//! Messages handed to small receivers that answer from a script.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::clock::CaseClock;
use crate::runner::with_causes;
use crate::subject::{Limits, Login};

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

fn mail() -> PlannedMail {
    PlannedMail {
        message: "first".into(),
        copy: 1,
        sender: "sender+mtabcdefghij@home.test".into(),
        header_canary: "mtaspec-header-abcdefghij".into(),
        body_canary: "mtaspec-body-abcdefghij".into(),
    }
}

async fn injected(
    message: Message,
    scripts: Vec<Vec<&'static str>>,
) -> (Result<(), InjectionError>, Vec<String>, Vec<String>) {
    let (address, task) = receiver(scripts).await;
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let recorder = Recorder::new(clock, "abcdefg2");
    let hand_over = HandOver {
        way: address.into(),
        home: "home.test",
        now: SystemTime::UNIX_EPOCH,
        recorder: &recorder,
    };
    let result = hand_over.inject(&message, &mail()).await;
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
async fn a_message_that_is_put_off_each_time_was_not_taken() {
    let put_off = || vec!["220 hi", "250 ok", "451 not this one", "221 bye"];
    let scripts = vec![put_off(), put_off(), put_off(), put_off()];
    let (result, _, noted) = injected(Message::default(), scripts).await;
    result.unwrap();
    assert_eq!(noted, ["None 451"]);
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

fn way(address: SocketAddr, login: Option<(&str, &str)>, messages: usize) -> WayIn {
    let login = login.map(|(user, password)| Login {
        user: user.into(),
        password: password.into(),
    });
    let injection = Injection {
        address,
        starttls: false,
        login,
    };
    let limits = Limits {
        at_once: NonZeroUsize::MIN,
        messages_per_connection: NonZeroUsize::new(messages).unwrap(),
    };
    WayIn::new(Means::Smtp(injection), limits)
}

/// What became of so many messages, one after the other.
async fn handed_over(way: &WayIn, count: usize) -> Vec<Result<(), String>> {
    let recorder = Recorder::new(CaseClock::new(SystemTime::UNIX_EPOCH), "abcdefg2");
    let mut all = Vec::new();
    for _ in 0..count {
        let hand_over = HandOver {
            way: way.clone(),
            home: "home.test",
            now: SystemTime::UNIX_EPOCH,
            recorder: &recorder,
        };
        let result = hand_over.inject(&Message::default(), &mail()).await;
        all.push(result.map_err(|error| with_causes(&error)));
    }
    all
}

#[tokio::test]
async fn whoever_logs_in_does_so_by_what_the_subject_offers() {
    // (what follows the greeting, what is heard up to MAIL, what is said of it)
    let cases = [
        (
            vec!["250-hi\r\n250 AUTH LOGIN PLAIN", "235 ok", "550 no"],
            "EHLO client.home.test, AUTH PLAIN AGFubmEAa2V5, MAIL",
            Ok(()),
        ),
        (
            vec![
                "250-hi\r\n250 auth LOGIN",
                "334 VXNlcg==",
                "334 x",
                "235 ok",
                "550 no",
            ],
            "EHLO client.home.test, AUTH LOGIN, YW5uYQ==, a2V5, MAIL",
            Ok(()),
        ),
        (
            vec!["250-hi\r\n250 AUTH PLAIN", "535 5.7.8 no"],
            "EHLO client.home.test, AUTH PLAIN AGFubmEAa2V5",
            Err("message `first` could not be injected: the subject refused AUTH: 535 5.7.8 no"),
        ),
        (
            vec!["250-hi\r\n250 AUTH GSSAPI"],
            "EHLO client.home.test",
            Err(
                "message `first` could not be injected: the subject offers no AUTH with PLAIN or LOGIN",
            ),
        ),
    ];
    for (mut script, heard, want) in cases {
        script.insert(0, "220 hi");
        let (address, task) = receiver(vec![script]).await;
        let way = way(address, Some(("anna", "key")), 1);
        let told = handed_over(&way, 1).await.remove(0);
        assert_eq!(told, want.map_err(str::to_owned), "{heard}");
        let lines = task.await.unwrap();
        let first_words: Vec<&str> = (lines.iter())
            .map(|line| {
                if line.starts_with("MAIL") {
                    "MAIL"
                } else {
                    line
                }
            })
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(first_words.join(", "), heard);
    }
}

#[test]
fn a_password_is_not_printed() {
    let way = way("127.0.0.1:25".parse().unwrap(), Some(("anna", "key")), 1);
    let printed = format!("{:?}", way.means());
    assert!(
        printed.contains("anna") && !printed.contains("key"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_connection_takes_as_many_messages_as_it_may_and_one_that_is_over_is_replaced() {
    let begin = ["220 hi", "250 ok"];
    let message = ["250 ok", "250 ok", "354 go", "250 taken", "250 reset"];
    let two_and_end = [&begin[..], &message, &message[..4], &["221 bye"]].concat();
    // The second connection is closed by the receiver behind its first message.
    let scripts = vec![
        two_and_end.clone(),
        [&begin[..], &message].concat(),
        two_and_end,
    ];
    let (address, task) = receiver(scripts).await;
    let way = way(address, None, 2);
    assert_eq!(handed_over(&way, 5).await, vec![Ok(()); 5]);
    let heard = task.await.unwrap();
    let count = |word: &str| heard.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((count("EHLO"), count("QUIT")), (3, 2), "{heard:?}");
}

#[tokio::test]
async fn a_command_takes_what_it_can_be_told() {
    let recorder = Recorder::new(CaseClock::new(SystemTime::UNIX_EPOCH), "abcdefg2");
    let command = "/bin/sh -c 'cat > /dev/null; exit 67' sh F T"
        .parse()
        .unwrap();
    let hand_over = HandOver {
        way: WayIn::new(Means::Command(command), Limits::NONE),
        home: "home.test",
        now: SystemTime::UNIX_EPOCH,
        recorder: &recorder,
    };
    let plain = Message::default();
    hand_over.inject(&plain, &mail()).await.unwrap();
    let noted: Vec<String> = (recorder.events().iter())
        .map(|event| format!("{:?}", event.what))
        .collect();
    insta::assert_snapshot!(noted.join("\n"), @r#"Injected { recipient: Some("user@example.test"), code: 554, text: "/bin/sh ended with 67" }"#);
    let tagged = Message {
        requiretls: true,
        ..Message::default()
    };
    let said = hand_over.inject(&tagged, &mail()).await.unwrap_err();
    assert!(said.to_string().contains("needs REQUIRETLS"), "{said}");
}
