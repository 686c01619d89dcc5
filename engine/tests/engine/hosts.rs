//! Several hosts: which is tried when, and what the others then have to show.

use crate::peer::{Deed, Host};
use crate::scene::{Scene, bounced, deferred, delivered};
use crate::tls::Identity;

/// A second host with its own certificate, at preference 20.
fn with_second(scene: &Scene, second: Host) -> Host {
    scene.world.record(
        "MX example.test",
        &["20 second.example.test", "10 mx.example.test"],
    );
    scene.world.record("A second.example.test", &["192.0.2.2"]);
    scene.world.host("192.0.2.2", second.clone());
    second
}

#[tokio::test]
async fn the_next_host_is_tried_until_one_takes_the_message() {
    type Change = fn(Host) -> Host;
    // (first host, does the second get it?)
    let cases: [(&str, Change, bool); 9] = [
        ("healthy", |host| host, false),
        ("silent", |_| Host::silent(), true),
        (
            "421",
            |host| host.at("greeting", Deed::Say("421 4.3.2 busy")),
            true,
        ),
        (
            "554 greeting",
            |host| host.at("greeting", Deed::Say("554 5.3.2 no")),
            true,
        ),
        (
            "450 to RCPT",
            |host| host.at("tls RCPT", Deed::Say("450 4.2.0 later")),
            true,
        ),
        (
            "close at MAIL",
            |host| host.at("tls MAIL", Deed::Close),
            true,
        ),
        ("no TLS", |host| host.keywords(&["SIZE"]), false),
        (
            "failed handshake",
            |host| host.at("handshake", Deed::Close),
            false,
        ),
        (
            "550 to RCPT",
            |host| host.at("tls RCPT", Deed::Say("550 5.1.1 who?")),
            false,
        ),
    ];
    for (name, change, want) in cases {
        let scene = Scene::new(|identity| change(Host::with_tls(identity)));
        let second = with_second(&scene, Host::plain());
        let engine = scene.start(&[]).await;
        scene.send(&engine, &["user@example.test"]).await;
        scene.tried(&engine).await;
        assert_eq!(second.messages().len(), usize::from(want), "{name}");
    }
}

#[tokio::test]
async fn under_a_rule_every_host_has_to_show_what_it_asks() {
    let good = Identity::new("second.example.test", "good");
    let bad = Identity::new("second.example.test", "misnamed");
    type Change = fn(Host) -> Host;
    let plain: Change = |host| host.keywords(&["SIZE"]);
    let silent: Change = |_| Host::silent();
    // (first host, second host, outcome: yes if the second takes it)
    let cases: [(&str, Change, Host, _); 6] = [
        (
            "first without TLS, second good",
            plain,
            Host::with_tls(&good),
            None,
        ),
        (
            "first without TLS, second misnamed",
            plain,
            Host::with_tls(&bad),
            Some(bounced("5.7.5")),
        ),
        (
            "first silent, second without TLS",
            silent,
            Host::plain(),
            Some(bounced("5.7.4")),
        ),
        (
            "first without TLS, second silent",
            plain,
            Host::silent(),
            Some(bounced("5.7.4")),
        ),
        (
            "both silent",
            silent,
            Host::silent(),
            Some(deferred("4.4.1")),
        ),
        (
            "first silent, second good",
            silent,
            Host::with_tls(&good),
            None,
        ),
    ];
    for (name, first, second, want) in cases {
        let scene = Scene::new(|identity| first(Host::with_tls(identity)));
        let second = with_second(&scene, second);
        let engine = scene
            .start_with(|settings| {
                settings.trust.push(good.root.clone());
                settings.trust.push(bad.root.clone());
                settings.rules.push(Scene::rule("example.test", "tcn"));
            })
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        let got = scene.outcome(&engine).await;
        match want {
            None => assert_eq!(second.messages().len(), 1, "{name}: {got:?}"),
            Some(want) => assert_eq!(got, want, "{name}"),
        }
        assert!(
            second.messages().iter().all(|message| message.tls),
            "{name}"
        );
    }
}

#[tokio::test]
async fn content_that_was_sent_whole_goes_to_no_other_host_in_that_round() {
    let scene = Scene::new(|identity| Host::with_tls(identity).at("dot", Deed::Close));
    let second = with_second(&scene, Host::plain());
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, deferred("4.4.2"));
    assert!(second.messages().is_empty());
}

#[tokio::test]
async fn hosts_of_equal_preference_are_drawn() {
    let mut first = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let scene = Scene::new(|_| Host::plain());
        let second = with_second(&scene, Host::plain());
        scene.world.record(
            "MX example.test",
            &["10 second.example.test", "10 mx.example.test"],
        );
        let engine = scene.start_from(seed).await;
        scene.send(&engine, &["user@example.test"]).await;
        scene.tried(&engine).await;
        first.insert(second.messages().len());
    }
    assert_eq!(first.len(), 2);
}

#[tokio::test]
async fn an_internationalised_mailbox_goes_only_where_it_is_understood() {
    // (keywords inside TLS, recipient, outcome, RCPT)
    let utf8 = &["SMTPUTF8", "8BITMIME"][..];
    let none = &["8BITMIME"][..];
    let cases = [
        (
            utf8,
            "jürgen@example.test",
            delivered("tls"),
            Some("RCPT TO:<jürgen@example.test>"),
        ),
        (none, "jürgen@example.test", bounced("5.6.7"), None),
        (
            none,
            "user@bücher.test",
            delivered("tls"),
            Some("RCPT TO:<user@xn--bcher-kva.test>"),
        ),
    ];
    for (keywords, recipient, want, rcpt) in cases {
        let scene = Scene::new(|identity| Host::with_tls(identity).keywords_in_tls(keywords));
        scene
            .world
            .record("MX xn--bcher-kva.test", &["10 mx.example.test"]);
        let engine = scene.start(&[]).await;
        scene.send(&engine, &[recipient]).await;
        assert_eq!(scene.outcome(&engine).await, want, "{recipient}");
        let got = scene
            .mx
            .messages()
            .first()
            .map(|message| message.recipients[0].clone());
        assert_eq!(got.as_deref(), rcpt);
    }
}

#[tokio::test]
async fn further_addresses_are_tried_until_the_host_has_answered() {
    // (first address, entries of rules, addresses that are connected to)
    let cases = [
        (None, &[][..], &["192.0.2.9", "192.0.2.1"][..]),
        (Some(Host::silent()), &[], &["192.0.2.9", "192.0.2.1"]),
        (
            Some(Host::plain().at("greeting", Deed::Close)),
            &[],
            &["192.0.2.9", "192.0.2.1"],
        ),
        (
            Some(Host::plain().at("greeting", Deed::Say("421 4.3.2 busy"))),
            &[],
            &["192.0.2.9"],
        ),
        (
            Some(Host::plain().at("MAIL", Deed::Say("450 4.3.2 later"))),
            &[],
            &["192.0.2.9"],
        ),
        (Some(Host::plain()), &[], &["192.0.2.9"]),
        (
            Some(Host::plain()),
            &["example.test"],
            &["192.0.2.9", "192.0.2.25"],
        ),
    ];
    for (first, rules, want) in cases {
        let scene = Scene::new(Host::with_tls);
        scene
            .world
            .record("A mx.example.test", &["192.0.2.9", "192.0.2.1"]);
        if let Some(first) = first {
            scene.world.host("192.0.2.9", first);
        }
        let engine = scene.start(rules).await;
        scene.send(&engine, &["user@example.test"]).await;
        scene.tried(&engine).await;
        assert_eq!(scene.world.connections(), want);
    }
}

#[tokio::test]
async fn only_so_many_addresses_of_a_host_are_tried_in_a_round() {
    let scene = Scene::new(Host::with_tls);
    let addresses: Vec<String> = (1..=30).map(|last| format!("192.0.2.1{last:02}")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    scene.world.record("A mx.example.test", &addresses);
    scene
        .world
        .record("AAAA mx.example.test", &["2001:db8::1", "2001:db8::2"]);
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    scene.tried(&engine).await;
    let (v6, v4): (Vec<String>, Vec<String>) = scene
        .world
        .connections()
        .into_iter()
        .partition(|address| address.contains(':'));
    assert_eq!((v4.len(), v6.len()), (10, 2));
}

#[tokio::test]
async fn a_host_with_an_own_address_is_this_server_whatever_its_name() {
    // (own address, does the second host get what the first does not take?)
    let cases = [
        // It is the second itself, and mail would come back.
        ("192.0.2.2", false),
        // It is the first itself, and whoever comes behind it sends mail there.
        ("192.0.2.1", false),
        ("192.0.2.77", true),
    ];
    for (address, want) in cases {
        let scene = Scene::new(|_| Host::silent());
        let second = with_second(&scene, Host::plain());
        let own = address.parse().unwrap();
        let engine = scene
            .start_with(|settings| settings.addresses = vec![own])
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        scene.tried(&engine).await;
        assert_eq!(second.messages().len(), usize::from(want), "{address}");
    }
}
