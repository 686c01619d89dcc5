//! How a zone speaks in one answer: record sets with their signatures, and proofs of absence with theirs.

use hickory_proto::rr::{Name, Record, RecordSet};

use super::dnssec::{Denial, Flaw, Outline, Proven};
use super::zone::Zone;

/// A zone that answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice<'zone> {
    pub(super) zone: &'zone Zone,
    /// Whether it shows signatures and proofs to who asked (RFC 4035 §3.1).
    pub(super) signs: bool,
    /// What is wrong with the signatures of this answer.
    pub(super) flaw: Option<Flaw>,
}

impl<'zone> Voice<'zone> {
    pub(super) fn new(zone: &'zone Zone, dnssec_ok: bool) -> Self {
        Self {
            zone,
            signs: dnssec_ok && zone.signing().is_some(),
            flaw: None,
        }
    }

    /// The records of a set under the name as it was asked for: in its letter case, and behind a wildcard not the
    /// set's own.
    pub(super) fn give(&self, set: &RecordSet, name: &Name, into: &mut Vec<Record>) {
        let records = set.records_without_rrsigs().cloned();
        into.extend(records.map(|record| renamed(record, name)));
        if self.signs {
            into.extend(self.signature(set, name));
        }
    }

    /// The signature of a set, under the name as it was asked for.
    pub(super) fn signature(&self, set: &RecordSet, name: &Name) -> Option<Record> {
        let signing = self.zone.signing()?;
        let record = signing.signature(set, self.flaw)?;
        Some(renamed(record, name))
    }

    /// SOA and proof that there is nothing of the kind.
    pub(super) fn deny(&self, outline: &Outline, name: &Name, into: &mut Vec<Record>) {
        if let Some(soa) = self.zone.soa() {
            self.give(soa, self.zone.origin(), into);
        }
        self.prove(outline, name, Proven::Absence, into);
    }

    /// The proof alone.
    pub(super) fn prove(
        &self,
        outline: &Outline,
        name: &Name,
        proven: Proven,
        into: &mut Vec<Record>,
    ) {
        if self.signs {
            let zone = self.zone;
            for set in zone.denial().proof(outline, name, proven, zone.ttl()) {
                self.give(&set, set.name(), into);
            }
        }
    }

    /// The NSEC record at a name for who asks for just that; false: there is none.
    pub(super) fn give_link(&self, name: &Name, into: &mut Vec<Record>) -> bool {
        let zone = self.zone;
        if zone.signing().is_none() || zone.denial() != Denial::Nsec {
            return false;
        }
        let set = (zone.denial()).record_for(zone.outline(), name, zone.ttl());
        match set {
            Some(set) if set.name() == name => {
                self.give(&set, name, into);
                true
            }
            _ => false,
        }
    }
}

fn renamed(mut record: Record, name: &Name) -> Record {
    record.name = name.clone();
    record
}
