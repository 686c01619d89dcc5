//! One message to one host: what becomes of it, with and without a rule, and what the host saw.

use crate::peer::{Deed, Host};
use crate::scene::{Outcome, Scene, bounced, deferred, delivered};

#[tokio::test]
async fn a_healthy_message_is_delivered_over_tls_at_once() {
    let scene = Scene::new(Host::with_tls);
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    let message = &scene.mx.messages()[0];
    assert_eq!(message.recipients, ["RCPT TO:<user@example.test>"]);
    assert!(
        message
            .content
            .ends_with("Subject: canary\r\n\r\ncanary\r\n")
    );
    assert!(message.content.starts_with(
        "Received: from harness.home.test ([127.0.0.1])\r\n\tby subject.home.test with ESMTP;"
    ));
    assert_eq!(
        scene.world.questions(),
        [
            "MX example.test",
            "TXT _mta-sts.example.test",
            "A mx.example.test",
            "AAAA mx.example.test"
        ]
    );
    assert_eq!(
        scene.mx.lines(),
        [
            "EHLO subject.home.test",
            "STARTTLS",
            "tls EHLO subject.home.test",
            &format!("tls {}", message.mail),
            "tls RCPT TO:<user@example.test>",
            "tls DATA",
            "tls QUIT",
        ]
    );
    assert!(
        message
            .mail
            .starts_with("MAIL FROM:<sender@home.test> SIZE=")
    );
}

/// A host's way to fail, and what becomes of the message without and with a rule.
type Case = (&'static str, fn(Host) -> Host, Outcome, Outcome);

async fn run(cases: Vec<Case>) {
    for (name, change, without_rule, with_rule) in cases {
        for (rules, want) in [(&[][..], without_rule), (&["example.test"][..], with_rule)] {
            let scene = Scene::new(|identity| change(Host::with_tls(identity)));
            let engine = scene.start(rules).await;
            scene.send(&engine, &["user@example.test"]).await;
            let got = scene.outcome(&engine).await;
            assert_eq!(
                got,
                want,
                "{name}, rules {rules:?}: {:#?}",
                scene.mx.lines()
            );
            if want == bounced("5.7.4") || want == bounced("5.7.5") {
                let disclosed = scene.mx.lines().iter().any(|line| line.contains("user@"));
                assert!(!disclosed, "{name}");
                let connections = scene.world.connections();
                let to_host = connections.iter().filter(|to| *to == "192.0.2.1").count();
                assert_eq!(to_host, 1, "{name}: a host that failed is left alone");
            }
        }
    }
}

#[tokio::test]
async fn a_host_without_tls_gets_mail_only_where_nothing_obliges() {
    run(vec![
        ("healthy", |host| host, delivered("tls"), delivered("tls")),
        (
            "no STARTTLS",
            |host| host.keywords(&["SIZE"]),
            delivered("plain"),
            bounced("5.7.4"),
        ),
        (
            "lower case",
            |host| host.keywords(&["starttls"]),
            delivered("tls"),
            delivered("tls"),
        ),
        (
            "mangled",
            |host| host.keywords(&["XXXXXXXX"]),
            delivered("plain"),
            bounced("5.7.4"),
        ),
        (
            "busy",
            |host| host.at("STARTTLS", Deed::Say("454 4.7.0 no")),
            delivered("plain"),
            bounced("5.7.4"),
        ),
        (
            "refused",
            |host| host.at("STARTTLS", Deed::Say("554 5.7.3 no")),
            delivered("plain"),
            bounced("5.7.4"),
        ),
        (
            "EHLO unknown",
            |host| host.at("EHLO", Deed::Say("502 5.5.1 no")),
            delivered("plain"),
            bounced("5.7.4"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn after_a_failed_handshake_the_sender_comes_back_in_plaintext_unless_obliged() {
    run(vec![
        (
            "close at STARTTLS",
            |host| host.at("STARTTLS", Deed::Close),
            delivered("plain"),
            bounced("5.7.5"),
        ),
        (
            "garbage",
            |host| host.at("handshake", Deed::Say("garbage\r\n")),
            delivered("plain"),
            bounced("5.7.5"),
        ),
        (
            "close",
            |host| host.at("handshake", Deed::Close),
            delivered("plain"),
            bounced("5.7.5"),
        ),
        (
            "silence",
            |host| host.at("handshake", Deed::Stall),
            delivered("plain"),
            bounced("5.7.5"),
        ),
        (
            "close before a word inside TLS",
            |host| host.at("tls EHLO", Deed::Close),
            delivered("plain"),
            bounced("5.7.5"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_session_that_ends_at_starttls_is_made_anew_in_plaintext_unless_obliged() {
    // (entries of rules, outcome, commands that the host saw)
    let again: &[&str] = &[
        "EHLO", "STARTTLS", "QUIT", "EHLO", "MAIL", "RCPT", "DATA", "QUIT",
    ];
    let cases = [
        (&[][..], delivered("plain"), again),
        (&["example.test"], bounced("5.7.4"), &again[..3]),
    ];
    for (rules, want, verbs) in cases {
        let closing = Deed::Say("421 4.3.2 closing");
        let scene = Scene::new(|identity| Host::with_tls(identity).at("STARTTLS", closing));
        let engine = scene.start(rules).await;
        scene.send(&engine, &["user@example.test"]).await;
        assert_eq!(scene.outcome(&engine).await, want, "{rules:?}");
        let lines = scene.mx.lines();
        let seen: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert_eq!(seen, verbs, "{rules:?}");
    }
}

#[tokio::test]
async fn a_receiver_is_taken_at_its_word() {
    let same = |name, change, want: Outcome| -> Case { (name, change, want.clone(), want) };
    run(vec![
        same(
            "421 greeting",
            |host| host.at("greeting", Deed::Say("421 4.3.2 busy")),
            deferred("4.3.2"),
        ),
        same(
            "554 greeting",
            |host| host.at("greeting", Deed::Say("554 5.3.2 no mail")),
            bounced("5.3.2"),
        ),
        same(
            "silent greeting",
            |host| host.at("greeting", Deed::Stall),
            deferred("4.4.2"),
        ),
        same(
            "endless line",
            |host| host.at("greeting", Deed::Flood("x")),
            deferred("4.5.0"),
        ),
        same(
            "endless reply",
            |host| host.at("EHLO", Deed::Flood("250-x\r\n")),
            deferred("4.5.0"),
        ),
        same(
            "endless refusal",
            |host| host.at("tls MAIL", Deed::Flood("550 5.0.0 no\r\n")),
            bounced("5.0.0"),
        ),
        same(
            "no SMTP",
            |host| host.at("greeting", Deed::Say("HTTP/1.1 200 OK")),
            deferred("4.5.0"),
        ),
        same(
            "450 to MAIL",
            |host| host.at("tls MAIL", Deed::Say("450 4.2.1 later")),
            deferred("4.2.1"),
        ),
        same(
            "550 to MAIL",
            |host| host.at("tls MAIL", Deed::Say("550 5.7.1 not you")),
            bounced("5.7.1"),
        ),
        same(
            "550 to RCPT",
            |host| host.at("tls RCPT", Deed::Say("550 5.1.1 who?")),
            bounced("5.1.1"),
        ),
        same(
            "close at DATA",
            |host| host.at("tls DATA", Deed::Close),
            deferred("4.4.2"),
        ),
        same(
            "451 to the dot",
            |host| host.at("dot", Deed::Say("451 4.3.0 full")),
            deferred("4.3.0"),
        ),
        same(
            "554 to the dot",
            |host| host.at("dot", Deed::Say("554 5.6.0 spam")),
            bounced("5.6.0"),
        ),
        same(
            "silent after the dot",
            |host| host.at("dot", Deed::Stall),
            deferred("4.4.2"),
        ),
        same(
            "odd code",
            |host| host.at("dot", Deed::Say("354 again")),
            deferred("4.0.0"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn too_many_recipients_is_no_final_word() {
    let same = |name, change, want: Outcome| -> Case { (name, change, want.clone(), want) };
    run(vec![
        same(
            "552 to RCPT",
            |host| host.at("tls RCPT", Deed::Say("552 too many recipients")),
            deferred("4.0.0"),
        ),
        same(
            "552 5.5.3 to RCPT",
            |host| host.at("tls RCPT", Deed::Say("552 5.5.3 too many recipients")),
            deferred("4.0.0"),
        ),
        same(
            "552 5.2.2 to RCPT",
            |host| host.at("tls RCPT", Deed::Say("552 5.2.2 mailbox full")),
            bounced("5.2.2"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_rule_asks_for_chain_and_name_separately() {
    // (certificate, switches: t TLS, c CA, n name; outcome)
    let cases = [
        ("good", "tcn", delivered("tls")),
        ("untrusted", "", delivered("tls")),
        ("untrusted", "t", delivered("tls")),
        ("untrusted", "tn", delivered("tls")),
        ("untrusted", "tc", bounced("5.7.5")),
        ("untrusted", "tcn", bounced("5.7.5")),
        ("misnamed", "", delivered("tls")),
        ("misnamed", "tc", delivered("tls")),
        ("misnamed", "tn", bounced("5.7.5")),
        ("misnamed", "tcn", bounced("5.7.5")),
        ("wrong key", "", delivered("tls")),
        ("wrong key", "t", delivered("tls")),
        ("wrong key", "tn", bounced("5.7.5")),
        ("wrong key", "tc", bounced("5.7.5")),
        ("expired", "t", delivered("tls")),
        ("expired", "tn", delivered("tls")),
        ("expired", "tc", bounced("5.7.5")),
        ("common name only", "tc", delivered("tls")),
        ("common name only", "tn", bounced("5.7.5")),
    ];
    for (certificate, switches, want) in cases {
        let scene = Scene::with_certificate(certificate, Host::with_tls);
        let engine = scene
            .start_with(|settings| settings.rules.push(Scene::rule("example.test", switches)))
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        assert_eq!(
            scene.outcome(&engine).await,
            want,
            "{certificate} under {switches:?}"
        );
        if want != delivered("tls") && certificate != "wrong key" {
            let lines = scene.mx.lines();
            assert_eq!(
                lines[1..],
                ["STARTTLS", "tls QUIT"],
                "{certificate} under {switches:?}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_learnt_in_plaintext_is_used_inside_tls() {
    let scene =
        Scene::new(|identity| Host::with_tls(identity).keywords_in_tls(&["STARTTLS", "8BITMIME"]));
    let engine = scene.start(&[]).await;
    scene
        .send(
            &engine,
            &["user@example.test> NOTIFY=FAILURE ORCPT=rfc822;user@example.test"],
        )
        .await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    let message = &scene.mx.messages()[0];
    assert_eq!(message.mail, "MAIL FROM:<sender@home.test>");
    assert_eq!(message.recipients, ["RCPT TO:<user@example.test>"]);
    assert!(!scene.mx.lines().iter().any(|line| line == "tls STARTTLS"));
}

#[tokio::test]
async fn plaintext_behind_the_answer_to_starttls_is_never_used() {
    for text in [
        "220 go\r\n250-mx.example.test\r\n250 AUTH PLAIN",
        "220 go\r\n250-mx.",
    ] {
        let scene = Scene::new(|identity| Host::with_tls(identity).at("STARTTLS", Deed::Say(text)));
        let engine = scene.start(&["example.test"]).await;
        scene.send(&engine, &["user@example.test"]).await;
        assert_eq!(scene.outcome(&engine).await, delivered("tls"), "{text}");
        assert_eq!(scene.mx.lines()[2], "tls EHLO subject.home.test");
    }
}

#[tokio::test]
async fn parameters_that_the_host_lists_are_passed_on() {
    let scene = Scene::new(Host::with_tls);
    let engine = scene.start(&[]).await;
    scene
        .send(
            &engine,
            &["user@example.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;user@example.test"],
        )
        .await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    assert_eq!(
        scene.mx.messages()[0].recipients,
        ["RCPT TO:<user@example.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;user@example.test"]
    );
}
