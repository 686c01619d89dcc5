//! What the TLSA records of a host ask of a session with it (RFC 7672 §2.2).
//!
//! Where the host was found and how far that can be believed comes in; TLSA records are looked up here.

use std::time::SystemTime;

use hickory_proto::rr::RecordType;
use rustls_pki_types::CertificateDer;

use crate::address::{DomainName, MailDomain};
use crate::route::{Answer, Directory, Located, MxHost, NextHop, Origin, Security, dns_name};
use crate::settings::{DaneUse, Settings};

use super::fault::{DaneFault, TlsaFault};
use super::records::Records;
use super::tlsa::Tlsa;

/// What the TLSA records of a host ask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Asked {
    /// Nothing: there are none that can be believed, or nobody is to act on them.
    #[default]
    Nothing,
    /// TLS without authentication: there are some, and none is usable.
    Tls(Published),
    /// TLS with a host that they authenticate.
    Records(Published, Records),
    /// Nothing, but it is to be told whether they authenticate the host (RFC 7672 §9.1).
    Audit(Published, Records),
}

/// TLSA records as they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// The TLSA base domain, which goes into SNI (RFC 7672 §8.1).
    pub(crate) base: DomainName,
    /// All of them.
    pub(crate) records: Vec<Tlsa>,
}

/// Where mail is to go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'d> {
    /// The domain by which the mail is routed.
    pub(crate) next_hop: &'d DomainName,
    /// One of its hosts.
    pub(crate) host: &'d MxHost,
    /// Where that host is.
    pub(crate) located: &'d Located,
    /// The port of the session.
    pub(crate) port: u16,
    /// What the settings say of DANE for the next-hop domain.
    pub(crate) told: Option<DaneUse>,
}

impl Asked {
    /// The TLSA base domain, where one was found.
    pub(crate) fn base(&self) -> Option<&DomainName> {
        self.published().map(|published| &published.base)
    }

    /// The records as they were found, where there are some that can be believed.
    pub(crate) fn published(&self) -> Option<&Published> {
        match self {
            Self::Nothing => None,
            Self::Tls(published) | Self::Records(published, _) | Self::Audit(published, _) => {
                Some(published)
            }
        }
    }

    /// Whether the session must be inside TLS.
    pub(crate) fn requires_tls(&self) -> bool {
        matches!(self, Self::Tls(_) | Self::Records(..))
    }

    /// Whether the host must authenticate itself by the records.
    pub(crate) fn authenticates(&self) -> bool {
        matches!(self, Self::Records(..))
    }

    /// Whether the certificate of the host is judged, so that it has to prove that it owns the key.
    pub(crate) fn judges(&self) -> bool {
        matches!(self, Self::Records(..) | Self::Audit(..))
    }

    /// What the records say of a chain, leaf first; none where there is nothing to judge by.
    pub(crate) fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        now: SystemTime,
    ) -> Option<Result<(), TlsaFault>> {
        match self {
            Self::Nothing | Self::Tls(_) => None,
            Self::Records(_, records) | Self::Audit(_, records) => Some(records.judge(chain, now)),
        }
    }
}

/// What the TLSA records of a host ask of mail that takes a next hop, as the settings want it.
///
/// # Errors
/// `DaneFault` when the host must not be used now.
pub(crate) async fn asked_of(
    directory: &impl Directory,
    settings: &Settings,
    next_hop: &NextHop,
    host: &MxHost,
    located: &Located,
) -> Result<Asked, DaneFault> {
    // DANE does not apply to an address literal, which has no MX hosts (RFC 7672 §2.2).
    let MailDomain::Name(domain) = &next_hop.to else {
        return Ok(Asked::Nothing);
    };
    let to = Destination {
        next_hop: domain,
        host,
        located,
        port: next_hop.port,
        told: settings.dane.get(domain).copied(),
    };
    asked(directory, to).await
}

/// Looks up what the TLSA records of a host ask.
///
/// Choice: hosts that insecure MX records name are not asked for any, though RFC 7672 §2.2.1 would let them be. Whoever can
/// forge such a record leads the mail to a host of his own, whose records then fit; what is gained is small, and a broken
/// name server of a provider would hold up the mail of all its customers.
///
/// # Errors
/// `DaneFault` when the host must not be used now.
pub(crate) async fn asked(
    directory: &impl Directory,
    to: Destination<'_>,
) -> Result<Asked, DaneFault> {
    if to.told == Some(DaneUse::Off) {
        return Ok(Asked::Nothing);
    }
    match (look_up(directory, to).await, to.told) {
        // Only what authenticates the host will do (RFC 7672 §6).
        (Ok(Asked::Nothing), Some(DaneUse::Mandatory)) => {
            Err(DaneFault::Missing(to.host.name.clone()))
        }
        (Ok(Asked::Tls(_)), Some(DaneUse::Mandatory)) => {
            Err(DaneFault::Unusable(to.host.name.clone()))
        }
        (Ok(Asked::Records(published, records)), Some(DaneUse::AuditOnly)) => {
            Ok(Asked::Audit(published, records))
        }
        // Choice: an audit holds back nothing, so that it can be run before anybody relies on what it finds.
        (Ok(_), Some(DaneUse::AuditOnly)) => Ok(Asked::Nothing),
        (Err(fault), Some(DaneUse::AuditOnly)) => {
            tracing::warn!(host = %to.host.name, %fault, "an audit of DANE has failed");
            Ok(Asked::Nothing)
        }
        (found, _) => found,
    }
}

async fn look_up(directory: &impl Directory, to: Destination<'_>) -> Result<Asked, DaneFault> {
    for base in bases(directory, to).await? {
        let question = format!("_{}._tcp.{base}", to.port);
        let Some(name) = DomainName::parse(&question)
            .ok()
            .and_then(|name| dns_name(&name))
        else {
            continue;
        };
        let found = directory.look_up(&name, RecordType::TLSA).await;
        let found = found.map_err(|fault| DaneFault::Lookup(question, fault))?;
        let records = match found.answer {
            Answer::Records { tlsa, .. } if found.security == Security::Secure => tlsa,
            // None, or such as nobody vouches for: the next candidate is tried (RFC 7672 §2.2.3).
            _ => continue,
        };
        let usable = Records::new(&records, references(&base, to));
        let published = Published {
            base: base.clone(),
            records,
        };
        return Ok(match usable {
            Some(usable) => {
                tracing::debug!(%base, names = ?usable.references(), "TLSA records hold");
                Asked::Records(published, usable)
            }
            None => Asked::Tls(published),
        });
    }
    Ok(Asked::Nothing)
}

/// The candidates for the TLSA base domain, in their order (RFC 7672 §2.2.2, §2.2.3): the name at the end of secure aliases,
/// then the name with which they begin. None where nobody vouches for where the host is.
async fn bases(
    directory: &impl Directory,
    to: Destination<'_>,
) -> Result<Vec<DomainName>, DaneFault> {
    let located = to.located;
    let (begin, way) = match &to.host.origin {
        Origin::Settings => (&to.host.name, Security::Secure),
        Origin::MxRecord { security, .. } if *security == Security::Insecure => {
            return Ok(Vec::new());
        }
        Origin::MxRecord { .. } => (&to.host.name, Security::Secure),
        // Without an alias the way has no step, and the word that there are no MX records proves nothing of the host.
        Origin::NoMxRecord { domain, .. } if *domain == to.host.name => (domain, Security::Secure),
        Origin::NoMxRecord { domain, security } => (domain, *security),
    };
    if way.and(located.security) == Security::Secure {
        let mut bases = vec![located.owner.clone()];
        if *begin != located.owner {
            bases.push(begin.clone());
        }
        return Ok(bases);
    }
    if *begin == located.owner {
        return Ok(Vec::new());
    }
    // Of an insecure answer with aliases in it the first of them may still be secure (RFC 7672 §2.1.3).
    let Some(name) = dns_name(begin) else {
        return Ok(Vec::new());
    };
    let alias = directory.look_up(&name, RecordType::CNAME).await;
    let alias = alias.map_err(|fault| DaneFault::Lookup(begin.to_string(), fault))?;
    let is_alias = matches!(&alias.answer, Answer::Records { .. });
    Ok(match alias.security {
        Security::Secure if is_alias => vec![begin.clone()],
        _ => Vec::new(),
    })
}

/// The names of which a certificate under usage 2 must carry one (RFC 7672 §3.2.2): the base domain, the next-hop domain,
/// and what that is an alias of.
fn references(base: &DomainName, to: Destination<'_>) -> Vec<DomainName> {
    let mut names = vec![base];
    match &to.host.origin {
        Origin::Settings if *base == to.located.owner => names.push(&to.host.name),
        Origin::Settings => {}
        Origin::MxRecord { owner, .. } => names.extend([to.next_hop, owner]),
        Origin::NoMxRecord { domain, .. } => names.push(domain),
    }
    let mut distinct: Vec<DomainName> = Vec::new();
    for name in names {
        if !distinct.contains(name) {
            distinct.push(name.clone());
        }
    }
    distinct
}
