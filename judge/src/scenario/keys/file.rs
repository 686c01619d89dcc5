//! The keys of a file, of a case and of a step; domains and faults (SCENARIOS §1 to §3, §6).

use super::expect::EXPECT;
use super::form::{
    DURATION, FAULT_PLACE, LABEL, MX_RECORD, NAME, RECORD, ROUTED, ROW, SIZE, TITLE, URI,
};
use super::host::{ATTACKER, HOST, HTTPS};
use super::message::{ASK, CLIENT, INJECT};
use super::telling::{ROUTE, RULE, SETTINGS};
use super::{Key, Keys, Kind, key};

/// What stands in the world.
static WORLD: &[Key] = &[
    key(
        "domain",
        Kind::Named(&NAME, &Kind::Table(&DOMAIN)),
        "healthy",
        "a zone, its MX records and published policies",
    ),
    key(
        "host",
        Kind::Named(&NAME, &Kind::Table(&HOST)),
        "healthy",
        "an SMTP host",
    ),
    key(
        "https",
        Kind::Named(&NAME, &Kind::Table(&HTTPS)),
        "healthy",
        "an HTTPS host: policy host or report collector",
    ),
    key(
        "attacker",
        Kind::Named(&NAME, &Kind::Table(&ATTACKER)),
        "nobody",
        "somebody in the path to that host",
    ),
    key(
        "fault",
        Kind::List("faults", &Kind::Table(&FAULT)),
        "`[]`",
        "what misbehaves: where, when, what, how often",
    ),
    key(
        "rule",
        Kind::OneOrMany(&Kind::Table(&RULE)),
        "none",
        "TLS compliance rules that the subject is told",
    ),
    key(
        "route",
        Kind::Named(&ROUTED, &Kind::Table(&ROUTE)),
        "by MX records",
        "where the subject is told to send mail for a domain; `*` for all that leaves",
    ),
    key(
        "settings",
        Kind::Table(&SETTINGS),
        "healthy",
        "the rest of what the subject is told",
    ),
];

/// What happens and what must be seen.
static COURSE: &[Key] = &[
    key(
        "inject",
        Kind::OneOrMany(&Kind::Table(&INJECT)),
        "`{}`; none in a step",
        "messages; `{}` is the default message, `[]` is none",
    ),
    key(
        "ask",
        Kind::Table(&ASK),
        "none",
        "a question to the subject instead of a message",
    ),
    key(
        "lasts",
        Kind::Form(&DURATION),
        "until every message has an outcome",
        "how long the clock then runs before anything is judged",
    ),
    key(
        "expect",
        Kind::OneOrMany(&Kind::Table(&EXPECT)),
        "one is obligatory",
        "what must be seen",
    ),
];

/// What a file and a case say of themselves.
static HEAD: &[Key] = &[
    key(
        "title",
        Kind::Form(&TITLE),
        "obligatory in the file",
        "the case as one statement or noun phrase, at most 100 characters, no full stop",
    ),
    key(
        "why",
        Kind::Text,
        "obligatory in the file",
        "what goes wrong in the world when a subject fails this; one or two sentences",
    ),
    key(
        "requirements",
        Kind::List("ids", &Kind::Form(&ROW)),
        "obligatory, but in a folder of one's own",
        "rows of the catalogue; the innermost list stands",
    ),
    key(
        "direction",
        Kind::Word(&["outbound", "inbound"]),
        "`\"outbound\"`",
        "does the subject send, or receive?",
    ),
    key(
        "client",
        Kind::Table(&CLIENT),
        "healthy",
        "how the harness sends; only with `direction = \"inbound\"`",
    ),
    key(
        "twin",
        Kind::Text,
        "a healthy world",
        "the case that this subject must have delivered before a refusal proves anything",
    ),
    key(
        "step",
        Kind::List("steps", &Kind::Table(&STEP)),
        "`[]`",
        "a story goes on",
    ),
];

/// A file of cases.
pub(crate) static FILE: Keys = Keys {
    name: "file",
    title: "A file",
    meaning: "A scenario is one file of cases; it says only what differs from a healthy Internet.",
    merges: true,
    keys: &[
        HEAD,
        WORLD,
        COURSE,
        &[key(
            "case",
            Kind::Named(&LABEL, &Kind::Table(&CASE)),
            "none",
            "a difference from the file",
        )],
    ],
};

static CASE: Keys = Keys {
    name: "case",
    title: "`case.NAME`: a case",
    meaning: "A difference from the file, which is then not itself run.",
    merges: true,
    keys: &[HEAD, WORLD, COURSE],
};

static STEP: Keys = Keys {
    name: "step",
    title: "`step`: a story goes on",
    meaning: "Each step stands on top of all before; the case itself is the first.",
    merges: true,
    keys: &[
        &[key(
            "after",
            Kind::Form(&DURATION),
            "at once",
            "the clock moves so far in the old world",
        )],
        WORLD,
        COURSE,
    ],
};

static DOMAIN: Keys = Keys {
    name: "domain",
    title: "`domain.\"NAME\"`: a zone",
    meaning: "Signed, served, with one MX host, unless it says otherwise.",
    merges: true,
    keys: &[&[
        key(
            "mx",
            Kind::List("MX records", &Kind::Form(&MX_RECORD)),
            "`[\"10 mx.NAME\"]`",
            "`[\"0 .\"]` is a null MX; `[]` no MX record: the domain itself is a host",
        ),
        key(
            "cname",
            Kind::Form(&NAME),
            "none",
            "the domain is an alias of that domain",
        ),
        key(
            "dnssec",
            Kind::Word(&[
                "secure",
                "insecure",
                "bad-signature",
                "missing-signature",
                "expired-signature",
                "ds-mismatch",
            ]),
            "`\"secure\"`",
            "the state of the whole zone",
        ),
        key(
            "denial",
            Kind::Word(&["nsec", "nsec3"]),
            "`\"nsec\"`",
            "how the zone proves absence",
        ),
        key(
            "ttl",
            Kind::Form(&DURATION),
            "`\"1 h\"`; `\"0 s\"` in a story that changes records",
            "of all its records",
        ),
        key(
            "records",
            Kind::List("records", &Kind::Form(&RECORD)),
            "`[]`",
            "further records, OWNER TYPE DATA; `@` is the domain",
        ),
        key(
            "sts",
            Kind::Table(&STS),
            "none",
            "MTA-STS as published; the policy host comes with it",
        ),
        key(
            "tlsrpt",
            Kind::Table(&TLSRPT),
            "none",
            "TLS reporting as published",
        ),
    ]],
};

static STS: Keys = Keys {
    name: "sts",
    title: "`domain.\"NAME\".sts`: MTA-STS as published",
    meaning: "The record, and the policy behind it.",
    merges: true,
    keys: &[&[
        key(
            "mode",
            Kind::Word(&["enforce", "testing", "none"]),
            "`\"enforce\"`",
            "what a sender does when it fails",
        ),
        key(
            "mx",
            Kind::List("MX patterns", &Kind::Text),
            "the MX hosts",
            "one `mx` line each",
        ),
        key(
            "max_age",
            Kind::Number(i64::MIN, i64::MAX),
            "`604_800`",
            "seconds, as in the policy",
        ),
        key(
            "id",
            Kind::Text,
            "`\"20260101000000\"`",
            "of the record; a change of policy does not change it",
        ),
        key(
            "record",
            Kind::List("TXT records", &Kind::Strings),
            "the one right record",
            "the TXT records at `_mta-sts`, word for word; a list inside is one record of several strings",
        ),
        key(
            "policy",
            Kind::Text,
            "made of the keys above",
            "the body, word for word",
        ),
        key(
            "known",
            Kind::Flag,
            "`true`",
            "the sender has met the policy before; `false` is first contact",
        ),
    ]],
};

static TLSRPT: Keys = Keys {
    name: "tlsrpt",
    title: "`domain.\"NAME\".tlsrpt`: reporting as published",
    meaning: "Where senders may report how TLS went.",
    merges: true,
    keys: &[&[
        key(
            "rua",
            Kind::List("URIs", &Kind::Form(&URI)),
            "`[\"mailto:reports@reports.test\"]`",
            "where reports go; an `https:` URI brings up that host",
        ),
        key(
            "record",
            Kind::List("TXT records", &Kind::Strings),
            "the one right record",
            "the TXT records at `_smtp._tls`, word for word",
        ),
    ]],
};

static FAULT: Keys = Keys {
    name: "fault",
    title: "`fault`: what misbehaves",
    meaning: "The deed comes instead of the fake's part of that moment.",
    merges: false,
    keys: &[&[
        key(
            "on",
            Kind::Form(&FAULT_PLACE),
            "obligatory",
            "a host, `attacker of HOST`, `client` or `dns`",
        ),
        key(
            "at",
            Kind::Text,
            "obligatory",
            "the moment; on `dns` the question, as `MX example.test`, or `tcp`",
        ),
        key(
            "do",
            Kind::Text,
            "obligatory",
            "a reply, a status, or a word for the deed",
        ),
        key(
            "times",
            Kind::Number(1, 1_000_000),
            "always",
            "only so often; not on `dns`",
        ),
        key(
            "skip",
            Kind::Number(0, 1_000_000),
            "`0`",
            "first let so many pass; not on `dns`",
        ),
        key(
            "wait",
            Kind::Form(&DURATION),
            "none",
            "how long `delay` and `drip` wait",
        ),
        key("text", Kind::Text, "none", "what `inject` sends"),
        key(
            "segment",
            Kind::Word(&["same", "next"]),
            "`\"same\"`",
            "the TCP segment in which `inject` sends it",
        ),
        key(
            "size",
            Kind::Form(&SIZE),
            "none",
            "how big `pad` makes the body",
        ),
    ]],
};
