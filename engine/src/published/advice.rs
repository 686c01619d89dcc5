//! What is to be published, in the form in which people enter it.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::macros::format_description;

use crate::address::DomainName;
use crate::sts::PolicyId;

use super::found::Published;

/// The name of a record, in both forms that DNS providers ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordName {
    /// Without the domain, as it stands in the domain's own zone.
    pub short: &'static str,
    /// With it.
    pub whole: String,
}

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The name of the STS record.
    pub sts_name: RecordName,
    /// Its value after the next change of the policy, with an id that was not used before.
    pub sts_value: String,
    /// Where the policy stands.
    pub policy_url: String,
    /// The name of the record for reports.
    pub tlsrpt_name: RecordName,
    /// Its value, if there is none yet.
    pub tlsrpt_value: Option<String>,
}

impl Advice {
    pub(super) fn of(published: &Published) -> Self {
        let domain = &published.domain;
        let id = fresh_id(published.at, published.policy_id().as_ref());
        let has_reports = matches!(published.tlsrpt_record(), None | Some(Ok(_)));
        Self {
            sts_name: name("_mta-sts", domain),
            sts_value: format!("v=STSv1; id={id};"),
            policy_url: format!("https://mta-sts.{domain}/.well-known/mta-sts.txt"),
            tlsrpt_name: name("_smtp._tls", domain),
            tlsrpt_value: (!has_reports)
                .then(|| format!("v=TLSRPTv1; rua=mailto:tls-reports@{domain}")),
        }
    }
}

fn name(short: &'static str, domain: &DomainName) -> RecordName {
    RecordName {
        short,
        whole: format!("{short}.{domain}"),
    }
}

/// Date and time as an id: each is new by itself, and tells people when the policy was changed. Should it be the one in use,
/// the next second is taken.
fn fresh_id(at: SystemTime, in_use: Option<&PolicyId>) -> String {
    let id = |at: SystemTime| {
        OffsetDateTime::from(at)
            .format(format_description!(
                "[year][month][day][hour][minute][second]"
            ))
            .unwrap_or_default()
    };
    let now = id(at);
    if in_use.is_some_and(|in_use| in_use.as_str() == now) {
        id(at + Duration::from_secs(1))
    } else {
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_id_is_the_date_and_time_and_never_the_one_in_use() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        // (id in use, fresh id)
        let cases = [
            (None, "20260921141320"),
            (Some("20260101000000"), "20260921141320"),
            (Some("20260921141320"), "20260921141321"),
        ];
        for (in_use, want) in cases {
            let in_use = in_use.and_then(PolicyId::parse);
            let fresh = fresh_id(at, in_use.as_ref());
            assert_eq!(fresh, want);
            assert!(PolicyId::parse(&fresh).is_some());
        }
    }
}
