//! What records say of addresses, with answers from a table.

use super::evaluation::{Identity, Outcome, evaluate};
use crate::route::Table;

async fn outcome(zones: &str, address: &str) -> Outcome {
    let identity = Identity {
        address: address.parse().unwrap(),
        local_part: "ann",
        domain: "x.test",
        greeting: "mx.x.test",
    };
    evaluate(identity, &Table::parse(zones)).await
}

const HERE: &str = "192.0.2.1";

#[tokio::test]
async fn a_record_decides_by_its_first_match() {
    let zones = "
        a x.test: 192.0.2.1
        a other.test: 198.51.100.1
        mx x.test: mx.x.test
        a mx.x.test: 192.0.2.7
        ptr 1.2.0.192.in-addr.arpa: host.x.test
        a host.x.test: 192.0.2.1
        txt pass.test: v=spf1 ip4:192.0.2.0/24 -all
        txt fail.test: v=spf1 -all
        txt broken.test: v=spf1 nonsense
        txt fails.test: fails
        txt say.test: v=spf1 exists:%{ir}.%{l}.%{o} -all
        a 1.2.0.192.ann.x.test: 127.0.0.2
        txt two.test: v=spf1 -all
        txt two.test: v=spf1 +all
        a fails.test: fails";
    let cases = [
        ("-all", Outcome::Fail),
        ("+all", Outcome::Pass),
        ("~all", Outcome::SoftFail),
        ("?all", Outcome::Neutral),
        ("", Outcome::Neutral),
        ("ip4:192.0.2.1 -all", Outcome::Pass),
        ("-ip4:192.0.2.0/24 +all", Outcome::Fail),
        ("ip6:::/0 -all", Outcome::Fail),
        ("a -all", Outcome::Pass),
        ("a:other.test -all", Outcome::Fail),
        ("a:other.test/0 -all", Outcome::Pass),
        ("a:none.test -all", Outcome::Fail),
        ("a:fails.test -all", Outcome::TempError),
        ("mx -all", Outcome::Fail),
        ("mx/24 -all", Outcome::Pass),
        ("ptr -all", Outcome::Pass),
        ("ptr:other.test -all", Outcome::Fail),
        ("exists:%{p}.nothing.test a:%{p} -all", Outcome::Pass),
        ("exists:other.test -all", Outcome::Pass),
        ("exists:none.test -all", Outcome::Fail),
        ("include:pass.test -all", Outcome::Pass),
        ("-include:pass.test +all", Outcome::Fail),
        ("include:fail.test ?all", Outcome::Neutral),
        ("include:none.test +all", Outcome::PermError),
        ("include:broken.test +all", Outcome::PermError),
        ("include:fails.test +all", Outcome::TempError),
        ("include:two.test +all", Outcome::PermError),
        ("include:say.test -all", Outcome::Pass),
        ("redirect=pass.test", Outcome::Pass),
        ("redirect=fail.test", Outcome::Fail),
        ("redirect=none.test", Outcome::PermError),
        ("?all redirect=pass.test", Outcome::Neutral),
        ("+all nonsense", Outcome::PermError),
    ];
    for (terms, want) in cases {
        let zones = format!("{zones}\n txt x.test: v=spf1 {terms}");
        assert_eq!(outcome(&zones, HERE).await, want, "{terms}");
    }
}

#[tokio::test]
async fn there_may_be_no_record_and_never_two() {
    let cases = [
        ("", Outcome::None),
        ("txt x.test: something else", Outcome::None),
        ("txt x.test: v=spf10 -all", Outcome::None),
        (
            "txt x.test: something else\n txt x.test: v=spf1 -all",
            Outcome::Fail,
        ),
        (
            "txt x.test: v=spf1 -all\n txt x.test: v=spf1 -all",
            Outcome::PermError,
        ),
        ("txt x.test: fails", Outcome::TempError),
    ];
    for (zones, want) in cases {
        assert_eq!(outcome(zones, HERE).await, want, "{zones}");
    }
}

#[tokio::test]
async fn an_address_that_is_ipv4_in_ipv6_counts_as_ipv4() {
    let zones = "txt x.test: v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 -all";
    for (address, want) in [
        ("::ffff:192.0.2.1", Outcome::Pass),
        ("2001:db8::7", Outcome::Pass),
        ("2001:db9::7", Outcome::Fail),
    ] {
        assert_eq!(outcome(zones, address).await, want, "{address}");
    }
}

#[tokio::test]
async fn terms_that_ask_are_counted_and_so_are_empty_answers() {
    let ten = "a:other.test ".repeat(10);
    let others = "a other.test: 198.51.100.1\n txt loop.test: v=spf1 include:loop.test -all";
    let hosts = |count: usize| {
        (0..count)
            .map(|n| format!("mx many.test: h{n}.test\n a h{n}.test: 198.51.100.1\n"))
            .collect::<String>()
    };
    let cases = [
        (format!("txt x.test: v=spf1 {ten} +all"), Outcome::Pass),
        (
            format!("txt x.test: v=spf1 {ten} a:other.test +all"),
            Outcome::PermError,
        ),
        (
            format!("txt x.test: v=spf1 {ten} redirect=other.test"),
            Outcome::PermError,
        ),
        (
            "txt x.test: v=spf1 include:loop.test +all".into(),
            Outcome::PermError,
        ),
        (
            "txt x.test: v=spf1 redirect=x.test".into(),
            Outcome::PermError,
        ),
        (
            "txt x.test: v=spf1 a:n.test a:o.test +all".into(),
            Outcome::Pass,
        ),
        (
            "txt x.test: v=spf1 ptr a:o.test ptr +all".into(),
            Outcome::PermError,
        ),
        (
            "txt x.test: v=spf1 a:n.test a:o.test a:p.test +all".into(),
            Outcome::PermError,
        ),
        (
            format!("{} txt x.test: v=spf1 mx:many.test +all", hosts(10)),
            Outcome::Pass,
        ),
        (
            format!("{} txt x.test: v=spf1 mx:many.test +all", hosts(11)),
            Outcome::PermError,
        ),
    ];
    for (zones, want) in cases {
        assert_eq!(
            outcome(&format!("{others}\n{zones}"), HERE).await,
            want,
            "{zones}"
        );
    }
}
