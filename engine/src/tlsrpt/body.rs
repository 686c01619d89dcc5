//! The report itself: I-JSON in the schema of RFC 8460 §4.4, and how it is named and packed (§5.1, §5.2).

use std::io::Write as _;
use std::time::UNIX_EPOCH;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use crate::address::{DomainName, Mailbox};

use super::day::{self, Day};
use super::failure::Failure;
use super::policy::Policy;
use super::tally::{PolicyTally, Tally};

/// A report that is ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// Who is told of.
    pub(crate) domain: DomainName,
    /// Who tells: the domain of the contact.
    pub(crate) submitter: DomainName,
    /// Its id, which no other report has; with an `@` in it, as the subject needs it.
    pub(crate) id: String,
    /// The day.
    pub(crate) day: Day,
    /// The JSON, packed by gzip.
    pub(crate) packed: Vec<u8>,
}

/// Who reports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Author<'a> {
    /// The organisation.
    pub(crate) organization: &'a str,
    /// Whom to ask.
    pub(crate) contact: &'a Mailbox,
    /// The domain of the contact.
    pub(crate) submitter: &'a DomainName,
}

impl Report {
    /// Writes the report of a day.
    #[must_use]
    pub(crate) fn new(
        author: Author<'_>,
        domain: &DomainName,
        day: Day,
        id: &str,
        tally: &Tally,
    ) -> Self {
        let json = json(author, day, id, tally);
        Self {
            domain: domain.clone(),
            submitter: author.submitter.clone(),
            id: id.to_owned(),
            day,
            packed: packed(&json),
        }
    }

    /// The name of the file that holds it (RFC 8460 §5.1).
    #[must_use]
    pub(crate) fn file_name(&self) -> String {
        let seconds = |moment: std::time::SystemTime| {
            let since = moment.duration_since(UNIX_EPOCH);
            since.unwrap_or_default().as_secs()
        };
        format!(
            "{}!{}!{}!{}.json.gz",
            self.submitter,
            self.domain,
            seconds(self.day.begin()),
            seconds(self.day.last_second()),
        )
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Whole<'t> {
    organization_name: &'t str,
    date_range: DateRange,
    contact_info: &'t str,
    report_id: &'t str,
    policies: Vec<OfPolicy<'t>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct DateRange {
    start_datetime: String,
    end_datetime: String,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct OfPolicy<'t> {
    policy: PolicyBody<'t>,
    summary: Summary,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failure_details: Vec<Detail<'t>>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyBody<'t> {
    policy_type: &'static str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    policy_string: &'t [String],
    policy_domain: &'t str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    mx_host: &'t [String],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Summary {
    total_successful_session_count: u64,
    total_failure_session_count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Detail<'t> {
    result_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sending_mta_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiving_mx_hostname: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiving_mx_helo: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiving_ip: Option<String>,
    failed_session_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason_code: Option<&'t str>,
}

/// The JSON. Numbers beyond what I-JSON carries exactly (RFC 7493 §2.2) are written as the greatest that it does.
fn json(author: Author<'_>, day: Day, id: &str, tally: &Tally) -> Vec<u8> {
    let whole = Whole {
        organization_name: author.organization,
        date_range: DateRange {
            start_datetime: day::written(day.begin()),
            end_datetime: day::written(day.last_second()),
        },
        contact_info: author.contact.as_str(),
        report_id: id,
        policies: tally.policies().iter().map(of_policy).collect(),
    };
    serde_json::to_vec_pretty(&whole).expect("texts and numbers can be written as JSON")
}

fn of_policy(tally: &PolicyTally) -> OfPolicy<'_> {
    let policy: &Policy = &tally.policy;
    OfPolicy {
        policy: PolicyBody {
            policy_type: policy.kind().word(),
            policy_string: policy.lines(),
            policy_domain: policy.domain().as_str(),
            mx_host: policy.mx(),
        },
        summary: Summary {
            total_successful_session_count: exact(tally.successful),
            total_failure_session_count: exact(tally.failed),
        },
        failure_details: (tally.failures.iter())
            .map(|(failure, count)| detail(failure, *count))
            .collect(),
    }
}

/// Addresses are written in canonical form, those of IPv6 as RFC 5952 has it.
fn detail(failure: &Failure, count: u64) -> Detail<'_> {
    Detail {
        result_type: failure.result.word(),
        sending_mta_ip: failure.sending_ip.map(|address| address.to_string()),
        receiving_mx_hostname: failure.mx_hostname.as_deref(),
        receiving_mx_helo: failure.mx_helo.as_deref(),
        receiving_ip: failure.receiving_ip.map(|address| address.to_string()),
        failed_session_count: exact(count),
        failure_reason_code: failure.reason.as_deref(),
    }
}

fn exact(count: u64) -> u64 {
    count.min((1 << 53) - 1)
}

fn packed(json: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(json)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::tlsrpt::failure::ResultType;
    use crate::tlsrpt::tally::Counted;

    pub(crate) fn domain(name: &str) -> DomainName {
        DomainName::parse(name).unwrap()
    }

    /// A report with everything in it that a report may have.
    pub(crate) fn report() -> Report {
        let expired = Failure {
            sending_ip: Some("192.0.2.7".parse().unwrap()),
            mx_hostname: Some("mx1.example.test".to_owned()),
            mx_helo: Some("mx.pool.test".to_owned()),
            receiving_ip: Some("2001:DB8:0:0::1".parse().unwrap()),
            reason: Some("the certificate has expired".to_owned()),
            ..Failure::of(ResultType::CertificateExpired)
        };
        let lines = [
            "version: STSv1",
            "mode: testing",
            "mx: mx1.example.test",
            "mx: *.example.test",
            "max_age: 604800",
        ];
        let mx = ["mx1.example.test", "*.example.test"].map(str::to_owned);
        let sts = Policy::sts(domain("bücher.test"), lines, mx);
        let record = "3 1 1 1F850A337E6DB9C609C522D136A475638CC43E1ED424F8EEC8513D747D1D085D";
        let tlsa = Policy::tlsa(domain("mx2.example.test"), [record.to_owned()]);
        let mut tally = Tally::default();
        for (policy, success, failures) in [
            (sts.clone(), true, vec![]),
            (sts.clone(), false, vec![expired.clone()]),
            (
                sts,
                false,
                vec![expired, Failure::of(ResultType::StsPolicyFetchError)],
            ),
            (tlsa, true, vec![]),
            (Policy::none(domain("example.test")), true, vec![]),
        ] {
            assert!(tally.count(Counted {
                policy,
                success,
                failures
            }));
        }
        let contact = Mailbox::parse("tls-reports@home.test").unwrap();
        let author = Author {
            organization: "Home \"Ltd\"",
            contact: &contact,
            submitter: &domain("home.test"),
        };
        let day = Day::numbered(20_779).unwrap();
        Report::new(
            author,
            &domain("example.test"),
            day,
            "2026-11-22.1@home.test",
            &tally,
        )
    }

    pub(crate) fn unpacked(packed: &[u8]) -> String {
        let mut text = String::new();
        GzDecoder::new(packed).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_report_has_the_schema_of_the_standard() {
        insta::assert_snapshot!(unpacked(&report().packed));
    }

    #[test]
    fn the_name_of_the_file_says_who_reports_on_whom_and_when() {
        assert_eq!(
            report().file_name(),
            "home.test!example.test!1795305600!1795391999.json.gz"
        );
    }

    #[test]
    fn a_count_is_never_beyond_what_json_carries() {
        assert_eq!(exact(7), 7);
        assert_eq!(exact(u64::MAX), 9_007_199_254_740_991);
    }
}
