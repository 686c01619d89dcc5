//! What a session tells.

use std::fmt::Write as _;

use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::{
    Answering, Attacker, Family, Host, HostAddress, StartTls, Tampering, TlsVersion,
};

use crate::stage::{Stage, Wanted, met};

const TO: &str = "RCPT TO:<user@example.abcdefg2.test>";

/// A line for each event.
fn told(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        let value = serde_json::to_value(&event.what).unwrap();
        let fields = value
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| *key != "event");
        let fields: Vec<_> = fields
            .map(|(key, field)| format!("{key}={field}"))
            .collect();
        let name = value["event"].as_str().unwrap();
        let place = (
            event.connection.unwrap_or(0),
            event.message.as_deref().unwrap_or("-"),
        );
        writeln!(text, "{} {} {name} {}", place.0, place.1, fields.join(" ")).unwrap();
    }
    text
}

#[tokio::test]
async fn a_session_in_plaintext_is_told_from_connect_to_disconnect() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    client.say("HELO a.test").await;
    client.say(&format!("MAIL FROM:<{}>", stage.sender())).await;
    client.say(TO).await;
    client.say("DATA").await;
    client.say(&format!("{}.", stage.content())).await;
    client.say("\u{16}\u{3}").await;
    client.say("QUIT").await;
    client.rest().await;
    let canaries: Vec<_> = stage.setup.mail.mails().to_vec();
    let text = told(&stage.end().await)
        .replace(&canaries[0].header_canary, "HEADER")
        .replace(&canaries[0].body_canary, "BODY");
    insta::assert_snapshot!(text, @r#"
    1 - connect family="ipv4" port=25 address=1 refused=false source="127.0.0.1"
    1 - smtp-reply verb="greeting" code=220 text="mx.example.test ESMTP" tls=false
    1 - smtp-command verb="HELO" text="HELO a.test" tls=false follows="greeting"
    1 - smtp-reply verb="HELO" code=250 text="mx.example.test" tls=false
    1 first canary part="envelope" plaintext=true attacker=false
    1 first smtp-command verb="MAIL" text="MAIL FROM:<sender@home.test>" tls=false follows="HELO"
    1 first smtp-reply verb="MAIL" code=250 text="2.1.0 Sender OK" tls=false
    1 first smtp-command verb="RCPT" text="RCPT TO:<user@example.test>" tls=false follows="MAIL"
    1 first smtp-reply verb="RCPT" code=250 text="2.1.5 Recipient OK" tls=false
    1 first smtp-command verb="DATA" text="DATA" tls=false follows="RCPT"
    1 first smtp-reply verb="DATA" code=354 text="End the message with a dot on a line of its own" tls=false
    1 first canary part="header" plaintext=true attacker=false
    1 first canary part="body" plaintext=true attacker=false
    1 first smtp-reply verb="end-of-data" code=250 text="2.0.0 Message accepted" tls=false
    1 first message-accepted from="sender@home.test" to=["user@example.test"] tls="none" requiretls=false content="Message-ID: <HEADER@home.test>\r\n\r\nBODY\r\n"
    1 - smtp-command verb="?" text="\u0016\u0003" tls=false follows="DATA"
    1 - smtp-reply verb="?" code=500 text="5.5.1 Command not recognised" tls=false
    1 - smtp-command verb="QUIT" text="QUIT" tls=false follows="?"
    1 - smtp-reply verb="QUIT" code=221 text="2.0.0 Bye" tls=false
    1 - disconnect by="receiver" follows="QUIT"
    "#);
}

#[tokio::test]
async fn the_session_inside_tls_is_told_as_such() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await.secured().await;
    client
        .say(&format!("MAIL FROM:<{}> REQUIRETLS", stage.sender()))
        .await;
    client.say(TO).await;
    client.say("DATA").await;
    client.say(&format!("{}.", stage.content())).await;
    drop(client);
    let events = stage.ended().await;
    let inside: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::SmtpCommand {
                verb, tls, follows, ..
            } => Some(format!("{verb} {tls} {follows}")),
            What::TlsEstablished {
                version,
                certificate,
                ..
            } => Some(format!("established {version} {certificate}")),
            What::Canary {
                part,
                plaintext,
                attacker,
            } => Some(format!("canary {part:?} {plaintext} {attacker}")),
            What::MessageAccepted {
                from,
                tls,
                requiretls,
                ..
            } => Some(format!("accepted {from} {tls} {requiretls}")),
            What::Disconnect { by, follows } => Some(format!("{by:?} {follows}")),
            _ => None,
        })
        .collect();
    let want = [
        "EHLO false greeting",
        "STARTTLS false EHLO",
        "established 1.3 valid",
        "EHLO true STARTTLS",
        "canary Envelope false false",
        "MAIL true EHLO",
        "RCPT true MAIL",
        "DATA true RCPT",
        "canary Header false false",
        "canary Body false false",
        "accepted sender@home.test 1.3 true",
        "Sender DATA",
    ];
    assert_eq!(inside, want);
}

#[tokio::test]
async fn what_differs_is_met_when_it_is_shown() {
    let words = || vec!["-DSN".to_owned()];
    let host = Host {
        keywords_before_tls: words(),
        keywords_after_tls: words(),
        ..Host::default()
    };
    let of_connection = Host {
        connections: vec![Host {
            starttls: StartTls::Hidden,
            ..Host::default()
        }],
        ..Host::default()
    };
    let attacker = Attacker {
        starttls: Tampering::Mangled,
        keywords: words(),
        ..Attacker::default()
    };
    // (host, attacker, what is met)
    let (before, after) = (
        "host.\"mx.example.test\".keywords_before_tls",
        "host.\"mx.example.test\".keywords_after_tls",
    );
    let cases = [
        (Host::default(), None, vec![]),
        (host, None, vec![before, after]),
        (
            of_connection,
            None,
            vec!["host.\"mx.example.test\".starttls"],
        ),
        (
            Host::default(),
            Some(attacker),
            vec![
                "attacker.\"mx.example.test\".starttls",
                "attacker.\"mx.example.test\".keywords",
            ],
        ),
    ];
    for (host, attacker, want) in cases {
        let stage = Stage::of(Wanted {
            host,
            attacker,
            ..Wanted::default()
        });
        drop(stage.greeted().await.secured().await);
        assert_eq!(met(&stage.end().await), want);
    }
}

#[tokio::test]
async fn a_notice_on_its_way_home_belongs_to_the_message_that_it_speaks_of() {
    let stage = Stage::healthy();
    let mut client = stage.greeted().await;
    client.say("EHLO a").await;
    client.say("MAIL FROM:<>").await;
    client.say(&format!("RCPT TO:<{}>", stage.sender())).await;
    client.say("DATA").await;
    client.say("x\r\n.").await;
    drop(client);
    let events = stage.end().await;
    let accepted = events.iter().find_map(|event| match &event.what {
        What::MessageAccepted { from, to, .. } => {
            Some((event.message.as_deref(), from.as_str(), to))
        }
        _ => None,
    });
    assert_eq!(
        accepted,
        Some((Some("first"), "", &vec!["sender@home.test".to_owned()]))
    );
}

#[tokio::test]
async fn new_settings_hold_for_the_next_connection() {
    let stage = Stage::healthy();
    let mut before = stage.greeted().await;
    let mut setup = stage.setup.clone();
    setup.host.keywords = vec!["XNEW".into()];
    stage.fake.update(setup).unwrap();
    assert!(!before.say("EHLO a").await.contains("XNEW"));
    stage.fake.close_connections().await;
    assert_eq!(before.rest().await, (String::new(), true));
    assert!(stage.greeted().await.say("EHLO a").await.contains("XNEW"));
}

#[tokio::test]
async fn names_and_addresses_are_told_as_the_scenario_spells_them() {
    let ipv6 = HostAddress {
        family: Family::Ipv6,
        answer: Answering::Server,
    };
    let stage = Stage::with_host(Host {
        addresses: vec![Host::default().addresses[0], ipv6],
        port: 2525,
        tls: vec![TlsVersion::Tls12],
        keywords: vec!["-DSN".into()],
        ..Host::default()
    });
    let mut setup = stage.setup.clone();
    setup.name = "mx.xn--bcher-kva.abcdefg2.test".into();
    setup.shown_name = "mx.bücher.abcdefg2.test".into();
    setup.address_index = 1;
    stage.fake.update(setup).unwrap();
    let mut client = stage.connect().await;
    assert_eq!(
        client.reply().await.unwrap(),
        "220 mx.xn--bcher-kva.abcdefg2.test ESMTP"
    );
    drop(client.secured().await);
    let events = stage.ended().await;
    assert!(
        events
            .iter()
            .all(|event| event.host.as_deref() == Some("mx.bücher.test"))
    );
    let host = |key: &str| format!("host.\"mx.bücher.test\".{key}");
    assert_eq!(
        met(&events),
        [host("keywords"), host("tls"), host("keywords")]
    );
    assert_eq!(
        told(&events[..1]),
        "1 - connect family=\"ipv6\" port=2525 address=2 refused=false source=\"127.0.0.1\"\n"
    );
}
