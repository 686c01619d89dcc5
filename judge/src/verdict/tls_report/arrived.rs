//! TLS reports as they arrived, by mail or by POST (RFC 8460 §5), and their fields as expectations know them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::body::{self, seconds};
use super::mail::{self, Attachment};
use super::problem::Problems;
use super::truth::lies_of;
use crate::events::{Event, What};
use crate::scenario::Level;
use crate::verdict::evidence::Evidence;

/// A report, and how it came.
#[derive(Debug, Clone)]
pub(crate) struct ArrivedReport {
    /// Index of the event.
    pub(crate) event: usize,
    /// As URIs.
    pub(crate) to: Vec<String>,
    /// `mail` or `https`.
    pub(crate) by: &'static str,
    /// The status answered to a POST, 0 for none; none by mail.
    pub(crate) status: Option<u16>,
    /// The report, if it could be read.
    pub(crate) body: Value,
    pub(super) compressed: bool,
    pub(super) signed: bool,
    /// What is not as RFC 8460 has it.
    pub(crate) problems: Problems,
}

/// The reports that came in a step, in order; also those whose POST was refused.
pub(crate) fn reports(evidence: &Evidence<'_>, step: usize) -> Vec<ArrivedReport> {
    let mut known_ids: BTreeSet<(String, String)> = BTreeSet::new();
    let mut found = Vec::new();
    for (index, event) in evidence.events(0..=step) {
        let Some(mut report) = report(evidence, index, event) else {
            continue;
        };
        if report.is_taken()
            && let Some(id) = report.body["report-id"].as_str()
        {
            // The same report may go to several addresses, and nowhere else is an id used again.
            let content = report.body.to_string();
            let is_other = known_ids
                .iter()
                .any(|(known, other)| known == id && *other != content);
            if is_other {
                let text = format!("the report-id {id:?} was used for another report");
                report.problems.must(text);
            }
            known_ids.insert((id.to_owned(), content));
        }
        if event.step == step {
            found.push(report);
        }
    }
    found
}

fn report(evidence: &Evidence<'_>, index: usize, event: &Event) -> Option<ArrivedReport> {
    let mut problems = Problems::default();
    match &event.what {
        What::ReportPosted {
            to,
            status,
            media_type,
            body,
            compressed,
        } => {
            mail::media_type(media_type, *compressed, &mut problems);
            Some(ArrivedReport {
                event: index,
                to: vec![to.clone()],
                by: "https",
                status: Some(*status),
                body: body::read(body, &mut problems),
                compressed: *compressed,
                signed: false,
                problems,
            })
        }
        What::ReportMailed {
            to,
            media_type,
            file_name,
            body,
            compressed,
            signature,
            key_services,
        } => {
            mail::media_type(media_type, *compressed, &mut problems);
            let body = body::read(body, &mut problems);
            let attachment = Attachment {
                file_name: file_name.as_deref(),
                compressed: *compressed,
            };
            let content = message_of(evidence, index, event);
            mail::check(content, &attachment, &body, &mut problems);
            let signed = signature == "valid";
            if signed && !key_services.iter().any(|service| service == "tlsrpt") {
                problems.should("its key is not for the service tlsrpt alone");
            }
            Some(ArrivedReport {
                event: index,
                to: to
                    .iter()
                    .map(|address| format!("mailto:{address}"))
                    .collect(),
                by: "mail",
                status: None,
                body,
                compressed: *compressed,
                signed,
                problems,
            })
        }
        _ => None,
    }
}

/// The message in which a report came: the last that its host had accepted on that connection.
fn message_of<'e>(evidence: &Evidence<'e>, index: usize, event: &Event) -> &'e str {
    let before = evidence.recording.events[..index].iter().rev();
    let mut of_connection =
        before.filter(|one| one.host == event.host && one.connection == event.connection);
    let message = of_connection.find_map(|one| match &one.what {
        What::MessageAccepted { content, .. } => Some(content.as_str()),
        _ => None,
    });
    message.unwrap_or_default()
}

impl ArrivedReport {
    /// Whether it was taken: a mail always, a POST that was answered so (RFC 8460 §5.4).
    pub(crate) fn is_taken(&self) -> bool {
        self.status
            .is_none_or(|status| (200..300).contains(&status))
    }

    /// The domains it speaks of.
    pub(crate) fn domains(&self) -> Vec<String> {
        self.policies()
            .filter_map(|policy| Some(policy["policy"]["policy-domain"].as_str()?.to_owned()))
            .collect()
    }

    pub(super) fn policies(&self) -> impl Iterator<Item = &Value> {
        self.body["policies"].as_array().into_iter().flatten()
    }

    /// The seconds since 1970 that it speaks of, the last of them not included.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        let range = &self.body["date-range"];
        let (start, end) = (
            seconds(&range["start-datetime"])?,
            seconds(&range["end-datetime"])?,
        );
        // 23:59:59 means the whole of that second.
        Some((start, if end % 60 == 59 { end + 1 } else { end }))
    }

    /// How many days it speaks of.
    fn days(&self) -> Option<u64> {
        let (start, end) = self.range()?;
        Some(end.checked_sub(start)?.div_ceil(86_400))
    }
}

/// The fields that expectations of a level know, of each policy of each of these reports; of a report without any, those
/// of the whole.
pub(crate) fn tables(
    evidence: &Evidence<'_>,
    arrived: &[ArrivedReport],
    level: Level,
) -> Vec<Map<String, Value>> {
    let mut all = Vec::new();
    for report in arrived {
        let of_all = json!({
            "to": report.to,
            "days": report.days(),
            "signed": report.signed,
            "compressed": report.compressed,
            "well_formed": report.problems.at(level).next().is_none(),
            "truthful": lies_of(evidence, report).is_empty(),
        });
        let of_all = of_all.as_object().cloned().unwrap_or_default();
        let before = all.len();
        for policy in report.policies() {
            let mut table = of_all.clone();
            table.extend(policy_fields(policy));
            all.push(table);
        }
        if all.len() == before {
            all.push(of_all);
        }
    }
    all
}

fn policy_fields(policy: &Value) -> Map<String, Value> {
    let details = policy["failure-details"].as_array().into_iter().flatten();
    let failures: Vec<Value> = details
        .map(|failure| {
            json!({
                "type": failure["result-type"],
                "count": failure["failed-session-count"],
                "host": failure["receiving-mx-hostname"],
                "reason": failure["failure-reason-code"],
            })
        })
        .collect();
    let fields = json!({
        "domain": policy["policy"]["policy-domain"],
        "policy_type": policy["policy"]["policy-type"],
        "mx": policy["policy"]["mx-host"],
        "policy": policy["policy"]["policy-string"],
        "successful": policy["summary"]["total-successful-session-count"],
        "failed": policy["summary"]["total-failure-session-count"],
        "failures": failures,
    });
    fields.as_object().cloned().unwrap_or_default()
}
