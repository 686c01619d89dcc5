//! All settings together.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls_pki_types::CertificateDer;

use crate::address::DomainName;

use super::{
    Aliases, DaneUse, Dnssec, OwnCertificate, Receiving, Reporting, RetrySchedule, Route, Rule,
    TlsVersion,
};

/// Everything the engine is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What it calls itself in EHLO, in trace fields and in notices.
    pub hostname: DomainName,
    /// The addresses at which others reach it: an MX host that has one of them is itself (RFC 5321 §5.1). None: it knows
    /// itself by its name alone.
    pub addresses: Vec<IpAddr>,
    /// The resolvers, asked in this order.
    pub resolvers: Vec<SocketAddr>,
    /// Where the DNSSEC state of their answers is learnt from.
    pub dnssec: Dnssec,
    /// What DANE is to mean for mail to a domain, where it is not what the domain has published. A domain does not cover its
    /// subdomains.
    pub dane: BTreeMap<DomainName, DaneUse>,
    /// TLS compliance rules.
    pub rules: Vec<Rule>,
    /// Routes; of several that fit, the one for the domain itself goes before the one for all mail.
    pub routes: Vec<Route>,
    /// Addresses that stand for others.
    pub aliases: Aliases,
    /// What it is told as a receiver.
    pub receiving: Receiving,
    /// What it is told about TLS reports; none: it makes none.
    pub reporting: Option<Reporting>,
    /// The oldest TLS version that is spoken.
    pub minimum_tls: TlsVersion,
    /// The authorities that are trusted.
    pub trust: Vec<CertificateDer<'static>>,
    /// What is shown to a receiver that asks for a certificate.
    pub client_certificate: Option<OwnCertificate>,
    /// How long a message is tried before it is returned.
    pub queue_lifetime: Duration,
    /// How old a message gets before its sender is told, once, that it is still here; none: the sender is not told.
    pub delay_notice_after: Option<Duration>,
    /// How long it waits between two rounds.
    pub retry: RetrySchedule,
}

impl Settings {
    /// Settings that demand nothing of anybody.
    #[must_use]
    pub fn new(hostname: DomainName, resolvers: Vec<SocketAddr>) -> Self {
        Self {
            hostname,
            addresses: Vec::new(),
            resolvers,
            dnssec: Dnssec::default(),
            dane: BTreeMap::new(),
            rules: Vec::new(),
            routes: Vec::new(),
            aliases: Aliases::default(),
            receiving: Receiving::default(),
            reporting: None,
            minimum_tls: TlsVersion::Tls12,
            trust: Vec::new(),
            client_certificate: None,
            queue_lifetime: Duration::from_secs(5 * 86_400),
            // Choice: RFC 3461 §5.2.5 leaves it open. After four hours people begin to wonder.
            delay_notice_after: Some(Duration::from_secs(4 * 3_600)),
            retry: RetrySchedule::default(),
        }
    }
}
