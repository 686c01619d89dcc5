//! The JSON of a report that came in (RFC 8460 §4.4).
//!
//! Choice: what is needed must be there and be right, what is not needed is not looked at, and a count that is left out is
//! nought, so that a report with a slip in one corner is not lost.

use std::time::SystemTime;

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::address::{DomainName, MailDomain, Mailbox};

use super::fault::IncomingFault;

/// A report that came in and was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadReport {
    /// Who has made it: the domain of its contact (RFC 8460 §5.3).
    pub submitter: DomainName,
    /// Its id.
    pub id: String,
    /// When the time begins that it speaks of.
    pub begin: SystemTime,
    /// When that ends.
    pub end: SystemTime,
    /// What it says, policy by policy.
    pub policies: Vec<ReadPolicy>,
}

/// What a report says of the sessions under one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadPolicy {
    /// `tlsa`, `sts` or `no-policy-found`, or what else the reporter calls it.
    pub kind: String,
    /// Whose policy it is.
    pub domain: DomainName,
    /// How many sessions succeeded.
    pub successful: u64,
    /// How many failed.
    pub failed: u64,
    /// The result types of those, each with how many sessions it ended.
    pub failures: Vec<(String, u64)>,
}

impl ReadReport {
    /// How many sessions succeeded, and how many failed, under all policies.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.policies.iter()).fold((0, 0), |(successful, failed), policy| {
            (
                policy.successful.saturating_add(successful),
                policy.failed.saturating_add(failed),
            )
        })
    }

    /// Reads the JSON.
    ///
    /// # Errors
    /// `IncomingFault` for the first thing that is wrong.
    pub(super) fn parse(json: &[u8]) -> Result<Self, IncomingFault> {
        let whole: Whole = serde_json::from_slice(json)?;
        let (begin, end) = (
            time("start-datetime", whole.date_range.start_datetime)?,
            time("end-datetime", whole.date_range.end_datetime)?,
        );
        if end < begin {
            return Err(IncomingFault::Times);
        }
        Ok(Self {
            submitter: submitter(whole.contact_info)?,
            id: whole.report_id,
            begin,
            end,
            policies: (whole.policies.into_iter())
                .map(read_policy)
                .collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Whole {
    date_range: DateRange,
    contact_info: String,
    report_id: String,
    policies: Vec<OfPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct DateRange {
    start_datetime: String,
    end_datetime: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OfPolicy {
    policy: PolicyBody,
    #[serde(default)]
    summary: Summary,
    #[serde(default)]
    failure_details: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PolicyBody {
    policy_type: String,
    policy_domain: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Summary {
    total_successful_session_count: u64,
    total_failure_session_count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Detail {
    result_type: String,
    #[serde(default)]
    failed_session_count: u64,
}

fn time(name: &'static str, text: String) -> Result<SystemTime, IncomingFault> {
    match OffsetDateTime::parse(&text, &Rfc3339) {
        Ok(time) => Ok(time.into()),
        Err(_) => Err(IncomingFault::Time(name, text)),
    }
}

fn submitter(contact: String) -> Result<DomainName, IncomingFault> {
    let address = contact.trim_ascii();
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    match Mailbox::parse(address).map(|mailbox| mailbox.domain().clone()) {
        Ok(MailDomain::Name(domain)) => Ok(domain),
        _ => Err(IncomingFault::Contact(contact)),
    }
}

fn read_policy(told: OfPolicy) -> Result<ReadPolicy, IncomingFault> {
    let PolicyBody {
        policy_type: kind,
        policy_domain: name,
    } = told.policy;
    Ok(ReadPolicy {
        kind,
        domain: DomainName::parse(&name).map_err(|_| IncomingFault::Domain(name))?,
        successful: told.summary.total_successful_session_count,
        failed: told.summary.total_failure_session_count,
        failures: (told.failure_details.into_iter())
            .map(|detail| (detail.result_type, detail.failed_session_count))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As in RFC 8460 appendix B, but for what is not looked at.
    const REPORT: &str = r#"{
  "organization-name": "Company-X",
  "date-range": { "start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z" },
  "contact-info": "sts-reporting@company-x.example",
  "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
  "policies": [{
    "policy": {
      "policy-type": "sts", "policy-string": ["version: STSv1", "mode: testing"],
      "policy-domain": "company-y.example", "mx-host": ["*.mail.company-y.example"]
    },
    "summary": { "total-successful-session-count": 5326, "total-failure-session-count": 303 },
    "failure-details": [
      { "result-type": "certificate-expired", "sending-mta-ip": "2001:db8:abcd:0012::1", "failed-session-count": 100 },
      { "result-type": "starttls-not-supported", "failed-session-count": 200 },
      { "result-type": "validation-failure", "failed-session-count": 3, "additional-information": "here" }
    ]
  }]
}"#;

    #[test]
    fn the_report_of_the_standard_is_read() {
        let report = ReadReport::parse(REPORT.as_bytes()).unwrap();
        assert_eq!(report.submitter.as_str(), "company-x.example");
        assert_eq!(report.counts(), (5_326, 303));
        assert_eq!(report.policies[0].domain.as_str(), "company-y.example");
        let failures = &report.policies[0].failures;
        assert_eq!(failures[1], ("starttls-not-supported".to_owned(), 200));
        assert_eq!(failures.iter().map(|(_, count)| count).sum::<u64>(), 303);
        let length = report.end.duration_since(report.begin).unwrap();
        assert_eq!(length.as_secs(), 86_399);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_or_value() {
        // (what is changed, into what, what is told)
        let cases = [
            (
                "\"policies\": [{",
                "\"policies\": [{{",
                "the report is not JSON of the agreed form: key must be a string at line 6 column 17",
            ),
            (
                "\"report-id\"",
                "\"id\"",
                "the report is not JSON of the agreed form: missing field `report-id` at line 18 column 1",
            ),
            (
                "5326",
                "\"5326\"",
                "the report is not JSON of the agreed form: invalid type: string \"5326\", expected u64 at line 11",
            ),
            (
                "303",
                "-303",
                "the report is not JSON of the agreed form: invalid value: integer `-303`, expected u64 at line 11",
            ),
            (
                "sts-reporting@",
                "https://",
                "the contact-info \"https://company-x.example\" is no mail address",
            ),
            (
                "\"company-y.example\"",
                "\"\"",
                "the policy-domain \"\" is no domain name",
            ),
            (
                "2016-04-01T00:00:00Z",
                "yesterday",
                "the start-datetime \"yesterday\" is no time of RFC 3339, such as \"2026-01-01T00:00:00Z\"",
            ),
            (
                "2016-04-01T00",
                "2016-04-02T00",
                "the time of the report ends before it begins",
            ),
        ];
        for (from, to, want) in cases {
            assert!(REPORT.contains(from), "{from}");
            let told = ReadReport::parse(REPORT.replacen(from, to, 1).as_bytes());
            let told = told.unwrap_err().to_string();
            assert!(told.starts_with(want), "{told}");
        }
    }

    #[test]
    fn what_is_not_needed_may_be_missing_or_of_another_form() {
        // (what is changed, into what, the counts)
        let cases = [
            (
                "  \"organization-name\": \"Company-X\",\n",
                "",
                (5_326, 303),
            ),
            (
                "[\"*.mail.company-y.example\"]",
                "\"*.mail.company-y.example\"",
                (5_326, 303),
            ),
            (", \"total-failure-session-count\": 303", "", (5_326, 0)),
            ("\"sts\"", "\"of-its-own\"", (5_326, 303)),
            ("sts-reporting@", "mailto:sts-reporting@", (5_326, 303)),
        ];
        for (from, to, want) in cases {
            assert!(REPORT.contains(from), "{from}");
            let report = ReadReport::parse(REPORT.replacen(from, to, 1).as_bytes());
            assert_eq!(report.unwrap().counts(), want, "{to}");
        }
    }

    proptest! {
        #[test]
        fn any_change_is_read_without_panic(at in 0..REPORT.len(), byte in any::<u8>(), length in 0..REPORT.len()) {
            let mut octets = REPORT.as_bytes().to_vec();
            octets[at] = byte;
            let _ = ReadReport::parse(&octets);
            octets.truncate(length);
            let _ = ReadReport::parse(&octets);
        }
    }
}
