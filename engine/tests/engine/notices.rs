//! What senders are told: which notices there are, what hosts are told of the wish for them, and how notices reach home.

use std::collections::BTreeMap;
use std::time::Duration;

use mail_parser::{MessageParser, MimeHeaders};
use mtaspec_engine::Running;
use mtaspec_engine::settings::Aliases;

use crate::peer::{Deed, Host, Message, inject};
use crate::scene::Scene;

const HOUR: Duration = Duration::from_secs(3_600);
const SENDER: &str = "MAIL FROM:<sender@home.test>";
const PLAIN: [&str; 2] = ["SIZE 10485760", "8BITMIME"];

/// The values of a field in all notices that arrived.
fn told(scene: &Scene, field: &str) -> Vec<String> {
    let of_one = |notice: Message| -> Vec<String> {
        let lines = notice.content.lines();
        let values = lines.filter_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
        values.map(str::to_owned).collect()
    };
    scene.home.messages().into_iter().flat_map(of_one).collect()
}

#[tokio::test]
async fn a_delay_is_told_once_after_four_hours_and_the_failure_after_it() {
    let scene = Scene::new(Host::with_tls);
    scene.world.no_host("192.0.2.1");
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.world.pass(4 * HOUR).await;
    assert_eq!(told(&scene, "Action"), [""; 0]);
    scene.world.pass(4 * HOUR).await;
    assert_eq!(told(&scene, "Action"), ["delayed"]);
    let until = told(&scene, "Will-Retry-Until");
    scene.world.pass(111 * HOUR).await;
    assert_eq!(told(&scene, "Action"), ["delayed"]);
    scene.world.pass(2 * HOUR).await;
    assert_eq!(told(&scene, "Action"), ["delayed", "failed"]);
    assert_eq!(told(&scene, "Status"), ["4.4.1", "4.4.1"]);
    assert_eq!(told(&scene, "Will-Retry-Until"), until);
    assert_eq!(until, ["Sat, 26 Sep 2026 14:13:20 +0000"]);
    let tried = told(&scene, "Last-Attempt-Date");
    assert_eq!(tried[0], "Mon, 21 Sep 2026 21:43:20 +0000");
    assert!(engine.queue().is_empty());
}

#[tokio::test]
async fn who_hears_of_a_delay_follows_from_notify_the_sender_and_the_settings() {
    let four_hours = Some(4 * HOUR);
    // (MAIL, recipient, delay_notice_after, notices)
    let cases = [
        (SENDER, "user@example.test", four_hours, 1),
        (SENDER, "user@example.test> NOTIFY=DELAY", four_hours, 1),
        (SENDER, "user@example.test> NOTIFY=FAILURE", four_hours, 0),
        (
            SENDER,
            "user@example.test> NOTIFY=SUCCESS,FAILURE",
            four_hours,
            0,
        ),
        (SENDER, "user@example.test> NOTIFY=NEVER", four_hours, 0),
        ("MAIL FROM:<>", "user@example.test", four_hours, 0),
        (SENDER, "user@example.test", None, 0),
        (SENDER, "user@example.test", Some(30 * HOUR), 0),
        (SENDER, "user@example.test", Some(Duration::MAX), 0),
    ];
    for (mail, recipient, after, want) in cases {
        let scene = Scene::new(Host::with_tls);
        scene.world.no_host("192.0.2.1");
        let engine = scene
            .start_with(|settings| settings.delay_notice_after = after)
            .await;
        scene.send_as(&engine, mail, &[recipient]).await;
        scene.world.pass(24 * HOUR).await;
        assert_eq!(
            scene.home.messages().len(),
            want,
            "{mail} {recipient} {after:?}"
        );
    }
}

#[tokio::test]
async fn a_success_is_told_where_it_was_asked_for_and_the_next_host_cannot_tell_it() {
    // (keywords of the host, recipient, actions of the notices)
    let cases: [(&[&str], &str, &[&str]); 6] = [
        (&PLAIN, "user@example.test> NOTIFY=SUCCESS", &["relayed"]),
        (
            &PLAIN,
            "user@example.test> NOTIFY=SUCCESS,FAILURE",
            &["relayed"],
        ),
        (&PLAIN, "user@example.test> NOTIFY=FAILURE", &[]),
        (&PLAIN, "user@example.test> NOTIFY=NEVER", &[]),
        (&PLAIN, "user@example.test", &[]),
        (
            &["8BITMIME", "DSN"],
            "user@example.test> NOTIFY=SUCCESS",
            &[],
        ),
    ];
    for (keywords, recipient, want) in cases {
        let scene = Scene::new(|_| Host::plain().keywords(keywords));
        let engine = scene.start(&[]).await;
        scene
            .send_as(&engine, &format!("{SENDER} RET=FULL"), &[recipient])
            .await;
        scene.tried(&engine).await;
        assert_eq!(scene.mx.messages().len(), 1);
        assert_eq!(told(&scene, "Action"), want, "{keywords:?} {recipient}");
        if !want.is_empty() {
            assert_eq!(told(&scene, "Status"), ["2.1.9"]);
            assert_eq!(told(&scene, "Remote-MTA"), ["dns; mx.example.test"]);
            let content = &scene.home.messages()[0].content;
            assert!(content.contains("Content-Type: text/rfc822-headers"));
        }
    }
}

#[tokio::test]
async fn wishes_for_notices_go_on_to_a_host_that_lists_dsn_and_to_no_other() {
    let mail = format!("{SENDER} RET=HDRS ENVID=a+2Bb");
    let recipient = "user@example.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;User+2Btag@example.test";
    for (keywords, is_passed_on) in [(["DSN"], true), (["8BITMIME"], false)] {
        let scene = Scene::new(|_| Host::plain().keywords(&keywords));
        let engine = scene.start(&[]).await;
        scene
            .send_as(&engine, &mail, &[recipient, "other@example.test"])
            .await;
        scene.tried(&engine).await;
        let message = &scene.mx.messages()[0];
        let passed_on = [
            message.mail.contains(" RET=HDRS ENVID=a+2Bb"),
            message.recipients[0]
                .ends_with(" NOTIFY=FAILURE,DELAY ORCPT=rfc822;User+2Btag@example.test"),
        ];
        assert_eq!(passed_on, [is_passed_on; 2], "{keywords:?}");
        if !is_passed_on {
            assert_eq!(message.recipients[0], "RCPT TO:<user@example.test>");
        }
        assert_eq!(message.recipients[1], "RCPT TO:<other@example.test>");
    }
}

#[tokio::test]
async fn an_original_address_beyond_ascii_goes_on_in_the_form_that_the_host_takes() {
    let recipient = "user@example.test> ORCPT=utf-8;jürgen@example.test";
    // (keywords, ORCPT)
    let cases: [(&[&'static str], &str); 2] = [
        (&["8BITMIME", "SMTPUTF8", "DSN"], "jürgen@example.test"),
        (&["8BITMIME", "DSN"], "j\\x{FC}rgen@example.test"),
    ];
    for (keywords, original) in cases {
        let scene = Scene::new(|_| Host::plain().keywords(keywords));
        let engine = scene.start(&[]).await;
        scene.send_as(&engine, UTF8, &[recipient]).await;
        scene.tried(&engine).await;
        let want = format!("RCPT TO:<user@example.test> ORCPT=utf-8;{original}");
        assert_eq!(scene.mx.messages()[0].recipients, [want]);
    }
}

#[tokio::test]
async fn an_alias_is_told_as_expanded_to_who_asked_and_failures_behind_it_as_themselves() {
    let scene = Scene::new(|_| Host::plain().at("no@example.test", Deed::Say("550 5.1.1 who?")));
    let members = ["user@example.test", "no@example.test"].map(str::to_owned);
    let told_to = BTreeMap::from([("all@home.test".to_owned(), members.to_vec())]);
    let engine = scene
        .start_with(|settings| settings.aliases = Aliases::parse(&told_to).unwrap())
        .await;
    let asked = "all@home.test> NOTIFY=SUCCESS,FAILURE";
    scene.send_as(&engine, SENDER, &[asked]).await;
    scene.tried(&engine).await;
    assert_eq!(scene.mx.messages().len(), 1);
    let mut fates: Vec<_> = told(&scene, "Final-Recipient")
        .into_iter()
        .zip(told(&scene, "Action"))
        .collect();
    fates.sort();
    let fate = |recipient: &str, action: &str| (format!("rfc822; {recipient}"), action.to_owned());
    assert_eq!(
        fates,
        [
            fate("all@home.test", "expanded"),
            fate("no@example.test", "failed")
        ]
    );
}

#[tokio::test]
async fn recipients_of_one_message_each_have_their_own_fate() {
    let scene = Scene::new(|_| {
        Host::plain()
            .keywords(&PLAIN)
            .at("no@example.test", Deed::Say("550 5.1.1 who?"))
            .at("nobody@example.test", Deed::Say("550 5.1.1 who?"))
            .at("quiet@example.test", Deed::Say("550 5.1.1 who?"))
            .at("later@example.test", Deed::Say("450 4.2.1 later"))
    });
    let engine = scene.start(&[]).await;
    scene
        .send_as(
            &engine,
            &format!("{SENDER} ENVID=q1"),
            &[
                "user@example.test> NOTIFY=SUCCESS",
                "no@example.test",
                "nobody@example.test> NOTIFY=FAILURE ORCPT=rfc822;Nobody+2Btag@example.test",
                "quiet@example.test> NOTIFY=NEVER",
                "later@example.test",
                "plain@example.test",
            ],
        )
        .await;
    scene.tried(&engine).await;
    let fates = || -> Vec<(String, String)> {
        let recipients = told(&scene, "Final-Recipient").into_iter();
        let mut fates: Vec<_> = recipients.zip(told(&scene, "Action")).collect();
        fates.sort();
        fates
    };
    let fate = |recipient: &str, action: &str| (format!("rfc822; {recipient}"), action.to_owned());
    let at_once = [
        fate("no@example.test", "failed"),
        fate("nobody@example.test", "failed"),
        fate("user@example.test", "relayed"),
    ];
    assert_eq!(fates(), at_once);
    assert_eq!(scene.home.messages().len(), 2);
    scene.world.pass(24 * HOUR).await;
    let [no, nobody, user] = at_once;
    let later = fate("later@example.test", "delayed");
    assert_eq!(fates(), [later, no, nobody, user]);
    let original = "rfc822;Nobody+tag@example.test";
    assert_eq!(told(&scene, "Original-Recipient"), [original]);
    assert_eq!(told(&scene, "Original-Envelope-Id"), ["q1"; 3]);
}

#[tokio::test]
async fn a_notice_that_home_refuses_is_told_to_nobody() {
    let mut scene = Scene::new(|_| Host::plain().at("RCPT", Deed::Say("550 5.1.1 who?")));
    scene.home = Host::plain().at("RCPT", Deed::Say("550 5.1.1 who?"));
    scene.world.host("192.0.2.25", scene.home.clone());
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.world.pass(24 * HOUR).await;
    assert!(engine.queue().is_empty());
    assert_eq!(scene.world.connections(), ["192.0.2.1", "192.0.2.25"]);
}

/// A message with octets beyond ASCII in its body that is refused, in a world whose home has these keywords.
async fn refused(keywords: &[&'static str], mail: &str, to: &str) -> (Scene, Running) {
    let mut scene = Scene::new(|_| Host::plain().at("dot", Deed::Say("550 5.6.0 no, naïve")));
    let home = Host::plain().keywords(keywords);
    scene.world.host("192.0.2.25", home.clone());
    scene.home = home;
    let engine = scene.start(&[]).await;
    let field = format!("X-Long: {}\r\n", "x".repeat(700));
    let body = "canary, naïve =\r\n".repeat(200);
    let subject = if mail.ends_with("SMTPUTF8") {
        "naïve"
    } else {
        "canary"
    };
    let content =
        format!("From: sender@home.test\r\nSubject: {subject}\r\n{field}{field}\r\n{body}");
    let recipient = [format!("RCPT TO:<{to}>")];
    let place = engine
        .address_of(mtaspec_engine::Service::Injection)
        .unwrap();
    inject(place, mail, &recipient, &content).await;
    scene.tried(&engine).await;
    (scene, engine)
}

/// What a home can take, what is returned to it, and in which form the notice comes there.
struct Way {
    keywords: &'static [&'static str],
    mail: &'static str,
    to: &'static str,
    is_seven_bit: bool,
    kinds: &'static [&'static str],
    recipient: &'static str,
}

const UTF8: &str = "MAIL FROM:<sender@home.test> SMTPUTF8";
const FULL: &[&str] = &["8BITMIME", "SMTPUTF8", "DSN"];
const HEADER_ALONE: &[&str] = &["delivery-status", "rfc822-headers"];

/// To a home that takes everything, and an ASCII address.
const PLAIN_WAY: Way = Way {
    keywords: FULL,
    mail: SENDER,
    to: "user@example.test",
    is_seven_bit: false,
    kinds: &["delivery-status", "rfc822"],
    recipient: "rfc822; user@example.test",
};

/// The same for an address beyond ASCII.
const UTF8_WAY: Way = Way {
    mail: UTF8,
    to: "jürgen@example.test",
    kinds: &["global-delivery-status", "global"],
    recipient: "utf-8; jürgen@example.test",
    ..PLAIN_WAY
};

/// In seven bits.
const ASCII_WAY: Way = Way {
    is_seven_bit: true,
    kinds: &["delivery-status", "global"],
    recipient: "utf-8; j\\x{FC}rgen@example.test",
    ..UTF8_WAY
};

const WAYS: [Way; 9] = [
    PLAIN_WAY,
    UTF8_WAY,
    Way {
        mail: "MAIL FROM:<jörg@home.test> SMTPUTF8",
        to: "user@example.test",
        recipient: "rfc822; user@example.test",
        ..UTF8_WAY
    },
    Way {
        keywords: &["DSN"],
        is_seven_bit: true,
        kinds: HEADER_ALONE,
        ..PLAIN_WAY
    },
    Way {
        keywords: &["8BITMIME"],
        ..ASCII_WAY
    },
    Way {
        keywords: &[],
        ..ASCII_WAY
    },
    Way {
        keywords: &["8BITMIME", "SMTPUTF8", "SIZE 4000"],
        kinds: &["global-delivery-status", "global-headers"],
        ..UTF8_WAY
    },
    Way {
        keywords: &["8BITMIME", "SIZE 4000"],
        kinds: HEADER_ALONE,
        ..PLAIN_WAY
    },
    Way {
        keywords: &["8BITMIME", "SIZE 2400"],
        kinds: &["delivery-status"],
        ..PLAIN_WAY
    },
];

#[tokio::test]
async fn a_notice_reaches_a_home_that_takes_less() {
    for way in WAYS {
        let (keywords, to) = (way.keywords, way.to);
        let (scene, engine) = refused(keywords, way.mail, to).await;
        assert!(engine.queue().is_empty(), "{keywords:?} {to}");
        let notices = scene.home.messages();
        assert_eq!(notices.len(), 1, "{keywords:?} {to}");
        let content = &notices[0].content;
        assert_eq!(content.is_ascii(), way.is_seven_bit, "{keywords:?} {to}");
        let parsed = MessageParser::default().parse(content.as_bytes()).unwrap();
        let kinds: Vec<&str> = parsed.parts[0]
            .sub_parts()
            .unwrap()
            .iter()
            .skip(1)
            .filter_map(|part| parsed.part(*part)?.content_type()?.subtype())
            .collect();
        assert_eq!(kinds, way.kinds, "{keywords:?} {to}");
        assert_eq!(told(&scene, "Final-Recipient"), [way.recipient]);
        let readable = parsed.body_text(0).unwrap();
        assert!(readable.contains(&format!("<{to}>")), "{readable}");
        assert!(readable.contains("no, na"), "{readable}");
    }
}
