//! What goes wrong: `{ on = WHERE, at = WHEN, do = WHAT }` (SCENARIOS §6).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One way in which a fake misbehaves on purpose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Which fake.
    pub on: FaultPlace,
    /// Which moment, or which DNS question.
    pub at: Moment,
    /// What happens instead of the fake's part of that moment.
    pub deed: Deed,
    /// Only so often; none: always.
    pub times: Option<u32>,
    /// First let so many pass.
    pub skip: u32,
    /// As the file writes it, for reports and `met`: `mx.example.test: starttls: 454 4.7.0 ...`.
    pub written: String,
}

/// Which fake a fault is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultPlace {
    /// An SMTP or HTTPS host.
    Host(String),
    /// The attacker in the path to that host.
    AttackerOf(String),
    /// The harness as sender.
    Client,
    /// The resolvers.
    Dns,
}

/// When a fault acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// The connection is made.
    Connect,
    /// The first reply.
    Greeting,
    /// EHLO before TLS.
    Ehlo,
    /// HELO.
    Helo,
    /// The STARTTLS command.
    Starttls,
    /// After 220, no hello of the server sent yet.
    Handshake,
    /// Hello and certificate sent.
    InHandshake,
    /// TLS is up.
    AfterHandshake,
    /// EHLO inside TLS.
    EhloAfterTls,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// While the content comes in.
    Content,
    /// The final dot.
    EndOfData,
    /// QUIT.
    Quit,
    /// The answer to an HTTPS request.
    Response,
    /// Its body.
    Body,
    /// A DNS question: type (`ANY` is every type) and name. For TLSA the name is that of the host.
    Question {
        /// `MX`, `ANY`, ...
        kind: String,
        /// As the file spells it.
        name: String,
    },
    /// All DNS questions over TCP.
    Tcp,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// This SMTP reply; lines parted by `\n`.
    Reply(String),
    /// This HTTPS status, with a Location where one is said.
    Status(u16, Option<String>),
    /// Connection refused.
    Refuse,
    /// An orderly end.
    Close,
    /// A TCP reset.
    Reset,
    /// Nothing more, connection kept (DNS: no answer).
    Stall,
    /// So long, then healthy.
    Delay(Duration),
    /// One byte at a time, with this wait between two.
    Drip(Duration),
    /// Each byte in a segment of its own, no pause.
    Split,
    /// Lines end in LF alone.
    BareLf,
    /// Bytes that are no such protocol; DNS: a malformed answer.
    Garbage,
    /// The healthy part, and this plaintext behind it.
    Inject {
        /// The bytes.
        text: String,
        /// In the same TCP segment, or the next.
        same_segment: bool,
    },
    /// This TLS alert by name, and close.
    Alert(String),
    /// A body without end.
    Endless,
    /// Comment fields up to so many bytes, then the end.
    Pad(u64),
    /// A DNS answer: `servfail`, `refused`, `nxdomain`, `nodata`, `truncate`, `bad-signature`,
    /// `missing-signature`, `expired-signature`, `no-ad`, `no-signatures`.
    Dns(DnsDeed),
}

/// What the resolvers answer instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DnsDeed {
    /// SERVFAIL.
    Servfail,
    /// REFUSED.
    Refused,
    /// NXDOMAIN.
    Nxdomain,
    /// No error and no data.
    Nodata,
    /// TC over UDP.
    Truncate,
    /// A signature that does not verify.
    BadSignature,
    /// The signature left out.
    MissingSignature,
    /// A signature whose time is over.
    ExpiredSignature,
    /// AD never set.
    NoAd,
    /// Signatures stripped although data are signed.
    NoSignatures,
}
