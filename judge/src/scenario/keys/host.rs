//! The keys of SMTP hosts, HTTPS hosts and attackers, and of certificates (SCENARIOS §4, §5).

use super::form::{
    CERTIFICATE, CIPHER, HEADER_LINE, HOST_ADDRESS, KEY_KIND, KEYWORD, NAME, SHOWN, SNI, TLSA,
    VERSION,
};
use super::{Key, Keys, Kind, key};

static SHOWN_OR_TABLE: Kind = Kind::OrTable(&Kind::Form(&SHOWN), &SPECIFICATION);

/// What SMTP and HTTPS hosts have in common.
static SERVER: &[Key] = &[
    key(
        "addresses",
        Kind::List("addresses", &Kind::Form(&HOST_ADDRESS)),
        "`[\"ipv4\"]`",
        "its address records in order, and whether anybody answers there; `[]` no address",
    ),
    key(
        "cname",
        Kind::Form(&NAME),
        "none",
        "the name is an alias of that host, which answers",
    ),
    key(
        "tls",
        Kind::List("versions", &Kind::Form(&VERSION)),
        "`[\"1.2\", \"1.3\"]`",
        "what it speaks; `ssl3` stands alone and is a scripted hello",
    ),
    key(
        "certificate",
        Kind::OrTable(&Kind::Form(&SHOWN), &SPECIFICATION),
        "`\"valid\"`",
        "for any SNI name; `\"refuse\"` answers `unrecognized_name`",
    ),
    key(
        "sni",
        Kind::Named(&SNI, &SHOWN_OR_TABLE),
        "none",
        "instead of `certificate` when the sender asks for NAME; `\"\"` when it sends no SNI",
    ),
];

pub(super) static HOST: Keys = Keys {
    name: "host",
    title: "`host.\"NAME\"`: an SMTP host",
    meaning: "A healthy one offers STARTTLS with a valid certificate.",
    merges: true,
    keys: &[
        SERVER,
        &[
            key(
                "port",
                Kind::Number(1, 65_535),
                "`25`",
                "the port it listens on and whose TLSA records it has",
            ),
            key(
                "tlsa",
                Kind::List("TLSA records", &Kind::Form(&TLSA)),
                "none",
                "at `_PORT._tcp.NAME`; `[]` says that there is none and that the case is about DANE",
            ),
            key(
                "starttls",
                Kind::Word(&["offered", "absent", "hidden"]),
                "`\"offered\"`",
                "`absent`: not listed, 502 to the command; `hidden`: not listed, yet works",
            ),
            key(
                "implicit_tls",
                Kind::Flag,
                "`false`",
                "TLS from the first byte",
            ),
            key(
                "ciphers",
                Kind::List("IANA names", &Kind::Form(&CIPHER)),
                "the sound ones",
                "the server's order; `[]` no common suite: `handshake_failure`",
            ),
            key(
                "groups",
                Kind::List(
                    "groups",
                    &Kind::Word(&[
                        "x25519",
                        "secp256r1",
                        "secp384r1",
                        "x25519mlkem768",
                        "dh-1024",
                        "dh-2048",
                    ]),
                ),
                "`[\"x25519\", \"secp256r1\"]`",
                "key exchange groups",
            ),
            key(
                "quirks",
                Kind::List(
                    "quirks",
                    &Kind::Word(&[
                        "resumption",
                        "early-data",
                        "unoffered-alpn",
                        "no-extended-master-secret",
                        "no-encrypt-then-mac",
                        "scripted-hello",
                        "no-renegotiation-info",
                    ]),
                ),
                "`[]`",
                "what is odd about its TLS",
            ),
            key(
                "client_certificate",
                Kind::Word(&["ignored", "requested", "required"]),
                "`\"ignored\"`",
                "what it asks of the sender",
            ),
            key(
                "keywords",
                Kind::List("EHLO lines", &Kind::Form(&KEYWORD)),
                "`[]`",
                "difference from the healthy list: a line adds or replaces by its first word, `-WORD` removes",
            ),
            key(
                "keywords_before_tls",
                Kind::List("EHLO lines", &Kind::Form(&KEYWORD)),
                "`[]`",
                "for the EHLO answer before TLS, on top of `keywords`",
            ),
            key(
                "keywords_after_tls",
                Kind::List("EHLO lines", &Kind::Form(&KEYWORD)),
                "`[]`",
                "for the EHLO answer inside TLS, on top of `keywords`",
            ),
            key(
                "connection",
                Kind::List("connections", &Kind::Table(&HOST)),
                "`[]`",
                "the n-th connection gets the n-th difference; the last one stays",
            ),
        ],
    ],
};

pub(super) static HTTPS: Keys = Keys {
    name: "https",
    title: "`https.\"NAME\"`: an HTTPS host",
    meaning: "A name that begins with `mta-sts.` serves the policy of that domain; any other takes reports.",
    merges: true,
    keys: &[
        SERVER,
        &[
            key(
                "content_type",
                Kind::Text,
                "`\"text/plain\"`",
                "of the answer; `\"\"` sends none",
            ),
            key(
                "headers",
                Kind::List("header lines", &Kind::Form(&HEADER_LINE)),
                "`[]`",
                "further answer header lines",
            ),
        ],
    ],
};

pub(super) static ATTACKER: Keys = Keys {
    name: "attacker",
    title: "`attacker.\"HOST\"`: somebody in the path",
    meaning: "Stands between everybody and an honest host; what it can read counts as plaintext.",
    merges: true,
    keys: &[&[
        key(
            "starttls",
            Kind::Word(&["passed", "stripped", "mangled"]),
            "`\"passed\"`",
            "`stripped`: keyword removed, 502 to the command; `mangled`: keyword made unreadable",
        ),
        key(
            "keywords",
            Kind::List("EHLO lines", &Kind::Form(&KEYWORD)),
            "`[]`",
            "difference from the host's EHLO answers as they pass",
        ),
        key(
            "keywords_before_tls",
            Kind::List("EHLO lines", &Kind::Form(&KEYWORD)),
            "`[]`",
            "the same, before TLS",
        ),
        key(
            "certificate",
            Kind::OrTable(&Kind::Form(&CERTIFICATE), &SPECIFICATION),
            "none",
            "ends TLS itself with it, reads everything and passes it on",
        ),
        key(
            "tls",
            Kind::List("versions", &Kind::Form(&VERSION)),
            "every one",
            "weakest offer it lets through",
        ),
    ]],
};

/// A certificate as a table.
pub(super) static SPECIFICATION: Keys = Keys {
    name: "certificate",
    title: "A certificate as a table",
    meaning: "For the scenario's own names or two faults at once; use the word where there is one.",
    merges: true,
    keys: &[&[
        key("is", Kind::Form(&CERTIFICATE), "`\"valid\"`", "the word"),
        key(
            "names",
            Kind::List("names", &Kind::Form(&NAME)),
            "the word's own",
            "`[]` is none",
        ),
        key(
            "common_name",
            Kind::Form(&NAME),
            "the word's own",
            "of its subject",
        ),
        key(
            "key",
            Kind::Form(&KEY_KIND),
            "the word's own",
            "the kind of its key",
        ),
    ]],
};
