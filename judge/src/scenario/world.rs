//! The world of a step: domains, hosts, attackers, faults and what the subject is told; and the domains in it.
//!
//! `Default` is the healthy value everywhere. Maps are keyed by name as the file spells it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::name::{ascii_form, is_same_name, without_brackets};
use super::{Attacker, Fault, Host, HttpsHost, Route, Rule, Settings};

/// Everything that stands in a step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct World {
    /// Every domain of the case (also those only mentioned), with what it publishes.
    pub domains: BTreeMap<String, Domain>,
    /// Every SMTP host of the case (also those only mentioned), `mx.home.test` among them.
    pub hosts: BTreeMap<String, Host>,
    /// Every HTTPS host of the case.
    pub https: BTreeMap<String, HttpsHost>,
    /// Somebody in the path to a host.
    pub attackers: BTreeMap<String, Attacker>,
    /// What misbehaves; the first that is not used up acts.
    pub faults: Vec<Fault>,
    /// TLS compliance rules that the subject is told.
    pub rules: Vec<Rule>,
    /// Where the subject is told to send mail for a domain (`*` for all that leaves).
    pub routes: BTreeMap<String, Route>,
    /// The rest of what the subject is told.
    pub settings: Settings,
}

impl World {
    /// The STS policy that a domain publishes (RFC 8461 §3.2), word for word or made of its keys: fields in the order of the
    /// RFC, lines ended by CRLF.
    #[must_use]
    pub fn policy_text(&self, domain: &str) -> Option<String> {
        let (name, found) = (self.domains.iter()).find(|(name, _)| is_same_name(name, domain))?;
        let sts = found.sts.as_ref()?;
        if let Some(text) = &sts.policy {
            return Some(text.clone());
        }
        let patterns = (sts.mx.clone()).unwrap_or_else(|| self.mx_names(name, found));
        let fields = ["version: STSv1".to_owned(), format!("mode: {}", sts.mode)];
        let mx = patterns.iter().map(|pattern| format!("mx: {pattern}"));
        let last = format!("max_age: {}", sts.max_age);
        let lines = fields.into_iter().chain(mx).chain([last]);
        Some(lines.map(|line| line + "\r\n").collect())
    }

    /// The MX hosts, or the domain itself where it has no MX record (RFC 5321 §5.1) or is a host to which a route leads
    /// (RFC 8461 §3.4); of a null MX (RFC 7505) none. Names stand in a policy as A-labels (RFC 8461 §4.1).
    fn mx_names(&self, name: &str, domain: &Domain) -> Vec<String> {
        let mut routes = self.routes.values();
        let is_next_hop = routes.any(|route| !route.mx_lookup && is_same_name(&route.host, name));
        if domain.mx.is_empty() || is_next_hop {
            return vec![ascii_form(name)];
        }
        let hosts = domain.mx.iter().filter(|record| record.host != ".");
        hosts
            .map(|record| ascii_form(without_brackets(&record.host)))
            .collect()
    }
}

/// A zone and its mail domain (SCENARIOS §3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// MX records in the order of the file; empty: no MX record.
    pub mx: Vec<MxRecord>,
    /// The domain is an alias of that domain.
    pub cname: Option<String>,
    /// The state of the whole zone.
    pub dnssec: Dnssec,
    /// How the zone proves absence.
    pub denial: Denial,
    /// Of all records.
    pub ttl: Duration,
    /// Further records.
    pub records: Vec<ExtraRecord>,
    /// MTA-STS as published.
    pub sts: Option<Sts>,
    /// TLS reporting as published.
    pub tlsrpt: Option<TlsRpt>,
}

impl Default for Domain {
    fn default() -> Self {
        Self {
            mx: Vec::new(),
            cname: None,
            dnssec: Dnssec::Secure,
            denial: Denial::Nsec,
            ttl: Duration::from_secs(3600),
            records: Vec::new(),
            sts: None,
            tlsrpt: None,
        }
    }
}

/// `"PREFERENCE NAME"`; the name is `.` for a null MX and `[NAME]` for an address literal of that host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MxRecord {
    /// Lowest first.
    pub preference: u16,
    /// Host name, `.`, or `[NAME]`.
    pub host: String,
}

/// `"OWNER TYPE DATA"` of a zone, still as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraRecord {
    /// `@`, a name below the domain, or a full name with a final dot.
    pub owner: String,
    /// `TXT`, `A`, ...
    pub kind: String,
    /// As in a zone file.
    pub data: String,
}

/// The DNSSEC state of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dnssec {
    /// Signed, with a DS at the parent.
    #[default]
    Secure,
    /// No DS at the parent.
    Insecure,
    /// Signatures that do not verify.
    BadSignature,
    /// Signatures left out.
    MissingSignature,
    /// Signatures whose time is over.
    ExpiredSignature,
    /// The DS fits no key.
    DsMismatch,
}

/// How a zone proves absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    /// RFC 4034 §4.
    #[default]
    Nsec,
    /// RFC 5155.
    Nsec3,
}

/// MTA-STS as published (RFC 8461).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sts {
    /// `enforce`, `testing` or `none`.
    pub mode: String,
    /// Patterns; none said: the MX hosts.
    pub mx: Option<Vec<String>>,
    /// Seconds, as in the policy.
    pub max_age: i64,
    /// Of the record.
    pub id: String,
    /// The TXT records word for word, each a list of strings; none said: the one right record.
    pub record: Option<Vec<Vec<String>>>,
    /// The body word for word; none said: made of the keys above.
    pub policy: Option<String>,
    /// The sender has met the policy before.
    pub known: bool,
}

impl Default for Sts {
    fn default() -> Self {
        Self {
            mode: "enforce".into(),
            mx: None,
            max_age: 604_800,
            id: "20260101000000".into(),
            record: None,
            policy: None,
            known: true,
        }
    }
}

/// TLS reporting as published (RFC 8460).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TlsRpt {
    /// Where reports go.
    pub rua: Vec<String>,
    /// The TXT records word for word; none said: the one right record.
    pub record: Option<Vec<Vec<String>>>,
}

impl Default for TlsRpt {
    fn default() -> Self {
        Self {
            rua: vec!["mailto:reports@reports.test".into()],
            record: None,
        }
    }
}
