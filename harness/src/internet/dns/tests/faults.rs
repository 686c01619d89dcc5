//! How the resolvers misbehave (SCENARIOS §6).

use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::Message;
use hickory_proto::rr::RecordType;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Deed, DnsDeed, Dnssec, Fault, FaultPlace, Moment};

use super::bench::{Bench, ask_tcp, ask_udp, ask_udp_raw, exchange_tcp, query, text};
use crate::plan::Names;

pub(super) fn fault(at: &str, deed: Deed) -> Fault {
    let moment = match at.split_once(' ') {
        Some((kind, name)) => Moment::Question {
            kind: kind.into(),
            name: name.into(),
        },
        None => Moment::Tcp,
    };
    Fault {
        on: FaultPlace::Dns,
        at: moment,
        deed,
        times: None,
        skip: 0,
        written: format!("dns: {at}"),
    }
}

fn told_of(names: &Names, message: &Message) -> String {
    let cut = if message.metadata.truncation {
        " TC"
    } else {
        ""
    };
    names.plain(&format!("{}{cut}", text(message)))
}

#[tokio::test]
async fn each_deed_changes_the_answers_that_it_names() {
    let cases = [
        ("A mx.example.test", DnsDeed::Servfail, "A mx.example.test"),
        ("A MX.example.test", DnsDeed::Refused, "A mx.example.test"),
        ("A mx.example.test", DnsDeed::Nxdomain, "A mx.example.test"),
        ("ANY mx.example.test", DnsDeed::Nodata, "A mx.example.test"),
        ("A mx.example.test", DnsDeed::Truncate, "A mx.example.test"),
        ("tcp", DnsDeed::Servfail, "A mx.example.test"),
        (
            "TLSA mx.example.test",
            DnsDeed::Servfail,
            "TLSA _25._tcp.mx.example.test",
        ),
        ("MX example.test", DnsDeed::Servfail, "A mx.example.test"),
        (
            "A mx.example.test",
            DnsDeed::Servfail,
            "A alias.example.test",
        ),
        (
            "A mx.example.test",
            DnsDeed::Refused,
            "A alias.example.test",
        ),
        (
            "A mx.example.test",
            DnsDeed::Nxdomain,
            "A alias.example.test",
        ),
        ("A mx.example.test", DnsDeed::Nodata, "A alias.example.test"),
        (
            "A mx.example.test",
            DnsDeed::BadSignature,
            "A mx.example.test",
        ),
    ];
    let mut told = String::new();
    for (at, deed, asked) in cases {
        let bench = Bench::new().await;
        let staged = bench.stage(|world| {
            world.faults.push(fault(at, Deed::Dns(deed)));
            let alias = world.hosts.entry("alias.example.test".into()).or_default();
            alias.cname = Some("mx.example.test".into());
            alias.addresses.clear();
        });
        let (kind, name) = asked.split_once(' ').unwrap();
        let names = staged.planned.names();
        let question = query(&names.labelled(name), kind.parse().unwrap());
        let resolver = bench.server.resolver();
        let udp = told_of(names, &ask_udp(resolver, &question).await);
        let tcp = told_of(names, &ask_tcp(resolver, &question).await);
        told.push_str(&format!(
            "{at}: {deed:?}\n  {asked}\n    udp {udp}\n    tcp {tcp}\n"
        ));
        for event in staged.events() {
            match event.what {
                What::DnsQuery { answer, .. } => told.push_str(&format!("    told {answer}\n")),
                What::Met { what } if what.starts_with("fault") => {
                    told.push_str(&format!("    met {what}\n"));
                }
                _ => {}
            }
        }
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn garbage_is_an_answer_that_no_reader_takes() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        for kind in ["ANY example.test", "ANY mx.example.test"] {
            world.faults.push(fault(kind, Deed::Garbage));
        }
    });
    for (name, kind) in [
        ("example.test", RecordType::MX),
        ("example.test", RecordType::TXT),
        ("example.test", RecordType::CNAME),
        ("example.test", RecordType::ANY),
        ("mx.example.test", RecordType::A),
        ("mx.example.test", RecordType::AAAA),
        ("_25._tcp.mx.example.test", RecordType::TLSA),
    ] {
        let asked = query(&staged.planned.names().labelled(name), kind);
        let answer = ask_udp_raw(bench.server.resolver(), &asked).await;
        if kind == RecordType::TLSA {
            // The fault names the host, and ANY covers no name below it.
            assert!(Message::from_vec(&answer).is_ok());
        } else {
            assert!(Message::from_vec(&answer).is_err(), "{name} {kind}");
            assert_eq!(answer[..2], asked.metadata.id.to_be_bytes());
        }
    }
}

#[tokio::test]
async fn a_signed_zone_vouches_for_a_broken_record_as_for_any_other() {
    for (dnssec, want) in [(Dnssec::Secure, true), (Dnssec::Insecure, false)] {
        let bench = Bench::new().await;
        let staged = bench.stage(|world| {
            world.faults.push(fault("MX example.test", Deed::Garbage));
            world.domains.get_mut("example.test").unwrap().dnssec = dnssec;
        });
        let mut asked = query(
            &staged.planned.names().labelled("example.test"),
            RecordType::MX,
        );
        asked.metadata.authentic_data = true;
        for (resolver, speaks) in [
            (bench.server.validating_resolver(), true),
            (bench.server.resolver(), false),
        ] {
            // No reader takes the message: AD is a bit of its fourth octet (RFC 4035 §3.2.3).
            let answer = ask_udp_raw(resolver, &asked).await;
            assert_eq!(answer[3] & 0x20 != 0, want && speaks, "{dnssec:?}");
        }
    }
}

#[tokio::test]
async fn a_stall_lets_the_subject_wait_for_its_own_time_limit() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        world.faults.push(fault("A mx.example.test", Deed::Stall));
    });
    let asked = query(
        &staged.planned.names().labelled("mx.example.test"),
        RecordType::A,
    );
    let (clock, at) = (Arc::clone(&staged.clock), bench.server.resolver());
    let (done, waiting) = tokio::sync::oneshot::channel();
    let subject = Arc::clone(&clock);
    clock.spawn(async move {
        let bytes = asked.to_vec().unwrap();
        let mut outcome = Vec::new();
        for _ in 0..3 {
            let limit = subject.sleep_until(subject.elapsed() + Duration::from_secs(5));
            tokio::select! {
                biased;
                answer = subject.exchange(at, &bytes) => outcome.push(answer.is_ok()),
                () = limit => outcome.push(false),
            }
        }
        done.send((outcome, subject.elapsed())).unwrap();
    });
    let (outcome, elapsed) = waiting.await.unwrap();
    assert_eq!(outcome, [false; 3]);
    assert_eq!(elapsed, Duration::from_secs(15));
    assert_eq!(staged.met(), ["fault dns: A mx.example.test"]);
    let words: Vec<_> = (staged.events().into_iter())
        .filter_map(|event| match event.what {
            What::DnsQuery { answer, .. } => Some((event.at, answer)),
            _ => None,
        })
        .collect();
    let none = || "none".to_owned();
    assert_eq!(words, [(0, none()), (5000, none()), (10_000, none())]);
}

#[tokio::test]
async fn a_delay_takes_its_time_on_the_clock_of_the_case() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        let delay = Deed::Delay(Duration::from_secs(40));
        world.faults.push(fault("ANY mx.example.test", delay));
    });
    let name = staged.planned.names().labelled("mx.example.test");
    let bytes = query(&name, RecordType::A).to_vec().unwrap();
    let (clock, at) = (Arc::clone(&staged.clock), bench.server.resolver());
    let (done, waiting) = tokio::sync::oneshot::channel();
    let subject = Arc::clone(&clock);
    clock.spawn(async move {
        let answer = subject.exchange(at, &bytes).await.unwrap();
        done.send((answer, subject.elapsed())).unwrap();
    });
    let (answer, elapsed) = waiting.await.unwrap();
    let answer = text(&Message::from_vec(&answer).unwrap());
    assert_eq!(
        staged.planned.names().plain(&answer),
        "No Error | mx.example.test. A 198.18.0.2"
    );
    assert_eq!(elapsed, Duration::from_secs(40));
}

#[tokio::test]
async fn a_stall_over_tcp_counts_the_bytes_sent_before_it() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        world
            .faults
            .push(fault("AAAA mx.example.test", Deed::Stall));
    });
    let name = staged.planned.names().labelled("mx.example.test");
    let framed = |kind| {
        let bytes = query(&name, kind).to_vec().unwrap();
        let mut framed = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
        framed.extend(bytes);
        framed
    };
    let questions = [framed(RecordType::A), framed(RecordType::AAAA)];
    let (clock, at) = (Arc::clone(&staged.clock), bench.server.resolver());
    let (done, waiting) = tokio::sync::oneshot::channel();
    let subject = Arc::clone(&clock);
    clock.spawn(async move {
        let mut stream = subject.connect(at).await.unwrap();
        stream.write_all(&questions[0]).await.unwrap();
        let length = stream.read_u16().await.unwrap();
        let mut answer = vec![0; usize::from(length)];
        stream.read_exact(&mut answer).await.unwrap();
        stream.write_all(&questions[1]).await.unwrap();
        let limit = subject.sleep_until(subject.elapsed() + Duration::from_secs(7));
        tokio::select! {
            biased;
            _ = stream.read_u16() => {}
            () = limit => {}
        }
        done.send(subject.elapsed()).unwrap();
    });
    assert_eq!(waiting.await.unwrap(), Duration::from_secs(7));
}

#[tokio::test]
async fn faults_end_with_a_step() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        world
            .faults
            .push(fault("A mx.example.test", Deed::Dns(DnsDeed::Servfail)));
    });
    let asked = query(
        &staged.planned.names().labelled("mx.example.test"),
        RecordType::A,
    );
    let mut stream = tokio::net::TcpStream::connect(bench.server.resolver())
        .await
        .unwrap();
    assert_eq!(
        text(&exchange_tcp(&mut stream, &asked).await),
        "Server Failure"
    );
    staged.faults.replace(Vec::new());
    assert!(text(&exchange_tcp(&mut stream, &asked).await).starts_with("No Error |"));
}

#[tokio::test]
async fn what_is_truncated_over_udp_is_left_to_the_next_fault_over_tcp() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        for (at, deed) in [
            ("A mx.example.test", DnsDeed::Truncate),
            ("tcp", DnsDeed::Refused),
        ] {
            world.faults.push(fault(at, Deed::Dns(deed)));
        }
    });
    let names = staged.planned.names();
    let asked = query(&names.labelled("mx.example.test"), RecordType::A);
    let resolver = bench.server.resolver();
    let udp = told_of(names, &ask_udp(resolver, &asked).await);
    let tcp = told_of(names, &ask_tcp(resolver, &asked).await);
    assert_eq!(
        [udp.as_str(), tcp.as_str()],
        ["No Error TC", "Query Refused"]
    );
}
