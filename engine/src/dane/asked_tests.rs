//! Tests of `asked`: which names are asked for, and what comes of the answers.

use futures_util::FutureExt as _;

use super::asked::{Asked, Destination, asked};
use super::fault::DaneFault;
use crate::address::DomainName;
use crate::route::{MxHost, Origin, Security, Table, locate};
use crate::settings::DaneUse;

const GOOD: &str = "3 1 1 0000000000000000000000000000000000000000000000000000000000000000";

/// How a host was found.
#[derive(Clone, Copy)]
enum By {
    /// A secure MX record of `example.test`, which may be an alias of this name.
    Mx(&'static str),
    /// An insecure one.
    InsecureMx,
    /// `example.test` has no MX record; it leads to the host, and so far can the way be believed.
    NoMx(Security),
    /// A route.
    Settings,
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

/// What a host is asked in these zones, in short words, and the TLSA and CNAME questions that it took.
fn ask(host: &str, by: By, port: u16, told: Option<DaneUse>, zones: &str) -> (String, Vec<String>) {
    let table = Table::parse(&zones.replace("GOOD", GOOD));
    let (security, domain) = (Security::Secure, name("example.test"));
    let origin = match by {
        By::Mx(owner) => Origin::MxRecord {
            security,
            owner: name(owner),
        },
        By::InsecureMx => Origin::MxRecord {
            security: Security::Insecure,
            owner: domain,
        },
        By::NoMx(security) => Origin::NoMxRecord { security, domain },
        By::Settings => Origin::Settings,
    };
    let host = MxHost {
        name: name(host),
        preference: 0,
        origin,
    };
    let located = locate(&table, &host.name).now_or_never().unwrap().unwrap();
    let next_hop = match by {
        By::Settings => host.name.clone(),
        _ => name("example.test"),
    };
    let to = Destination {
        next_hop: &next_hop,
        host: &host,
        located: &located,
        port,
        told,
    };
    let found = asked(&table, to).now_or_never().unwrap();
    let told = match found {
        Ok(Asked::Nothing) => "nothing".to_owned(),
        Ok(Asked::Tls(published)) => format!("tls {}", published.base),
        Ok(Asked::Records(published, records)) => {
            assert_eq!(records.references()[0], published.base);
            let names: Vec<&str> = records
                .references()
                .iter()
                .map(DomainName::as_str)
                .collect();
            format!("records {}", names.join(" "))
        }
        Ok(Asked::Audit(published, _)) => format!("audit {}", published.base),
        Err(DaneFault::Lookup(at, _)) => format!("no answer at {at}"),
        Err(fault) => fault.failure_type().unwrap().to_owned(),
    };
    let asked = table.asked().into_iter();
    let asked = asked.filter(|question| !question.starts_with('A'));
    (told, asked.collect())
}

#[test]
fn records_are_looked_for_where_a_host_was_securely_found() {
    let plain = "a mx.test: 192.0.2.1";
    let with = |zones: &str| format!("{plain}\n{zones}");
    // (zones, what is asked, TLSA questions)
    let cases = [
        (
            with("tlsa _25._tcp.mx.test: GOOD"),
            "records mx.test example.test",
            "TLSA _25._tcp.mx.test",
        ),
        (
            with("tlsa _25._tcp.mx.test: 3 1 1 00ff"),
            "tls mx.test",
            "TLSA _25._tcp.mx.test",
        ),
        (
            with("tlsa _25._tcp.mx.test: 1 1 1 00ff\ntlsa _25._tcp.mx.test: GOOD"),
            "records mx.test example.test",
            "TLSA _25._tcp.mx.test",
        ),
        (
            with("tlsa _25._tcp.mx.test: none"),
            "nothing",
            "TLSA _25._tcp.mx.test",
        ),
        (with(""), "nothing", "TLSA _25._tcp.mx.test"),
        (
            with("insecure tlsa _25._tcp.mx.test: GOOD"),
            "nothing",
            "TLSA _25._tcp.mx.test",
        ),
        (
            with("insecure tlsa _25._tcp.mx.test: none"),
            "nothing",
            "TLSA _25._tcp.mx.test",
        ),
        (
            with("tlsa _25._tcp.mx.test: fails"),
            "no answer at _25._tcp.mx.test",
            "TLSA _25._tcp.mx.test",
        ),
        (
            "insecure a mx.test: 192.0.2.1\ntlsa _25._tcp.mx.test: fails".to_owned(),
            "nothing",
            "",
        ),
        (
            "a mx.test: 192.0.2.1\naaaa mx.test: fails\ntlsa _25._tcp.mx.test: GOOD".to_owned(),
            "records mx.test example.test",
            "TLSA _25._tcp.mx.test",
        ),
        (
            "a mx.test: none\naaaa mx.test: 2001:db8::1\ntlsa _25._tcp.mx.test: GOOD".to_owned(),
            "records mx.test example.test",
            "TLSA _25._tcp.mx.test",
        ),
    ];
    for (zones, want, questions) in cases {
        let (got, asked) = ask("mx.test", By::Mx("example.test"), 25, None, &zones);
        assert_eq!(
            (got.as_str(), asked.join(", ").as_str()),
            (want, questions),
            "{zones}"
        );
    }
}

#[test]
fn a_host_that_insecure_mx_records_name_is_not_asked() {
    let zones = "a mx.test: 192.0.2.1\ntlsa _25._tcp.mx.test: GOOD";
    assert_eq!(
        ask("mx.test", By::InsecureMx, 25, None, zones),
        ("nothing".to_owned(), Vec::new())
    );
}

#[test]
fn aliases_are_tried_at_their_end_and_then_at_their_beginning() {
    let (ends, begins) = ("TLSA _25._tcp.end.test", "TLSA _25._tcp.mx.test");
    let (both, alias) = (format!("{ends}, {begins}"), "CNAME mx.test");
    let secure = "cname mx.test: middle.test\ncname middle.test: end.test\na end.test: 192.0.2.1\ntlsa _25._tcp.middle.test: GOOD";
    let half =
        "cname mx.test: end.test\ninsecure a end.test: 192.0.2.1\ntlsa _25._tcp.end.test: GOOD";
    let none = "insecure cname mx.test: end.test\na end.test: 192.0.2.1\ntlsa _25._tcp.end.test: GOOD\ntlsa _25._tcp.mx.test: GOOD";
    // (zones, what is asked, questions)
    let cases = [
        (
            format!("{secure}\ntlsa _25._tcp.end.test: GOOD\ntlsa _25._tcp.mx.test: GOOD"),
            "records end.test example.test",
            ends.to_owned(),
        ),
        (
            format!("{secure}\ntlsa _25._tcp.mx.test: GOOD"),
            "records mx.test example.test",
            both.clone(),
        ),
        (
            format!("{secure}\ninsecure tlsa _25._tcp.end.test: GOOD\ntlsa _25._tcp.mx.test: GOOD"),
            "records mx.test example.test",
            both.clone(),
        ),
        (
            format!("{secure}\ntlsa _25._tcp.end.test: 9 9 9 00\ntlsa _25._tcp.mx.test: GOOD"),
            "tls end.test",
            ends.to_owned(),
        ),
        (
            format!("{secure}\ntlsa _25._tcp.end.test: fails\ntlsa _25._tcp.mx.test: GOOD"),
            "no answer at _25._tcp.end.test",
            ends.to_owned(),
        ),
        (secure.to_owned(), "nothing", both),
        (
            format!("{half}\ntlsa _25._tcp.mx.test: GOOD"),
            "records mx.test example.test",
            format!("{alias}, {begins}"),
        ),
        (half.to_owned(), "nothing", format!("{alias}, {begins}")),
        (none.to_owned(), "nothing", alias.to_owned()),
    ];
    for (zones, want, questions) in cases {
        let (got, asked) = ask("mx.test", By::Mx("example.test"), 25, None, &zones);
        assert_eq!(
            (got, asked.join(", ")),
            (want.to_owned(), questions),
            "{zones}"
        );
    }
}

#[test]
fn an_alias_of_the_records_changes_no_name() {
    let zones = "a mx.test: 192.0.2.1\ncname _25._tcp.mx.test: common.test\ntlsa common.test: GOOD";
    let by = By::Mx("example.test");
    assert_eq!(
        ask("mx.test", by, 25, None, zones).0,
        "records mx.test example.test"
    );
    let zones = zones.replace("cname _25", "insecure cname _25");
    assert_eq!(ask("mx.test", by, 25, None, &zones).0, "nothing");
}

#[test]
fn names_are_accepted_by_the_way_to_the_host() {
    let zones = "a mx.test: 192.0.2.1\ntlsa _25._tcp.mx.test: GOOD\ntlsa _587._tcp.mx.test: GOOD\n\
                 a example.test: 192.0.2.1\ntlsa _25._tcp.example.test: GOOD\n\
                 cname relay.test: mx.test";
    use Security::{Insecure, Secure};
    // (host, how it was found, port, what is asked)
    let cases = [
        (
            "mx.test",
            By::Mx("example.test"),
            25,
            "records mx.test example.test",
        ),
        (
            "mx.test",
            By::Mx("hosted.test"),
            25,
            "records mx.test example.test hosted.test",
        ),
        ("example.test", By::NoMx(Secure), 25, "records example.test"),
        (
            "example.test",
            By::NoMx(Insecure),
            25,
            "records example.test",
        ),
        (
            "mx.test",
            By::NoMx(Secure),
            25,
            "records mx.test example.test",
        ),
        ("mx.test", By::Settings, 25, "records mx.test"),
        ("mx.test", By::Settings, 587, "records mx.test"),
        ("mx.test", By::Settings, 2525, "nothing"),
        ("relay.test", By::Settings, 25, "records mx.test relay.test"),
    ];
    for (host, by, port, want) in cases {
        assert_eq!(ask(host, by, port, None, zones).0, want, "{host} {port}");
    }
}

#[test]
fn a_domain_without_mx_records_may_be_an_alias() {
    let zones = "insecure a mx.test: 192.0.2.1\ncname example.test: mx.test\ntlsa _25._tcp.example.test: GOOD";
    // The alias itself is secure, though where it leads is not.
    let (got, asked) = ask("mx.test", By::NoMx(Security::Insecure), 25, None, zones);
    assert_eq!(got, "records example.test");
    assert_eq!(asked, ["CNAME example.test", "TLSA _25._tcp.example.test"]);
    let zones = zones.replace("cname example", "insecure cname example");
    assert_eq!(
        ask("mx.test", By::NoMx(Security::Insecure), 25, None, &zones).0,
        "nothing"
    );
    let zones = "insecure a mx.test: 192.0.2.1\ninsecure cname example.test: mx.test";
    let (got, asked) = ask("mx.test", By::NoMx(Security::Secure), 25, None, zones);
    assert_eq!(
        (got.as_str(), asked.join(" ").as_str()),
        ("nothing", "CNAME example.test")
    );
}

#[test]
fn settings_may_ask_for_more_or_for_less() {
    let mx = By::Mx("example.test");
    let zones = |data: &str| format!("a mx.test: 192.0.2.1\ntlsa _25._tcp.mx.test: {data}");
    let (mandatory, audit, off) = (
        Some(DaneUse::Mandatory),
        Some(DaneUse::AuditOnly),
        Some(DaneUse::Off),
    );
    // (how the host was found, records, what the settings say, what is asked)
    let cases = [
        (mx, "GOOD", mandatory, "records mx.test example.test"),
        (mx, "none", mandatory, "dane-required"),
        (mx, "3 1 1 00", mandatory, "tlsa-invalid"),
        (mx, "fails", mandatory, "no answer at _25._tcp.mx.test"),
        (By::InsecureMx, "GOOD", mandatory, "dane-required"),
        (mx, "GOOD", audit, "audit mx.test"),
        (mx, "3 1 1 00", audit, "nothing"),
        (mx, "fails", audit, "nothing"),
        (mx, "GOOD", off, "nothing"),
        (mx, "fails", off, "nothing"),
    ];
    for (by, data, told, want) in cases {
        let (got, asked) = ask("mx.test", by, 25, told, &zones(data));
        assert_eq!(got, want, "{data} {told:?}");
        assert!(told != off || asked.is_empty());
    }
}
