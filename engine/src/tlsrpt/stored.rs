//! A day with a domain, as it is written down: one JSON text.
//!
//! A reader refuses values that reports do not have.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::address::DomainName;
use crate::outside::{EntryName, StoredError, of_version, wrong};

use super::day::Day;
use super::entry::{Entry, Sending};
use super::failure::{Failure, ResultType};
use super::policy::{Policy, PolicyType};
use super::tally::{PolicyTally, Tally};

/// The version of the form.
const VERSION: u32 = 1;
/// The most octets of one.
const LIMIT: usize = 16 * 1_024 * 1_024;
/// How many octets of the digest of a domain are in a name.
const DIGEST: usize = 16;

/// The name of an entry: the day, and what stands for the domain, whose own name may be longer than a name may be.
#[must_use]
pub(super) fn name(domain: &DomainName, day: Day) -> EntryName {
    let digest = digest(&SHA256, domain.as_str().as_bytes());
    let domain = HEXLOWER.encode(&digest.as_ref()[..DIGEST]);
    EntryName::parse(&format!("{day}.{domain}")).expect("digits and letters are a name")
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryHead {
    version: u32,
    domain: String,
    day: u64,
    due: u64,
    draw: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sending: Option<SendingHead>,
    policies: Vec<PolicyHead>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SendingHead {
    since: u64,
    rounds: u32,
    left: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyHead {
    kind: String,
    domain: String,
    lines: Vec<String>,
    mx: Vec<String>,
    successful: u64,
    failed: u64,
    failures: Vec<FailureHead>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureHead {
    result: String,
    count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sending_ip: Option<std::net::IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mx_hostname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mx_helo: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receiving_ip: Option<std::net::IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Writes an entry.
#[must_use]
pub(super) fn written(entry: &Entry) -> Vec<u8> {
    let head = EntryHead {
        version: VERSION,
        domain: entry.domain.to_string(),
        day: entry.day.number(),
        due: seconds(entry.due),
        draw: entry.draw,
        sending: entry.sending.as_ref().map(|sending| SendingHead {
            since: seconds(sending.since),
            rounds: sending.rounds,
            left: sending.left.clone(),
        }),
        policies: entry.tally.policies().iter().map(policy_head).collect(),
    };
    serde_json::to_vec(&head).expect("texts and numbers can be written as JSON")
}

fn policy_head(tally: &PolicyTally) -> PolicyHead {
    let policy = &tally.policy;
    PolicyHead {
        kind: policy.kind().word().to_owned(),
        domain: policy.domain().to_string(),
        lines: policy.lines().to_vec(),
        mx: policy.mx().to_vec(),
        successful: tally.successful,
        failed: tally.failed,
        failures: (tally.failures.iter())
            .map(|(failure, count)| FailureHead {
                result: failure.result.word().to_owned(),
                count: *count,
                sending_ip: failure.sending_ip,
                mx_hostname: failure.mx_hostname.clone(),
                mx_helo: failure.mx_helo.clone(),
                receiving_ip: failure.receiving_ip,
                reason: failure.reason.clone(),
            })
            .collect(),
    }
}

/// Reads an entry.
///
/// # Errors
/// `StoredError` when the bytes are none.
pub(super) fn read(bytes: &[u8]) -> Result<Entry, StoredError> {
    if bytes.len() > LIMIT {
        return Err(StoredError::Octets {
            part: "entry",
            told: format!("at most {LIMIT}"),
            found: bytes.len(),
        });
    }
    let head: EntryHead = serde_json::from_slice(bytes)?;
    of_version(head.version, VERSION)?;
    let policies = head.policies.into_iter().map(policy_tally);
    Ok(Entry {
        domain: domain(head.domain)?,
        day: Day::numbered(head.day).ok_or_else(|| wrong("day", head.day.to_string()))?,
        tally: Tally::of(policies.collect::<Result<_, _>>()?),
        due: moment("due", head.due)?,
        draw: head.draw,
        sending: (head.sending)
            .map(|sending| {
                Ok::<_, StoredError>(Sending {
                    since: moment("since", sending.since)?,
                    rounds: sending.rounds,
                    left: sending.left,
                })
            })
            .transpose()?,
    })
}

fn policy_tally(head: PolicyHead) -> Result<PolicyTally, StoredError> {
    let kind = PolicyType::parse(&head.kind).ok_or_else(|| wrong("kind", head.kind))?;
    let failures = head.failures.into_iter().map(|found| {
        let result = ResultType::parse(&found.result);
        let failure = Failure {
            result: result.ok_or_else(|| wrong("result", found.result))?,
            sending_ip: found.sending_ip,
            mx_hostname: found.mx_hostname,
            mx_helo: found.mx_helo,
            receiving_ip: found.receiving_ip,
            reason: found.reason,
        };
        Ok((failure, found.count))
    });
    Ok(PolicyTally {
        policy: Policy::new(kind, domain(head.domain)?, head.lines, head.mx),
        successful: head.successful,
        failed: head.failed,
        failures: failures.collect::<Result<BTreeMap<_, _>, StoredError>>()?,
    })
}

fn domain(text: String) -> Result<DomainName, StoredError> {
    DomainName::parse(&text).map_err(|_| wrong("domain", text))
}

fn seconds(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

fn moment(key: &'static str, seconds: u64) -> Result<SystemTime, StoredError> {
    let moment = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    moment.ok_or_else(|| wrong(key, seconds.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tlsrpt::tally::Counted;

    fn any_failure() -> impl Strategy<Value = Failure> {
        let text = || prop::option::of("[ -~ü]{0,20}");
        let address = || prop::option::of(any::<std::net::IpAddr>());
        let result = prop::sample::select(ResultType::ALL.to_vec());
        (result, address(), text(), text(), address(), text()).prop_map(
            |(result, sending_ip, mx_hostname, mx_helo, receiving_ip, reason)| Failure {
                result,
                sending_ip,
                mx_hostname,
                mx_helo,
                receiving_ip,
                reason,
            },
        )
    }

    fn any_entry() -> impl Strategy<Value = Entry> {
        let lines = || proptest::collection::vec("[ -~]{0,30}", 0..4);
        let kind = prop::sample::select(PolicyType::ALL.to_vec());
        let domain = || "[a-z]{1,10}\\.test".prop_map(|name| DomainName::parse(&name).unwrap());
        let failures = proptest::collection::vec(any_failure(), 0..3);
        let policy = (kind, domain(), lines(), lines());
        let counted = (policy, any::<bool>(), failures).prop_map(
            |((kind, domain, lines, mx), success, failures)| Counted {
                policy: Policy::new(kind, domain, lines, mx),
                success,
                failures,
            },
        );
        let sending = (
            0..4_000_000_000_u64,
            any::<u32>(),
            prop::option::of(lines()),
        );
        (
            domain(),
            0..20_000_u64,
            any::<u64>(),
            proptest::collection::vec(counted, 0..6),
            prop::option::of(sending),
        )
            .prop_map(|(domain, day, draw, counted, sending)| {
                let mut entry = Entry::new(domain, Day::numbered(day).unwrap(), draw);
                for one in counted {
                    entry.tally.count(one);
                }
                entry.sending = sending.map(|(since, rounds, left)| Sending {
                    since: UNIX_EPOCH + Duration::from_secs(since),
                    rounds,
                    left,
                });
                entry
            })
    }

    proptest! {
        #[test]
        fn a_day_that_was_written_down_reads_back_the_same(entry in any_entry()) {
            prop_assert_eq!(read(&written(&entry)).unwrap(), entry);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), entry in any_entry(), at in any::<prop::sample::Index>()) {
            let _ = read(&bytes);
            let mut written = written(&entry);
            let at = at.index(written.len());
            written[at] ^= 1;
            let _ = read(&written);
        }
    }

    #[test]
    fn a_day_that_cannot_be_is_refused() {
        let sound = r#"{"version":1,"domain":"a.test","day":1,"due":2,"draw":3,"policies":[]}"#;
        assert!(read(sound.as_bytes()).is_ok());
        for (from, to) in [
            ("\"version\":1", "\"version\":2"),
            ("a.test", "a b"),
            ("\"day\":1", "\"day\":99999999"),
            ("\"due\":2", "\"due\":18446744073709551615"),
            ("\"draw\":3", "\"draw\":3,\"more\":4"),
            (
                "[]",
                "[{\"kind\":\"x\",\"domain\":\"a.test\",\"lines\":[],\"mx\":[],\"successful\":0,\"failed\":0,\"failures\":[]}]",
            ),
        ] {
            assert!(
                read(sound.replacen(from, to, 1).as_bytes()).is_err(),
                "{to}"
            );
        }
        let long = format!("{sound}{}", " ".repeat(LIMIT));
        assert!(matches!(
            read(long.as_bytes()),
            Err(StoredError::Octets { .. })
        ));
    }

    #[test]
    fn every_domain_has_a_name_of_its_own_each_day() {
        let long = format!("{0}.{0}.{0}.test", "a".repeat(63));
        let (one, other) = (Day::numbered(1).unwrap(), Day::numbered(2).unwrap());
        let mut names = std::collections::BTreeSet::new();
        for domain in ["a.test", "_x.a.test", &long] {
            for day in [one, other] {
                assert!(names.insert(name(&DomainName::parse(domain).unwrap(), day)));
            }
        }
    }
}
