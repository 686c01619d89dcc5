//! REQUIRETLS on the way out: where such a message may go, and what is told when it may not (RFC 8689 §4.2.1, §5).

use mtaspec_engine::settings::{Aliases, Settings};

use crate::peer::{Deed, Host, Message};
use crate::scene::{Outcome, Scene, bounced, delivered};
use crate::tls::Identity;

const MAIL: &str = "MAIL FROM:<sender@home.test> REQUIRETLS";
const LISTED: [&str; 4] = ["SIZE 10485760", "8BITMIME", "DSN", "REQUIRETLS"];
const UNLISTED: [&str; 3] = ["SIZE 10485760", "8BITMIME", "DSN"];

/// A scene in which the MX records of both domains are signed.
fn signed(certificate: &str, host: impl FnOnce(&Identity) -> Host) -> Scene {
    let scene = Scene::with_certificate(certificate, host);
    scene.world.sign("MX example.test");
    scene.world.sign("MX home.test");
    scene
}

/// Settings that trust this identity, and a resolver whose word for signatures counts.
fn trusting(settings: &mut Settings, identity: Option<&Identity>) {
    settings.resolvers = vec!["127.0.0.1:53".parse().unwrap()];
    settings
        .trust
        .extend(identity.map(|identity| identity.root.clone()));
}

fn supporting(identity: &Identity) -> Host {
    Host::with_tls(identity).keywords_in_tls(&LISTED)
}

fn unsupporting(identity: &Identity) -> Host {
    Host::with_tls(identity).keywords_in_tls(&UNLISTED)
}

#[tokio::test]
async fn a_message_goes_only_where_everything_that_it_asks_is_shown() {
    type Make = fn(&Identity) -> Host;
    let only_before: Make =
        |identity| unsupporting(identity).keywords(&["8BITMIME", "STARTTLS", "REQUIRETLS"]);
    let plain: Make = |_| Host::plain().keywords(&LISTED);
    let refusing: Make = |identity| supporting(identity).at("STARTTLS", Deed::Say("454 no"));
    let broken: Make = |identity| supporting(identity).at("handshake", Deed::Close);
    // (certificate, host, outcome)
    let cases: [(&str, Make, Outcome); 10] = [
        ("good", supporting, delivered("tls")),
        ("common name only", supporting, delivered("tls")),
        ("expired", supporting, bounced("5.7.10")),
        ("good", unsupporting, bounced("5.7.30")),
        ("good", only_before, bounced("5.7.30")),
        ("good", plain, bounced("5.7.10")),
        ("good", refusing, bounced("5.7.10")),
        ("good", broken, bounced("5.7.10")),
        ("untrusted", supporting, bounced("5.7.10")),
        ("misnamed", supporting, bounced("5.7.10")),
    ];
    for (number, (certificate, host, want)) in cases.into_iter().enumerate() {
        let scene = signed(certificate, host);
        let engine = scene.start_with(|settings| trusting(settings, None)).await;
        scene.send_as(&engine, MAIL, &["user@example.test"]).await;
        assert_eq!(scene.outcome(&engine).await, want, "{number} {certificate}");
        let is_mail = |line: &String| line.contains("MAIL");
        let mail: Vec<String> = scene.mx.lines().into_iter().filter(is_mail).collect();
        if want == delivered("tls") {
            assert!(mail[0].starts_with("tls ") && mail[0].ends_with(" REQUIRETLS"));
        } else {
            assert_eq!(mail, [""; 0], "{number}");
            assert!(number == 7 || scene.mx.lines().last().unwrap().ends_with("QUIT"));
        }
    }
}

#[tokio::test]
async fn a_name_that_nobody_vouches_for_is_not_even_connected_to() {
    let scene = Scene::new(supporting);
    let engine = scene.start_with(|settings| trusting(settings, None)).await;
    scene.send_as(&engine, MAIL, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, bounced("5.7.10"));
    assert_eq!(scene.mx.lines(), [""; 0]);
}

#[tokio::test]
async fn a_domain_without_mx_records_is_its_own_host() {
    let scene = signed("good", supporting);
    let engine = scene.start_with(|settings| trusting(settings, None)).await;
    scene
        .send_as(&engine, MAIL, &["user@mx.example.test"])
        .await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    assert!(scene.mx.messages()[0].mail.ends_with(" REQUIRETLS"));
}

#[tokio::test]
async fn without_the_parameter_no_host_hears_of_it() {
    let scene = signed("good", supporting);
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    assert!(!scene.mx.messages()[0].mail.contains("REQUIRETLS"));
}

#[tokio::test]
async fn the_next_host_is_tried_and_the_first_gets_nothing() {
    let scene = signed("good", unsupporting);
    let identity = Identity::new("second.example.test", "good");
    let second = supporting(&identity);
    let hosts = ["10 mx.example.test", "20 second.example.test"];
    scene.world.record("MX example.test", &hosts);
    scene.world.record("A second.example.test", &["192.0.2.2"]);
    scene.world.host("192.0.2.2", second.clone());
    let engine = scene
        .start_with(|settings| trusting(settings, Some(&identity)))
        .await;
    scene.send_as(&engine, MAIL, &["user@example.test"]).await;
    scene.tried(&engine).await;
    assert_eq!(scene.mx.lines().last().unwrap(), "tls QUIT");
    assert_eq!(scene.mx.messages().len(), 0);
    assert!(second.messages()[0].mail.ends_with(" REQUIRETLS"));
}

#[tokio::test]
async fn every_copy_for_an_alias_has_the_parameter() {
    let scene = signed("good", supporting);
    let aliases = Aliases::parse(&std::collections::BTreeMap::from([(
        "both@home.test".to_owned(),
        vec!["a@example.test".to_owned(), "b@example.test".to_owned()],
    )]))
    .unwrap();
    let engine = scene
        .start_with(|settings| {
            trusting(settings, None);
            settings.aliases = aliases;
        })
        .await;
    scene.send_as(&engine, MAIL, &["both@home.test"]).await;
    scene.tried(&engine).await;
    let taken = scene.mx.messages();
    assert_eq!(
        taken.iter().map(|one| one.recipients.len()).sum::<usize>(),
        2
    );
    assert!(taken.iter().all(|one| one.mail.contains(" REQUIRETLS")));
}

/// The one notice that came home after a failure at a host without REQUIRETLS.
async fn notice(home: impl FnOnce(&Identity) -> Host, parameters: &str) -> Message {
    let scene = signed("good", unsupporting);
    let identity = Identity::new("mx.home.test", "good");
    let home = home(&identity);
    scene.world.host("192.0.2.25", home.clone());
    let engine = scene
        .start_with(|settings| trusting(settings, Some(&identity)))
        .await;
    let mail = format!("{MAIL}{parameters}");
    scene.send_as(&engine, &mail, &["user@example.test"]).await;
    scene.tried(&engine).await;
    assert!(engine.queue().is_empty());
    let mut messages = home.messages();
    assert_eq!(messages.len(), 1);
    messages.remove(0)
}

#[tokio::test]
async fn a_notice_has_the_parameter_and_returns_the_header_alone() {
    for parameters in ["", " RET=FULL", " RET=HDRS"] {
        let notice = notice(supporting, parameters).await;
        assert!(notice.tls && notice.mail.starts_with("MAIL FROM:<>"));
        assert!(notice.mail.ends_with(" REQUIRETLS"), "{}", notice.mail);
        assert!(
            notice.content.contains("text/rfc822-headers"),
            "{parameters}"
        );
        assert!(notice.content.contains("Subject: canary"), "{parameters}");
        assert!(!notice.content.contains("\ncanary"), "{parameters}");
    }
}

#[tokio::test]
async fn a_notice_goes_without_the_parameter_and_redacted_where_home_lacks_what_it_asks() {
    type Make = fn(&Identity) -> Host;
    let plain: Make = |_| Host::plain();
    for (home, is_tls) in [(unsupporting as Make, true), (plain, false)] {
        let notice = notice(home, " RET=FULL").await;
        assert_eq!(notice.tls, is_tls);
        assert!(notice.mail.starts_with("MAIL FROM:<>"));
        assert!(!notice.mail.contains("REQUIRETLS"), "{}", notice.mail);
        assert!(notice.content.contains("\nStatus: 5.7.30"));
        assert!(!notice.content.contains("canary"), "{}", notice.content);
    }
}
