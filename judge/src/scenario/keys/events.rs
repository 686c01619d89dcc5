//! The events of patterns and their fields (SCENARIOS §9).

/// An event that a pattern may name.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) fields: &'static [Field],
}

/// A field of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: FieldKind,
    pub(crate) meaning: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldKind {
    /// A text, or a list of them, with `*` and `?`.
    Text,
    /// A number, a list of them, or a count.
    Number,
    /// True or false.
    Flag,
}

impl Event {
    /// A field of its own, or one that all events have.
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        self.fields
            .iter()
            .chain(&OF_ALL)
            .find(|field| field.name == name)
            .copied()
    }
}

/// The event of that name.
pub(crate) fn event(name: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|event| event.name == name)
}

const fn text(name: &'static str, meaning: &'static str) -> Field {
    Field {
        name,
        kind: FieldKind::Text,
        meaning,
    }
}

const fn number(name: &'static str, meaning: &'static str) -> Field {
    Field {
        name,
        kind: FieldKind::Number,
        meaning,
    }
}

const fn flag(name: &'static str, meaning: &'static str) -> Field {
    Field {
        name,
        kind: FieldKind::Flag,
        meaning,
    }
}

/// The fields of all events.
pub(crate) const OF_ALL: [Field; 3] = [
    text("host", "the fake that saw it"),
    text("message", "the message, where known"),
    number("connection", "the n-th connection to the host"),
];

/// All of them.
pub(crate) const EVENTS: &[Event] = &[
    Event {
        name: "dns-query",
        meaning: "a question to a resolver",
        fields: &[
            text("name", "the name asked for"),
            text("type", "`MX`, `A`, `TLSA`, ..."),
            text(
                "answer",
                "`noerror`, `nodata`, `nxdomain`, `servfail` or `none`",
            ),
            text("state", "`secure`, `insecure` or `bogus`"),
            flag("do", "the DO bit"),
            text("transport", "`udp` or `tcp`"),
        ],
    },
    Event {
        name: "connect",
        meaning: "a connection was made, or could not be",
        fields: &[
            text("family", "`ipv4` or `ipv6`"),
            number("port", "the port"),
            number("address", "1 for the host's first address"),
            flag("refused", "nobody answered"),
        ],
    },
    Event {
        name: "policy-fetch",
        meaning: "a request to an HTTPS host",
        fields: &[
            text("path", "the path"),
            number("status", "the status, 0 when none came"),
            text("sni", "the name asked for"),
        ],
    },
    Event {
        name: "tls-offered",
        meaning: "a ClientHello",
        fields: &[
            text("sni", "the name asked for"),
            text("versions", "as `1.3`"),
            text("ciphers", "IANA names"),
            text("groups", "as `x25519`"),
            text("alpn", "protocols"),
            text("extensions", "names as `extended_master_secret`"),
            flag("early_data", "early data was announced"),
        ],
    },
    Event {
        name: "tls-established",
        meaning: "a handshake was done",
        fields: &[
            text("version", "as `1.3`"),
            text("cipher", "IANA name"),
            text("group", "as `x25519`"),
            text("sni", "the name asked for"),
            text("certificate", "the word served"),
            text("key", "as `rsa-2048`"),
            flag("client_certificate", "the sender showed one"),
            flag("resumed", "the session was resumed"),
        ],
    },
    Event {
        name: "tls-accepted",
        meaning: "the sender went on after a scripted hello",
        fields: &[text("version", "as `ssl3`")],
    },
    Event {
        name: "tls-failed",
        meaning: "a handshake broke down",
        fields: &[
            text("by", "`sender` or `receiver`"),
            text("alert", "the alert's name"),
            text("version", "as `1.3`"),
        ],
    },
    Event {
        name: "smtp-command",
        meaning: "a command line",
        fields: &[
            text("verb", "in capitals"),
            text("text", "the whole line"),
            flag("tls", "it came inside TLS"),
            text("follows", "the verb before it, `greeting` for the first"),
        ],
    },
    Event {
        name: "smtp-reply",
        meaning: "a reply",
        fields: &[
            text("verb", "what it answers"),
            number("code", "the three digits"),
            text("text", "its lines without the code"),
            flag("tls", "it went inside TLS"),
        ],
    },
    Event {
        name: "disconnect",
        meaning: "a connection ended",
        fields: &[
            text("by", "`sender` or `receiver`"),
            text("follows", "the last verb"),
        ],
    },
    Event {
        name: "attempt",
        meaning: "an attempt ended",
        fields: &[
            text("ended", "`accepted`, `refused` or `failed`"),
            text("tls", "version or `none`"),
        ],
    },
    Event {
        name: "message-accepted",
        meaning: "a fake answered 250 to the end of a message",
        fields: &[
            text("from", "the reverse-path"),
            text("to", "the recipients"),
            text("tls", "version or `none`"),
            flag("requiretls", "MAIL had REQUIRETLS"),
        ],
    },
    Event {
        name: "notice",
        meaning: "a failure notice arrived",
        fields: &[
            text("to", "whom it was sent to"),
            text("action", "`failed` or `delayed`"),
            text("status", "the enhanced code"),
        ],
    },
    Event {
        name: "report",
        meaning: "a TLS report arrived",
        fields: &[
            text("to", "the URI"),
            text("domain", "the policy domain"),
            text("by", "`mail` or `https`"),
            number("status", "the status that was answered"),
        ],
    },
    Event {
        name: "leak",
        meaning: "canary bytes were readable",
        fields: &[text("where", "`envelope`, `header` or `body`")],
    },
    Event {
        name: "injected",
        meaning: "the answer at injection",
        fields: &[
            number("code", "the three digits"),
            text("text", "its lines without the code"),
        ],
    },
    Event {
        name: "queued",
        meaning: "a look at the subject's queue",
        fields: &[flag("listed", "the message is there")],
    },
    Event {
        name: "met",
        meaning: "a fake has shown what is wrong with it",
        fields: &[text("what", "the fault or key, as in the file")],
    },
    Event {
        name: "subject-ended",
        meaning: "the subject died",
        fields: &[number("code", "its exit code")],
    },
];
