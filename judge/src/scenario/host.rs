//! The fakes of a world: SMTP hosts, HTTPS hosts and attackers (SCENARIOS §4, §5).
//!
//! `Default` is the healthy value everywhere.

use std::collections::BTreeMap;

use mtaspec_certs::{CertificateSpec, Word};
use serde::{Deserialize, Serialize};

/// One address of a host, and whether anybody answers there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAddress {
    /// IPv4 or IPv6.
    pub family: Family,
    /// What meets a connection.
    pub answer: Answering,
}

/// The family of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// An A record.
    Ipv4,
    /// An AAAA record.
    Ipv6,
}

impl Family {
    /// Its word in scenarios and in events.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

/// What meets a connection at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answering {
    /// A server.
    Server,
    /// A TCP reset.
    Refused,
    /// Nothing at all.
    Silent,
}

/// A TLS version, spelled as in scenario files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TlsVersion {
    /// SSL 3.0: a scripted hello that shows acceptance.
    #[serde(rename = "ssl3")]
    Ssl3,
    /// TLS 1.0.
    #[serde(rename = "1.0")]
    Tls10,
    /// TLS 1.1.
    #[serde(rename = "1.1")]
    Tls11,
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

impl TlsVersion {
    /// As scenario files spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ssl3 => "ssl3",
            Self::Tls10 => "1.0",
            Self::Tls11 => "1.1",
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        }
    }
}

/// What a host shows when TLS begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// This certificate.
    Certificate(CertificateSpec),
    /// The alert `unrecognized_name`.
    Refuse,
}

impl Default for Shown {
    fn default() -> Self {
        Self::Certificate(Word::Valid.into())
    }
}

/// How a host treats STARTTLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartTls {
    /// Listed, and works.
    #[default]
    Offered,
    /// Not listed, 502 to the command.
    Absent,
    /// Not listed, yet works.
    Hidden,
}

/// What a host asks of the sender's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientCertificate {
    /// No request.
    #[default]
    Ignored,
    /// A request; none is fine.
    Requested,
    /// A request; none ends the handshake.
    Required,
}

/// An SMTP host (SCENARIOS §4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its address records in order.
    pub addresses: Vec<HostAddress>,
    /// The port it listens on and whose TLSA records it has.
    pub port: u16,
    /// The name is an alias of that host.
    pub cname: Option<String>,
    /// TLSA records at `_PORT._tcp.NAME`; none said is not about DANE, empty says that there is none.
    pub tlsa: Option<Vec<Tlsa>>,
    /// How STARTTLS is treated.
    pub starttls: StartTls,
    /// TLS from the first byte.
    pub implicit_tls: bool,
    /// What it speaks.
    pub tls: Vec<TlsVersion>,
    /// IANA names in the server's order; none said: the sound ones; empty: no common suite.
    pub ciphers: Option<Vec<String>>,
    /// As IANA names in lower case (`x25519`, `secp256r1`, `dh-1024`, ...).
    pub groups: Vec<String>,
    /// `resumption`, `early-data`, `unoffered-alpn`, `scripted-hello`, ...
    pub quirks: Vec<String>,
    /// For any SNI name.
    pub certificate: Shown,
    /// By SNI name (`""` when the sender sends none).
    pub sni: BTreeMap<String, Shown>,
    /// What it asks of the sender.
    pub client_certificate: ClientCertificate,
    /// Difference from the healthy EHLO keywords, in both answers.
    pub keywords: Vec<String>,
    /// On top, before TLS.
    pub keywords_before_tls: Vec<String>,
    /// On top, inside TLS.
    pub keywords_after_tls: Vec<String>,
    /// The n-th connection gets the n-th host, complete; the last one stays. Empty: all alike.
    pub connections: Vec<Self>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            addresses: vec![HostAddress {
                family: Family::Ipv4,
                answer: Answering::Server,
            }],
            port: 25,
            cname: None,
            tlsa: None,
            starttls: StartTls::Offered,
            implicit_tls: false,
            tls: vec![TlsVersion::Tls12, TlsVersion::Tls13],
            ciphers: None,
            groups: vec!["x25519".into(), "secp256r1".into()],
            quirks: Vec::new(),
            certificate: Shown::default(),
            sni: BTreeMap::new(),
            client_certificate: ClientCertificate::Ignored,
            keywords: Vec::new(),
            keywords_before_tls: Vec::new(),
            keywords_after_tls: Vec::new(),
            connections: Vec::new(),
        }
    }
}

/// A TLSA record, or the alias that stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tlsa {
    /// `"USAGE SELECTOR TYPE DATA"`.
    Record {
        /// RFC 7218 names it; not limited to known numbers.
        usage: u8,
        /// 0 the certificate, 1 its key.
        selector: u8,
        /// 0 in full, 1 SHA-256, 2 SHA-512.
        matching: u8,
        /// What is matched.
        data: TlsaData,
    },
    /// `"CNAME NAME"`.
    Alias(String),
}

impl Tlsa {
    /// Whether it is usable (RFC 7672 §3.1) and fits whatever its host shows.
    #[must_use]
    pub fn is_usable_and_fits(&self) -> bool {
        matches!(
            self,
            Self::Record {
                usage: 2 | 3,
                selector: 0 | 1,
                matching: 0..=2,
                data: TlsaData::Match,
            }
        )
    }
}

/// The data of a TLSA record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsaData {
    /// Computed from what the host shows.
    Match,
    /// Right length, fits nothing.
    Mismatch,
    /// Computed from the certificate of that word for this host.
    MatchWord(Word),
    /// Computed from what that host shows.
    MatchHost(String),
    /// As it stands.
    Bytes(Vec<u8>),
}

/// An HTTPS host: policy host or report collector (SCENARIOS §5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpsHost {
    /// Its address records in order.
    pub addresses: Vec<HostAddress>,
    /// The name is an alias of that host.
    pub cname: Option<String>,
    /// For any SNI name.
    pub certificate: Shown,
    /// By SNI name.
    pub sni: BTreeMap<String, Shown>,
    /// What it speaks.
    pub tls: Vec<TlsVersion>,
    /// Empty sends none.
    pub content_type: String,
    /// Further answer header lines.
    pub headers: Vec<String>,
}

impl Default for HttpsHost {
    fn default() -> Self {
        let healthy = Host::default();
        Self {
            addresses: healthy.addresses,
            cname: None,
            certificate: Shown::default(),
            sni: BTreeMap::new(),
            tls: healthy.tls,
            content_type: "text/plain".into(),
            headers: Vec::new(),
        }
    }
}

/// Somebody between everybody and an honest host (SCENARIOS §4).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Attacker {
    /// What becomes of STARTTLS.
    pub starttls: Tampering,
    /// Difference from the host's EHLO answers as they pass.
    pub keywords: Vec<String>,
    /// On top, before TLS.
    pub keywords_before_tls: Vec<String>,
    /// Ends TLS itself with this certificate, reads everything and passes it on.
    pub certificate: Option<CertificateSpec>,
    /// The weakest offer it lets through; empty: every one.
    pub tls: Vec<TlsVersion>,
}

/// What an attacker does to STARTTLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tampering {
    /// Nothing.
    #[default]
    Passed,
    /// Keyword removed, 502 to the command.
    Stripped,
    /// Keyword made unreadable.
    Mangled,
}
