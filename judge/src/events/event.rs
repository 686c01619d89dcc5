//! What was seen, as the fakes and the harness tell it: raw facts, nothing concluded.
//!
//! Names are spelled as the scenario file spells them (the plan's suffix is undone before an event is recorded),
//! addresses and ports are logical. The events `attempt`, `notice`, `report` and `leak` of the scenario language are
//! not recorded: the verdict derives them from these.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// One event of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Milliseconds of the case's clock since the case began.
    pub at: u64,
    /// The step it belongs to, from 1; 0 is the warm-up.
    pub step: usize,
    /// The fake that saw it: a host's name, `subject.home.test` inbound; none for DNS and the harness itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The n-th connection to this host in the case, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<u32>,
    /// The message's name, where it is known (by envelope sender or canary).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// Where bytes of a message were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Reverse-path or recipients.
    Envelope,
    /// The header.
    Header,
    /// The body.
    Body,
}

impl Part {
    /// As recordings spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::Header => "header",
            Self::Body => "body",
        }
    }
}

/// Who ended something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The side that sends mail.
    Sender,
    /// The side that receives it.
    Receiver,
}

/// What happened. The kebab-case names and the fields are those of SCENARIOS §9.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// A question to one of the resolvers, with what it was answered.
    DnsQuery {
        /// As spelled in the file, no final dot.
        name: String,
        /// `MX`, `A`, `TLSA`, ...
        #[serde(rename = "type")]
        kind: String,
        /// `noerror`, `nodata`, `nxdomain`, `servfail`, `refused`, `none` (no answer), `malformed`.
        answer: String,
        /// `secure`, `insecure`, `bogus`.
        state: String,
        /// The DO bit.
        #[serde(rename = "do")]
        dnssec_ok: bool,
        /// `udp`, `tcp`.
        transport: String,
    },
    /// A connection was made, or could not be (`refused`; also set for a host that is silent).
    Connect {
        /// `ipv4`, `ipv6`.
        family: String,
        /// The logical port.
        port: u16,
        /// 1 for the host's first address.
        address: usize,
        /// Nobody answered.
        refused: bool,
        /// The real address that it came from, where a fake has seen it: a subject has no logical one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<IpAddr>,
    },
    /// A request to an HTTPS host.
    PolicyFetch {
        /// The path.
        path: String,
        /// 0: none came.
        status: u16,
        /// What the client asked for.
        sni: Option<String>,
    },
    /// A ClientHello.
    TlsOffered {
        /// None: no SNI.
        sni: Option<String>,
        /// As `1.3`, newest first. Of a hello without the extension: what its legacy version bounds.
        versions: Vec<String>,
        /// IANA names; `0x....` for unknown ones.
        ciphers: Vec<String>,
        /// As `x25519`; `0x....` for unknown ones.
        groups: Vec<String>,
        /// Signature schemes, as `ecdsa_secp256r1_sha256`.
        schemes: Vec<String>,
        /// Protocols.
        alpn: Vec<String>,
        /// Names as `extended_master_secret`; numbers for unknown ones.
        extensions: Vec<String>,
        /// Early data was announced.
        early_data: bool,
        /// A compression method other than none was offered.
        #[serde(default)]
        compression: bool,
    },
    /// The handshake is done.
    TlsEstablished {
        /// As `1.3`.
        version: String,
        /// IANA name.
        cipher: String,
        /// As `x25519`, where the stack tells.
        group: Option<String>,
        /// None: no SNI.
        sni: Option<String>,
        /// The word (or `table`) of the certificate shown.
        certificate: String,
        /// As `ecdsa-p256`.
        key: String,
        /// The sender showed one.
        client_certificate: bool,
        /// The session was resumed.
        resumed: bool,
    },
    /// The sender went on after a scripted hello.
    TlsAccepted {
        /// As `ssl3`.
        version: String,
    },
    /// The handshake broke down.
    TlsFailed {
        /// Who ended it.
        by: By,
        /// The alert's name, if one was sent.
        alert: Option<String>,
        /// The version in hand, where known.
        version: Option<String>,
    },
    /// A command line (outbound from the subject, inbound from the harness).
    SmtpCommand {
        /// In capitals; `?` for nonsense.
        verb: String,
        /// The whole line; overlong ones are cut.
        text: String,
        /// It came inside TLS.
        tls: bool,
        /// The verb before it in this connection, `greeting` for the first.
        follows: String,
    },
    /// A reply (outbound of a fake, inbound of the subject).
    SmtpReply {
        /// What it answers; `greeting`, `end-of-data`.
        verb: String,
        /// The three digits.
        code: u16,
        /// All lines, parted by `\n`, without the code.
        text: String,
        /// It went inside TLS.
        tls: bool,
    },
    /// The connection ended.
    Disconnect {
        /// Who ended it.
        by: By,
        /// The last verb, `greeting` before the first.
        follows: String,
    },
    /// A fake answered 250 to the end of a message.
    MessageAccepted {
        /// The reverse-path, its tag removed.
        from: String,
        /// The recipients.
        to: Vec<String>,
        /// As `1.3`, or `none`.
        tls: String,
        /// MAIL had REQUIRETLS.
        requiretls: bool,
        /// The message as it came (lossy), cut after 256 KiB. It holds notices, traces and mailed reports.
        content: String,
    },
    /// Bytes of the message were readable at this host.
    Canary {
        /// Which part.
        part: Part,
        /// They came in plaintext.
        plaintext: bool,
        /// An attacker in the path read them.
        attacker: bool,
    },
    /// A TLS report arrived over HTTPS.
    ReportPosted {
        /// The URI.
        to: String,
        /// The status that was answered.
        status: u16,
        /// The Content-Type.
        media_type: String,
        /// The JSON, unpacked; what was not JSON stays as it came (lossy).
        body: String,
        /// It came packed.
        compressed: bool,
    },
    /// The message that this host has just accepted holds a TLS report.
    ReportMailed {
        /// The recipients.
        to: Vec<String>,
        /// The Content-Type of its part.
        media_type: String,
        /// The name of its attachment.
        file_name: Option<String>,
        /// The JSON, unpacked; what was not JSON stays as it came (lossy).
        body: String,
        /// It came packed.
        compressed: bool,
        /// What a verifier says of its DKIM signature by the published key: `valid`, `none`, or why not.
        signature: String,
        /// The services that the key record names; none: all.
        key_services: Vec<String>,
    },
    /// The answer at injection.
    Injected {
        /// The recipient it speaks of; none: all of them.
        recipient: Option<String>,
        /// The code; 0 when the connection ended without one.
        code: u16,
        /// Its text.
        text: String,
    },
    /// A look at the subject's queue, at the end of a step.
    Queued {
        /// The recipient.
        recipient: Option<String>,
        /// It is there.
        listed: bool,
    },
    /// A fake has shown what is wrong with it.
    Met {
        /// What differs from the twin, as `Difference` prints it.
        what: String,
    },
    /// The subject died.
    SubjectEnded {
        /// Its exit code, if it had one.
        code: Option<i32>,
        /// It served other cases as well: which of them it died of is not known.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        shared: bool,
    },
    /// The answer to a question.
    Answered {
        /// Fields of `expect.answer`.
        fields: serde_json::Map<String, serde_json::Value>,
    },
    /// A step began.
    StepBegan,
    /// The harness failed: the case is an `error`, whatever else was seen.
    HarnessFailed {
        /// In a sentence.
        reason: String,
    },
}
