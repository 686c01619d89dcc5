//! What domains may have published, and the words for what is wrong with it.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use crate::address::DomainName;
use crate::https::HttpsFault;
use crate::route::{LookupFault, RouteFault};
use crate::sts::{FetchFault, Policy};
use crate::tls::ChainFault;

use super::found::Published;
use super::problem::Weight;

const GOOD: &str = "version: STSv1\nmode: enforce\nmx: *.example.test\nmax_age: 2419200\n";
const RECORD: &str = "v=STSv1; id=1";
const REPORTS: &str = "v=TLSRPTv1; rua=mailto:a@example.test";

fn texts(lines: &str) -> Vec<Vec<u8>> {
    let lines = lines.split('\n').filter(|line| !line.is_empty());
    lines.map(|line| line.as_bytes().to_vec()).collect()
}

/// A domain with these records, a line each, and this policy.
fn published(sts: &str, policy: &str, tlsrpt: &str) -> Published {
    Published {
        domain: DomainName::parse("example.test").unwrap(),
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000),
        sts: Ok(texts(sts)),
        policy: Policy::parse(policy.as_bytes()).map_err(FetchFault::Policy),
        tlsrpt: Ok(texts(tlsrpt)),
        hosts: Ok(vec![DomainName::parse("mx.example.test").unwrap()]),
    }
}

fn words(published: &Published) -> Vec<&'static str> {
    published
        .problems()
        .iter()
        .map(|problem| problem.word)
        .collect()
}

/// STS records, policy, records for reports, words, and whether it is well enough.
type Case<'c> = (&'c str, &'c str, &'c str, &'c [&'static str], bool);

fn assert_told(cases: &[Case<'_>]) {
    for (sts, policy, tlsrpt, want, passes) in cases.iter().copied() {
        let published = published(sts, policy, tlsrpt);
        assert_eq!(words(&published), want, "{sts} {policy} {tlsrpt}");
        assert_eq!(published.passed(), passes, "{sts} {policy} {tlsrpt}");
    }
}

#[test]
fn each_thing_that_is_wrong_with_a_record_has_its_word() {
    let two = format!("{REPORTS}\n{REPORTS}");
    let with_other = format!("v=spf1 -all\n{REPORTS}");
    assert_told(&[
        (RECORD, GOOD, REPORTS, &[], true),
        ("v=spf1 -all\nv=STSv1; id=1;", GOOD, REPORTS, &[], true),
        (RECORD, GOOD, "", &["tlsrpt-missing"], true),
        ("", GOOD, REPORTS, &["sts-record-missing"], false),
        (
            "v=STSv1; id=1;\nv=STSv1; id=2;",
            GOOD,
            REPORTS,
            &["sts-record-several"],
            false,
        ),
        ("v=STSv1; id=a-b;", GOOD, REPORTS, &["sts-id"], false),
        ("v=STSv1;", GOOD, REPORTS, &["sts-id"], false),
        ("v=STSv1; =;", GOOD, REPORTS, &["sts-record-syntax"], false),
        (
            RECORD,
            GOOD,
            "v=TLSRPTv1; rua=gopher://a",
            &["tlsrpt-syntax"],
            false,
        ),
        (RECORD, GOOD, "v=TLSRPTv1;", &["tlsrpt-syntax"], false),
        (
            RECORD,
            GOOD,
            "v=TLSRPTv1; rua=https://a.test/b;c",
            &["tlsrpt-address"],
            false,
        ),
        (
            RECORD,
            GOOD,
            "v=TLSRPTv1; rua=mailto:a@b.test,gopher://a",
            &["tlsrpt-address"],
            false,
        ),
        (RECORD, GOOD, &two, &["tlsrpt-several"], false),
        (
            "",
            "",
            "",
            &[
                "sts-record-missing",
                "policy-invalid",
                "policy-invalid",
                "policy-invalid",
                "policy-invalid",
                "tlsrpt-missing",
            ],
            false,
        ),
        ("v=STSv1; id=1; id=a-b", GOOD, &with_other, &[], true),
    ]);
}

#[test]
fn each_thing_that_is_wrong_with_a_policy_has_its_word() {
    let policy = |change: &str, to: &str| GOOD.replace(change, to);
    let testing_other_host = "version: STSv1\nmode: testing\nmx: mx.other.test\nmax_age: 60\n";
    let none = "version: STSv1\nmode: none\nmax_age: 60\n";
    assert_told(&[
        (
            RECORD,
            &policy("enforce", "on"),
            REPORTS,
            &["policy-invalid"],
            false,
        ),
        (RECORD, "", REPORTS, &["policy-invalid"; 4], false),
        (
            RECORD,
            &policy("2419200", "x"),
            REPORTS,
            &["policy-invalid"],
            false,
        ),
        (
            RECORD,
            &policy("2419200", "86400"),
            REPORTS,
            &["policy-short-lived"],
            true,
        ),
        (
            RECORD,
            &policy("2419200", "99999999"),
            REPORTS,
            &["policy-max-age"],
            false,
        ),
        (
            RECORD,
            &policy("max_age", "mx: a b\nmax_age"),
            REPORTS,
            &["policy-mx"],
            false,
        ),
        (
            RECORD,
            &policy("max_age", "mx: mx.bücher.test\nmax_age"),
            REPORTS,
            &["policy-mx"],
            false,
        ),
        (
            RECORD,
            &policy("*.example", "*.other"),
            REPORTS,
            &["mx-not-named"],
            false,
        ),
        (RECORD, testing_other_host, REPORTS, &["mx-not-named"], true),
        (RECORD, none, REPORTS, &[], true),
    ]);
}

#[test]
fn what_cannot_be_had_has_its_word_too() {
    let chain = HttpsFault::Chain(ChainFault::Expired);
    // (why there is no policy, word)
    let fetches = [
        (FetchFault::Status(301), "policy-status"),
        (FetchFault::Status(404), "policy-status"),
        (
            FetchFault::MediaType("text/html".into()),
            "policy-media-type",
        ),
        (FetchFault::Https(chain), "policy-certificate"),
        (
            FetchFault::Https(HttpsFault::TooLong(65_536)),
            "policy-limits",
        ),
        (
            FetchFault::Https(HttpsFault::Broken("x".into())),
            "policy-unreachable",
        ),
    ];
    for (fault, word) in fetches {
        let mut published = published(RECORD, GOOD, REPORTS);
        published.policy = Err(fault.clone());
        assert_eq!(words(&published), [word], "{fault}");
    }
    let mut published = published(RECORD, GOOD, REPORTS);
    published.sts = Err(LookupFault::Silence);
    published.tlsrpt = Err(LookupFault::Silence);
    published.hosts = Err(RouteFault::NoDomain("example.test".into()));
    assert_eq!(words(&published), ["sts-lookup", "mx", "tlsrpt-lookup"]);
}

#[test]
fn errors_go_before_warnings() {
    let published = published("", GOOD.replace("2419200", "60").as_str(), "");
    let weights: Vec<Weight> = published.problems().iter().map(|one| one.weight).collect();
    assert_eq!(weights, [Weight::Error, Weight::Warning, Weight::Warning]);
}

#[test]
fn both_forms_of_a_records_name_and_a_fresh_id_are_told() {
    let advice = published(RECORD, GOOD, "").advice();
    assert_eq!(advice.sts_name.short, "_mta-sts");
    assert_eq!(advice.sts_name.whole, "_mta-sts.example.test");
    assert_eq!(advice.sts_value, "v=STSv1; id=20260921141320;");
    assert_eq!(advice.tlsrpt_name.whole, "_smtp._tls.example.test");
    let wanted = "v=TLSRPTv1; rua=mailto:tls-reports@example.test";
    assert_eq!(advice.tlsrpt_value.as_deref(), Some(wanted));
    assert_eq!(published(RECORD, GOOD, REPORTS).advice().tlsrpt_value, None);
}

proptest! {
    #[test]
    fn whatever_is_published_is_told_without_panic(sts in "(v=STSv1|[a-z;= ]){0,6}", policy in "[a-z_:0-9\n ]{0,60}", tlsrpt in "(v=TLSRPTv1|;|rua=|[a-z:,@]){0,8}") {
        let published = published(&sts, &policy, &tlsrpt);
        let is_sound = published.problems().iter().all(|one| one.weight == Weight::Warning);
        prop_assert_eq!(published.passed(), is_sound);
        prop_assert!(!published.advice().sts_value.is_empty());
    }
}
