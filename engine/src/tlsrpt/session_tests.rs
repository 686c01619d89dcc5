//! Every way in which a session may go, and what it counts as.

use crate::tls::PeerName;

use super::failure::ResultType;
use super::session::{Contact, Session, counted};
use super::session_scene::{dane, domain, met, standing};
use super::tally::Counted;

/// One line for each entry: kind, domain, whether it is a success, and its failures.
fn told(entries: &[Counted]) -> Vec<String> {
    let told = |entry: &Counted| {
        let (kind, domain) = (entry.policy.kind().word(), entry.policy.domain());
        let outcome = if entry.success { "good" } else { "bad" };
        let failures = entry.failures.iter().map(|failure| {
            let place = if failure.mx_hostname.is_some() {
                ""
            } else {
                "~"
            };
            format!(" {place}{}", failure.result)
        });
        format!("{kind} {domain} {outcome}{}", failures.collect::<String>())
    };
    entries.iter().map(told).collect()
}

fn count(sts: &str, tlsa: &str, word: &str) -> Vec<Counted> {
    let (name, standing) = (domain("example.test"), standing(sts));
    let peer = PeerName::Host(domain("mx.example.test"));
    let (sight, manner, ended) = met(word);
    let contact = Contact {
        address: "192.0.2.1".parse().unwrap(),
        source: Some("192.0.2.7".parse().unwrap()),
        manner,
        sight: &sight,
        ended: ended.as_ref(),
    };
    counted(&Session {
        domain: &name,
        standing: Some(&standing),
        dane: dane(tlsa),
        peer: &peer,
        contact: (word != "left-out").then_some(contact),
    })
}

/// One way in which a session goes: MTA-STS, DANE, what was met, the entries.
type Way = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const WAYS: &[Way] = &[
    ("none", "none", "valid", &["N good"]),
    ("none", "none", "expired+misnamed", &["N good"]),
    ("none", "none", "nobody", &[]),
    ("none", "none", "unwelcome", &["N bad validation-failure"]),
    (
        "none",
        "none",
        "no-starttls",
        &["N bad starttls-not-supported"],
    ),
    ("none", "none", "refused", &["N bad starttls-not-supported"]),
    ("none", "none", "handshake", &["N bad validation-failure"]),
    (
        "none",
        "none",
        "in-plaintext",
        &["N bad validation-failure"],
    ),
    (
        "none",
        "none",
        "broken-behind",
        &["N bad validation-failure"],
    ),
    (
        "none-mode",
        "none",
        "no-starttls",
        &["N bad starttls-not-supported"],
    ),
    ("enforce", "none", "valid", &["S good"]),
    ("testing", "none", "valid", &["S good"]),
    ("testing", "none", "nobody", &[]),
    (
        "testing",
        "none",
        "no-starttls",
        &["S bad starttls-not-supported"],
    ),
    (
        "enforce",
        "none",
        "refused",
        &["S bad starttls-not-supported"],
    ),
    (
        "enforce",
        "none",
        "handshake",
        &["S bad validation-failure"],
    ),
    ("enforce", "none", "expired", &["S bad certificate-expired"]),
    (
        "enforce",
        "none",
        "self-signed",
        &["S bad certificate-not-trusted"],
    ),
    (
        "enforce",
        "none",
        "misnamed",
        &["S bad certificate-host-mismatch"],
    ),
    (
        "testing",
        "none",
        "expired+misnamed",
        &["S bad certificate-expired certificate-host-mismatch"],
    ),
    ("other-host", "none", "valid", &["S bad validation-failure"]),
    (
        "other-host",
        "none",
        "left-out",
        &["S bad validation-failure"],
    ),
    (
        "enforce-stale",
        "none",
        "valid",
        &["S good ~sts-policy-fetch-error"],
    ),
    (
        "enforce-stale",
        "none",
        "expired",
        &["S bad certificate-expired ~sts-policy-fetch-error"],
    ),
    (
        "not-found",
        "none",
        "valid",
        &["S bad ~sts-policy-fetch-error"],
    ),
    (
        "not-reached",
        "none",
        "no-starttls",
        &["S bad ~sts-policy-fetch-error"],
    ),
    (
        "not-trusted",
        "none",
        "valid",
        &["S bad ~sts-webpki-invalid"],
    ),
    ("not-named", "none", "valid", &["S bad ~sts-webpki-invalid"]),
    ("no-policy", "none", "valid", &["S bad ~sts-policy-invalid"]),
    ("none", "usable", "match", &["T good"]),
    ("none", "usable", "no-match", &["T bad tlsa-invalid"]),
    (
        "none",
        "usable",
        "anchor-expired",
        &["T bad certificate-expired"],
    ),
    (
        "none",
        "usable",
        "anchor-broken",
        &["T bad certificate-not-trusted"],
    ),
    (
        "none",
        "usable",
        "anchor-misnamed",
        &["T bad certificate-host-mismatch"],
    ),
    (
        "none",
        "usable",
        "no-starttls",
        &["T bad starttls-not-supported"],
    ),
    ("none", "usable", "handshake", &["T bad validation-failure"]),
    ("none", "unusable", "valid", &["T bad tlsa-invalid"]),
    (
        "none",
        "bogus",
        "left-out",
        &["tlsa mx.example.test bad dnssec-invalid"],
    ),
    ("none", "silent", "left-out", &[]),
    ("none", "missing", "left-out", &["T bad dane-required"]),
    ("none", "all-unusable", "left-out", &["T bad tlsa-invalid"]),
    (
        "enforce",
        "usable",
        "match+self-signed",
        &["T good", "S bad certificate-not-trusted"],
    ),
    (
        "enforce",
        "usable",
        "no-match",
        &["T bad tlsa-invalid", "S good"],
    ),
    (
        "testing",
        "bogus",
        "left-out",
        &["tlsa mx.example.test bad dnssec-invalid"],
    ),
    (
        "not-found",
        "usable",
        "match",
        &["T good", "S bad ~sts-policy-fetch-error"],
    ),
];

#[test]
fn every_result_type_has_its_cause() {
    let none = "no-policy-found example.test";
    let sts = "sts example.test";
    let tlsa = "tlsa base.example.test";
    let mut seen = std::collections::BTreeSet::new();
    for (policy, records, word, want) in WAYS {
        let entries = count(policy, records, word);
        let want: Vec<String> = (want.iter())
            .map(|line| match line.split_once(' ') {
                Some(("N", rest)) => format!("{none} {rest}"),
                Some(("S", rest)) => format!("{sts} {rest}"),
                Some(("T", rest)) => format!("{tlsa} {rest}"),
                _ => (*line).to_owned(),
            })
            .collect();
        assert_eq!(told(&entries), want, "{policy}, {records}, {word}");
        let failures = entries.iter().flat_map(|entry| &entry.failures);
        seen.extend(failures.map(|failure| failure.result));
    }
    assert_eq!(seen, ResultType::ALL.into_iter().collect());
}

#[test]
fn a_failure_is_put_down_to_the_host_with_all_that_is_known_of_it() {
    let entries = count("testing", "none", "refused");
    let failure = &entries[0].failures[0];
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    assert_eq!(text(&failure.mx_hostname), "mx.example.test");
    assert_eq!(text(&failure.mx_helo), "mx.pool.test");
    assert_eq!(text(&failure.reason), "454 4.7.0 not now");
    assert_eq!(failure.receiving_ip, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(failure.sending_ip, Some("192.0.2.7".parse().unwrap()));
    let policy = &entries[0].policy;
    let lines = [
        "version: STSv1",
        "mode: testing",
        "mx: mx.example.test",
        "max_age: 604800",
    ];
    assert_eq!(policy.lines(), lines);
    assert_eq!(policy.mx(), ["mx.example.test"]);
}

#[test]
fn a_policy_that_cannot_be_read_is_told_as_it_was_served() {
    let entries = count("no-policy", "none", "valid");
    let policy = &entries[0].policy;
    assert_eq!(policy.lines(), ["version: STSv1", "mode: enforced"]);
    assert!(policy.mx().is_empty());
    assert!(
        count("not-found", "none", "valid")[0]
            .policy
            .lines()
            .is_empty()
    );
}

#[test]
fn a_failure_without_words_of_its_own_has_a_reason_where_the_standard_wants_one() {
    for (policy, records, word) in [
        ("testing", "none", "self-signed"),
        ("testing", "none", "handshake"),
        ("testing", "none", "unwelcome"),
        ("other-host", "none", "left-out"),
        ("not-found", "none", "valid"),
        ("none", "none", "in-plaintext"),
        ("none", "unusable", "valid"),
    ] {
        let entries = count(policy, records, word);
        let failures = entries.iter().flat_map(|entry| &entry.failures);
        for failure in failures {
            let reason = failure.reason.as_deref().unwrap_or_default();
            assert!(!reason.is_empty(), "{policy}, {records}, {word}");
        }
    }
}
