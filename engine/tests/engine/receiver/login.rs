//! AUTH (RFC 4954): where it is offered, and what it answers.

use mtaspec_engine::Service;

use super::client::{Client, ModernTls, Reception};

/// `\0anna\0secret`, `\0anna\0guess`, `anna`, `secret`.
const RIGHT: &str = "AGFubmEAc2VjcmV0";
const WRONG: &str = "AGFubmEAZ3Vlc3M=";
const ANNA: &str = "YW5uYQ==";
const SECRET: &str = "c2VjcmV0";
const MAIL: &str = "MAIL FROM:<anna@home.test>";

async fn submitter(reception: &Reception, service: Service) -> Client {
    let mut client = reception.connect_tls(service, &ModernTls::new()).await;
    assert!(client.say("EHLO a.test").await.contains("AUTH PLAIN LOGIN"));
    client
}

#[tokio::test]
async fn auth_is_listed_at_submission_inside_tls_alone() {
    let reception = Reception::new(|_| {}).await;
    let mut client = reception.connect(Service::Submission).await;
    assert!(!client.say("EHLO a.test").await.contains("AUTH"));
    let early = client.say(&format!("AUTH PLAIN {RIGHT}")).await;
    assert!(early.starts_with("523 5.7.10"), "{early}");
    assert!(client.say(MAIL).await.starts_with("530 5.7.0 Must"));
    for service in [Service::Mx, Service::Injection] {
        let mut client = reception.connect_tls(service, &ModernTls::new()).await;
        assert!(!client.say("EHLO a.test").await.contains("AUTH"));
        assert!(client.say("AUTH PLAIN =").await.starts_with("502 5.5.1"));
    }
    for service in [Service::Submission, Service::Submissions] {
        let mut client = submitter(&reception, service).await;
        assert!(client.say(MAIL).await.starts_with("530 5.7.0 Log in"));
    }
}

#[tokio::test]
async fn a_login_ends_as_the_standard_says() {
    let plain = |response: &str| format!("AUTH PLAIN {response}");
    // (lines, codes)
    let cases: [(Vec<String>, &[&str]); 12] = [
        (vec![plain(RIGHT), MAIL.into()], &["235 2.7.0", "250 2.1.0"]),
        (
            vec!["auth plain".into(), RIGHT.into()],
            &["334", "235 2.7.0"],
        ),
        (
            vec!["AUTH LOGIN".into(), ANNA.into(), SECRET.into()],
            &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 2.7.0"],
        ),
        (
            vec![format!("AUTH LOGIN {ANNA}"), SECRET.into()],
            &["334 UGFzc3dvcmQ6", "235 2.7.0"],
        ),
        (
            vec![format!("AUTH LOGIN {ANNA}"), ANNA.into()],
            &["334 UGFzc3dvcmQ6", "535 5.7.8"],
        ),
        (vec![plain(WRONG), MAIL.into()], &["535 5.7.8", "530 5.7.0"]),
        (vec!["AUTH PLAIN".into(), "*".into()], &["334", "501 5.7.0"]),
        (
            vec!["AUTH PLAIN".into(), "not base64".into()],
            &["334", "501 5.5.2"],
        ),
        (vec![plain("=")], &["501 5.5.2"]),
        (vec!["AUTH CRAM-MD5".into()], &["504 5.5.4"]),
        (vec!["AUTH".into()], &["501 5.5.4"]),
        (
            vec![
                plain(RIGHT),
                plain(RIGHT),
                "EHLO b.test".into(),
                plain(RIGHT),
            ],
            &["235 2.7.0", "503 5.5.1", "250-", "503 5.5.1"],
        ),
    ];
    let reception = Reception::new(|_| {}).await;
    for (lines, codes) in cases {
        let mut client = submitter(&reception, Service::Submission).await;
        for (line, code) in lines.iter().zip(codes) {
            let reply = client.say(line).await;
            assert!(reply.starts_with(code), "{line}: {reply}");
        }
    }
}

#[tokio::test]
async fn a_third_failed_login_ends_the_session() {
    let reception = Reception::new(|_| {}).await;
    let mut client = submitter(&reception, Service::Submissions).await;
    let guess = format!("AUTH PLAIN {WRONG}");
    let codes = client.codes(&[&guess, &guess, &guess, "NOOP"]).await;
    assert_eq!(codes, ["535", "535", "421", "closed"]);
}

#[tokio::test]
async fn who_has_logged_in_sends_to_everybody_and_the_trace_field_says_so() {
    let reception = Reception::new(|_| {}).await;
    let mut client = submitter(&reception, Service::Submissions).await;
    client.say(&format!("AUTH PLAIN {RIGHT}")).await;
    let codes = client
        .codes(&[
            MAIL,
            "RCPT TO:<user@example.test>",
            "DATA",
            "From: anna@home.test\r\n\r\nx\r\n.",
        ])
        .await;
    assert_eq!(codes, ["250", "250", "354", "250"]);
    assert_eq!(
        reception.scene.outcome(&reception.engine).await,
        crate::scene::delivered("tls")
    );
    let content = &reception.scene.mx.messages()[0].content;
    let (field, _) = content.split_once(";").unwrap();
    insta::assert_snapshot!(field.replace("\r\n", "\n"), @r"
    Received: from a.test ([127.0.0.1])
    	(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256)
    	by subject.home.test with ESMTPSA tls TLS_AES_256_GCM_SHA384
    ");
}
