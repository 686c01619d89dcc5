//! `mtaspec probe` before domains that have published TLSA records and MTA-STS policies.

use serde_json::Value;

use crate::probe::Scene;

/// Settings of one rule that asks for TLS alone, so that all else is for what the domain has published to ask.
const RULE: &str =
    "[rule.secure]\nlists = \"partners\"\nrequire_ca_signed = false\nvalidate_hostname = false\n";

/// What the command says of the domain of a case under such a rule.
fn probed(case: &str) -> (i32, String) {
    let scene = Scene::of(case);
    let domain = scene.name("example.test");
    let settings = scene.settings(&format!("[list.partners]\nentries = \"{domain}\"\n{RULE}"));
    scene.probe(&[&domain, "--settings", &settings])
}

#[test]
fn a_person_reads_which_policy_holds_and_what_it_does() {
    // (name of the snapshot, case, exit status)
    let cases = [
        (
            "fits",
            "mta-sts/certificate/chain-and-time#nothing-said-of-revocation",
            0,
        ),
        (
            "not_named",
            "mta-sts/mx-matching/several-hosts#first-not-named",
            1,
        ),
        (
            "untrusted",
            "mta-sts/certificate/chain-and-time#held-and-not-returned/self-signed",
            1,
        ),
        (
            "testing",
            "mta-sts/modes/testing#bad-certificate/expired",
            0,
        ),
        (
            "fetch_failed",
            "mta-sts/reports/what-went-wrong#first-fetch-fails/404",
            0,
        ),
    ];
    for (name, case, want) in cases {
        let (code, text) = probed(case);
        assert_eq!(code, want, "{case}: {text}");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn a_person_reads_what_tlsa_records_ask_and_that_the_policy_is_not_asked_beside_them() {
    // (name of the snapshot, case, exit status)
    let cases = [
        (
            "dane_fits",
            "precedence/dane-beside-mta-sts#certificate-good-for-the-records-alone/self-signed",
            0,
        ),
        (
            "dane_refuses",
            "precedence/dane-beside-mta-sts#certificate-good-for-the-policy-alone/usage-3",
            1,
        ),
    ];
    for (name, case, want) in cases {
        let (code, text) = probed(case);
        assert_eq!(code, want, "{case}: {text}");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn what_only_a_rule_would_fail_is_called_so() {
    let scene = Scene::of(
        "precedence/dane-beside-mta-sts#certificate-good-for-the-records-alone/self-signed",
    );
    let (code, text) = scene.probe(&[&scene.name("example.test")]);
    assert_eq!(code, 1, "{text}");
    let last: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("without a rule") || line.starts_with("failed"))
        .collect();
    insta::assert_snapshot!(last.join("\n"), @r"
      without a rule: mail goes over TLS
    failed as a rule would ask at mx.example.test, certificate: the certificate does not lead to a trusted authority (certificate-not-trusted)
    ");
}

#[test]
fn where_a_route_leads_mail_the_policy_of_its_host_counts_or_none_does() {
    let scene = Scene::of("precedence/routes-and-policies#policy-asks-for-more");
    let (domain, relay) = (
        scene.name("example.test"),
        scene.name("relay.provider.test"),
    );
    let by_name = format!("[route.\"{domain}\"]\nhost = \"{relay}\"\n");
    let settings = scene.settings(&by_name);
    let (code, text) = scene.probe(&[&domain, "--settings", &settings]);
    assert_eq!(code, 1, "{text}");
    insta::assert_snapshot!("route", text);
    let by_address = format!("[route.\"{domain}\"]\nhost = \"198.18.0.8\"\n");
    let (_, text) = scene.probe(&[&domain, "--settings", &scene.settings(&by_address)]);
    let words = "MTA-STS: mail goes to an address, for which no policy holds; that of example.test does not count";
    assert!(text.contains(words), "{text}");
}

/// What a program reads of a case: what was found, mode, is the host named, does it fit, what becomes of mail.
type Told = (
    &'static str,
    &'static str,
    &'static str,
    Option<bool>,
    Option<bool>,
    &'static str,
);

const TOLD: [Told; 10] = [
    (
        "mta-sts/certificate/chain-and-time#nothing-said-of-revocation",
        "in-force",
        "enforce",
        Some(true),
        Some(true),
        "tls",
    ),
    (
        "mta-sts/mx-matching/several-hosts#first-not-named",
        "in-force",
        "enforce",
        Some(false),
        Some(false),
        "waits",
    ),
    (
        "mta-sts/certificate/chain-and-time#expired/alone",
        "in-force",
        "enforce",
        Some(true),
        Some(false),
        "waits",
    ),
    (
        "mta-sts/modes/testing#host-not-named",
        "in-force",
        "testing",
        Some(false),
        Some(false),
        "tls",
    ),
    (
        "mta-sts/modes/none#host-not-named",
        "in-force",
        "none",
        None,
        None,
        "tls",
    ),
    (
        "mta-sts/discovery/record-syntax#broken/no-id",
        "record-unusable",
        "",
        None,
        None,
        "plaintext",
    ),
    (
        "mta-sts/fetch/every-status-but-200#not-modified",
        "fetch-failed",
        "",
        None,
        None,
        "plaintext",
    ),
    (
        "dane/records/every-selector-and-matching-type#own-certificate/key-sha-256",
        "none",
        "",
        None,
        None,
        "tls",
    ),
    (
        "dane/records/every-selector-and-matching-type#certificate-of-another-key/key-sha-256",
        "none",
        "",
        None,
        None,
        "waits",
    ),
    (
        "precedence/dane-beside-mta-sts#host-with-records-not-named",
        "in-force",
        "enforce",
        Some(false),
        None,
        "tls",
    ),
];

#[test]
fn a_program_reads_the_same() {
    for (case, found, mode, named, fits, mail) in TOLD {
        let scene = Scene::of(case);
        let (_, text) = scene.probe(&[&scene.name("example.test"), "--json"]);
        let told: Value = serde_json::from_str(&text).unwrap();
        let (sts, host) = (&told["mta_sts"], &told["hosts"][0]);
        assert_eq!(sts["found"], found, "{case}: {text}");
        assert_eq!(
            sts["policy"]["mode"].as_str().unwrap_or_default(),
            mode,
            "{case}: {text}"
        );
        assert_eq!(
            sts["policy"]["until"].is_string(),
            !mode.is_empty(),
            "{case}: {text}"
        );
        assert_eq!(host["mta_sts"]["named"].as_bool(), named, "{case}: {text}");
        assert_eq!(host["mta_sts"]["fits"].as_bool(), fits, "{case}: {text}");
        assert_eq!(host["without_rule"]["mail"], mail, "{case}: {text}");
        // Nobody has to read words to learn that mail would not go.
        if mail == "waits" {
            assert_eq!(told["passed"], false, "{case}: {text}");
        }
    }
}
