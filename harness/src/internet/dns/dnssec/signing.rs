//! Signatures over record sets (RFC 4034 §3), made when first asked for, and the ways in which they are broken.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hickory_proto::ProtoError;
use hickory_proto::dnssec::TBS;
use hickory_proto::dnssec::rdata::sig::SigInput;
use hickory_proto::dnssec::rdata::{DNSSECRData, RRSIG};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordSet, SerialNumber};

use super::keys::Key;

const DAY: Duration = Duration::from_secs(86_400);
/// Signatures begin so long before the run, for validators whose clock is behind.
const BEFORE: Duration = Duration::from_secs(7 * 86_400);
/// And hold so long: a story has 400 days.
const AFTER: Duration = Duration::from_secs(430 * 86_400);
/// When an expired signature began, and when it ended: longer ago than any validator forgives.
const EXPIRED: [u32; 2] = [90, 30];
/// So many signatures of a zone are kept. Only zones that outlive their cases ever have so many.
const KEPT: usize = 4096;

/// How a signature is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It does not verify.
    Bad,
    /// It is not there.
    Missing,
    /// Its time is over.
    Expired,
}

/// From when to when signatures hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validity {
    sound: [SerialNumber; 2],
    expired: [SerialNumber; 2],
}

impl Validity {
    /// Of a run at this instant. Real validators accept it, and so do clocks of cases, which run ahead.
    pub(crate) fn around(now: SystemTime) -> Self {
        Self {
            sound: [
                serial(now.checked_sub(BEFORE)),
                serial(now.checked_add(AFTER)),
            ],
            expired: EXPIRED.map(|days| serial(now.checked_sub(DAY * days))),
        }
    }
}

/// Seconds since 1970, modulo 2 to the 32 (RFC 4034 §3.1.5).
fn serial(time: Option<SystemTime>) -> SerialNumber {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let seconds = since.unwrap_or_default().as_secs() & u64::from(u32::MAX);
    SerialNumber::new(u32::try_from(seconds).unwrap_or_default())
}

/// How a zone signs.
#[derive(Debug)]
pub(crate) struct Signing {
    zone: Name,
    key: Key,
    /// Of every signature of the zone.
    flaw: Option<Flaw>,
    validity: Validity,
    /// By what they sign: a set that changes is signed anew, and one that comes again is not.
    made: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

impl Signing {
    pub(crate) fn new(zone: Name, key: Key, flaw: Option<Flaw>, validity: Validity) -> Self {
        Self {
            zone,
            key,
            flaw,
            validity,
            made: Mutex::default(),
        }
    }

    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// The signature of a set, under the name of the set. `flaw` is that of this answer; the zone may have its own.
    pub(crate) fn signature(&self, set: &RecordSet, flaw: Option<Flaw>) -> Option<Record> {
        let flaw = flaw.or(self.flaw);
        if flaw == Some(Flaw::Missing) {
            return None;
        }
        match self.signed(set, flaw) {
            Ok(data) => {
                let data = RData::DNSSEC(DNSSECRData::RRSIG(data));
                Some(Record::from_rdata(set.name().clone(), set.ttl(), data))
            }
            Err(error) => {
                tracing::error!(%error, name = %set.name(), "a record set cannot be signed");
                None
            }
        }
    }

    fn signed(&self, set: &RecordSet, flaw: Option<Flaw>) -> Result<RRSIG, ProtoError> {
        let pair = self.key.pair();
        let [sig_inception, sig_expiration] = match flaw {
            Some(Flaw::Expired) => self.validity.expired,
            _ => self.validity.sound,
        };
        let input = SigInput {
            type_covered: set.record_type(),
            algorithm: pair.private.algorithm(),
            num_labels: set.name().num_labels(),
            original_ttl: set.ttl(),
            sig_expiration,
            sig_inception,
            key_tag: pair.tag,
            signer_name: self.zone.clone(),
        };
        let records = set.records_without_rrsigs();
        let content = TBS::from_input(set.name(), DNSClass::IN, &input, records)?;
        let mut signature = self.kept(&content)?;
        if flaw == Some(Flaw::Bad)
            && let Some(octet) = signature.last_mut()
        {
            *octet ^= 1;
        }
        Ok(RRSIG::from_sig(input, signature))
    }

    fn kept(&self, content: &TBS) -> Result<Vec<u8>, ProtoError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signature) = made.get(content.as_ref()) {
            return Ok(signature.clone());
        }
        let signature = self.key.pair().private.sign(content);
        let signature = signature.map_err(|error| ProtoError::Msg(error.to_string()))?;
        if made.len() >= KEPT {
            made.clear();
        }
        made.insert(content.as_ref().to_vec(), signature.clone());
        Ok(signature)
    }
}
