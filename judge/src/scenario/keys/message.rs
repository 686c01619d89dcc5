//! The keys of messages, of the harness as client, and of questions (SCENARIOS §8).

use super::form::{
    ADDRESS, CERTIFICATE, CIPHER, HEADER_LINE, NAME, NAME_OR_ADDRESS, SIZE, VERSION,
};
use super::host::SPECIFICATION;
use super::{Keys, Kind, key};

pub(super) static INJECT: Keys = Keys {
    name: "inject",
    title: "`inject`: a message",
    meaning: "`from` and `to` are the envelope; every message carries a canary in envelope, header and body.",
    merges: false,
    keys: &[&[
        key(
            "name",
            Kind::Text,
            "`first`, `second`, ...",
            "how `expect` speaks of it; unique in the story",
        ),
        key(
            "from",
            Kind::Form(&ADDRESS),
            "`sender@home.test` (inbound `sender@example.test`)",
            "reverse-path; `\"\"` is null",
        ),
        key(
            "to",
            Kind::List("addresses", &Kind::Form(&ADDRESS)),
            "`[\"user@example.test\"]` (inbound `[\"user@home.test\"]`)",
            "one transaction",
        ),
        key(
            "header_from",
            Kind::Text,
            "`from`",
            "the From field, display name allowed",
        ),
        key(
            "headers",
            Kind::List("header lines", &Kind::Form(&HEADER_LINE)),
            "`[]`",
            "further header lines, word for word",
        ),
        key(
            "copies",
            Kind::Number(1, 100),
            "`1`",
            "so many messages alike; `expect` speaks of all of them",
        ),
        key("size", Kind::Form(&SIZE), "`\"1 KiB\"`", "of the body"),
        key("requiretls", Kind::Flag, "`false`", "parameter of MAIL"),
        key("smtputf8", Kind::Flag, "`false`", "parameter of MAIL"),
        key("ret", Kind::Word(&["hdrs", "full"]), "none", "RET"),
        key(
            "notify",
            Kind::List(
                "words",
                &Kind::Word(&["never", "success", "failure", "delay"]),
            ),
            "none",
            "NOTIFY, for every recipient",
        ),
        key("envid", Kind::Text, "none", "ENVID"),
        key(
            "login",
            Kind::Flag,
            "`false`",
            "handed over after SMTP AUTH",
        ),
        key(
            "dkim",
            Kind::Word(&["none", "valid", "broken", "length-limited", "other-service"]),
            "`\"none\"`",
            "signature of the From domain, key published to match",
        ),
        key(
            "report",
            Kind::Table(&REPORT_BODY),
            "none",
            "the body is a TLS report by mail",
        ),
    ]],
};

static REPORT_BODY: Keys = Keys {
    name: "report-body",
    title: "`inject.report`: a TLS report as a message",
    meaning: "What the report speaks of and how it is packed.",
    merges: false,
    keys: &[&[
        key(
            "policy_domain",
            Kind::Form(&NAME),
            "`\"home.test\"`",
            "of whom it speaks",
        ),
        key(
            "mx_host",
            Kind::Word(&["list", "text"]),
            "`\"list\"`",
            "the form of `mx-host`",
        ),
        key("compressed", Kind::Flag, "`true`", "gzip"),
    ]],
};

pub(super) static CLIENT: Keys = Keys {
    name: "client",
    title: "`client`: how the harness sends",
    meaning: "Only with `direction = \"inbound\"`.",
    merges: true,
    keys: &[&[
        key(
            "port",
            Kind::Word(&["smtp", "submission", "submissions"]),
            "`\"smtp\"`",
            "`submissions` is implicit TLS",
        ),
        key(
            "tls",
            Kind::List("versions", &Kind::Form(&VERSION)),
            "`[\"1.2\", \"1.3\"]`",
            "what it offers; `[]` sends in plaintext",
        ),
        key(
            "ciphers",
            Kind::List("IANA names", &Kind::Form(&CIPHER)),
            "the sound ones",
            "what it offers",
        ),
        key(
            "certificate",
            Kind::OrTable(&Kind::Form(&CERTIFICATE), &SPECIFICATION),
            "none",
            "what it shows when asked",
        ),
        key("sni", Kind::Text, "the subject's name", "`\"\"` is none"),
        key(
            "ehlo",
            Kind::Text,
            "`mx.example.test`",
            "what it calls itself",
        ),
        key(
            "script",
            Kind::List("command lines", &Kind::Strings),
            "none",
            "the whole dialogue: `TLS` starts the handshake, `MESSAGE` sends content and dot, a list inside is one segment",
        ),
    ]],
};

pub(crate) static ASK: Keys = Keys {
    name: "ask",
    title: "`ask`: a question to the subject",
    meaning: "Answered by subjects that can.",
    merges: false,
    keys: &[&[
        key(
            "what",
            Kind::Word(&["test-connection", "padlock", "check-domain", "read-report"]),
            "obligatory",
            "the question",
        ),
        key(
            "about",
            Kind::Form(&NAME_OR_ADDRESS),
            "obligatory",
            "the domain or address it is about",
        ),
    ]],
};
