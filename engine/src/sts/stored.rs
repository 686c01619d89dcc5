//! A policy in the store: one line of JSON, then the text as it was published.
//!
//! ```text
//! {"version":1,"domain":"example.test","id":"20260101T000000","fetched":1790000000000000}
//! version: STSv1
//! mode: enforce
//! ...
//! ```
//!
//! `fetched` counts microseconds since 1970. The text is read again by `policy`, so the file says nothing twice.

use std::time::{Duration, SystemTime};

use ring::digest;
use serde::{Deserialize, Serialize};

use crate::address::DomainName;
use crate::outside::{EntryName, StoredError, of_version, parted, wrong};

use super::cached::Cached;
use super::policy::Policy;
use super::record::PolicyId;

/// The version of the form.
const VERSION: u32 = 1;
/// The most octets of the first line: a domain and an id have less than three hundred.
const HEAD_LIMIT: usize = 4_096;
/// The latest moment of a fetch that can be: the end of the year 9999.
const FETCHED_LIMIT: u64 = 253_402_300_799_000_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u32,
    domain: String,
    id: String,
    fetched: u64,
}

/// The name under which the policy of a domain is kept: the domain, or where that cannot be a name, the SHA-256 of it.
#[must_use]
pub(super) fn name(domain: &DomainName) -> EntryName {
    EntryName::parse(domain.as_str()).unwrap_or_else(|| {
        let digest = digest::digest(&digest::SHA256, domain.as_str().as_bytes());
        let hex = data_encoding::HEXLOWER.encode(digest.as_ref());
        EntryName::parse(&hex).expect("64 digits of base 16 are a name")
    })
}

/// A policy of a domain as it is written down.
#[must_use]
pub(super) fn written(domain: &DomainName, cached: &Cached) -> Vec<u8> {
    let since = cached.fetched.duration_since(SystemTime::UNIX_EPOCH);
    let head = Head {
        version: VERSION,
        domain: domain.to_string(),
        id: cached.id.to_string(),
        fetched: u64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(FETCHED_LIMIT),
    };
    let mut bytes = serde_json::to_vec(&head).expect("texts and numbers can be written as JSON");
    bytes.push(b'\n');
    bytes.extend_from_slice(cached.policy.text().as_bytes());
    bytes
}

/// Reads what was written down under a name.
///
/// # Errors
/// `StoredError` when it is no policy, or not one of that name.
pub(super) fn read(named: &EntryName, bytes: &[u8]) -> Result<(DomainName, Cached), StoredError> {
    let (head, text) = parted(bytes, HEAD_LIMIT)?;
    let head: Head = serde_json::from_slice(head)?;
    of_version(head.version, VERSION)?;
    let domain = DomainName::parse(&head.domain)
        .ok()
        .filter(|domain| name(domain) == *named)
        .ok_or_else(|| wrong("domain", head.domain))?;
    if head.fetched > FETCHED_LIMIT {
        return Err(wrong("fetched", head.fetched.to_string()));
    }
    let cached = Cached {
        id: PolicyId::parse(&head.id).ok_or_else(|| wrong("id", head.id))?,
        policy: Policy::parse(text).map_err(|faults| StoredError::Text {
            part: "policy",
            why: faults.to_string(),
        })?,
        fetched: SystemTime::UNIX_EPOCH + Duration::from_micros(head.fetched),
    };
    Ok((domain, cached))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: a.test\r\nmax_age: 60";

    fn domain(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    fn cached() -> Cached {
        Cached {
            id: PolicyId::parse("1a").unwrap(),
            policy: Policy::parse(POLICY.as_bytes()).unwrap(),
            fetched: SystemTime::UNIX_EPOCH + Duration::from_micros(1_790_000_000_123_456),
        }
    }

    #[test]
    fn a_policy_that_was_written_down_reads_back_the_same() {
        let long = format!("{0}.{0}.{0}.test", "a".repeat(60));
        for text in ["example.test", "_a.example.test", "-a.test", &long] {
            let domain = domain(text);
            let bytes = written(&domain, &cached());
            let back = read(&name(&domain), &bytes).unwrap();
            assert_eq!(back, (domain, cached()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_right_is_told() {
        let good = String::from_utf8(written(&domain("example.test"), &cached())).unwrap();
        // (what stands there, what stands there instead, what is told)
        let cases = [
            ("example.test", "other.test", "domain is \"other.test\""),
            ("example.test", "a b", "domain is \"a b\""),
            ("1a", "1-a", "id is \"1-a\""),
            (
                "\"version\":1",
                "\"version\":2",
                "its version is 2, and 1 is known",
            ),
            (
                "1790000000123456",
                "999999999999999999",
                "fetched is \"999999999999999999\"",
            ),
            (
                "enforce",
                "forced",
                "the policy cannot be read: the mode \"forced\" is not \"enforce\", \"testing\" or \"none\"",
            ),
            ("}\n", "}", "the first line does not end within 4096 octets"),
        ];
        for (from, to, want) in cases {
            let bytes = match to {
                "}" => good.replace(['\n', '\r'], ""),
                to => good.replace(from, to),
            };
            let why = read(&name(&domain("example.test")), bytes.as_bytes());
            assert_eq!(why.unwrap_err().to_string(), want, "{from} as {to}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&name(&domain("example.test")), &bytes);
        }

        #[test]
        fn a_damaged_entry_is_read_without_panic(at in 0_usize..160, byte: u8) {
            let mut bytes = written(&domain("example.test"), &cached());
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = read(&name(&domain("example.test")), &bytes);
        }
    }
}
