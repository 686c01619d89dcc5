//! An attacker in the path: what it takes away, what it reads, and which faults are its own.

use mtaspec_certs::Word;
use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::{
    Attacker, Deed, Fault, FaultPlace, Host, Moment, Tampering, TlsVersion,
};

use crate::stage::{Stage, Wanted, fault, met};

const TO: &str = "RCPT TO:<user@example.abcdefg2.test>";

fn behind(attacker: Attacker) -> Stage {
    Stage::of(Wanted {
        attacker: Some(attacker),
        ..Wanted::default()
    })
}

fn read_by_attacker(events: &[Event]) -> Vec<bool> {
    let canary = |event: &Event| match event.what {
        What::Canary { attacker, .. } => Some(attacker),
        _ => None,
    };
    events.iter().filter_map(canary).collect()
}

#[tokio::test]
async fn starttls_is_passed_stripped_or_mangled() {
    // (what it does, last keyword, code of the command)
    let cases = [
        (Tampering::Passed, "250 STARTTLS", "220"),
        (Tampering::Stripped, "250 REQUIRETLS", "502"),
        (Tampering::Mangled, "250 XXXXXXXA", "220"),
    ];
    for (starttls, last, code) in cases {
        let stage = behind(Attacker {
            starttls,
            ..Attacker::default()
        });
        let mut client = stage.greeted().await;
        let ehlo = client.say("EHLO a").await;
        assert!(ehlo.ends_with(last), "{starttls:?}: {ehlo}");
        assert!(
            client.say("STARTTLS").await.starts_with(code),
            "{starttls:?}"
        );
    }
}

#[tokio::test]
async fn it_reads_what_is_not_inside_somebody_elses_tls() {
    let own = Attacker {
        certificate: Some(Word::UntrustedCa.into()),
        ..Attacker::default()
    };
    // (attacker, TLS, does it read the message?, certificate shown)
    let cases = [
        (Attacker::default(), false, true, None),
        (Attacker::default(), true, false, Some("valid")),
        (own, true, true, Some("untrusted-ca")),
    ];
    for (attacker, secure, reads, certificate) in cases {
        let stage = behind(attacker);
        let mut client = stage.greeted().await;
        if secure {
            client = client.secured().await;
        } else {
            client.say("EHLO a").await;
        }
        client.say(&format!("MAIL FROM:<{}>", stage.sender())).await;
        client.say(TO).await;
        client.say("DATA").await;
        assert!(
            client
                .say(&format!("{}.", stage.content()))
                .await
                .starts_with("250")
        );
        drop(client);
        let events = stage.ended().await;
        assert_eq!(read_by_attacker(&events), [reads; 3]);
        let shown = events.iter().find_map(|event| match &event.what {
            What::TlsEstablished { certificate, .. } => Some(certificate.as_str()),
            _ => None,
        });
        assert_eq!(shown, certificate);
        let word = "attacker.\"mx.example.test\".certificate";
        assert_eq!(
            met(&events).contains(&word),
            certificate == Some("untrusted-ca")
        );
    }
}

#[tokio::test]
async fn its_certificate_stands_in_front_of_the_hosts_own() {
    let stage = Stage::of(Wanted {
        host: Host {
            keywords_after_tls: vec!["XHOST".into()],
            ..Host::default()
        },
        attacker: Some(Attacker {
            certificate: Some(Word::SelfSigned.into()),
            keywords: vec!["XATTACKER".into()],
            ..Attacker::default()
        }),
        ..Wanted::default()
    });
    let mut inside = stage.greeted().await.secured().await;
    let ehlo = inside.say("EHLO a").await;
    assert!(
        ehlo.contains("XHOST") && ehlo.contains("XATTACKER"),
        "{ehlo}"
    );
}

#[tokio::test]
async fn its_faults_come_before_those_of_the_host() {
    let of_attacker = Fault {
        on: FaultPlace::AttackerOf("mx.example.abcdefg2.test".into()),
        times: Some(1),
        ..fault(Moment::Ehlo, Deed::Reply("550 attacker".into()))
    };
    let of_host = fault(Moment::Ehlo, Deed::Reply("550 host".into()));
    let stage = Stage::of(Wanted {
        attacker: Some(Attacker::default()),
        faults: vec![of_host, of_attacker],
        ..Wanted::default()
    });
    let mut client = stage.greeted().await;
    assert_eq!(client.say("EHLO a").await, "550 attacker");
    assert_eq!(client.say("EHLO a").await, "550 host");
}

#[tokio::test]
async fn the_host_behind_it_knows_nothing_of_what_it_writes() {
    let stage = behind(Attacker {
        keywords_before_tls: vec!["AUTH PLAIN".into(), "SIZE 10".into(), "-REQUIRETLS".into()],
        ..Attacker::default()
    });
    let mut client = stage.greeted().await;
    assert!(client.say("EHLO a").await.contains("SIZE 10\r\n"));
    assert!(client.say("AUTH PLAIN").await.starts_with("502"));
    assert!(
        client
            .say("MAIL FROM:<> SIZE=11 REQUIRETLS")
            .await
            .starts_with("250")
    );
}

#[tokio::test]
async fn it_cuts_off_whoever_offers_more_than_it_lets_through() {
    // (what it lets through, can TLS 1.3 be offered?)
    let cases = [
        (vec![TlsVersion::Tls10], false),
        (vec![TlsVersion::Tls11, TlsVersion::Tls12], false),
        (vec![TlsVersion::Tls13], true),
        (vec![], true),
    ];
    for (tls, passes) in cases {
        let stage = behind(Attacker {
            tls: tls.clone(),
            ..Attacker::default()
        });
        let mut client = stage.greeted().await;
        client.say("EHLO a").await;
        client.say("STARTTLS").await;
        let inside = client.into_tls().await;
        assert_eq!(inside.is_some(), passes, "{tls:?}");
        drop(inside);
        let events = stage.ended().await;
        let cut = met(&events) == ["attacker.\"mx.example.test\".tls"];
        assert_eq!(cut, !passes, "{tls:?}");
        let offered = events
            .iter()
            .filter(|event| matches!(event.what, What::TlsOffered { .. }));
        assert_eq!(offered.count(), 1, "{tls:?}");
    }
}
