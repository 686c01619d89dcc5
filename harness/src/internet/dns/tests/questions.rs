//! What a healthy resolver answers, and how it tells the questions.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Domain, Host, MxRecord, World};

use super::bench::{Bench, ask_tcp, ask_udp, query, text, with_edns};

fn mx(preference: u16, host: &str) -> MxRecord {
    MxRecord {
        preference,
        host: host.into(),
    }
}

fn example(world: &mut World) -> &mut Domain {
    world.domains.get_mut("example.test").unwrap()
}

fn host(world: &mut World, name: &str, change: impl FnOnce(&mut Host)) {
    change(world.hosts.entry(name.into()).or_default());
}

#[tokio::test]
async fn a_healthy_world_is_answered() {
    let bench = Bench::new().await;
    let staged = bench.stage(|_| {});
    let cases = [
        (
            "example.test",
            RecordType::MX,
            "No Error | example.test. MX 10 mx.example.test.",
        ),
        (
            "EXAMPLE.test",
            RecordType::MX,
            "No Error | EXAMPLE.test. MX 10 mx.example.test.",
        ),
        (
            "mx.example.test",
            RecordType::A,
            "No Error | mx.example.test. A 198.18.0.2",
        ),
        (
            "mx.example.test",
            RecordType::AAAA,
            "No Error / example.test. SOA",
        ),
        (
            "example.test",
            RecordType::A,
            "No Error / example.test. SOA",
        ),
        (
            "none.example.test",
            RecordType::A,
            "Non-Existent Domain / example.test. SOA",
        ),
        (
            "_25._tcp.mx.example.test",
            RecordType::TLSA,
            "Non-Existent Domain / example.test. SOA",
        ),
        (
            "other.test",
            RecordType::MX,
            "Non-Existent Domain / .test. SOA",
        ),
        (
            "mx.home.test",
            RecordType::A,
            "No Error | mx.home.test. A 198.18.0.3",
        ),
        (
            "example.test",
            RecordType::NS,
            "No Error | example.test. NS ns.test.",
        ),
        (
            "2.0.18.198.in-addr.arpa",
            RecordType::PTR,
            "No Error | 2.0.18.198.in-addr.arpa. PTR mx.example.test.",
        ),
        (
            "9.9.19.198.in-addr.arpa",
            RecordType::PTR,
            "Non-Existent Domain / 198.in-addr.arpa. SOA",
        ),
        (
            "18.198.in-addr.arpa",
            RecordType::PTR,
            "No Error / 198.in-addr.arpa. SOA",
        ),
    ];
    let origin = format!("{}.", staged.planned.names().origin());
    for (name, kind, want) in cases {
        let got = bench.ask(&staged, name, kind).await;
        assert_eq!(got.replace(&origin, ".test."), want, "{name} {kind}");
    }
    assert_eq!(staged.met(), Vec::<String>::new());
}

#[tokio::test]
async fn outside_its_tree_the_resolver_refuses() {
    let bench = Bench::new().await;
    let staged = bench.stage(|_| {});
    for (name, kind) in [
        ("example.com", RecordType::MX),
        ("com", RecordType::NS),
        ("1.2.0.192.in-addr.arpa", RecordType::PTR),
        ("1.0.51.198.in-addr.arpa", RecordType::PTR),
        ("localhost", RecordType::A),
    ] {
        let got = bench.ask(&staged, name, kind).await;
        assert_eq!(got, "Query Refused", "{name}");
    }
    for (name, kind, want) in [
        (".", RecordType::SOA, "No Error | . SOA"),
        ("test.", RecordType::SOA, "No Error | test. SOA"),
        (
            "nobody22.test.",
            RecordType::A,
            "Non-Existent Domain / test. SOA",
        ),
    ] {
        let answer = ask_udp(bench.server.resolver(), &query(name, kind)).await;
        assert!(text(&answer).starts_with(want), "{name}: {}", text(&answer));
    }
    assert!(staged.events().is_empty());
}

#[tokio::test]
async fn every_question_is_told_in_the_spelling_of_the_file() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| host(world, "mx.bücher.test", |_| {}));
    let name = staged.planned.names().labelled("MX.xn--bcher-kva.test");
    let at = bench.server.validating_resolver();
    ask_udp(at, &with_edns(query(&name, RecordType::A), true, 4096)).await;
    ask_tcp(at, &query(&name, RecordType::AAAA)).await;
    let told: Vec<_> = staged
        .events()
        .into_iter()
        .map(|event| event.what)
        .collect();
    let query = |kind: &str, answer: &str, dnssec_ok, transport: &str| What::DnsQuery {
        name: "mx.bücher.test".into(),
        kind: kind.into(),
        answer: answer.into(),
        state: "secure".into(),
        dnssec_ok,
        transport: transport.into(),
    };
    assert_eq!(
        told,
        [
            query("A", "noerror", true, "udp"),
            query("AAAA", "nodata", false, "tcp")
        ]
    );
}

#[tokio::test]
async fn edns_is_echoed_and_long_answers_are_cut_over_udp_alone() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        example(world).mx = (0..64)
            .map(|n| mx(n, &format!("mx{n}.example.test")))
            .collect();
    });
    let name = staged.planned.names().labelled("example.test");
    let at = bench.server.resolver();
    let plain = ask_udp(at, &query(&name, RecordType::MX)).await;
    assert!(plain.metadata.truncation && plain.edns.is_none());
    let edns = ask_udp(at, &with_edns(query(&name, RecordType::MX), true, 4096)).await;
    assert!(edns.metadata.truncation);
    let echoed = edns.edns.unwrap();
    assert!(echoed.flags().dnssec_ok);
    let tcp = ask_tcp(at, &query(&name, RecordType::MX)).await;
    assert!(!tcp.metadata.truncation);
    assert_eq!(tcp.answers.len(), 64);
    let mut later = with_edns(query(&name, RecordType::MX), false, 512);
    later.edns.as_mut().unwrap().set_version(1);
    let answer = ask_udp(at, &later).await;
    assert_eq!(
        u16::from(answer.metadata.response_code),
        u16::from(ResponseCode::BADVERS)
    );
}

#[tokio::test]
async fn a_step_changes_the_zones_and_a_dropped_case_is_gone() {
    let bench = Bench::new().await;
    let staged = bench.stage(|_| {});
    let mut world = staged.planned.labelled().steps[0].world.clone();
    let domain = staged.planned.names().labelled("example.test");
    world.domains.get_mut(&domain).unwrap().mx = vec![mx(0, ".")];
    world.hosts.clear();
    bench.publish(&staged, &world);
    let cases = [
        (
            "example.test",
            RecordType::MX,
            "No Error | example.test. MX 0 .",
        ),
        (
            "2.0.18.198.in-addr.arpa",
            RecordType::PTR,
            "Non-Existent Domain / 198.in-addr.arpa. SOA",
        ),
    ];
    for (name, kind, want) in cases {
        assert_eq!(bench.ask(&staged, name, kind).await, want);
    }
    let origin = staged.planned.names().origin();
    bench.server.withdraw(&origin, &staged.case);
    let gone = bench.ask(&staged, "example.test", RecordType::MX).await;
    assert_eq!(gone, "Non-Existent Domain / test. SOA");
}

#[tokio::test]
async fn two_hundred_cases_stand_side_by_side() {
    let bench = Bench::new().await;
    let staged: Vec<_> = (0..200u16)
        .map(|n| {
            bench.stage_as(&format!("tests/{n}"), |world| {
                example(world).mx = vec![mx(n, "mx.example.test")];
            })
        })
        .collect();
    for (n, staged) in staged.iter().enumerate() {
        let name = staged.planned.names().labelled("example.test");
        let answer = ask_udp(bench.server.resolver(), &query(&name, RecordType::MX)).await;
        let want = format!("No Error | example.test. MX {n} mx.example.test.");
        assert_eq!(staged.planned.names().plain(&text(&answer)), want);
        assert_eq!(staged.events().len(), if n == 10 { 1 } else { 2 }, "{n}");
    }
}
