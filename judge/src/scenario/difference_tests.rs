//! What differs from the twin, key by key.

use super::fault::{Deed, Moment};
use super::world::*;
use super::*;

fn world() -> World {
    let mut world = World::default();
    let domain = Domain {
        mx: vec![MxRecord {
            preference: 10,
            host: "mx.example.test".into(),
        }],
        sts: Some(Sts::default()),
        tlsrpt: Some(TlsRpt::default()),
        ..Domain::default()
    };
    world.domains.insert("example.test".into(), domain);
    for name in ["mx.example.test", "second.example.test"] {
        world.hosts.insert(name.into(), Host::default());
    }
    world
        .https
        .insert("mta-sts.example.test".into(), HttpsHost::default());
    world
}

fn host(world: &mut World) -> &mut Host {
    world.hosts.get_mut("mx.example.test").unwrap()
}

fn domain(world: &mut World) -> &mut Domain {
    world.domains.get_mut("example.test").unwrap()
}

fn sts(world: &mut World) -> &mut Sts {
    domain(world).sts.as_mut().unwrap()
}

fn attacked(world: &mut World) -> &mut Attacker {
    world.attackers.entry("mx.example.test".into()).or_default()
}

fn fault(on: &str, kind: &str) -> Fault {
    Fault {
        on: FaultPlace::Host(on.into()),
        at: Moment::Starttls,
        deed: Deed::Reply(kind.into()),
        times: None,
        skip: 0,
        written: format!("{on}: starttls: {kind}"),
    }
}

fn texts(world: &World) -> Vec<String> {
    differences(world)
        .iter()
        .map(|group| {
            let texts: Vec<String> = group.iter().map(ToString::to_string).collect();
            texts.join(" | ")
        })
        .collect()
}

#[test]
fn a_healthy_world_does_not_differ() {
    let mut world = world();
    assert_eq!(texts(&world), Vec::<String>::new());
    domain(&mut world).ttl = std::time::Duration::ZERO;
    sts(&mut world).known = false;
    sts(&mut world).mx = Some(vec!["mx.example.test".into()]);
    host(&mut world).tlsa = Some(vec![record(TlsaData::Match)]);
    attacked(&mut world);
    assert_eq!(
        texts(&world),
        Vec::<String>::new(),
        "nothing need meet these"
    );
}

fn record(data: TlsaData) -> Tlsa {
    Tlsa::Record {
        usage: 3,
        selector: 1,
        matching: 1,
        data,
    }
}

#[test]
fn each_key_differs_under_its_own_name() {
    type Change = fn(&mut World);
    let alias = |w: &mut World| {
        // An alias has no MX records of its own.
        domain(w).mx.clear();
        domain(w).cname = Some("other.test".into());
    };
    let domains: [(Change, &str); 8] = [
        (|w| domain(w).mx.clear(), "mx"),
        (alias, "cname"),
        (|w| domain(w).dnssec = Dnssec::Insecure, "dnssec"),
        (|w| domain(w).denial = Denial::Nsec3, "denial"),
        (|w| sts(w).mode = "testing".into(), "sts.mode"),
        (
            |w| sts(w).mx = Some(vec!["*.example.test".into()]),
            "sts.mx",
        ),
        (|w| sts(w).record = Some(vec![]), "sts.record"),
        (|w| sts(w).policy = Some(String::new()), "sts.policy"),
    ];
    for (change, key) in domains {
        let mut world = world();
        change(&mut world);
        assert_eq!(texts(&world), [format!("domain.\"example.test\".{key}")]);
    }
    let hosts: [(Change, &str); 10] = [
        (|w| host(w).addresses.clear(), "addresses"),
        (|w| host(w).port = 26, "port"),
        (
            |w| host(w).tlsa = Some(vec![record(TlsaData::Mismatch)]),
            "tlsa",
        ),
        (|w| host(w).starttls = StartTls::Absent, "starttls"),
        (|w| host(w).tls = vec![TlsVersion::Tls10], "tls"),
        (|w| host(w).ciphers = Some(vec![]), "ciphers"),
        (|w| host(w).certificate = Shown::Refuse, "certificate"),
        (
            |w| host(w).client_certificate = ClientCertificate::Required,
            "client_certificate",
        ),
        (
            |w| host(w).keywords_before_tls = vec!["-DSN".into()],
            "keywords_before_tls",
        ),
        (
            |w| {
                let odd = Host {
                    quirks: vec!["resumption".into()],
                    ..Host::default()
                };
                host(w).connections = vec![Host::default(), odd];
            },
            "quirks",
        ),
    ];
    for (change, key) in hosts {
        let mut world = world();
        change(&mut world);
        assert_eq!(texts(&world), [format!("host.\"mx.example.test\".{key}")]);
    }
    let others: [(Change, &str); 3] = [
        (
            |w| {
                let host = w.https.get_mut("mta-sts.example.test").unwrap();
                host.content_type.clear();
            },
            "https.\"mta-sts.example.test\".content_type",
        ),
        (
            |w| attacked(w).starttls = Tampering::Stripped,
            "attacker.\"mx.example.test\".starttls",
        ),
        (
            |w| w.faults.push(fault("mx.example.test", "454 no")),
            "fault mx.example.test: starttls: 454 no",
        ),
    ];
    for (change, text) in others {
        let mut world = world();
        change(&mut world);
        assert_eq!(texts(&world), [text]);
    }
}

#[test]
fn one_difference_at_several_hosts_is_one_group() {
    let mut world = world();
    for host in world.hosts.values_mut() {
        host.starttls = StartTls::Absent;
    }
    world.faults = vec![
        fault("mx.example.test", "454 no"),
        fault("second.example.test", "454 no"),
        fault("mx.example.test", "554 no"),
    ];
    assert_eq!(
        texts(&world),
        [
            "fault mx.example.test: starttls: 454 no | fault second.example.test: starttls: 454 no",
            "fault mx.example.test: starttls: 554 no",
            "host.\"mx.example.test\".starttls | host.\"second.example.test\".starttls",
        ]
    );
}

#[test]
fn a_client_differs_in_its_own_keys() {
    let client = Client {
        tls: Some(vec![]),
        port: "smtp".into(),
        ..Client::default()
    };
    assert_eq!(
        differences_of_client(&Client::default()),
        Vec::<Vec<Difference>>::new()
    );
    assert_eq!(
        differences_of_client(&client),
        [[Difference::Client("tls".into())]]
    );
}

#[test]
fn a_host_where_the_route_leads_listens_as_its_twin_does() {
    let mut world = world();
    host(&mut world).port = 587;
    let route = |port| Route {
        host: "mx.example.test".into(),
        mx_lookup: false,
        port,
        switches: Switches {
            require_tls: false,
            require_ca_signed: false,
            validate_hostname: false,
        },
        when_secure: false,
    };
    // (port of the route, what differs)
    let cases = [(587, vec![]), (25, vec!["host.\"mx.example.test\".port"])];
    for (port, want) in cases {
        world.routes.insert("example.test".into(), route(port));
        assert_eq!(texts(&world), want, "{port}");
    }
}
