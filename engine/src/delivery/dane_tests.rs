//! Tests of `decision` where TLSA records ask something: host by host, step by step.

use super::decision::{
    Start, Violation, after_failed_handshake, after_handshake, after_hello, after_refused_starttls,
};
use super::demand::{Breach, Demand, Demander, StsDemand};
use super::sight::Shown;
use crate::address::DomainName;
use crate::dane::{Asked, Published, Records, Tlsa, TlsaFault};
use crate::obligation::Obligation;
use crate::settings::{Switches, TlsVersion};
use crate::tls::{ChainFault, HandshakeFault, NameFault, Suite, Verification};

/// What is asked, by a word.
fn asked(word: &str) -> Asked {
    let records = vec![Tlsa {
        usage: 3,
        selector: 1,
        matching_type: 1,
        data: vec![0; 32],
    }];
    let usable = Records::new(&records, Vec::new()).unwrap();
    let base = DomainName::parse("mx.example.test").unwrap();
    let published = Published { base, records };
    match word {
        "nothing" => Asked::Nothing,
        "tls" => Asked::Tls(published),
        "records" => Asked::Records(published, usable),
        "audit" => Asked::Audit(published, usable),
        other => panic!("{other}"),
    }
}

fn demand(word: &str) -> Demand {
    Demand {
        dane: asked(word),
        ..Demand::default()
    }
}

fn failed(violation: Violation) -> Breach {
    Breach {
        by: Demander::Dane,
        violation,
    }
}

#[test]
fn any_record_keeps_mail_out_of_plaintext_and_an_audit_does_not() {
    // (what is asked, does it keep mail back?)
    for (word, kept) in [
        ("nothing", false),
        ("tls", true),
        ("records", true),
        ("audit", false),
    ] {
        let demand = demand(word);
        let fault = HandshakeFault("alert".into());
        let told = "454 4.7.0 not now".to_owned();
        let of = |violation| if kept { Err(failed(violation)) } else { Ok(()) };
        assert_eq!(after_hello(&demand, true), Ok(Start::Tls), "{word}");
        let without = after_hello(&demand, false).map(|start| assert_eq!(start, Start::Plaintext));
        assert_eq!(without, of(Violation::NotOffered), "{word}");
        let refused = after_refused_starttls(&demand, told.clone());
        assert_eq!(refused, of(Violation::Refused(told)), "{word}");
        let broken = after_failed_handshake(&demand, fault.clone());
        assert_eq!(broken, of(Violation::Handshake(fault)), "{word}");
        assert_eq!(
            demand.authenticates(),
            matches!(word, "records" | "audit"),
            "{word}"
        );
    }
}

#[test]
fn records_decide_before_policies_and_after_rules() {
    let fits = || Some(Ok(()));
    let misses = || Some(Err(TlsaFault::NoMatch));
    let by_dane = Err(failed(Violation::Tlsa(TlsaFault::NoMatch)));
    let by = |by| {
        Err(Breach {
            by,
            violation: Violation::Chain(ChainFault::UnknownIssuer),
        })
    };
    // (what is asked, is there a policy?, is there a rule?, is the chain trusted?, what the records say, next step)
    let cases = [
        ("records", false, false, false, fits(), Ok(())),
        ("records", false, false, true, misses(), by_dane.clone()),
        (
            "records",
            false,
            false,
            true,
            None,
            Err(failed(Violation::Tlsa(TlsaFault::Absent))),
        ),
        ("records", true, false, false, fits(), Ok(())),
        ("records", true, false, true, misses(), by_dane.clone()),
        ("records", false, true, false, fits(), by(Demander::Rule)),
        ("records", false, true, true, misses(), by_dane),
        ("tls", false, false, false, None, Ok(())),
        ("tls", true, false, false, None, by(Demander::Sts)),
        ("audit", false, false, false, misses(), Ok(())),
        ("audit", true, false, false, fits(), by(Demander::Sts)),
        ("nothing", true, false, true, None, Ok(())),
    ];
    for (word, policy, rule, trusted, tlsa, want) in cases {
        let switches = if rule {
            Switches::default()
        } else {
            Switches::OFF
        };
        let demand = Demand {
            obligation: Obligation::of_switches(switches),
            sts: if policy {
                StsDemand::Enforce { names_host: true }
            } else {
                StsDemand::Nothing
            },
            ..demand(word)
        };
        let (chain, name) = match trusted {
            true => (Ok(()), Ok(())),
            false => (
                Err(ChainFault::UnknownIssuer),
                Err(NameFault::Mismatch("mx.example.test".into())),
            ),
        };
        let shown = Shown {
            version: TlsVersion::Tls13,
            suite: Suite::of(0x1301),
            chain: Vec::new(),
            verification: Verification { chain, name },
            tlsa,
        };
        assert_eq!(
            after_handshake(&demand, &shown),
            want,
            "{word} {policy} {rule} {trusted}"
        );
    }
}
