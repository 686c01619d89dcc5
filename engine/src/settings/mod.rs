//! What the engine is told: who it is, what it demands of whom, and how patient it is.
//!
//! Settings are plain values. A change of settings holds from the next round on.

mod list;
mod rule;
mod schedule;

use std::net::SocketAddr;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::address::DomainName;

pub use list::{AddressList, ListEntry};
pub use rule::{Rule, Switches};
pub use schedule::RetrySchedule;

/// Everything the engine is told.
#[derive(Debug)]
pub struct Settings {
    /// What it calls itself in EHLO, in trace fields and in notices.
    pub hostname: DomainName,
    /// The resolvers, asked in this order.
    pub resolvers: Vec<SocketAddr>,
    /// TLS compliance rules.
    pub rules: Vec<Rule>,
    /// The oldest TLS version that is spoken.
    pub minimum_tls: TlsVersion,
    /// The authorities that are trusted.
    pub trust: Vec<CertificateDer<'static>>,
    /// What is shown to a receiver that asks for a certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// How long a message is tried before it is returned.
    pub queue_lifetime: Duration,
    /// How long it waits between two rounds.
    pub retry: RetrySchedule,
}

impl Settings {
    /// Settings that demand nothing of anybody.
    #[must_use]
    pub fn new(hostname: DomainName, resolvers: Vec<SocketAddr>) -> Self {
        Self {
            hostname,
            resolvers,
            rules: Vec::new(),
            minimum_tls: TlsVersion::Tls12,
            trust: Vec::new(),
            client_certificate: None,
            queue_lifetime: Duration::from_secs(5 * 86_400),
            retry: RetrySchedule::default(),
        }
    }
}

impl Clone for Settings {
    fn clone(&self) -> Self {
        Self {
            hostname: self.hostname.clone(),
            resolvers: self.resolvers.clone(),
            rules: self.rules.clone(),
            minimum_tls: self.minimum_tls,
            trust: self.trust.clone(),
            client_certificate: self
                .client_certificate
                .as_ref()
                .map(|own| ClientCertificate {
                    chain: own.chain.clone(),
                    key: own.key.clone_key(),
                }),
            queue_lifetime: self.queue_lifetime,
            retry: self.retry.clone(),
        }
    }
}

/// A TLS version that the engine may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// A certificate of the engine's own.
#[derive(Debug)]
pub struct ClientCertificate {
    /// The leaf, then what leads from it to its root.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the leaf.
    pub key: PrivateKeyDer<'static>,
}
