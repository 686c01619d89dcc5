//! What proofs of absence are made from: which names a zone has, and which types stand at each.
//!
//! An outline may also be that of a zone as it is not: a fault can say of a name that it is not there, and then the
//! proof must say so too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use hickory_proto::dnssec::Nsec3HashAlgorithm;
use hickory_proto::rr::{Name, RecordType};

use super::super::place::{Place, place};

/// The names of a zone in canonical order (RFC 4034 §6.1) and their types.
#[derive(Debug)]
pub(crate) struct Outline {
    origin: Name,
    names: BTreeMap<Name, BTreeSet<RecordType>>,
    hashed: OnceLock<BTreeMap<Vec<u8>, BTreeSet<RecordType>>>,
}

impl Outline {
    pub(crate) fn new(origin: Name, names: BTreeMap<Name, BTreeSet<RecordType>>) -> Self {
        Self {
            origin,
            names,
            hashed: OnceLock::new(),
        }
    }

    pub(super) fn origin(&self) -> &Name {
        &self.origin
    }

    /// Where a name stands.
    pub(crate) fn place(&self, name: &Name) -> Place {
        place(&self.names, &self.origin, name)
    }

    /// The outline of the zone if this name, all below it and what a wildcard makes of it were not there.
    pub(crate) fn without_name(&self, name: &Name) -> Self {
        let mut names = self.names.clone();
        names.retain(|other, _| !name.zone_of(other));
        if let Place::Wildcard { source, .. } = place(&names, &self.origin, name) {
            names.retain(|other, _| !source.zone_of(other));
        }
        Self::new(self.origin.clone(), names)
    }

    /// The outline of the zone if this name were there, with neither this type nor an alias.
    pub(crate) fn without_type(&self, name: &Name, kind: RecordType) -> Self {
        let mut names = self.names.clone();
        let types = names.entry(name.clone()).or_default();
        types.remove(&RecordType::CNAME);
        if kind == RecordType::ANY {
            types.clear();
        } else {
            types.remove(&kind);
        }
        Self::new(self.origin.clone(), names)
    }

    /// The last name that is not behind this one, its types, and the name that follows. Before the first name comes
    /// the last: the chain is closed.
    pub(super) fn link(&self, name: &Name) -> Option<(&Name, &BTreeSet<RecordType>, &Name)> {
        let (owner, types) =
            (self.names.range(..=name).next_back()).or_else(|| self.names.last_key_value())?;
        let behind = self.names.range(owner..).find(|(other, _)| *other != owner);
        let (next, _) = behind.or_else(|| self.names.first_key_value())?;
        Some((owner, types, next))
    }

    /// The same in the order of hashes (RFC 5155 §7.1).
    pub(super) fn hashed_link(&self, name: &Name) -> Option<(&[u8], &BTreeSet<RecordType>, &[u8])> {
        let hashed = self.hashed();
        let hash = hash(name);
        let (owner, types) =
            (hashed.range(..=hash).next_back()).or_else(|| hashed.last_key_value())?;
        let behind = hashed.range(owner.clone()..).nth(1);
        let (next, _) = behind.or_else(|| hashed.first_key_value())?;
        Some((owner, types, next))
    }

    /// All names, empty non-terminals among them, by hash.
    fn hashed(&self) -> &BTreeMap<Vec<u8>, BTreeSet<RecordType>> {
        self.hashed.get_or_init(|| {
            let mut hashed = BTreeMap::new();
            for (name, types) in &self.names {
                hashed.insert(hash(name), types.clone());
                let mut above = name.clone();
                while above != self.origin && !above.is_root() {
                    above = above.base_name();
                    if !self.names.contains_key(&above) {
                        hashed.insert(hash(&above), BTreeSet::new());
                    }
                }
            }
            hashed
        })
    }
}

/// No salt and no further iterations (RFC 9276 §3.1).
fn hash(name: &Name) -> Vec<u8> {
    Nsec3HashAlgorithm::SHA1
        .hash(&[], name, 0)
        .map(|digest| digest.as_ref().to_vec())
        .unwrap_or_default()
}
