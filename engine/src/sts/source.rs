//! Where policies come from: the STS record in the DNS, the text over HTTPS (RFC 8461 §3).
//!
//! A `Source` is asked by the keeper; the real one is `fetch`.

use hickory_proto::rr::{Name, RecordType};

use crate::address::DomainName;
use crate::https::HttpsFault;
use crate::route::{Answer, Directory, LookupFault};

use super::policy::{Policy, PolicyFaults};
use super::record::{self, PolicyId, RecordFault};

/// Why the record of a domain tells of no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DiscoveryFault {
    /// There is none that can be used.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// It could not be looked up.
    #[error("the STS record could not be looked up: {0}")]
    Lookup(LookupFault),
}

/// Why no policy could be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchFault {
    /// The domain is so long that no policy host can stand before it.
    #[error("{0:?} is too long to be the name of a host")]
    NoHost(String),
    /// The policy host gave no answer.
    #[error("the policy could not be fetched: {0}")]
    Https(#[from] HttpsFault),
    /// Its answer has a status other than 200.
    #[error("the policy host answered with status {0}")]
    Status(u16),
    /// Its answer is of another media type than `text/plain`.
    #[error("the policy is of the media type {0:?} and not text/plain")]
    MediaType(String),
    /// What it sent is no policy.
    #[error(transparent)]
    Policy(#[from] PolicyFaults),
    /// There is no room to keep it.
    #[error("there is no room for another policy")]
    NoRoom,
}

impl FetchFault {
    /// The failure type (RFC 8460 §4.3.2.2).
    #[must_use]
    pub(crate) fn failure_type(&self) -> &'static str {
        match self {
            Self::Https(HttpsFault::Chain(_) | HttpsFault::Name(_)) => "sts-webpki-invalid",
            Self::Policy(_) => "sts-policy-invalid",
            _ => "sts-policy-fetch-error",
        }
    }

    /// The text that was served in place of a policy; empty when none was.
    #[must_use]
    pub(crate) fn served(&self) -> &str {
        match self {
            Self::Policy(faults) => faults.text(),
            _ => "",
        }
    }
}

/// Whoever knows what a domain has published.
pub(crate) trait Source: Sync {
    /// The id in the record of a domain.
    fn id(
        &self,
        domain: &DomainName,
    ) -> impl Future<Output = Result<PolicyId, DiscoveryFault>> + Send;

    /// The policy that its policy host serves.
    fn policy(
        &self,
        domain: &DomainName,
    ) -> impl Future<Output = Result<Policy, FetchFault>> + Send;
}

/// Looks the record of a domain up. Aliases are followed (RFC 8461 §3.1).
///
/// # Errors
/// `DiscoveryFault` when it tells of no policy.
pub(super) async fn look_up(
    directory: &impl Directory,
    domain: &DomainName,
) -> Result<PolicyId, DiscoveryFault> {
    // A domain so long that no name can stand before it has no record.
    let Ok(name) = Name::from_ascii(format!("_mta-sts.{domain}.")) else {
        return Err(RecordFault::Absent.into());
    };
    match directory.lookup(&name, RecordType::TXT).await {
        Ok(Answer::Records { texts, .. }) => Ok(record::policy_id(&texts)?),
        Ok(_) => Err(RecordFault::Absent.into()),
        Err(fault) => Err(DiscoveryFault::Lookup(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Table;

    #[tokio::test]
    async fn the_record_stands_below_the_domain_itself_and_nowhere_else() {
        let table = Table::parse(
            "txt _mta-sts.example.test: v=STSv1; id=1
             txt _mta-sts.other.test: v=spf1 -all
             txt _mta-sts.other.test: v=STSv1; id=2
             txt _mta-sts.silent.test: fails",
        );
        let long = format!("{0}.{0}.{0}.{0}.test", "a".repeat(61));
        // (domain, what is found)
        let cases = [
            ("example.test", "1"),
            ("other.test", "2"),
            ("sub.example.test", "there is no STS record"),
            ("test", "there is no STS record"),
            (
                "silent.test",
                "the STS record could not be looked up: no answer from the resolver",
            ),
            (&long, "there is no STS record"),
        ];
        for (domain, want) in cases {
            let found = look_up(&table, &DomainName::parse(domain).unwrap()).await;
            let told = found.map_or_else(|fault| fault.to_string(), |id| id.to_string());
            assert_eq!(told, want, "{domain}");
        }
    }
}
