//! The keys of what the subject is told: rules, routes, settings (SCENARIOS §7).

use super::form::{ADDRESS, CERTIFICATE, DURATION, NAME, NAME_OR_ADDRESS, VERSION};
use super::host::SPECIFICATION;
use super::{Keys, Kind, key};

pub(super) static RULE: Keys = Keys {
    name: "rule",
    title: "`rule`: a TLS compliance rule",
    meaning: "The secure transport (TLS) compliance setting.",
    merges: true,
    keys: &[&[
        key(
            "list",
            Kind::List(
                "addresses and domains",
                &Kind::OrTable(&Kind::Form(&NAME_OR_ADDRESS), &ENTRY),
            ),
            "obligatory, but for `applies = [\"secure-route\"]`",
            "the address list; a domain does not cover its subdomains",
        ),
        key(
            "applies",
            Kind::List(
                "words",
                &Kind::Word(&["outbound", "inbound", "secure-route"]),
            ),
            "`[\"outbound\", \"inbound\"]`",
            "`secure-route`: outbound mail for which a route requires TLS, whoever the recipient",
        ),
        key(
            "require_tls",
            Kind::Flag,
            "`true`",
            "no delivery without TLS",
        ),
        key(
            "require_ca_signed",
            Kind::Flag,
            "`true`",
            "the chain must lead to a trusted authority",
        ),
        key(
            "validate_hostname",
            Kind::Flag,
            "`true`",
            "the certificate must name the host",
        ),
        key(
            "unit",
            Kind::Form(&NAME),
            "all",
            "domain of the organisational unit whose mail alone it covers",
        ),
    ]],
};

static ENTRY: Keys = Keys {
    name: "entry",
    title: "An entry of a rule's list as a table",
    meaning: "An address or domain that asks for more.",
    merges: false,
    keys: &[&[
        key(
            "entry",
            Kind::Form(&NAME_OR_ADDRESS),
            "obligatory",
            "address or domain",
        ),
        key(
            "authenticated",
            Kind::Flag,
            "`false`",
            "asks for sender authentication",
        ),
    ]],
};

pub(super) static ROUTE: Keys = Keys {
    name: "route",
    title: "`route.\"DOMAIN\"`: where mail for a domain goes",
    meaning: "`\"*\"` for all mail that leaves.",
    merges: true,
    keys: &[&[
        key(
            "host",
            Kind::Form(&NAME),
            "obligatory after merging",
            "next hop instead of the domain's MX hosts: a name or `[NAME]`",
        ),
        key(
            "mx_lookup",
            Kind::Flag,
            "`false`",
            "deliver to the MX hosts of `host` instead of `host` itself",
        ),
        key("port", Kind::Number(1, 65_535), "`25`", "the port"),
        key(
            "require_tls",
            Kind::Flag,
            "`false`",
            "no delivery without TLS",
        ),
        key(
            "require_ca_signed",
            Kind::Flag,
            "`false`",
            "the chain must lead to a trusted authority",
        ),
        key(
            "validate_hostname",
            Kind::Flag,
            "`false`",
            "the certificate must name the host",
        ),
        key(
            "when",
            Kind::Word(&["always", "secure"]),
            "`\"always\"`",
            "`secure`: the alternate route for mail that a rule wants secure",
        ),
    ]],
};

pub(crate) static SETTINGS: Keys = Keys {
    name: "settings",
    title: "`settings`: the rest of what the subject is told",
    meaning: "Of the subject as sender and as receiver.",
    merges: true,
    keys: &[&[
        key(
            "minimum_tls",
            Kind::Form(&VERSION),
            "`\"1.2\"`",
            "the floor of the subject, both directions",
        ),
        key(
            "dane",
            Kind::Named(&NAME, &Kind::Word(&["mandatory", "audit-only", "off"])),
            "opportunistic DANE",
            "DANE by domain",
        ),
        key(
            "trust",
            Kind::List("authorities", &Kind::Word(&["root", "other-root"])),
            "`[\"root\"]`",
            "authorities in the subject's trust store",
        ),
        key(
            "aliases",
            Kind::Named(&ADDRESS, &Kind::List("addresses", &Kind::Form(&ADDRESS))),
            "none",
            "expansion at the subject",
        ),
        key(
            "queue_lifetime",
            Kind::Form(&DURATION),
            "`\"5 days\"`",
            "how long a message is tried",
        ),
        key(
            "demand_tls",
            Kind::Flag,
            "`false`",
            "the subject as receiver is a private server that demands TLS of everybody",
        ),
        key(
            "client_certificate",
            Kind::OrTable(&Kind::Form(&CERTIFICATE), &SPECIFICATION),
            "none",
            "what the subject shows when asked",
        ),
        key(
            "resolver",
            Kind::Word(&["validating", "untrusted"]),
            "`\"validating\"`",
            "what the subject is told of its resolver",
        ),
    ]],
};
