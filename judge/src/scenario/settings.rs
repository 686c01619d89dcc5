//! What the subject is told: rules, routes and settings (SCENARIOS §7).

use std::collections::BTreeMap;
use std::time::Duration;

use mtaspec_certs::CertificateSpec;
use serde::{Deserialize, Serialize};

use super::TlsVersion;

/// The secure transport (TLS) compliance setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The address list; empty only for a rule that applies to secure routes alone.
    pub list: Vec<ListEntry>,
    /// Covers mail that leaves for a listed recipient.
    pub outbound: bool,
    /// Covers mail that comes from a listed sender.
    pub inbound: bool,
    /// Covers outbound mail for which a route requires TLS, whoever the recipient.
    pub secure_route: bool,
    /// The three switches.
    pub switches: Switches,
    /// Only mail of that unit's addresses.
    pub unit: Option<String>,
}

/// The three switches of a rule or route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// No delivery without TLS.
    pub require_tls: bool,
    /// The chain must lead to a trusted authority.
    pub require_ca_signed: bool,
    /// The certificate must name the host.
    pub validate_hostname: bool,
}

/// An address or a domain of an address list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// `user@example.test` or `example.test`.
    pub entry: String,
    /// Asks for sender authentication.
    pub authenticated: bool,
}

/// Where mail for a domain goes instead of its MX hosts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Name or `[NAME]`.
    pub host: String,
    /// Deliver to the MX hosts of `host` instead of `host` itself.
    pub mx_lookup: bool,
    /// The port.
    pub port: u16,
    /// The route's own switches.
    pub switches: Switches,
    /// Only for mail that a rule wants secure.
    pub when_secure: bool,
}

/// The rest of what the subject is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The floor, both directions.
    pub minimum_tls: TlsVersion,
    /// By domain: `mandatory`, `audit-only`, `off`.
    pub dane: BTreeMap<String, String>,
    /// Authorities in the trust store: `root`, `other-root`.
    pub trust: Vec<String>,
    /// Expansion at the subject.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// How long a message is tried.
    pub queue_lifetime: Duration,
    /// The subject as receiver demands TLS of everybody.
    pub demand_tls: bool,
    /// What the subject shows when asked.
    pub client_certificate: Option<CertificateSpec>,
    /// The subject is told that its resolver validates.
    pub resolver_validates: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            minimum_tls: TlsVersion::Tls12,
            dane: BTreeMap::new(),
            trust: vec!["root".into()],
            aliases: BTreeMap::new(),
            queue_lifetime: Duration::from_secs(5 * 86_400),
            demand_tls: false,
            client_certificate: None,
            resolver_validates: true,
        }
    }
}
