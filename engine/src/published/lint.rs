//! What is wrong with what a domain has published.
//!
//! Whether a record or policy can be used is decided by the readers that mail uses; here their faults get their requirements,
//! and what senders put up with although no publisher should rely on it is told as well.

use std::time::Duration;

use crate::https::HttpsFault;
use crate::sts::{FetchFault, Mode, Policy, PolicyFault, RecordFault};
use crate::tlsrpt;

use super::found::Published;
use super::problem::{Problem, Weight};

/// The shortest lifetime of an enforced policy that is passed over in silence.
///
/// Choice: a week. RFC 8461 §10.2 speaks of weeks or more; whoever could block DNS and HTTPS for longer than a policy lasts has
/// undone it.
const SHORT: Duration = Duration::from_secs(7 * 86_400);
/// The most seconds of a `max_age` (RFC 8461 §3.2).
const MAX_AGE_LIMIT: u64 = 31_557_600;

/// All problems, in the order in which senders would meet them.
pub(super) fn problems(published: &Published) -> Vec<Problem> {
    let mut notes = Notes(Vec::new());
    notes.on_sts_record(published);
    notes.on_policy(published);
    notes.on_hosts(published);
    notes.on_tlsrpt(published);
    notes.0
}

struct Notes(Vec<Problem>);

impl Notes {
    fn add(
        &mut self,
        weight: Weight,
        word: &'static str,
        requirement: &'static str,
        text: String,
        help: &'static str,
    ) {
        self.0.push(Problem {
            word,
            weight,
            text,
            help,
            requirement,
        });
    }

    fn on_sts_record(&mut self, published: &Published) {
        let error = Weight::Error;
        let fault = match (&published.sts, published.sts_record()) {
            (Err(fault), _) => {
                let text = format!("the STS record could not be looked up: {fault}");
                let help = "look at the name servers of the domain; senders that know no policy yet go on as if there were none";
                self.add(
                    error,
                    "sts-lookup",
                    "RFC8461-3.1-txt-at-mta-sts-label",
                    text,
                    help,
                );
                return;
            }
            (Ok(_), Some(Err(fault))) => fault,
            (Ok(_), _) => return,
        };
        let (word, requirement, help) = match &fault {
            RecordFault::Absent => (
                "sts-record-missing",
                "GSTS-two-txt-records",
                "publish a TXT record at _mta-sts that begins with \"v=STSv1;\", after the policy is up",
            ),
            RecordFault::Several(_) => (
                "sts-record-several",
                "RFC8461-3.1-one-record-or-none",
                "take all but one away",
            ),
            RecordFault::NoId | RecordFault::BadId(_) => (
                "sts-id",
                "RFC8461-3.1-id-1-to-32-alphanumeric",
                "give it an id of 1 to 32 letters and digits, best the date and time",
            ),
            _ => (
                "sts-record-syntax",
                "RFC8461-3.1-bad-syntax-means-no-policy",
                "write it as \"v=STSv1; id=20260101000000;\"",
            ),
        };
        self.add(error, word, requirement, fault.to_string(), help);
    }

    fn on_policy(&mut self, published: &Published) {
        match &published.policy {
            Ok(policy) => self.on_served(policy),
            Err(FetchFault::Policy(faults)) => {
                for fault in faults.iter() {
                    self.on_fault(fault);
                }
            }
            Err(fault) => self.on_fetch(fault),
        }
    }

    fn on_fetch(&mut self, fault: &FetchFault) {
        let (word, requirement, help) = match fault {
            FetchFault::Status(300..=399) => (
                "policy-status",
                "RFC8461-3.3-policy-fetch-no-redirect",
                "serve the policy itself there; senders follow no redirect",
            ),
            FetchFault::Status(_) => (
                "policy-status",
                "RFC8461-3.3-only-status-200",
                "serve the policy there with status 200",
            ),
            FetchFault::MediaType(_) => (
                "policy-media-type",
                "RFC8461-3.2-media-type-text-plain",
                "serve it with Content-Type: text/plain",
            ),
            FetchFault::Https(HttpsFault::Chain(_)) => (
                "policy-certificate",
                "RFC8461-3.3-policy-host-trusted-chain",
                "give the policy host a certificate that is valid today and leads to a public authority",
            ),
            FetchFault::Https(HttpsFault::Name(_)) => (
                "policy-certificate",
                "RFC8461-3.3-policy-host-name-in-certificate",
                "give the policy host a certificate that names it, mta-sts. and the domain",
            ),
            FetchFault::Https(HttpsFault::TooLong(_) | HttpsFault::Late(_)) => (
                "policy-limits",
                "RFC8461-3.3-policy-host-answers-within-limits",
                "serve it within a minute and 64 kilobytes",
            ),
            _ => (
                "policy-unreachable",
                "RFC8461-3.2-well-known-url",
                "let a web server answer over HTTPS at mta-sts. and the domain, without being asked twice",
            ),
        };
        self.add(Weight::Error, word, requirement, fault.to_string(), help);
    }

    fn on_fault(&mut self, fault: &PolicyFault) {
        let (requirement, help) = match fault {
            PolicyFault::TooLong => (
                "RFC8461-3.3-policy-host-answers-within-limits",
                "keep it within 64 kilobytes",
            ),
            PolicyFault::MissingField("mx") => (
                "RFC8461-3.2-mx-required-unless-none",
                "add a line \"mx: HOST\" for each MX host",
            ),
            PolicyFault::MissingField(_) => (
                "RFC8461-3.2-version-mode-max-age-required",
                "add the line; every policy has version, mode and max_age",
            ),
            PolicyFault::Version(_) | PolicyFault::Mode(_) => (
                "RFC8461-3.2-known-values-only",
                "write it as RFC 8461 §3.2 does, in the same letter case",
            ),
            PolicyFault::MaxAge(_) => (
                "RFC8461-3.2-max-age-upper-bound",
                "write a number of seconds, for instance 2419200 for four weeks",
            ),
            PolicyFault::Mx(_) => (
                "RFC8461-3.2-one-mx-per-line",
                "write one host name a line, or \"*.\" and the name behind it",
            ),
            _ => (
                "RFC8461-3.2-version-mode-max-age-required",
                "write one \"name: value\" a line and nothing else",
            ),
        };
        self.add(
            Weight::Error,
            "policy-invalid",
            requirement,
            fault.to_string(),
            help,
        );
    }

    /// A policy that senders take.
    fn on_served(&mut self, policy: &Policy) {
        for mx in written(policy, "mx").filter(|mx| !mx.is_ascii()) {
            let text = format!(
                "the mx {mx:?} is not in its ASCII form, which not every sender understands"
            );
            let help = "write the name in its ASCII form (xn--)";
            self.add(
                Weight::Error,
                "policy-mx",
                "RFC8461-3.2-mx-as-a-label",
                text,
                help,
            );
        }
        for mx in policy.unread_patterns().iter().filter(|mx| mx.is_ascii()) {
            let text = format!("the mx {mx:?} is no host name, and stands for no host");
            let help = "write one host name a line, or \"*.\" and the name behind it";
            self.add(
                Weight::Error,
                "policy-mx",
                "RFC8461-3.2-one-mx-per-line",
                text,
                help,
            );
        }
        let max_age = written(policy, "max_age")
            .next()
            .and_then(|value| value.parse::<u64>().ok());
        if let Some(max_age) = max_age.filter(|max_age| *max_age > MAX_AGE_LIMIT) {
            let text = format!(
                "the max_age {max_age} is more than {MAX_AGE_LIMIT}, and some senders refuse the policy for it"
            );
            let help = "write at most 31557600, a year";
            self.add(
                Weight::Error,
                "policy-max-age",
                "RFC8461-3.2-max-age-upper-bound",
                text,
                help,
            );
        }
        if policy.mode() == Mode::Enforce && policy.max_age() < SHORT {
            let seconds = policy.max_age().as_secs();
            let text = format!("the policy lasts {seconds} seconds, which is less than a week");
            let help =
                "let it last some weeks: who can block its renewal for so long has undone it";
            self.add(
                Weight::Warning,
                "policy-short-lived",
                "RFC8461-10.2-long-max-age",
                text,
                help,
            );
        }
    }

    fn on_hosts(&mut self, published: &Published) {
        let hosts = match &published.hosts {
            Ok(hosts) => hosts,
            Err(fault) => {
                let help = "mail needs MX records that can be looked up, whatever the policy says";
                self.add(
                    Weight::Error,
                    "mx",
                    "RFC8461-4.1-mx-name-matched-against-patterns",
                    fault.to_string(),
                    help,
                );
                return;
            }
        };
        let Some(policy) = published
            .policy()
            .filter(|policy| policy.mode() != Mode::None)
        else {
            return;
        };
        let weight = match policy.mode() {
            Mode::Enforce => Weight::Error,
            Mode::Testing | Mode::None => Weight::Warning,
        };
        for host in hosts.iter().filter(|host| !policy.names(host)) {
            let text = format!(
                "the MX host {host} is not named by the policy, and gets no mail where it is enforced"
            );
            let help = "add an mx line for it before the MX record, and a new id";
            self.add(
                weight,
                "mx-not-named",
                "RFC8461-4.1-mx-name-matched-against-patterns",
                text,
                help,
            );
        }
    }

    fn on_tlsrpt(&mut self, published: &Published) {
        let texts = match &published.tlsrpt {
            Ok(texts) => texts,
            Err(fault) => {
                let text = format!("the record for TLS reports could not be looked up: {fault}");
                let help = "look at the name servers of the domain";
                self.add(
                    Weight::Error,
                    "tlsrpt-lookup",
                    "RFC8460-3-txt-at-smtp-tls-label",
                    text,
                    help,
                );
                return;
            }
        };
        match tlsrpt::Record::of(texts) {
            Ok(_) => {
                let help = "give addresses as mailto: or https: URIs with commas between them; in them, write , ! and ; as %2C %21 and %3B";
                let uris = tlsrpt::unread_uris(texts).into_iter();
                let uris = uris.map(|uri| format!("nobody can report to {uri:?}"));
                let fields = tlsrpt::unread_fields(texts).into_iter();
                let fields = fields
                    .map(|field| format!("{field:?} in the record for TLS reports is no field"));
                for text in uris.chain(fields) {
                    self.add(
                        Weight::Error,
                        "tlsrpt-address",
                        "RFC8460-3-rua-special-characters-encoded",
                        text,
                        help,
                    );
                }
            }
            Err(tlsrpt::RecordFault::None) => {
                let (text, help) = if published.policy.is_ok()
                    || matches!(published.sts_record(), Some(Ok(_)))
                {
                    (
                        "there is a policy, and nobody asks for reports about it",
                        "publish a TXT record at _smtp._tls first, so that you hear what a policy would keep back",
                    )
                } else {
                    (
                        "there is no record that asks for TLS reports",
                        "publish a TXT record at _smtp._tls, before any policy",
                    )
                };
                self.add(
                    Weight::Warning,
                    "tlsrpt-missing",
                    "GSTS-reporting-before-policy",
                    text.to_owned(),
                    help,
                );
            }
            Err(fault) => {
                let (word, requirement, help) = match &fault {
                    tlsrpt::RecordFault::Several(_) => (
                        "tlsrpt-several",
                        "RFC8460-3-one-record-or-none",
                        "take all but one away; one record may have several addresses",
                    ),
                    _ => (
                        "tlsrpt-syntax",
                        "RFC8460-3-txt-at-smtp-tls-label",
                        "write it as \"v=TLSRPTv1; rua=mailto:ADDRESS\"",
                    ),
                };
                let text = format!("the record for TLS reports cannot be used: {fault}");
                self.add(Weight::Error, word, requirement, text, help);
            }
        }
    }
}

/// The values of a field as they are written: what is read from them may be more than every sender reads.
fn written<'p>(policy: &'p Policy, name: &'static str) -> impl Iterator<Item = &'p str> {
    let fields = policy
        .text()
        .lines()
        .filter_map(|line| line.split_once(':'));
    fields
        .filter(move |(own, _)| own.trim() == name)
        .map(|(_, value)| value.trim())
}
