//! What zones claim to be, and what a validator that is not ours finds of them.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Denial, Dnssec, Domain, ExtraRecord, World};

use super::bench::{Bench, Staged, ask_tcp, query, with_edns};
use super::validator::Validator;

fn record(owner: &str, kind: &str, data: &str) -> ExtraRecord {
    ExtraRecord {
        owner: owner.into(),
        kind: kind.into(),
        data: data.into(),
    }
}

/// A domain of each kind, with names of each kind.
fn every_kind(world: &mut World) {
    let kinds = [
        ("example.test", Dnssec::Secure, Denial::Nsec),
        ("nsec3.test", Dnssec::Secure, Denial::Nsec3),
        ("insecure.test", Dnssec::Insecure, Denial::Nsec),
        ("below.insecure.test", Dnssec::Secure, Denial::Nsec),
        ("bad.test", Dnssec::BadSignature, Denial::Nsec),
        ("bad3.test", Dnssec::BadSignature, Denial::Nsec3),
        ("missing.test", Dnssec::MissingSignature, Denial::Nsec),
        ("expired.test", Dnssec::ExpiredSignature, Denial::Nsec),
        ("mismatch.test", Dnssec::DsMismatch, Denial::Nsec),
    ];
    for (name, dnssec, denial) in kinds {
        let domain = Domain {
            dnssec,
            denial,
            records: vec![
                record("*.wild", "TXT", "wild"),
                record("a.b", "TXT", "deep"),
                record("to-secure", "CNAME", "a.b.example.test."),
                record("to-nsec3", "CNAME", "a.b.nsec3.test."),
                record("to-insecure", "CNAME", "a.b.insecure.test."),
                record("to-bogus", "CNAME", "a.b.expired.test."),
                record("round", "CNAME", "to-secure.insecure.test."),
            ],
            ..Domain::default()
        };
        world.domains.insert(name.into(), domain);
    }
}

impl Bench {
    /// What the validating resolver makes of a question that is asked with DO: the state that its flags say, and what
    /// the event says.
    async fn told(&self, staged: &Staged, name: &str, kind: RecordType) -> [String; 2] {
        let at = self.server.validating_resolver();
        let name = staged.planned.names().labelled(name);
        let answer = ask_tcp(at, &with_edns(query(&name, kind), true, 1232)).await;
        let state = staged
            .events()
            .iter()
            .rev()
            .find_map(|event| match &event.what {
                What::DnsQuery { state, .. } => Some(state.clone()),
                _ => None,
            });
        [flags(&answer).to_owned(), state.unwrap()]
    }
}

fn flags(answer: &Message) -> &'static str {
    match answer.metadata.response_code {
        ResponseCode::ServFail => "bogus",
        _ if answer.metadata.authentic_data => "secure",
        _ => "insecure",
    }
}

#[tokio::test]
async fn zones_are_what_they_claim_to_be() {
    let bench = Bench::new().await;
    let staged = bench.stage(every_kind);
    let anchor = bench.server.trust_anchor();
    let validator = Validator::new(bench.server.resolver(), &anchor).await;
    let zones = [
        ("example.test", "secure"),
        ("home.test", "secure"),
        ("nsec3.test", "secure"),
        ("insecure.test", "insecure"),
        ("below.insecure.test", "insecure"),
        ("bad.test", "bogus"),
        ("bad3.test", "bogus"),
        ("missing.test", "bogus"),
        ("expired.test", "bogus"),
        ("mismatch.test", "bogus"),
    ];
    let asked = [
        ("", RecordType::MX),
        ("", RecordType::DNSKEY),
        ("mx.", RecordType::A),
        ("mx.", RecordType::AAAA),
        ("mx.", RecordType::DS),
        ("none.", RecordType::A),
        ("b.", RecordType::A),
        ("x.wild.", RecordType::A),
        ("_25._tcp.mx.", RecordType::TLSA),
    ];
    for (zone, want) in zones {
        for (below, kind) in asked {
            let name = format!("{below}{zone}");
            let told = bench.told(&staged, &name, kind).await;
            assert_eq!(told, [want, want], "{kind} {name}");
            // Asked for them alone, this validator takes keys without signature for secure, and keys below an unsigned
            // zone for bogus.
            if kind == RecordType::DNSKEY && want != "secure" {
                continue;
            }
            let labelled = staged.planned.names().labelled(&name);
            let found = validator.state(&labelled, kind).await;
            assert_eq!(found, want, "{kind} {name}");
        }
    }
}

#[tokio::test]
async fn an_alias_is_as_secure_as_the_worst_zone_on_its_way() {
    let bench = Bench::new().await;
    let staged = bench.stage(every_kind);
    let anchor = bench.server.trust_anchor();
    let validator = Validator::new(bench.server.resolver(), &anchor).await;
    for (name, want) in [
        ("to-secure.example.test", "secure"),
        ("to-nsec3.example.test", "secure"),
        ("to-secure.nsec3.test", "secure"),
        ("to-insecure.example.test", "insecure"),
        ("to-secure.insecure.test", "insecure"),
        ("round.example.test", "insecure"),
        ("to-bogus.example.test", "bogus"),
        ("to-bogus.insecure.test", "bogus"),
        ("to-secure.mismatch.test", "bogus"),
    ] {
        let labelled = staged.planned.names().labelled(name);
        let found = validator.state(&labelled, RecordType::TXT).await;
        assert_eq!(found, want, "{name}");
        let told = bench.told(&staged, name, RecordType::TXT).await;
        assert_eq!(told, [want, want], "{name}");
    }
}

#[tokio::test]
async fn the_chain_of_trust_can_be_walked_from_the_root() {
    let bench = Bench::new().await;
    let staged = bench.stage(every_kind);
    let anchor = bench.server.trust_anchor();
    let validator = Validator::new(bench.server.resolver(), &anchor).await;
    let apex = staged.planned.names().origin();
    for name in [".", "test", &apex, "in-addr.arpa", "198.in-addr.arpa"] {
        for kind in [RecordType::DS, RecordType::DNSKEY, RecordType::SOA] {
            // Nobody stands above the root, and this validator takes it amiss to be told so.
            if (name, kind) == (".", RecordType::DS) {
                continue;
            }
            let found = validator.state(name, kind).await;
            assert_eq!(found, "secure", "{kind} {name}");
        }
    }
    // The parent answers for a DS record, so it is as secure as the parent, whatever the zone below is.
    for zone in ["example.test", "insecure.test", "bad.test", "mismatch.test"] {
        let labelled = staged.planned.names().labelled(zone);
        let found = validator.state(&labelled, RecordType::DS).await;
        assert_eq!(found, "secure", "DS {zone}");
    }
}
