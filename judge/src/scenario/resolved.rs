//! What files become: the world is whole, everything that is mentioned exists, and what is unsaid is there.

use std::time::Duration;

use super::{
    Answering, Case, Catalogue, Disclosure, FaultPlace, Shown, StartTls, Twin, Wanted, World,
    read_text,
};

fn cases(text: &str) -> Vec<Case> {
    let text = format!("title = \"t\"\nwhy = \"w\"\n{text}");
    let (cases, problems) = read_text("a.toml", "a", &text, &Catalogue::default(), true);
    assert!(problems.is_empty(), "{text}\n{problems}");
    cases
}

fn case(text: &str) -> Case {
    let mut cases = cases(text);
    assert_eq!(cases.len(), 1);
    cases.remove(0)
}

fn world(text: &str) -> World {
    let text = if text.contains("expect") {
        text.into()
    } else {
        format!("expect.outcome = \"delivered\"\n{text}")
    };
    case(&text).steps.remove(0).world
}

fn names<T>(map: &std::collections::BTreeMap<String, T>) -> String {
    map.keys().cloned().collect::<Vec<_>>().join(" ")
}

/// A file, and the domains, hosts and HTTPS hosts of its world.
const MENTIONED: &str = r#" | example.test home.test | mx.example.test mx.home.test | 
inject.to = ["a@one.test", "b@[lit.two.test]"] | home.test one.test | lit.two.test mx.home.test mx.one.test | 
domain."example.test".mx = [] | example.test home.test | example.test mx.home.test | 
domain."example.test".mx = ["0 ."] | example.test home.test | mx.home.test | 
domain."example.test".mx = ["10 [a.test]", "20 b.test"] | example.test home.test | a.test b.test mx.home.test | 
domain."example.test".cname = "other.test" | example.test home.test other.test | mx.home.test mx.other.test | 
host."mx.example.test".cname = "mail.provider.test" | example.test home.test | mail.provider.test mx.example.test mx.home.test | 
route."*".host = "relay.test" | example.test home.test | mx.example.test mx.home.test relay.test | 
route."*" = { host = "relay.test", mx_lookup = true } | example.test home.test relay.test | mx.example.test mx.home.test mx.relay.test | 
domain."example.test".sts = {} | example.test home.test | mx.example.test mx.home.test | mta-sts.example.test
domain."example.test".tlsrpt = {} | example.test home.test reports.test | mx.example.test mx.home.test mx.reports.test | 
domain."example.test".tlsrpt.rua = ["https://r.test:8443/x"] | example.test home.test | mx.example.test mx.home.test | r.test
host."mx.example.test".tlsa = ["3 1 1 match@b.test"] | example.test home.test | b.test mx.example.test mx.home.test | 
attacker."mx.example.test" = {} | example.test home.test | mx.example.test mx.home.test | 
settings.aliases."user@example.test" = ["a@far.test"] | example.test far.test home.test | mx.example.test mx.far.test mx.home.test | 
domain."example.test".records = ["@ MX 5 x.test.", "w CNAME y.test"] | example.test home.test | mx.example.test mx.home.test x.test y.test | "#;

#[test]
fn every_name_that_is_mentioned_exists() {
    for row in MENTIONED.lines() {
        let [text, domains, hosts, https] = row.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{row}")
        };
        let world = world(text);
        assert_eq!(names(&world.domains), domains, "{text}");
        assert_eq!(names(&world.hosts), hosts, "{text}");
        assert_eq!(names(&world.https), https, "{text}");
    }
}

#[test]
fn two_spellings_of_a_name_are_one_entry_spelled_as_the_table_has_it() {
    let world = world(
        "domain.\"bücher.test\" = {}\n\
         inject.to = [\"user@xn--bcher-kva.test\"]\n\
         host.\"MX.xn--bcher-kva.test\".starttls = \"absent\"\n\
         fault = [{ on = \"mx.bücher.test\", at = \"mail\", do = \"close\" }]",
    );
    assert_eq!(names(&world.domains), "bücher.test home.test");
    assert_eq!(names(&world.hosts), "MX.xn--bcher-kva.test mx.home.test");
    assert_eq!(
        world.faults[0].on,
        FaultPlace::Host("MX.xn--bcher-kva.test".into())
    );
    assert_eq!(
        world.host("mx.bücher.test").unwrap().1.starttls,
        StartTls::Absent
    );
    let merged = cases(
        "host.\"mx.bücher.test\".port = 26\n\
         [case.a]\nhost.\"mx.xn--bcher-kva.test\".starttls = \"absent\"\nexpect.outcome = \"delivered\"\n",
    );
    let host = merged[0].steps[0].world.host("mx.bücher.test").unwrap();
    assert_eq!(
        (host.0, host.1.port, host.1.starttls),
        ("mx.bücher.test", 26, StartTls::Absent)
    );
}

#[test]
fn a_case_lies_over_its_file_and_healthy_takes_back() {
    let cases = cases(
        "rule = { list = [\"example.test\"], require_ca_signed = false }\n\
         host.\"mx.example.test\" = { starttls = \"absent\", port = 26 }\n\
         inject = { name = \"x\", size = \"2 KiB\" }\n\
         [case.over]\nexpect.outcome = \"returned\"\nrule.validate_hostname = false\n\
         host.\"mx.example.test\".starttls = \"healthy\"\ninject = { to = [\"a@example.test\"] }\n\
         [case.back]\nexpect.outcome = \"delivered\"\nrule = \"healthy\"\nhost.\"mx.example.test\" = \"healthy\"\ninject = \"healthy\"\n\
         [case.listed]\nexpect.outcome = \"returned\"\nrule = [{ list = [\"a.test\"] }, { list = [\"b.test\"] }]\n",
    );
    let step = |index: usize| &cases[index].steps[0];
    let switches = step(0).world.rules[0].switches;
    assert_eq!(
        (
            switches.require_tls,
            switches.require_ca_signed,
            switches.validate_hostname
        ),
        (true, false, false)
    );
    let host = &step(0).world.hosts["mx.example.test"];
    assert_eq!((host.starttls, host.port), (StartTls::Offered, 26));
    assert_eq!(
        (step(0).inject[0].name.as_str(), step(0).inject[0].size),
        ("first", 1024)
    );
    assert!(step(1).world.rules.is_empty());
    assert_eq!(step(1).world.hosts["mx.example.test"].port, 25);
    assert_eq!(step(2).world.rules.len(), 2);
}

#[test]
fn steps_stand_on_all_before_and_messages_are_named_by_their_place() {
    let case = case(
        "inject = [{}, {}]\nexpect.outcome = \"deferred\"\n\
         fault = [{ on = \"dns\", at = \"MX example.test\", do = \"servfail\" }]\n\
         [[step]]\nhost.\"mx.example.test\".starttls = \"absent\"\ninject = {}\n\
         [[step]]\nfault = []\n\
         [[step]]\nafter = \"1 h\"\nlasts = \"2 days\"\n",
    );
    let [first, second, third, fourth] = &case.steps[..] else {
        panic!("{}", case.steps.len())
    };
    assert_eq!(first.inject[1].name, "second");
    assert_eq!(second.inject[0].name, "third");
    assert_eq!(
        (second.world.faults.len(), third.world.faults.len()),
        (1, 0)
    );
    assert_eq!(
        fourth.world.hosts["mx.example.test"].starttls,
        StartTls::Absent
    );
    assert_eq!(
        [first, second, third, fourth].map(|step| step.makes_due),
        [false, false, true, false]
    );
    assert_eq!(
        (fourth.after, fourth.lasts),
        (
            Some(Duration::from_secs(3600)),
            Some(Duration::from_secs(172_800))
        )
    );
    assert_eq!(
        first.world.faults[0].written,
        "dns: MX example.test: servfail"
    );
}

/// How long records live, in seconds, and the file, its lines parted by `;`.
const LIVES: &str = r#"3600 | 
3600 | [[step]] ; after = "1 h"
3600 | [[step]] ; host."mx.example.test".starttls = "absent"
0 | [[step]] ; domain."example.test".sts.mode = "none"
3600 | domain."example.test".sts = {} ; [[step]] ; domain."example.test".sts.mode = "none"
0 | domain."example.test".sts = {} ; [[step]] ; domain."example.test".sts.id = "2"
0 | [[step]] ; domain."example.test".mx = []
0 | [[step]] ; host."mx.example.test".addresses = ["ipv6"]
0 | host."mx.example.test".tlsa = ["3 1 1 match"] ; [[step]] ; host."mx.example.test".certificate = "renewed"
300 | domain."example.test".ttl = "5 min" ; [[step]] ; domain."example.test".mx = []"#;

#[test]
fn records_live_for_nothing_in_a_story_that_changes_them() {
    for row in LIVES.lines() {
        let (seconds, text) = row.split_once(" | ").unwrap();
        let case = case(&format!(
            "expect.outcome = \"delivered\"\n{}",
            text.replace(" ; ", "\n")
        ));
        let ttl = case.steps[0].world.domains["example.test"].ttl;
        assert_eq!(ttl, Duration::from_secs(seconds.parse().unwrap()), "{text}");
    }
}

#[test]
fn the_unsaid_leaks_stand_last_and_are_marked() {
    let unsaid = |text: &str| -> Vec<String> {
        let case = case(text);
        let tables = case.steps[0].expect.iter().enumerate();
        let keys = tables.flat_map(|(index, table)| table.keys.iter().map(move |key| (index, key)));
        keys.filter(|(_, key)| key.unsaid)
            .map(|(index, key)| match key.wanted {
                Wanted::Leaked(false) => format!("{index} leaked"),
                Wanted::Disclosed(Disclosure::Nothing) => format!("{index} disclosed"),
                _ => "?".into(),
            })
            .collect()
    };
    let fault = "fault = [{ on = \"mx.example.test\", at = \"rcpt\", do = \"451 4.3.0 later\" }]\n";
    // (file, table and what is unsaid in it)
    let cases: [(String, &[&str]); 9] = [
        (
            "expect.outcome = \"deferred\"".into(),
            &["0 leaked", "0 disclosed"],
        ),
        (
            "expect = [{ tls = \"any\" }, { outcome = \"deferred\" }, { outcome = \"bounced\" }]"
                .into(),
            &["0 leaked", "1 leaked", "1 disclosed"],
        ),
        ("expect.outcome = [\"delivered\", \"deferred\"]".into(), &[]),
        (
            "expect = { outcome = \"delivered\", tls = [\"none\", \"1.2\"] }".into(),
            &[],
        ),
        (
            "expect = { outcome = \"delivered\", tls = \">=1.2\" }".into(),
            &["0 leaked"],
        ),
        (
            "expect = { outcome = \"deferred\", leaked = true }".into(),
            &["0 disclosed"],
        ),
        (
            "expect = { outcome = \"deferred\", recipient = \"user@example.test\" }".into(),
            &[],
        ),
        (
            "direction = \"inbound\"\nexpect.outcome = \"rejected\"".into(),
            &[],
        ),
        (
            format!("{fault}expect.outcome = \"deferred\""),
            &["0 leaked"],
        ),
    ];
    for (text, want) in cases {
        assert_eq!(unsaid(&text), want, "{text}");
    }
}

#[test]
fn healthy_takes_back_in_a_step_as_well() {
    let case = case(
        "rule = { list = [\"example.test\"] }\nhost.\"mx.example.test\".starttls = \"absent\"\n\
         expect.outcome = \"returned\"\n\
         [[step]]\nrule = \"healthy\"\nhost.\"mx.example.test\" = \"healthy\"\ninject = \"healthy\"\nexpect = \"healthy\"\n",
    );
    let step = &case.steps[1];
    assert!(step.world.rules.is_empty() && step.inject.is_empty() && step.expect.is_empty());
    assert_eq!(
        step.world.hosts["mx.example.test"].starttls,
        StartTls::Offered
    );
    assert!(step.makes_due);
}

#[test]
fn a_route_finds_its_host_on_the_port_it_names() {
    let text = "route.\"*\" = { host = \"relay.test\", port = 587 }\nroute.\"example.test\" = { host = \"far.test\", port = 26, mx_lookup = true }";
    let case = case(&format!("{text}\nexpect.outcome = \"deferred\""));
    for world in [&case.steps[0].world, &case.healthy_twin(0).steps[0].world] {
        assert_eq!(world.hosts["relay.test"].port, 587);
        assert_eq!(world.hosts["mx.far.test"].port, 26);
        assert_eq!(world.hosts["mx.home.test"].port, 25);
    }
}

#[test]
fn connections_are_whole_hosts() {
    let world = world(
        "host.\"mx.example.test\" = { starttls = \"absent\", port = 26, connection = [{}, { starttls = \"healthy\", certificate = \"refuse\" }] }",
    );
    let host = &world.hosts["mx.example.test"];
    let [first, second] = &host.connections[..] else {
        panic!("{host:?}")
    };
    assert_eq!(
        (first.starttls, second.starttls),
        (StartTls::Absent, StartTls::Offered)
    );
    assert_eq!((second.port, &second.certificate), (26, &Shown::Refuse));
}

#[test]
fn a_varied_case_finds_the_twin_with_its_labels() {
    let cases = cases(
        "twin = \"good\"\nhost.\"mx.example.test\".addresses = { vary = { four = [\"ipv4\"], six = [\"ipv6\"] } }\n\
         [case.good]\nexpect.outcome = \"delivered\"\n\
         [case.bad]\nhost.\"mx.example.test\".starttls = \"absent\"\nexpect.outcome = \"deferred\"\n",
    );
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(
        ids,
        ["a#good/four", "a#good/six", "a#bad/four", "a#bad/six"]
    );
    let twins: Vec<&Twin> = cases.iter().map(|case| &case.twin).collect();
    let of = |id: &str| Twin::Case(id.into());
    assert_eq!(
        twins,
        [
            &Twin::NotNeeded,
            &Twin::NotNeeded,
            &of("a#good/four"),
            &of("a#good/six")
        ]
    );
    assert_eq!(
        cases[1].steps[0].world.hosts["mx.example.test"].addresses[0].answer,
        Answering::Server
    );
}

#[test]
fn what_needs_openssl_is_known_beforehand() {
    let needs = |text: &str| {
        case(&format!(
            "expect.outcome = \"delivered\"\nhost.\"mx.example.test\" = {text}"
        ))
        .needs_legacy_tls
    };
    // (host, does it need OpenSSL?)
    let cases = [
        ("{}", false),
        ("{ tls = [\"1.2\"] }", false),
        ("{ tls = [\"1.0\", \"1.2\"] }", true),
        ("{ tls = [\"ssl3\"] }", false),
        ("{ tls = [\"1.0\"], quirks = [\"scripted-hello\"] }", false),
        ("{ ciphers = [\"TLS_AES_128_GCM_SHA256\"] }", false),
        ("{ ciphers = [\"TLS_RSA_WITH_3DES_EDE_CBC_SHA\"] }", true),
        ("{ ciphers = [] }", false),
        ("{ groups = [\"dh-1024\"] }", true),
        ("{ certificate = \"md5\" }", true),
        (
            "{ sni.\"mx.example.test\" = { is = \"expired\", key = \"rsa-1024\" } }",
            true,
        ),
        ("{ connection = [{ tls = [\"1.1\"] }] }", true),
    ];
    for (text, want) in cases {
        assert_eq!(needs(text), want, "{text}");
    }
}
