//! Who is shown which signatures, what is said of them, and how a fault or a step changes that.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hickory_proto::dnssec::rdata::{DNSSECRData, RRSIG};
use hickory_proto::op::Message;
use hickory_proto::rr::{RData, RecordType};
use mtaspec_judge::scenario::{Deed, DnsDeed, Dnssec, MxRecord};

use super::bench::{Bench, Staged, ask_tcp, query, text, with_edns};
use super::faults::fault;
use super::validator::Validator;

fn signatures(message: &Message) -> Vec<&RRSIG> {
    let records = message.answers.iter().chain(&message.authorities);
    let signatures = records.filter_map(|record| match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature),
        _ => None,
    });
    signatures.collect()
}

/// How an answer looks: its code, AD, the types of its records.
fn shape(message: &Message) -> String {
    let mut shape = message.metadata.response_code.to_string();
    if message.metadata.authentic_data {
        shape.push_str(" AD");
    }
    for (section, records) in [("", &message.answers), ("/ ", &message.authorities)] {
        let kinds: Vec<_> = (records.iter())
            .map(|record| record.record_type().to_string())
            .collect();
        if !kinds.is_empty() {
            shape.push_str(&format!(" {section}{}", kinds.join(" ")));
        }
    }
    shape
}

/// The ways to ask.
fn ways(name: &str, kind: RecordType) -> [(&'static str, Message); 4] {
    let plain = query(name, kind);
    let mut with_ad = plain.clone();
    with_ad.metadata.authentic_data = true;
    let with_do = with_edns(plain.clone(), true, 1232);
    let mut with_cd = with_do.clone();
    with_cd.metadata.checking_disabled = true;
    [
        ("plain", plain),
        ("AD", with_ad),
        ("DO", with_do),
        ("DO CD", with_cd),
    ]
}

/// What both resolvers answer to all ways of asking.
async fn both(bench: &Bench, staged: &Staged, name: &str, kind: RecordType) -> String {
    let labelled = staged.planned.names().labelled(name);
    let mut told = String::new();
    for (resolver, at) in [
        ("validating", bench.server.validating_resolver()),
        ("other", bench.server.resolver()),
    ] {
        for (way, question) in ways(&labelled, kind) {
            let before = staged.events().len();
            let answer = ask_tcp(at, &question).await;
            let met = staged.events().len() - before - 1;
            let met = if met > 0 { ", met" } else { "" };
            told.push_str(&format!("  {resolver} {way}: {}{met}\n", shape(&answer)));
        }
    }
    told
}

#[tokio::test]
async fn each_asker_is_shown_what_he_asks_for() {
    let bench = Bench::new().await;
    let mut told = String::new();
    for dnssec in [Dnssec::Secure, Dnssec::Insecure, Dnssec::BadSignature] {
        let staged = bench.stage_as(&format!("tests/{dnssec:?}"), |world| {
            let domain = world.domains.get_mut("example.test").unwrap();
            domain.dnssec = dnssec;
        });
        for kind in [RecordType::A, RecordType::AAAA] {
            told.push_str(&format!("{dnssec:?} {kind}\n"));
            told.push_str(&both(&bench, &staged, "mx.example.test", kind).await);
        }
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_fault_breaks_the_signatures_of_the_answer_that_it_names() {
    let mut told = String::new();
    for deed in [
        DnsDeed::BadSignature,
        DnsDeed::MissingSignature,
        DnsDeed::ExpiredSignature,
        DnsDeed::NoAd,
        DnsDeed::NoSignatures,
    ] {
        let bench = Bench::new().await;
        let staged = bench.stage(|world| {
            world
                .faults
                .push(fault("TLSA mx.example.test", Deed::Dns(deed)));
        });
        let (name, kind) = ("_25._tcp.mx.example.test", RecordType::TLSA);
        told.push_str(&format!("{deed:?}\n"));
        told.push_str(&both(&bench, &staged, name, kind).await);
        let anchor = bench.server.trust_anchor();
        let validator = Validator::new(bench.server.resolver(), &anchor).await;
        let name = staged.planned.names().labelled(name);
        let found = validator.state(&name, kind).await;
        told.push_str(&format!("  a validator finds it {found}\n"));
        let host = staged.planned.names().labelled("mx.example.test");
        assert_eq!(validator.state(&host, RecordType::A).await, "secure");
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn what_a_fault_denies_is_denied_with_a_proof() {
    for denial in [Default::default(), mtaspec_judge::scenario::Denial::Nsec3] {
        let bench = Bench::new().await;
        let staged = bench.stage(|world| {
            let domain = world.domains.get_mut("example.test").unwrap();
            domain.denial = denial;
            for (at, deed) in [
                ("A mx.example.test", DnsDeed::Nxdomain),
                ("TLSA mx.example.test", DnsDeed::Nodata),
                ("MX example.test", DnsDeed::Nodata),
                ("TXT example.test", DnsDeed::Nxdomain),
                ("A none.example.test", DnsDeed::Nodata),
            ] {
                world.faults.push(fault(at, Deed::Dns(deed)));
            }
        });
        let anchor = bench.server.trust_anchor();
        let validator = Validator::new(bench.server.resolver(), &anchor).await;
        for (name, kind, want) in [
            ("mx.example.test", RecordType::A, "Non-Existent Domain"),
            ("_25._tcp.mx.example.test", RecordType::TLSA, "No Error"),
            ("example.test", RecordType::MX, "No Error"),
            ("example.test", RecordType::TXT, "Non-Existent Domain"),
            ("none.example.test", RecordType::A, "No Error"),
        ] {
            let labelled = staged.planned.names().labelled(name);
            let answer = ask_tcp(bench.server.resolver(), &query(&labelled, kind)).await;
            assert!(text(&answer).starts_with(want), "{name} {kind}");
            assert!(answer.answers.is_empty(), "{name} {kind}");
            let found = validator.state(&labelled, kind).await;
            assert_eq!(found, "secure", "{kind} {name} {denial:?}");
        }
    }
}

#[tokio::test]
async fn signatures_hold_for_the_longest_story_and_for_clocks_that_are_behind() {
    let bench = Bench::new().await;
    let staged = bench.stage(|_| {});
    let name = staged.planned.names().labelled("none.example.test");
    let question = with_edns(query(&name, RecordType::A), true, 1232);
    let answer = ask_tcp(bench.server.resolver(), &question).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let day = Duration::from_secs(86_400);
    assert!(!signatures(&answer).is_empty());
    for signature in signatures(&answer) {
        let [from, to] = [
            signature.input().sig_inception.get(),
            signature.input().sig_expiration.get(),
        ]
        .map(|seconds| Duration::from_secs(u64::from(seconds)));
        assert!(from < now - day && now + day * 400 < to);
    }
}

#[tokio::test]
async fn a_set_that_a_step_changes_is_signed_anew_and_nothing_else_is() {
    let bench = Bench::new().await;
    let staged = bench.stage(|_| {});
    let names = staged.planned.names();
    let ask = async |name: &str, kind| {
        let question = with_edns(query(&names.labelled(name), kind), true, 1232);
        let answer = ask_tcp(bench.server.resolver(), &question).await;
        let made: BTreeSet<_> = (signatures(&answer).into_iter())
            .map(|signature| signature.sig().to_vec())
            .collect();
        assert!(!made.is_empty());
        made
    };
    let before = ask("example.test", RecordType::MX).await;
    assert_eq!(ask("example.test", RecordType::MX).await, before);
    let mut world = staged.planned.labelled().steps[0].world.clone();
    let domain = world
        .domains
        .get_mut(&names.labelled("example.test"))
        .unwrap();
    domain.mx.push(MxRecord {
        preference: 20,
        host: names.labelled("mx2.example.test"),
    });
    bench.publish(&staged, &world);
    assert_ne!(ask("example.test", RecordType::MX).await, before);
    let anchor = bench.server.trust_anchor();
    let validator = Validator::new(bench.server.resolver(), &anchor).await;
    let domain = names.labelled("example.test");
    assert_eq!(validator.state(&domain, RecordType::MX).await, "secure");
}
