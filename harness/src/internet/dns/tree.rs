//! The tree of all zones: root, `test.`, the zones of each case below its label, and the reverse zones of our
//! addresses. Cases come and go while the resolvers run.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::PTR;
use hickory_proto::rr::{Name, RData};

use super::answer::{Answer, answer};
use super::case::{Asked, CaseDns};
use super::dnssec::{Denial, Key, Signing, State as ZoneState, Validity};
use super::name::{full_name, reverse_name, shown};
use super::publish::{Ground, Published};
use super::records::RecordError;
use super::tlsa::TlsaError;
use super::zone::Zone;
use crate::plan::Prefix;

/// Of the records above the cases.
const TTL: Duration = Duration::from_secs(3600);

/// Why a world could not be published.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Not a name.
    #[error("{0:?} is no name that DNS can carry")]
    Name(String),
    /// A name that belongs to no case.
    #[error("{0:?} lies outside the names of its case")]
    Outside(String),
    /// One of the further records of a domain.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A TXT record whose strings do not fit.
    #[error("the TXT record at {0} is empty or has a string of more than 255 octets")]
    Text(String),
    /// The certificate for a TLSA record.
    #[error(transparent)]
    Tlsa(#[from] TlsaError),
    /// The same case is up already.
    #[error("{0} is in use; the same case cannot be up twice at a time")]
    Taken(String),
}

/// All zones.
pub(super) struct Tree {
    base: Name,
    server: Name,
    server_address: IpAddr,
    prefixes: [Prefix; 2],
    validity: Validity,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    zones: BTreeMap<Name, Zone>,
    cases: BTreeMap<Name, Entry>,
    /// The apex of the case whose host stands at an address, by reverse name.
    owners: BTreeMap<Name, Name>,
}

struct Entry {
    case: Arc<CaseDns>,
    origins: Vec<Name>,
    pointers: Vec<Name>,
}

impl Tree {
    /// A tree without cases below `base`; `prefixes` are where the addresses of hosts come from, and `validity` is that of
    /// all signatures.
    pub(super) fn new(
        base: &str,
        server_address: IpAddr,
        prefixes: [Prefix; 2],
        validity: Validity,
    ) -> Result<Self, PublishError> {
        let base = full_name(base)?;
        let server = full_name("ns").and_then(|ns| {
            ns.append_domain(&base)
                .map_err(|_| super::name::NameError(base.to_ascii()))
        })?;
        let tree = Self {
            base: base.clone(),
            server: server.clone(),
            server_address,
            prefixes,
            validity,
            state: RwLock::default(),
        };
        let mut zones = BTreeMap::new();
        let mut root = tree.secure_zone(Name::root(), Key::Root);
        let [ipv4, ipv6] = tree.reverse_origins();
        for (origin, key) in [
            (base.clone(), Key::Base),
            (ipv4, Key::Zone),
            (ipv6, Key::Zone),
        ] {
            root.delegate(&origin, &server, Some(DNSSECRData::DS(key.ds(&origin))));
            zones.insert(origin.clone(), tree.secure_zone(origin, key));
        }
        if let Some(zone) = zones.get_mut(&base) {
            zone.add_address(server, server_address);
        }
        zones.insert(Name::root(), root);
        tree.write().zones = zones;
        Ok(tree)
    }

    fn secure_zone(&self, origin: Name, key: Key) -> Zone {
        let mut zone = Zone::new(origin.clone(), &self.server, TTL);
        let signing = Signing::new(origin, key, None, self.validity);
        zone.sign(signing, Denial::Nsec, ZoneState::Secure);
        zone
    }

    /// Where the zones of the case with this zone cut stand.
    pub(super) fn ground(&self, apex: &str) -> Result<Ground, PublishError> {
        let apex = full_name(apex)?;
        if !self.base.zone_of(&apex) || apex == self.base {
            return Err(PublishError::Outside(apex.to_ascii()));
        }
        let server = apex
            .prepend_label("ns")
            .map_err(|_| PublishError::Name(apex.to_ascii()))?;
        Ok(Ground {
            apex,
            server,
            server_address: self.server_address,
            validity: self.validity,
        })
    }

    /// Puts the zones of a case in the place of those that it had.
    pub(super) fn put(
        &self,
        apex: &Name,
        case: &Arc<CaseDns>,
        published: Published,
    ) -> Result<(), PublishError> {
        let mut state = self.write();
        let before = state.cases.get(apex);
        if before.is_some_and(|entry| !Arc::ptr_eq(&entry.case, case)) {
            return Err(PublishError::Taken(shown(apex)));
        }
        state.take_out(apex);
        if let Some(zone) = state.zones.get_mut(&self.base) {
            let ds = DNSSECRData::DS(Key::Zone.ds(apex));
            zone.delegate(apex, &self.server, Some(ds));
        }
        let mut entry = Entry {
            case: Arc::clone(case),
            origins: Vec::new(),
            pointers: Vec::new(),
        };
        for (address, name) in published.pointers {
            let pointer = reverse_name(address);
            let [ipv4, ipv6] = self.reverse_origins();
            let origin = if address.is_ipv4() { ipv4 } else { ipv6 };
            if let Some(zone) = state.zones.get_mut(&origin) {
                zone.add(pointer.clone(), RData::PTR(PTR(name)));
            }
            state.owners.insert(pointer.clone(), apex.clone());
            entry.pointers.push(pointer);
        }
        for zone in published.zones {
            entry.origins.push(zone.origin().clone());
            state.zones.insert(zone.origin().clone(), zone);
        }
        state.cases.insert(apex.clone(), entry);
        Ok(())
    }

    /// Takes a case and its zones away, unless the zones there are those of another.
    pub(super) fn remove(&self, apex: &Name, case: &Arc<CaseDns>) {
        let mut state = self.write();
        let before = state.cases.get(apex);
        if !before.is_some_and(|entry| Arc::ptr_eq(&entry.case, case)) {
            return;
        }
        state.take_out(apex);
        if let Some(zone) = state.zones.get_mut(&self.base) {
            zone.remove(apex);
        }
    }

    /// The case that a name, or the address in a reverse name, belongs to.
    pub(super) fn case_of(&self, name: &Name) -> Option<Arc<CaseDns>> {
        let state = self.read();
        let entry = if self.base.zone_of(name) {
            let apex = name.trim_to(usize::from(self.base.num_labels()) + 1);
            state.cases.get(&apex)
        } else {
            let apex = state.owners.get(name)?;
            state.cases.get(apex)
        };
        entry.map(|entry| Arc::clone(&entry.case))
    }

    /// Answers a question; for a name outside the tree the answer is REFUSED, never that there is no such name.
    pub(super) fn answer(&self, asked: &Asked, case: Option<&CaseDns>) -> Answer {
        if !self.has(&asked.name) {
            return Answer::bare(ResponseCode::Refused);
        }
        let state = self.read();
        answer(&state.zones, asked, |name| {
            case.and_then(|case| case.fault_on(name, asked.kind, asked.tcp))
        })
    }

    /// Does the name lie in the tree?
    fn has(&self, name: &Name) -> bool {
        let [ipv4, ipv6] = self.reverse_origins();
        // Above a zone too: whoever follows a chain of trust asks for DS at each label on the way.
        let is_above = [&self.base, &ipv4, &ipv6]
            .iter()
            .any(|zone| name.zone_of(zone));
        is_above
            || self.base.zone_of(name)
            || ipv6.zone_of(name)
            || (ipv4.zone_of(name) && self.is_in_pool(name))
    }

    /// Is this the reverse name of one of our IPv4 addresses, or of a part of their prefix?
    fn is_in_pool(&self, name: &Name) -> bool {
        let mut octets = [0; 4];
        let mut known = 0;
        for (octet, label) in octets.iter_mut().zip(name.iter().rev().skip(2)) {
            let Some(value) = std::str::from_utf8(label).ok().and_then(|t| t.parse().ok()) else {
                break;
            };
            *octet = value;
            known += 8;
        }
        let [ipv4, _] = self.prefixes;
        let named = Prefix::ipv4(octets.into(), ipv4.length().min(known));
        named.contains(ipv4.first())
    }

    /// The reverse zones of the prefixes, cut at an octet, or at half of one for IPv6 (RFC 3596 §2.5).
    fn reverse_origins(&self) -> [Name; 2] {
        let [ipv4, ipv6] = self.prefixes;
        let zone = |prefix: Prefix, bits: u8| {
            let full = reverse_name(prefix.first());
            full.trim_to(2 + usize::from(prefix.length() / bits))
        };
        [zone(ipv4, 8), zone(ipv6, 4)]
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_out(&mut self, apex: &Name) {
        let Some(entry) = self.cases.remove(apex) else {
            return;
        };
        for origin in entry.origins {
            self.zones.remove(&origin);
        }
        for pointer in entry.pointers {
            self.owners.remove(&pointer);
            for zone in self.zones.values_mut() {
                if zone.origin().zone_of(&pointer) && !zone.origin().is_root() {
                    zone.remove(&pointer);
                }
            }
        }
    }
}
