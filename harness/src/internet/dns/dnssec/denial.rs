//! Proofs of absence: which names must be shown (RFC 4035 §3.1.3, RFC 5155 §7.2), and the NSEC or NSEC3 records that
//! show them.
//!
//! Both kinds of record stand at a name and say which is the next. So the record that shows a name, there or not, is
//! always the last one that is not behind it.

use hickory_proto::dnssec::Nsec3HashAlgorithm;
use hickory_proto::dnssec::rdata::{DNSSECRData, NSEC, NSEC3, NSEC3PARAM};
use hickory_proto::rr::{Name, RData, Record, RecordSet, RecordType};

use super::super::place::Place;
use super::outline::Outline;

/// How a zone proves absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    Nsec,
    Nsec3,
}

/// What is to be proven of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proven {
    /// That what it asks for is not there.
    Absence,
    /// That a wildcard stands for it, since nothing nearer is there.
    Expansion,
}

impl Denial {
    /// What the origin of the zone publishes for it (RFC 5155 §4).
    pub(crate) fn parameters(self) -> Option<RData> {
        let parameters = || NSEC3PARAM::new(Nsec3HashAlgorithm::SHA1, false, 0, Vec::new());
        (self == Self::Nsec3).then(|| RData::DNSSEC(DNSSECRData::NSEC3PARAM(parameters())))
    }

    /// The record sets that prove it.
    pub(crate) fn proof(
        self,
        outline: &Outline,
        name: &Name,
        proven: Proven,
        ttl: u32,
    ) -> Vec<RecordSet> {
        let mut sets: Vec<RecordSet> = Vec::new();
        for shown in self.names_shown(&outline.place(name), name, proven) {
            let set = self.record_for(outline, &shown, ttl);
            sets.extend(set.filter(|set| sets.iter().all(|other| other.name() != set.name())));
        }
        sets
    }

    fn names_shown(self, place: &Place, name: &Name, proven: Proven) -> Vec<Name> {
        match place {
            Place::Here => vec![name.clone()],
            Place::Wildcard { source, encloser } => match (self, proven) {
                (Self::Nsec, Proven::Expansion) => vec![name.clone()],
                (Self::Nsec, Proven::Absence) => vec![source.clone(), name.clone()],
                (Self::Nsec3, Proven::Expansion) => vec![next_closer(name, encloser)],
                (Self::Nsec3, Proven::Absence) => {
                    vec![
                        encloser.clone(),
                        next_closer(name, encloser),
                        source.clone(),
                    ]
                }
            },
            Place::Nowhere { encloser } => {
                let wildcard = encloser.prepend_label("*").ok();
                let mut names = match self {
                    Self::Nsec => vec![name.clone()],
                    Self::Nsec3 => vec![encloser.clone(), next_closer(name, encloser)],
                };
                names.extend(wildcard);
                names
            }
        }
    }

    /// The record at a name, or the one that says it is not there.
    pub(crate) fn record_for(self, outline: &Outline, name: &Name, ttl: u32) -> Option<RecordSet> {
        let (owner, data) = match self {
            Self::Nsec => {
                let (owner, types, next) = outline.link(name)?;
                let data = NSEC::new_cover_self(next.to_lowercase(), types.iter().copied());
                (owner.clone(), DNSSECRData::NSEC(data))
            }
            Self::Nsec3 => {
                let (owner, types, next) = outline.hashed_link(name)?;
                let is_signed = types.iter().any(|kind| *kind != RecordType::NS);
                let types = types.iter().copied();
                let types = types.chain(is_signed.then_some(RecordType::RRSIG));
                let data = NSEC3::new(
                    Nsec3HashAlgorithm::SHA1,
                    false,
                    0,
                    Vec::new(),
                    next.to_vec(),
                    types,
                );
                let label = data_encoding::BASE32_DNSSEC.encode(owner);
                let owner = outline.origin().prepend_label(label.as_str()).ok()?;
                (owner, DNSSECRData::NSEC3(data))
            }
        };
        let data = RData::DNSSEC(data);
        let mut set = RecordSet::with_ttl(owner.clone(), data.record_type(), ttl);
        set.insert(Record::from_rdata(owner, ttl, data), 0);
        Some(set)
    }
}

/// The name one label longer than the closest encloser (RFC 5155 §1.3).
fn next_closer(name: &Name, encloser: &Name) -> Name {
    let mut closer = name.clone();
    while closer.base_name() != *encloser && !closer.is_root() {
        closer = closer.base_name();
    }
    closer
}
