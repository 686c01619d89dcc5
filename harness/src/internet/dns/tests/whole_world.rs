//! Every key of a world that DNS shows: what is answered, and what is met by the question.

use std::time::Duration;

use hickory_proto::rr::RecordType;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{
    Answering, Domain, ExtraRecord, Family, Host, HostAddress, MxRecord, Sts, TlsRpt, Tlsa,
    TlsaData, World,
};

use super::bench::Bench;

fn mx(preference: u16, host: &str) -> MxRecord {
    MxRecord {
        preference,
        host: host.into(),
    }
}

fn record(owner: &str, kind: &str, data: &str) -> ExtraRecord {
    ExtraRecord {
        owner: owner.into(),
        kind: kind.into(),
        data: data.into(),
    }
}

fn tlsa(data: TlsaData) -> Option<Vec<Tlsa>> {
    Some(vec![Tlsa::Record {
        usage: 3,
        selector: 0,
        matching: 1,
        data,
    }])
}

fn domains(world: &mut World) {
    let example = world.domains.get_mut("example.test").unwrap();
    example.mx = vec![mx(5, "Mx2.Example.test"), mx(0, "[mx.example.test]")];
    example.records = vec![
        record("*.wild", "MX", "7 mx.example.test"),
        record("www", "CNAME", "mx.example.test"),
        record("loop", "CNAME", "loop.example.test"),
        record("a.b", "TXT", "deep"),
    ];
    example.sts = Some(Sts {
        id: "7".into(),
        ..Sts::default()
    });
    example.tlsrpt = Some(TlsRpt::default());
    let null = Domain {
        mx: vec![mx(0, ".")],
        ..Domain::default()
    };
    let alias = Domain {
        cname: Some("null.test".into()),
        ..Domain::default()
    };
    let deeper = Domain {
        ttl: Duration::ZERO,
        ..Domain::default()
    };
    let named = [
        ("null.test", null),
        ("alias.test", alias),
        ("sub.example.test", deeper),
    ];
    let named = named.map(|(name, domain)| (name.to_owned(), domain));
    world.domains.extend(named);
}

fn hosts(world: &mut World) {
    let address = |family| HostAddress {
        family,
        answer: Answering::Server,
    };
    let two_families = Host {
        addresses: vec![address(Family::Ipv6), address(Family::Ipv4)],
        port: 2525,
        tlsa: tlsa(TlsaData::Bytes(vec![1, 2])),
        ..Host::default()
    };
    let alias = Host {
        cname: Some("mx.bücher.test".into()),
        tlsa: Some(vec![Tlsa::Alias("_25._tcp.mx.bücher.test".into())]),
        ..Host::default()
    };
    let unicode = Host {
        tlsa: tlsa(TlsaData::Match),
        ..Host::default()
    };
    let bare = Host {
        addresses: Vec::new(),
        ..Host::default()
    };
    let named = [
        ("Mx2.Example.test", two_families),
        ("mx3.example.test", alias),
        ("mx.bücher.test", unicode),
        ("bare.example.test", bare),
    ];
    let named = named.map(|(name, host)| (name.to_owned(), host));
    world.hosts.extend(named);
}

#[tokio::test]
async fn every_key_of_a_world_is_published_and_met_when_asked_for() {
    let bench = Bench::new().await;
    let staged = bench.stage(|world| {
        domains(world);
        hosts(world);
    });
    let mut told = String::new();
    for asked in [
        "MX example.test",
        "AAAA mx2.example.test",
        "A mx2.example.test",
        "TLSA _2525._tcp.mx2.example.test",
        "TLSA _25._tcp.mx2.example.test",
        "A mx3.example.test",
        "TLSA _25._tcp.mx3.example.test",
        "A bare.example.test",
        "MX null.test",
        "MX alias.test",
        "MX x.y.wild.example.test",
        "A x.wild.example.test",
        "A www.example.test",
        "A loop.example.test",
        "TXT b.example.test",
        "TXT a.b.example.test",
        "TXT _mta-sts.example.test",
        "TXT _smtp._tls.example.test",
        "A x.sub.example.test",
        "ANY bare.example.test",
        "PTR 4.0.18.198.in-addr.arpa",
        "PTR 2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    ] {
        let (kind, name) = asked.split_once(' ').unwrap();
        let kind: RecordType = kind.parse().unwrap();
        let before = staged.events().len();
        let answer = bench.ask(&staged, name, kind).await;
        told.push_str(&format!("{asked}\n  {answer}\n"));
        let mut met: Vec<_> = (staged.events().split_off(before).into_iter())
            .filter_map(|event| match event.what {
                What::Met { what } => Some(format!("  met {what}\n")),
                _ => None,
            })
            .collect();
        met.sort();
        met.dedup();
        told.push_str(&met.concat());
    }
    insta::assert_snapshot!(told);
}
