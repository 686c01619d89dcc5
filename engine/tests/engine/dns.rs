//! From the DNS to the host: every road that leads to one, and what becomes of a message when none does.

use hickory_proto::op::ResponseCode;

use crate::peer::Host;
use crate::scene::{Scene, bounced, deferred, delivered};
use crate::world::Dns;

#[tokio::test]
async fn trouble_in_the_dns_defers_and_absence_bounces() {
    // (question, answer, outcome)
    let silent = || Dns::Silence;
    let cases = [
        ("MX example.test", silent(), deferred("4.4.3")),
        ("MX example.test", Dns::Garbage, deferred("4.4.3")),
        (
            "MX example.test",
            Dns::Code(ResponseCode::ServFail),
            deferred("4.4.3"),
        ),
        (
            "MX example.test",
            Dns::Code(ResponseCode::Refused),
            deferred("4.4.3"),
        ),
        (
            "MX example.test",
            Dns::Code(ResponseCode::NXDomain),
            bounced("5.1.2"),
        ),
        (
            "MX example.test",
            Dns::Records(vec!["0 .".into()]),
            bounced("5.1.10"),
        ),
        (
            "MX example.test",
            Dns::Records(vec!["10 subject.home.test".into()]),
            bounced("5.4.6"),
        ),
        (
            "MX example.test",
            Dns::Records(vec!["10 nowhere.test".into()]),
            bounced("5.4.4"),
        ),
        ("MX example.test", Dns::Truncated, delivered("tls")),
        (
            "A mx.example.test",
            Dns::Code(ResponseCode::ServFail),
            deferred("4.4.3"),
        ),
        (
            "A mx.example.test",
            Dns::Records(Vec::new()),
            bounced("5.4.4"),
        ),
        (
            "A mx.example.test",
            Dns::Records(vec!["192.0.2.99".into()]),
            deferred("4.4.1"),
        ),
        (
            "A mx.example.test",
            Dns::Records(vec!["192.0.2.99".into(), "192.0.2.1".into()]),
            delivered("tls"),
        ),
        (
            "AAAA mx.example.test",
            Dns::Code(ResponseCode::ServFail),
            delivered("tls"),
        ),
    ];
    for (question, answer, want) in cases {
        let scene = Scene::new(Host::with_tls);
        scene.world.dns(question, answer);
        let engine = scene.start(&["example.test"]).await;
        scene.send(&engine, &["user@example.test"]).await;
        let got = scene.outcome(&engine).await;
        assert_eq!(got, want, "{question}: {:?}", scene.world.questions());
    }
}

#[tokio::test]
async fn hosts_are_found_by_every_road_that_leads_to_them() {
    // (records, recipient)
    let cases: [(&[(&str, &str)], &str); 5] = [
        (
            &[("MX example.test", ""), ("A example.test", "192.0.2.1")],
            "user@example.test",
        ),
        (
            &[("MX alias.test", "CNAME example.test")],
            "user@alias.test",
        ),
        (
            &[
                ("A mx.example.test", ""),
                ("AAAA mx.example.test", "2001:db8::1"),
            ],
            "user@example.test",
        ),
        (
            &[("MX xn--bcher-kva.test", "10 mx.example.test")],
            "user@bücher.test> NOTIFY=NEVER",
        ),
        (&[], "user@[192.0.2.1]"),
    ];
    for (records, recipient) in cases {
        let scene = Scene::new(Host::with_tls);
        scene.world.host("2001:db8::1", scene.mx.clone());
        for (question, data) in records {
            let data: Vec<&str> = Some(*data)
                .filter(|data| !data.is_empty())
                .into_iter()
                .collect();
            scene.world.record(question, &data);
        }
        let engine = scene.start(&[]).await;
        scene.send(&engine, &[recipient]).await;
        assert_eq!(
            scene.outcome(&engine).await,
            delivered("tls"),
            "{recipient}: {:?}",
            scene.world.questions()
        );
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_asked_for_once() {
    let scene = Scene::new(Host::with_tls);
    scene.world.record("MX example.test", &["10 nowhere.test"]);
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, bounced("5.4.4"));
    assert_eq!(
        scene.world.questions()[..3],
        [
            "MX example.test",
            "TXT _mta-sts.example.test",
            "A nowhere.test"
        ]
    );
    assert!(
        !scene
            .world
            .questions()
            .contains(&"AAAA nowhere.test".to_owned())
    );
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_again_over_tcp() {
    let scene = Scene::new(Host::with_tls);
    scene.world.dns("MX example.test", Dns::Truncated);
    let engine = scene.start(&[]).await;
    scene.send(&engine, &["user@example.test"]).await;
    assert_eq!(scene.outcome(&engine).await, delivered("tls"));
    assert_eq!(
        scene.world.questions()[..2],
        ["MX example.test", "MX example.test tcp"]
    );
}
