//! Whether a report is good enough to be used: signed by who has made it, and about an own domain (RFC 8460 §3, §5.6).

use std::time::{Duration, SystemTime};

use crate::address::{DomainName, MailDomain};
use crate::dkim;
use crate::outside::Outside;
use crate::route::Directory;

use super::fault::IncomingFault;
use super::file::ReadReport;
use super::part;

/// The service that keys of reporters are for (RFC 8460 §3).
const SERVICE: &str = "tlsrpt";
/// How long the DNS is asked for keys.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the report in a message, if the message is one with a report.
///
/// Subject, file name and the fields of the header count for nothing, since the report has to win where they disagree
/// (RFC 8460 §5.6): they are not even read.
///
/// Choice: the signature must be of the domain of the contact itself, as the signature of a sender must be of his own
/// domain. A key record without service types will do, since RFC 8460 §3 only recommends them.
///
/// Choice: a report is used when one of its policies is that of an own domain, or of a name below it, as TLSA records are
/// (RFC 8460 §4.4). Others have come here by mistake, or to deceive.
pub(super) async fn read(
    content: &[u8],
    own: &[MailDomain],
    outside: &Outside,
    directory: &impl Directory,
) -> Option<Result<ReadReport, IncomingFault>> {
    let report = part::report(content)?.and_then(|json| ReadReport::parse(&json));
    let report = match report {
        Ok(report) if !speaks_of(&report, own) => return Some(Err(IncomingFault::Foreign)),
        Ok(report) => report,
        Err(fault) => return Some(Err(fault)),
    };
    let now = outside.clock.now();
    Some(
        match signed(content, &report.submitter, outside, directory, now).await {
            Ok(()) => Ok(report),
            Err(told) => Err(IncomingFault::Unsigned {
                submitter: report.submitter,
                told,
            }),
        },
    )
}

/// Whether a policy in the report is that of one of these domains, or of a name below it.
fn speaks_of(report: &ReadReport, own: &[MailDomain]) -> bool {
    let is_own = |name: &DomainName| {
        own.iter().any(|domain| match domain {
            MailDomain::Name(domain) => (name.as_str().strip_suffix(domain.as_str()))
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            MailDomain::Literal(_) => false,
        })
    };
    report.policies.iter().any(|policy| is_own(&policy.domain))
}

/// Whether a signature of the submitter holds; else what is wrong with it.
async fn signed(
    content: &[u8],
    submitter: &DomainName,
    outside: &Outside,
    directory: &impl Directory,
    now: SystemTime,
) -> Result<(), String> {
    let verifying = dkim::verify(content, SERVICE, directory, now);
    let Ok(verdicts) = outside.within(PATIENCE, verifying).await else {
        return Err("its key was not found in time".to_owned());
    };
    let mut told = Err("there is none".to_owned());
    for verdict in verdicts {
        if verdict.domain.as_ref() == Some(submitter) {
            told = verdict.result.map_err(|fault| fault.to_string());
            if told.is_ok() {
                break;
            }
        }
    }
    told
}
