//! Whether the world had anything that could fail in the way that a report tells (RFC 8460 §4.3).

use super::session::{Session, Trouble, of_policies, sessions};
use crate::events::What;
use crate::scenario::{HttpsHost, Sts, World, is_same_name};
use crate::verdict::evidence::Evidence;
use crate::verdict::rounds::hosts_of;

/// Where a failure came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// As many sessions as this could have failed so.
    Sessions(u64),
    /// Something that needs no session: a policy, a lookup, a host that was passed over.
    Beside,
}

/// Was anything wrong with a session of this domain, with its policies or with what the DNS said until an event?
pub(crate) fn has_any_trouble(evidence: &Evidence<'_>, domain: &str, until: usize) -> bool {
    let of_domain = sessions(evidence, domain, None, until);
    of_domain.iter().any(|session| !session.troubles.is_empty())
        || is_passed_over(evidence, domain, None, until)
        || has_odd_tlsa(evidence, domain, None, until)
        || has_bad_answer(evidence, until)
        || is_dane_required(evidence, domain, until)
}

/// Has a host refused something for reasons of policy (RFC 3463 §3.8)?
pub(crate) fn hosts_said_no(evidence: &Evidence<'_>, until: usize) -> bool {
    let mut events = evidence.recording.events[..until].iter();
    events.any(|event| match &event.what {
        What::SmtpReply { code, text, .. } => {
            let family = text.split('.').nth(1);
            *code >= 400 && family == Some("7")
        }
        _ => false,
    })
}

/// Which troubles of a session make up this result type.
fn troubles_of(kind: &str) -> &'static [Trouble] {
    use Trouble::{Broken, Date, Name, NoStarttls, NotListed, Tlsa, Trust};
    match kind {
        "starttls-not-supported" => &[NoStarttls],
        "certificate-host-mismatch" => &[Name, Tlsa],
        "certificate-expired" => &[Date],
        "certificate-not-trusted" => &[Trust, Date, Tlsa],
        "tlsa-invalid" => &[Tlsa, Trust, Name, Date],
        "validation-failure" => &[Broken, NoStarttls, Date, Name, Trust, Tlsa, NotListed],
        _ => &[],
    }
}

/// What may have made sessions with a domain fail so; `host` is the one that the report names.
pub(super) fn cause(
    evidence: &Evidence<'_>,
    (domain, until): (&str, usize),
    kind: &str,
    host: Option<&str>,
    sessions: &[Session],
) -> Option<Cause> {
    let is_about = |session: &&Session| host.is_none_or(|host| is_same_name(host, &session.host));
    let wanted = troubles_of(kind);
    let failed = sessions.iter().filter(is_about);
    let failed = failed.filter(|session| wanted.iter().any(|one| session.troubles.contains(one)));
    let failed = failed.count() as u64;
    let is_beside = match kind {
        "validation-failure" => is_passed_over(evidence, domain, host, until),
        "tlsa-invalid" => has_odd_tlsa(evidence, domain, host, until),
        "dnssec-invalid" => has_bad_answer(evidence, until),
        "dane-required" => is_dane_required(evidence, domain, until),
        "sts-policy-fetch-error" => has_failed_fetch(evidence, domain, until),
        "sts-policy-invalid" => worlds(evidence, until).any(|world| has_odd_policy(world, domain)),
        "sts-webpki-invalid" => {
            worlds(evidence, until).any(|world| has_odd_policy_host(world, domain))
        }
        _ => false,
    };
    match (is_beside, failed) {
        (true, _) => Some(Cause::Beside),
        (false, 0) => None,
        (false, failed) => Some(Cause::Sessions(failed)),
    }
}

/// The worlds of the steps that had begun.
fn worlds<'e>(evidence: &'e Evidence<'_>, until: usize) -> impl Iterator<Item = &'e World> {
    let last = evidence
        .recording
        .events
        .get(until)
        .map_or(1, |event| event.step);
    (1..=last.max(1)).map(|step| evidence.world(step))
}

/// A host that the policy does not name is not even connected to.
fn is_passed_over(evidence: &Evidence<'_>, domain: &str, host: Option<&str>, until: usize) -> bool {
    worlds(evidence, until).any(|world| {
        let mut hosts = hosts_of(world, domain).into_iter();
        hosts.any(|own| {
            host.is_none_or(|host| is_same_name(host, &own))
                && of_policies(world, &own, domain).contains(&Trouble::NotListed)
        })
    })
}

fn has_odd_tlsa(evidence: &Evidence<'_>, domain: &str, host: Option<&str>, until: usize) -> bool {
    worlds(evidence, until).any(|world| {
        let mut hosts = hosts_of(world, domain).into_iter();
        hosts.any(|own| {
            host.is_none_or(|host| is_same_name(host, &own))
                && of_policies(world, &own, domain).contains(&Trouble::Tlsa)
        })
    })
}

/// An answer that a validating resolver could give nothing valid for.
fn has_bad_answer(evidence: &Evidence<'_>, until: usize) -> bool {
    let mut events = evidence.recording.events[..until].iter();
    events.any(|event| match &event.what {
        What::DnsQuery { answer, state, .. } => {
            state == "bogus" || !["noerror", "nodata", "nxdomain"].contains(&answer.as_str())
        }
        _ => false,
    })
}

fn is_dane_required(evidence: &Evidence<'_>, domain: &str, until: usize) -> bool {
    worlds(evidence, until).any(|world| {
        let mut told = world.settings.dane.iter();
        told.any(|(name, word)| {
            let of_host = || {
                hosts_of(world, name)
                    .iter()
                    .any(|host| is_same_name(host, domain))
            };
            word == "mandatory" && (is_same_name(name, domain) || of_host())
        })
    })
}

/// The policy host was asked for its policy in vain, or could not be: no answer of the DNS, of TCP, of TLS or of HTTP.
fn has_failed_fetch(evidence: &Evidence<'_>, domain: &str, until: usize) -> bool {
    let policy_host = format!("mta-sts.{domain}");
    let mut events = evidence.recording.events[..until].iter();
    let is_policy_host = |name: &str| {
        let mut hosts = worlds(evidence, until).flat_map(|world| world.https.iter());
        let is_target = hosts.any(|(own, host)| {
            is_same_name(own, &policy_host)
                && host
                    .cname
                    .as_deref()
                    .is_some_and(|target| is_same_name(target, name))
        });
        is_same_name(name, &policy_host) || is_target
    };
    let has_alias = worlds(evidence, until).any(|world| {
        let mut domains = world.domains.iter();
        domains.any(|(name, table)| {
            is_same_name(name, domain)
                && table
                    .records
                    .iter()
                    .any(|record| record.owner.starts_with("mta-sts"))
        })
    });
    events.any(|event| {
        let is_here = event.host.as_deref().is_some_and(is_policy_host);
        match &event.what {
            What::PolicyFetch { status, .. } => (is_here || has_alias) && *status != 200,
            What::Connect { refused, .. } => is_here && *refused,
            What::TlsFailed { .. } => is_here || has_alias,
            What::DnsQuery { name, answer, .. } => is_policy_host(name) && answer != "noerror",
            // An answer that never comes to its end is a fault that was met.
            What::Met { what } => is_here && what.starts_with("fault "),
            _ => false,
        }
    })
}

/// The policy as published is not the healthy one, or comes in an odd way.
fn has_odd_policy(world: &World, domain: &str) -> bool {
    let healthy = Sts::default();
    let own = (world.domains.iter()).find(|(name, _)| is_same_name(name, domain));
    let sts = own.and_then(|(_, domain)| domain.sts.as_ref());
    let is_odd = sts.is_some_and(|sts| {
        sts.policy.is_some()
            || sts.mx.is_some()
            || sts.max_age != healthy.max_age
            || sts.mode != healthy.mode
    });
    let host = policy_host(world, domain);
    let usual = HttpsHost::default();
    let is_odd_type = host
        .is_some_and(|host| host.content_type != usual.content_type || !host.headers.is_empty());
    // A policy that names no host of a null MX, or one that a fault has changed on its way.
    let by_fault = world
        .faults
        .iter()
        .any(|fault| fault.written.contains("mta-sts."));
    is_odd || is_odd_type || by_fault || hosts_of(world, domain).is_empty()
}

fn has_odd_policy_host(world: &World, domain: &str) -> bool {
    let usual = HttpsHost::default();
    let hosts = [policy_host(world, domain)].into_iter().flatten();
    let targets = world.https.values();
    let is_odd = |host: &HttpsHost| {
        host.certificate != usual.certificate || !host.sni.is_empty() || host.cname.is_some()
    };
    hosts.chain(targets).any(is_odd)
        || !world.settings.trust.iter().any(|word| word == "root")
        || world.domains.values().any(|table| {
            table
                .records
                .iter()
                .any(|record| record.owner.starts_with("mta-sts"))
        })
}

fn policy_host<'w>(world: &'w World, domain: &str) -> Option<&'w HttpsHost> {
    let name = format!("mta-sts.{domain}");
    let (_, host) = (world.https.iter()).find(|(own, _)| is_same_name(own, &name))?;
    Some(host)
}
