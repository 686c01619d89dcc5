//! Whether a report says what the world has seen: its counts those of the sessions, its failures with a cause, its policies
//! those that were published (RFC 8460 §4.2 to §4.5).
//!
//! A session is counted once under each policy that it fell under. What texts leave to the reporter is left to it here:
//! transient trouble, plaintext where there was no policy, and sessions with TLS that a policy in testing mode did not like.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::arrived::{ArrivedReport, reports};
use super::cause::{Cause, cause};
use super::session::{Counts, Session, sessions};
use crate::scenario::{Tlsa, is_same_name};
use crate::verdict::evidence::{Evidence, is_home};
use crate::verdict::rounds::hosts_of;
use crate::verdict::wildcard::domain_of;

/// What the reports of a recording say that the world did not see, each with the index of the report's event.
pub(crate) fn lies(evidence: &Evidence<'_>) -> Vec<(usize, String)> {
    let steps = &evidence.case().steps;
    // A report that went in as a message is the world's own, and may speak of whatever the case wants.
    let mut messages = steps.iter().flat_map(|step| &step.inject);
    if messages.any(|message| message.report.is_some()) {
        return Vec::new();
    }
    let all = (1..=steps.len()).flat_map(|step| reports(evidence, step));
    all.flat_map(|report| {
        let lies = lies_of(evidence, &report);
        lies.into_iter().map(move |lie| (report.event, lie))
    })
    .collect()
}

/// What a report says that the world did not see.
pub(super) fn lies_of(evidence: &Evidence<'_>, report: &ArrivedReport) -> Vec<String> {
    let mut by_domain: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for entry in report.policies() {
        let domain = entry["policy"]["policy-domain"]
            .as_str()
            .unwrap_or_default();
        by_domain
            .entry(domain.to_ascii_lowercase())
            .or_default()
            .push(entry);
    }
    let mut lies = Vec::new();
    for (domain, entries) in by_domain {
        // Connections to the subject's own home are kept apart, and nobody reports about itself.
        if is_home(&domain) {
            continue;
        }
        let about = About {
            evidence,
            until: report.event,
            sessions: sessions(evidence, &domain, report.range(), report.event),
            domain: &domain,
        };
        about.counts(&entries, &mut lies);
        for entry in entries {
            about.policy(&entry["policy"], &mut lies);
        }
    }
    lies
}

/// What a report says of one domain, beside the sessions with it.
struct About<'e, 'a> {
    evidence: &'e Evidence<'a>,
    until: usize,
    sessions: Vec<Session>,
    domain: &'e str,
}

/// What the entries of one policy type count together.
#[derive(Default, Clone, Copy)]
struct Told {
    successful: u64,
    failed: u64,
    /// Failures that needed no session.
    beside: u64,
}

impl About<'_, '_> {
    fn seen(&self, counts: &[Counts]) -> u64 {
        let of_kind = |session: &&Session| counts.contains(&session.counts);
        self.sessions.iter().filter(of_kind).count() as u64
    }

    fn counts(&self, entries: &[&Value], lies: &mut Vec<String>) {
        let domain = self.domain;
        let mut told: BTreeMap<&str, Told> = BTreeMap::new();
        for entry in entries {
            let kind = entry["policy"]["policy-type"].as_str().unwrap_or_default();
            let count = |name: &str| entry["summary"][name].as_u64();
            let (Some(successful), Some(failed)) = (
                count("total-successful-session-count"),
                count("total-failure-session-count"),
            ) else {
                lies.push(format!("{domain}: it counts nothing under {kind}"));
                continue;
            };
            let sum = told.entry(kind).or_default();
            sum.successful = sum.successful.saturating_add(successful);
            sum.failed = sum.failed.saturating_add(failed);
            sum.beside = sum.beside.saturating_add(self.failures(entry, kind, lies));
        }
        use Counts::{Either, Failure, Hardly, Success};
        let (good, both) = (self.seen(&[Success]), self.seen(&[Either]));
        let (bad, hardly) = (self.seen(&[Failure]), self.seen(&[Hardly]));
        for (kind, told) in &told {
            let Told {
                successful,
                failed,
                beside,
            } = *told;
            if successful > good + both {
                lies.push(format!(
                    "{domain}: {successful} successful under {kind}, the world saw {} with TLS",
                    good + both
                ));
            }
            let most = both
                .saturating_add(bad)
                .saturating_add(hardly)
                .saturating_add(beside);
            if failed > most {
                lies.push(format!(
                    "{domain}: {failed} failed under {kind}, the world saw {most} that could"
                ));
            }
            let all = good.saturating_add(most);
            if successful.saturating_add(failed) > all {
                lies.push(format!(
                    "{domain}: {} sessions under {kind}, the world saw {all}",
                    successful.saturating_add(failed)
                ));
            }
        }
        let sum = |of: fn(&Told) -> u64| told.values().map(of).fold(0_u64, u64::saturating_add);
        let (successful, failed) = (sum(|one| one.successful), sum(|one| one.failed));
        // A policy that could not be had may count against a session that went well otherwise.
        let beside = sum(|one| one.beside);
        if successful.saturating_add(beside) < good {
            lies.push(format!(
                "{domain}: {successful} successful, the world saw {good}"
            ));
        }
        let is_lenient = told.contains_key("no-policy-found") || self.takes_reports();
        let must = if is_lenient { 0 } else { bad };
        if failed < must {
            lies.push(format!("{domain}: {failed} failed, the world saw {must}"));
        }
        let least = good + both + must;
        if successful.saturating_add(failed) < least {
            lies.push(format!(
                "{domain}: {} sessions, the world saw {least}",
                successful.saturating_add(failed)
            ));
        }
    }

    /// Whether reports are mailed to a host of the domain: a session with one of them that broke down before anything was
    /// sent may have been for a report, and then need not be counted.
    fn takes_reports(&self) -> bool {
        let last = self.evidence.recording.events.get(self.until);
        let mut steps = 1..=last.map_or(1, |event| event.step).max(1);
        steps.any(|step| {
            let world = self.evidence.world(step);
            let own = hosts_of(world, self.domain);
            let reporting = world
                .domains
                .values()
                .filter_map(|domain| domain.tlsrpt.as_ref());
            let mut addresses = reporting.flat_map(|reporting| &reporting.rua);
            addresses.any(|uri| {
                let address = uri.strip_prefix("mailto:").unwrap_or_default();
                let hosts = hosts_of(world, domain_of(address));
                !address.is_empty() && hosts.iter().any(|host| own.contains(host))
            })
        })
    }

    /// Holds each failure against its causes; how many of them needed no session.
    fn failures(&self, entry: &Value, kind: &str, lies: &mut Vec<String>) -> u64 {
        let mut beside = 0_u64;
        let details = entry["failure-details"].as_array().into_iter().flatten();
        let failed = entry["summary"]["total-failure-session-count"].as_u64();
        for detail in details {
            let result = detail["result-type"].as_str().unwrap_or_default();
            let host = detail["receiving-mx-hostname"].as_str();
            let count = detail["failed-session-count"].as_u64().unwrap_or_default();
            let place = (self.domain, self.until);
            let at = host.map_or_else(String::new, |host| format!(" at {host}"));
            match cause(self.evidence, place, result, host, &self.sessions) {
                None => lies.push(format!(
                    "{}: {result}{at}, of which the world saw no cause",
                    self.domain
                )),
                Some(Cause::Sessions(most)) if count > most => {
                    lies.push(format!(
                        "{}: {count} of {result}{at}, the world saw {most}",
                        self.domain
                    ));
                }
                Some(Cause::Sessions(_)) => {}
                Some(Cause::Beside) => beside = beside.saturating_add(count),
            }
            if let Some(source) = detail["sending-mta-ip"].as_str()
                && !self.may_come_from(source)
            {
                let domain = self.domain;
                lies.push(format!(
                    "{domain}: {result}{at} from {source}, which no session came from"
                ));
            }
            let is_of_policy = result.starts_with("sts-");
            if failed.is_some_and(|failed| count > failed) && !is_of_policy {
                lies.push(format!(
                    "{}: {count} of {result}{at} among {} failed under {kind}",
                    self.domain,
                    failed.unwrap_or_default()
                ));
            }
        }
        beside
    }

    /// Whether sessions came from an address, so far as the world saw where those of its family came from.
    fn may_come_from(&self, told: &str) -> bool {
        let Ok(told) = told.parse::<IpAddr>() else {
            // The form is judged elsewhere.
            return true;
        };
        let seen = (self.sessions.iter())
            .filter_map(|session| session.source)
            .filter(|source| source.is_ipv4() == told.is_ipv4());
        let seen: BTreeSet<IpAddr> = seen.collect();
        seen.is_empty() || seen.contains(&told)
    }

    /// The policy of an entry is one that was published by then.
    fn policy(&self, policy: &Value, lies: &mut Vec<String>) {
        let lines: Vec<&str> = (policy["policy-string"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect();
        let last = self.evidence.recording.events.get(self.until);
        let steps = 1..=last.map_or(1, |event| event.step).max(1);
        let mut worlds = steps.map(|step| self.evidence.world(step));
        let is_published = match policy["policy-type"].as_str() {
            Some("sts") => worlds.any(|world| {
                world.policy_text(self.domain).is_some_and(|text| {
                    let published = text.lines().map(str::trim).filter(|line| !line.is_empty());
                    lines.is_empty() || published.eq(lines.iter().map(|line| line.trim()))
                })
            }),
            Some("tlsa") => worlds.any(|world| {
                let hosts = hosts_of(world, self.domain);
                let records = world.hosts.iter().filter(|(name, host)| {
                    let target = host.cname.as_deref().unwrap_or(name);
                    hosts
                        .iter()
                        .any(|own| is_same_name(own, name) || is_same_name(own, target))
                });
                let has_record = |line: &&str| {
                    records.clone().any(|(_, host)| {
                        host.tlsa
                            .iter()
                            .flatten()
                            .any(|record| is_record(record, line))
                    })
                };
                let is_mandatory = !world.settings.dane.is_empty();
                let has_any = records.clone().any(|(_, host)| host.tlsa.is_some());
                (has_any || is_mandatory) && lines.iter().all(has_record)
            }),
            _ => true,
        };
        if !is_published {
            let kind = policy["policy-type"].as_str().unwrap_or_default();
            lies.push(format!(
                "{}: it tells a policy of type {kind} that was never published",
                self.domain
            ));
        }
    }
}

/// The numbers of a record are those of the text; an alias may lead to any.
fn is_record(record: &Tlsa, text: &str) -> bool {
    match record {
        Tlsa::Record {
            usage,
            selector,
            matching,
            ..
        } => text.starts_with(&format!("{usage} {selector} {matching} ")),
        Tlsa::Alias(_) => true,
    }
}
