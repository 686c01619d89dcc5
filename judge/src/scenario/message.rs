//! What goes in: messages, the harness as client, questions (SCENARIOS §8).

use mtaspec_certs::CertificateSpec;
use serde::{Deserialize, Serialize};

use super::TlsVersion;

/// One message (or several alike).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// How `expect` speaks of it; unique in the story.
    pub name: String,
    /// Reverse-path; empty is null.
    pub from: String,
    /// One transaction.
    pub to: Vec<String>,
    /// The From field; none said: `from`.
    pub header_from: Option<String>,
    /// Further header lines, word for word.
    pub headers: Vec<String>,
    /// So many messages alike.
    pub copies: u32,
    /// Octets of the body.
    pub size: u64,
    /// Parameter of MAIL.
    pub requiretls: bool,
    /// Parameter of MAIL.
    pub smtputf8: bool,
    /// `hdrs` or `full`.
    pub ret: Option<String>,
    /// `never`, `success`, `failure`, `delay`, for every recipient.
    pub notify: Vec<String>,
    /// ENVID.
    pub envid: Option<String>,
    /// Handed over after SMTP AUTH.
    pub login: bool,
    /// `none`, `valid`, `broken`, `length-limited`, `other-service`.
    pub dkim: String,
    /// The body is a TLS report by mail.
    pub report: Option<ReportBody>,
}

impl Default for Message {
    fn default() -> Self {
        Self {
            name: "first".into(),
            from: "sender@home.test".into(),
            to: vec!["user@example.test".into()],
            header_from: None,
            headers: Vec::new(),
            copies: 1,
            size: 1024,
            requiretls: false,
            smtputf8: false,
            ret: None,
            notify: Vec::new(),
            envid: None,
            login: false,
            dkim: "none".into(),
            report: None,
        }
    }
}

impl Message {
    /// What the messages of the warm-up are called: `warm-up/1`, ...
    pub const WARM_UP: &str = "warm-up";
}

/// A TLS report as the body of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportBody {
    /// Of whom it speaks.
    pub policy_domain: String,
    /// `mx-host` is a list (else text).
    pub mx_host_is_list: bool,
    /// gzip.
    pub compressed: bool,
}

/// How the harness sends (inbound).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Client {
    /// `smtp`, `submission`, `submissions`; empty is `smtp`.
    pub port: String,
    /// Versions; none said: 1.2 and 1.3; empty sends in plaintext.
    pub tls: Option<Vec<TlsVersion>>,
    /// IANA names.
    pub ciphers: Option<Vec<String>>,
    /// What it shows when asked.
    pub certificate: Option<CertificateSpec>,
    /// None said: the subject's name; empty: none.
    pub sni: Option<String>,
    /// None said: `mx.example.test`.
    pub ehlo: Option<String>,
    /// The whole dialogue: segments of command lines.
    pub script: Option<Vec<Vec<String>>>,
}

/// A question to the subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// `test-connection`, `padlock`, `check-domain`, `read-report`.
    pub what: String,
    /// Name or address.
    pub about: String,
}
