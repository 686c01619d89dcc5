//! The suite in the tree is read without a problem, and its ids and capabilities are those of the reference.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use super::{Case, Catalogue, Suite, Twin, all_capabilities};

/// The files that the reference model of the language was tried on.
const EXAMPLES: [&str; 34] = [
    "attacker/starttls-stripped",
    "certificates/rotation-with-overlap",
    "certificates/shared-across-hosts",
    "compliance/inbound/client-certificate",
    "compliance/inbound/from-field-matched",
    "compliance/outbound/certificate-not-trusted",
    "compliance/outbound/no-starttls",
    "compliance/outbound/route-requires-tls",
    "compliance/outbound/starttls-comes-too-late",
    "compliance/outbound/test-connection",
    "dane/lookup/insecure-and-bogus-answers",
    "dane/names/alias-example-with-three-hosts",
    "dane/names/anchor-with-wrong-name",
    "dane/records/usable-and-unusable",
    "dns/errors-while-looking-for-mx",
    "inbound/command-behind-starttls",
    "internationalised/mx-names",
    "mta-sts/cache/weeks-of-a-policy",
    "mta-sts/fetch/answers-that-are-no-policy",
    "mta-sts/fetch/policy-host-certificate",
    "mta-sts/modes/testing-counts-failures",
    "mta-sts/mx-matching/star-covers-one-label",
    "notices/content",
    "precedence/dane-and-mta-sts",
    "requiretls/hop-without-requiretls",
    "routing/second-mx-host",
    "routing/unusual-mx-records",
    "starttls/capabilities-before-and-after-tls",
    "starttls/injected-reply",
    "starttls/refused",
    "tls-versions/each-version",
    "tls-versions/ssl-3-refused",
    "tlsrpt/where-reports-go",
    "trace/received-field",
];

pub(super) fn suite() -> (Suite, Catalogue) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let catalogue = Catalogue::load(&root.join("requirements.toml")).unwrap();
    let (suite, problems) = Suite::load(&[root], Some(&catalogue));
    assert!(problems.is_empty(), "{problems}");
    (suite, catalogue)
}

#[test]
fn the_whole_suite_is_read_without_a_problem() {
    let (suite, _) = suite();
    assert!(suite.cases.len() >= 202);
    assert!(suite.cases.iter().all(|case| !case.steps.is_empty()));
}

#[test]
fn ids_and_capabilities_follow_from_what_files_say() {
    let mut list = String::new();
    let (suite, _) = suite();
    let file = |id: &str| id.split_once('#').map_or(id, |(file, _)| file).to_string();
    for case in suite
        .cases
        .iter()
        .filter(|case| EXAMPLES.contains(&file(&case.id).as_str()))
    {
        let capabilities: Vec<&str> = case.capabilities.iter().map(String::as_str).collect();
        writeln!(list, "{}: {}", case.id, capabilities.join(" ")).unwrap();
    }
    insta::assert_snapshot!(list);
}

#[test]
fn every_capability_that_the_suite_needs_has_its_word() {
    let words = all_capabilities();
    for case in &suite().0.cases {
        let unknown: Vec<_> = case.capabilities.difference(&words).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", case.id);
    }
}

#[test]
fn few_healthy_twins_stand_for_many_cases() {
    let (suite, _) = suite();
    let needed = suite.cases.iter().filter(|case| case.twin == Twin::Healthy);
    let steps = |case: &Case| {
        (0..case.steps.len())
            .map(|step| case.healthy_twin(step).id)
            .collect::<Vec<_>>()
    };
    let twins: BTreeSet<String> = needed.clone().flat_map(steps).collect();
    assert!(twins.len() * 3 < needed.count(), "{}", twins.len());
}

#[test]
fn a_case_reads_back_from_its_recording() {
    for case in suite().0.cases {
        let text = serde_json::to_string(&case).unwrap();
        let back: Case = serde_json::from_str(&text).unwrap();
        assert_eq!(back, case);
        assert_eq!(back.hash(), case.hash());
    }
}
