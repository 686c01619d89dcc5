//! What handshakes offer and what they show: versions, names, certificates.

use mtaspec_engine::settings::{OwnCertificate, TlsVersion};

use crate::peer::Host;
use crate::scene::{Outcome, Scene, bounced, delivered};
use crate::tls::Identity;

#[tokio::test]
async fn the_floor_decides_which_versions_are_spoken() {
    use TlsVersion::{Tls10, Tls11, Tls12, Tls13};
    // (what the host speaks, floor, is there a rule?, outcome, version)
    let mut cases: Vec<(&str, TlsVersion, bool, Outcome, Option<&str>)> = vec![
        ("new", Tls12, true, delivered("tls"), Some("TLSv1_3")),
        ("new", Tls13, true, delivered("tls"), Some("TLSv1_3")),
        ("1.0", Tls12, false, delivered("plain"), None),
        ("1.0", Tls12, true, bounced("5.7.5"), None),
        ("1.1", Tls12, true, bounced("5.7.5"), None),
    ];
    if cfg!(feature = "legacy-tls") {
        cases.extend([
            ("1.0", Tls10, true, delivered("tls"), Some("TLSv1")),
            ("1.1", Tls10, true, delivered("tls"), Some("TLSv1.1")),
            ("1.1", Tls11, true, delivered("tls"), Some("TLSv1.1")),
            ("1.0", Tls11, true, bounced("5.7.5"), None),
            ("1.0", Tls11, false, delivered("plain"), None),
            ("new", Tls10, true, delivered("tls"), Some("TLSv1_3")),
        ]);
    }
    for (speaks, floor, rule, want, version) in cases {
        let scene = Scene::new(|identity| {
            let host = Host::with_tls(identity);
            if speaks == "new" {
                host
            } else {
                host.old_tls(speaks)
            }
        });
        let engine = scene
            .start_with(|settings| {
                settings.minimum_tls = floor;
                if rule {
                    settings.rules.push(Scene::rule("example.test", "tcn"));
                }
            })
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        assert_eq!(
            scene.outcome(&engine).await,
            want,
            "{speaks} with floor {floor:?}"
        );
        let spoken: Vec<String> = scene
            .mx
            .handshakes()
            .into_iter()
            .map(|facts| facts.0)
            .collect();
        assert_eq!(
            spoken.first().map(String::as_str),
            version,
            "{speaks} with floor {floor:?}"
        );
    }
}

#[tokio::test]
async fn certificates_are_judged_alike_whichever_stack_made_the_handshake() {
    let floors: &[TlsVersion] = if cfg!(feature = "legacy-tls") {
        &[TlsVersion::Tls10, TlsVersion::Tls12]
    } else {
        &[TlsVersion::Tls12]
    };
    for floor in floors {
        for (certificate, want) in [
            ("good", delivered("tls")),
            ("untrusted", bounced("5.7.5")),
            ("misnamed", bounced("5.7.5")),
            ("expired", bounced("5.7.5")),
        ] {
            let scene = Scene::with_certificate(certificate, Host::with_tls);
            let engine = scene
                .start_with(|settings| {
                    settings.minimum_tls = *floor;
                    settings.rules.push(Scene::rule("example.test", "tcn"));
                })
                .await;
            scene.send(&engine, &["user@example.test"]).await;
            assert_eq!(
                scene.outcome(&engine).await,
                want,
                "{certificate} with floor {floor:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_hello_names_the_mx_host_and_no_address() {
    // (recipient, SNI)
    for (recipient, want) in [
        ("user@example.test", Some("mx.example.test")),
        ("user@[192.0.2.1]", None),
    ] {
        let scene = Scene::new(Host::with_tls);
        let engine = scene.start(&[]).await;
        scene.send(&engine, &[recipient]).await;
        assert_eq!(scene.outcome(&engine).await, delivered("tls"));
        assert_eq!(scene.mx.handshakes()[0].1.as_deref(), want, "{recipient}");
    }
}

#[tokio::test]
async fn a_host_that_asks_is_shown_the_certificate_of_the_settings() {
    let own = Identity::new("subject.home.test", "good");
    let floors: &[TlsVersion] = if cfg!(feature = "legacy-tls") {
        &[TlsVersion::Tls10, TlsVersion::Tls12]
    } else {
        &[TlsVersion::Tls12]
    };
    for floor in floors {
        for shown in [0, 1] {
            let scene = Scene::new(|identity| Host::with_tls(identity).asking_for_certificate());
            let engine = scene
                .start_with(|settings| {
                    settings.minimum_tls = *floor;
                    settings.client_certificate = (shown == 1).then(|| OwnCertificate {
                        chain: own.chain.clone(),
                        key: own.key.clone_key(),
                    });
                })
                .await;
            scene.send(&engine, &["user@example.test"]).await;
            assert_eq!(scene.outcome(&engine).await, delivered("tls"));
            assert_eq!(scene.mx.handshakes()[0].2, shown, "floor {floor:?}");
        }
    }
}

#[tokio::test]
async fn a_host_that_demands_a_certificate_gets_mail_in_plaintext_where_nothing_obliges() {
    // (floor, entries of rules, outcome)
    let cases = [
        (TlsVersion::Tls12, &[][..], delivered("plain")),
        (TlsVersion::Tls12, &["example.test"], bounced("5.7.5")),
    ];
    for (floor, entries, want) in cases {
        let scene = Scene::new(|identity| Host::with_tls(identity).demanding_certificate());
        let engine = scene
            .start_with(|settings| {
                settings.minimum_tls = floor;
                settings
                    .rules
                    .extend(entries.iter().map(|entry| Scene::rule(entry, "tcn")));
            })
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        assert_eq!(scene.outcome(&engine).await, want, "{entries:?}");
    }
    if cfg!(feature = "legacy-tls") {
        let scene = Scene::new(|identity| Host::with_tls(identity).demanding_certificate());
        let engine = scene
            .start_with(|settings| settings.minimum_tls = TlsVersion::Tls10)
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        assert_eq!(scene.outcome(&engine).await, delivered("plain"));
    }
}

#[tokio::test]
async fn a_host_without_the_key_of_its_certificate_gets_mail_inside_tls_unless_openssl_shakes_hands()
 {
    // (floor, entries of rules, outcome)
    let modern = [
        (TlsVersion::Tls12, &[][..], delivered("tls")),
        (TlsVersion::Tls12, &["example.test"], bounced("5.7.5")),
    ];
    let legacy = [
        (TlsVersion::Tls10, &[][..], delivered("plain")),
        (TlsVersion::Tls10, &["example.test"], bounced("5.7.5")),
    ];
    let has_openssl = cfg!(feature = "legacy-tls");
    let legacy = legacy.into_iter().filter(|_| has_openssl);
    for (floor, entries, want) in modern.into_iter().chain(legacy) {
        let scene = Scene::with_certificate("wrong key", Host::with_tls);
        let engine = scene
            .start_with(|settings| {
                settings.minimum_tls = floor;
                let rules = entries.iter().map(|entry| Scene::rule(entry, "tcn"));
                settings.rules.extend(rules);
            })
            .await;
        scene.send(&engine, &["user@example.test"]).await;
        assert_eq!(scene.outcome(&engine).await, want, "{floor:?} {entries:?}");
    }
}
