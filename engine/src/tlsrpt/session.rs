//! What one session counts as, policy by policy: what it met goes in, entries of a tally come out (RFC 8460 §4.2, §4.3).
//!
//! | met | without a policy | MTA-STS | DANE |
//! |---|---|---|---|
//! | no STARTTLS, or refused | starttls-not-supported | the same | the same |
//! | the handshake failed, or nothing came so far | validation-failure | the same | the same |
//! | a certificate that proves nothing | success | by chain and by name, each for itself | by the records |
//! | a host that the policy does not name | - | validation-failure | - |
//! | TLSA records of which none is usable | - | - | tlsa-invalid |
//! | a host that must not be used | - | - | what the fault says |
//!
//! Choice: one session has one entry for each policy that is known, also where one of them settled the matter, so that a
//! domain sees each of them at work (RFC 8460 §4 leaves it open). Without any there is one entry that says so.
//!
//! Choice: a session that a connection was made for always counts, since RFC 8460 §4.4 counts failures to come to TLS,
//! and leaves out of it only what it need not say (§4.3.4): addresses at which nobody answered.

use std::net::IpAddr;

use crate::address::DomainName;
use crate::dane::{Asked, DaneFault, Tlsa};
use crate::delivery::{Ended, Manner, Shown, Sight, StartTls, Violation};
use crate::sts::Standing;
use crate::tls::{ChainFault, PeerName};

use super::failure::{Failure, ResultType};
use super::policy::Policy;
use super::tally::Counted;

/// A session, or a host that was left out.
pub(crate) struct Session<'s> {
    /// By what domain the mail was routed.
    pub(crate) domain: &'s DomainName,
    /// How that stands with MTA-STS.
    pub(crate) standing: Option<&'s Standing>,
    /// What the TLSA records of the host are.
    pub(crate) dane: DaneSeen,
    /// The host.
    pub(crate) peer: &'s PeerName,
    /// What was met there; none: a policy kept it from being connected to.
    pub(crate) contact: Option<Contact<'s>>,
}

/// TLSA records as a session had them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum DaneSeen {
    /// None that can be believed.
    #[default]
    Nothing,
    /// These, of this base domain.
    Published(DomainName, Vec<String>),
    /// The host must not be used.
    Fault(DomainName, ResultType, String),
}

impl DaneSeen {
    /// What the records of a host are that ask this.
    #[must_use]
    pub(crate) fn of(asked: &Asked) -> Self {
        match asked.published() {
            Some(published) => {
                let records = published.records.iter().map(Tlsa::to_string);
                Self::Published(published.base.clone(), records.collect())
            }
            None => Self::Nothing,
        }
    }

    /// The same for a host that must not be used for this. Trouble that only passes by is not told (RFC 8460 §4.3.4).
    #[must_use]
    pub(crate) fn of_fault(peer: &PeerName, fault: &DaneFault) -> Self {
        let result = fault.failure_type().and_then(ResultType::parse);
        let (Some(result), PeerName::Host(host)) = (result, peer) else {
            return Self::Nothing;
        };
        let base = match fault {
            DaneFault::Missing(base) | DaneFault::Unusable(base) => base,
            DaneFault::Lookup(..) => host,
        };
        Self::Fault(base.clone(), result, fault.to_string())
    }
}

/// What was met at an address.
pub(crate) struct Contact<'s> {
    /// The address.
    pub(crate) address: IpAddr,
    /// The own one.
    pub(crate) source: Option<IpAddr>,
    /// Whether TLS was to be used.
    pub(crate) manner: Manner,
    /// What was seen.
    pub(crate) sight: &'s Sight,
    /// Why it ended before MAIL; none: it did not.
    pub(crate) ended: Option<&'s Ended>,
}

impl Contact<'_> {
    /// Nobody answered.
    fn is_nobody(&self) -> bool {
        matches!(self.ended, Some(Ended::Unreachable(_)))
    }
}

/// A failure without its place.
type Fault = (ResultType, Option<String>);

/// What a session counts as; nothing, if it never began.
#[must_use]
pub(crate) fn counted(session: &Session<'_>) -> Vec<Counted> {
    let tls = match &session.contact {
        None => Err(None),
        Some(contact) if contact.is_nobody() => return Vec::new(),
        Some(contact) => tls(contact).map_err(Some),
    };
    let mut all = Vec::new();
    all.extend(by_records(session, &tls));
    all.extend(by_policy(session, &tls));
    if all.is_empty() {
        let faults: Vec<Fault> = tls.err().flatten().into_iter().collect();
        if session.contact.is_some() {
            all.push(entry(session, Policy::none(session.domain.clone()), faults));
        }
    }
    all
}

/// The entry of the TLSA records.
fn by_records(session: &Session<'_>, tls: &Result<&Shown, Option<Fault>>) -> Option<Counted> {
    match &session.dane {
        DaneSeen::Nothing => None,
        DaneSeen::Fault(base, result, told) => {
            let policy = Policy::tlsa(base.clone(), []);
            let faults = vec![(*result, Some(told.clone()))];
            Some(entry(session, policy, faults))
        }
        DaneSeen::Published(base, records) => {
            let policy = Policy::tlsa(base.clone(), records.iter().cloned());
            let fault = match tls {
                Err(fault) => Some(fault.clone()?),
                Ok(shown) => by_tlsa(shown),
            };
            Some(entry(session, policy, fault.into_iter().collect()))
        }
    }
}

/// The entry of the STS policy, or of what should have been one.
fn by_policy(session: &Session<'_>, tls: &Result<&Shown, Option<Fault>>) -> Option<Counted> {
    let standing = session.standing?;
    let failure = standing.reportable();
    let beside = failure.as_ref().and_then(|failure| {
        let result = ResultType::parse(failure.failure_type)?;
        Some((result, Some(failure.told.clone())))
    });
    let Some(cached) = standing.policy() else {
        // What was published cannot be had, so nothing that the session does is what was asked for.
        let served = failure.as_ref().map_or("", |failure| &failure.served);
        let policy = Policy::sts(session.domain.clone(), served.lines(), []);
        session.contact.as_ref()?;
        return beside.map(|(result, reason)| Counted {
            policy,
            success: false,
            failures: vec![Failure {
                reason,
                ..Failure::of(result)
            }],
        });
    };
    let policy = &cached.policy;
    let mut faults: Vec<Fault> = Vec::new();
    let names_host = match session.peer {
        PeerName::Host(host) => policy.names(host),
        PeerName::Address(_) => false,
    };
    if !names_host {
        let told = Violation::NotNamed.to_string();
        faults.push((ResultType::ValidationFailure, Some(told)));
    }
    match tls {
        Err(fault) => faults.extend(fault.clone()),
        Ok(shown) => faults.extend(by_authorities(shown)),
    }
    let patterns = policy.patterns().iter().map(ToString::to_string);
    let lines = policy.text().lines();
    let policy = Policy::sts(session.domain.clone(), lines, patterns);
    if faults.is_empty() && session.contact.is_none() {
        return None;
    }
    let mut entry = entry(session, policy, faults);
    // The session is none the worse for a policy that could not be fetched anew; its domain wants to hear of it all the same.
    entry
        .failures
        .extend(beside.map(|(result, reason)| Failure {
            reason,
            ..Failure::of(result)
        }));
    Some(entry)
}

/// Whether the session came to TLS, and what was shown there.
fn tls<'s>(contact: &Contact<'s>) -> Result<&'s Shown, Fault> {
    let general = |told: String| (ResultType::ValidationFailure, Some(told));
    let ended = contact.ended.map(told);
    match &contact.sight.handshake {
        Some(Ok(shown)) if !is_failed_handshake(contact.ended) => return Ok(shown),
        Some(Ok(_)) => return Err(general(ended.unwrap_or_default())),
        Some(Err(fault)) => return Err(general(fault.0.clone())),
        None => {}
    }
    Err(match &contact.sight.starttls {
        StartTls::NotListed if contact.manner == Manner::Plaintext => {
            general("in plaintext, after a handshake with this host had failed".to_owned())
        }
        StartTls::NotListed => (ResultType::StarttlsNotSupported, None),
        StartTls::Refused(reply) => (ResultType::StarttlsNotSupported, Some(reply.told())),
        StartTls::Begun | StartTls::Unseen => general(ended.unwrap_or_default()),
    })
}

/// Whether the session ended as one whose handshake failed, although it had seemed to succeed.
fn is_failed_handshake(ended: Option<&Ended>) -> bool {
    match ended {
        Some(Ended::HandshakeFailed(_)) => true,
        Some(Ended::Violated(breach)) => matches!(breach.violation, Violation::Handshake(_)),
        _ => false,
    }
}

fn told(ended: &Ended) -> String {
    match ended {
        Ended::HandshakeFailed(fault) => fault.0.clone(),
        Ended::Violated(breach) => breach.violation.to_string(),
        Ended::Unwelcome(reply) => reply.told(),
        Ended::Unreachable(text) | Ended::Broken { text, .. } => text.clone(),
    }
}

/// What the trusted authorities do not vouch for: chain and name are two failures (RFC 8460 §4).
fn by_authorities(shown: &Shown) -> Vec<Fault> {
    let chain = shown.verification.chain.as_ref().err().map(|fault| {
        let result = match fault {
            ChainFault::Expired => ResultType::CertificateExpired,
            _ => ResultType::CertificateNotTrusted,
        };
        (result, Some(fault.to_string()))
    });
    let name = shown.verification.name.as_ref().err();
    let name = name.map(|fault| (ResultType::CertificateHostMismatch, Some(fault.to_string())));
    chain.into_iter().chain(name).collect()
}

/// What the TLSA records say of what was shown. Where none is usable, what was asked for cannot be known.
fn by_tlsa(shown: &Shown) -> Option<Fault> {
    match &shown.tlsa {
        Some(Ok(())) => None,
        Some(Err(fault)) => {
            let result = ResultType::parse(fault.failure_type());
            let result = result.unwrap_or(ResultType::ValidationFailure);
            Some((result, Some(fault.to_string())))
        }
        None => {
            let told = "no TLSA record is usable".to_owned();
            Some((ResultType::TlsaInvalid, Some(told)))
        }
    }
}

/// An entry whose failures are put down to the host of the session.
fn entry(session: &Session<'_>, policy: Policy, faults: Vec<Fault>) -> Counted {
    let contact = session.contact.as_ref();
    let failures = faults.into_iter().map(|(result, reason)| Failure {
        result,
        reason,
        sending_ip: contact.and_then(|contact| contact.source),
        receiving_ip: contact.map(|contact| contact.address),
        mx_helo: contact.and_then(|contact| contact.sight.helo.clone()),
        mx_hostname: Some(session.peer.to_string()),
    });
    let failures: Vec<Failure> = failures.collect();
    Counted {
        policy,
        success: failures.is_empty(),
        failures,
    }
}
