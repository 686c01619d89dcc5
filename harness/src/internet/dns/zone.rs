//! One zone: its records in canonical order, what it knows of a name (RFC 1034 §4.3.2, RFC 4592), and how it signs
//! and denies.
//!
//! The order is that of RFC 4034 §6.1, so that a proof of absence finds the neighbours of a name beside it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordSet, RecordType};
use mtaspec_judge::scenario::Difference;

use super::dnssec::{Denial, Outline, Signing, State};
use super::place::{Place, place};

/// A zone and all its records.
#[derive(Debug)]
pub(super) struct Zone {
    origin: Name,
    ttl: u32,
    state: State,
    signing: Option<Signing>,
    denial: Denial,
    names: BTreeMap<Name, BTreeMap<RecordType, RecordSet>>,
    outline: OnceLock<Outline>,
    /// What differs from a healthy world, by the name (and type; none: all) whose answers it changes.
    differences: BTreeMap<Name, Vec<(Option<RecordType>, Difference)>>,
    /// The same of the zone as a whole: what every answer shows, and what those show that deny something.
    whole: Vec<Difference>,
    denied: Vec<Difference>,
}

/// What a zone knows of a name and type.
#[derive(Debug)]
pub(super) struct Finding<'zone> {
    pub(super) found: Found<'zone>,
    /// Does a wildcard stand for the name?
    pub(super) is_expanded: bool,
    /// The differences that are shown by it.
    pub(super) shown: Vec<&'zone Difference>,
}

/// What there is at a name.
#[derive(Debug)]
pub(super) enum Found<'zone> {
    /// These sets, still under the owner name of the zone.
    Records(Vec<&'zone RecordSet>),
    /// The signatures of these sets.
    Signatures(Vec<&'zone RecordSet>),
    /// An alias to follow.
    Alias(&'zone RecordSet, &'zone Name),
    /// The name is there, this type is not.
    NoData,
    /// The name is not there.
    NoName,
}

impl Zone {
    /// An unsigned zone with SOA and NS, served by `server`.
    pub(super) fn new(origin: Name, server: &Name, ttl: Duration) -> Self {
        let ttl = u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX >> 1);
        let mut zone = Self {
            origin: origin.clone(),
            ttl,
            state: State::Insecure,
            signing: None,
            denial: Denial::Nsec,
            names: BTreeMap::new(),
            outline: OnceLock::new(),
            differences: BTreeMap::new(),
            whole: Vec::new(),
            denied: Vec::new(),
        };
        let soa = SOA::new(server.clone(), server.clone(), 1, 3600, 600, 86_400, ttl);
        zone.add(origin.clone(), RData::SOA(soa));
        zone.add(origin, RData::NS(NS(server.clone())));
        zone
    }

    /// Signs it. Whether a validator believes that is told by `state`.
    pub(super) fn sign(&mut self, signing: Signing, denial: Denial, state: State) {
        let key = RData::DNSSEC(DNSSECRData::DNSKEY(signing.key().dnskey()));
        self.add(self.origin.clone(), key);
        if let Some(parameters) = denial.parameters() {
            self.add(self.origin.clone(), parameters);
        }
        self.signing = Some(signing);
        self.denial = denial;
        self.state = state;
    }

    pub(super) fn origin(&self) -> &Name {
        &self.origin
    }

    pub(super) fn ttl(&self) -> u32 {
        self.ttl
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn signing(&self) -> Option<&Signing> {
        self.signing.as_ref()
    }

    pub(super) fn denial(&self) -> Denial {
        self.denial
    }

    /// Adds a record with the zone's time to live. An alias takes the place of all else at its name.
    pub(super) fn add(&mut self, owner: Name, data: RData) {
        self.outline = OnceLock::new();
        let kind = data.record_type();
        let sets = self.names.entry(owner.clone()).or_default();
        if kind == RecordType::CNAME {
            sets.clear();
        } else if sets.contains_key(&RecordType::CNAME) {
            return;
        }
        let record = Record::from_rdata(owner.clone(), self.ttl, data);
        sets.entry(kind)
            .or_insert_with(|| RecordSet::with_ttl(owner, kind, self.ttl))
            .insert(record, 0);
    }

    pub(super) fn add_address(&mut self, owner: Name, address: IpAddr) {
        let data = match address {
            IpAddr::V4(address) => RData::A(A(address)),
            IpAddr::V6(address) => RData::AAAA(AAAA(address)),
        };
        self.add(owner, data);
    }

    pub(super) fn add_alias(&mut self, owner: Name, target: Name) {
        self.add(owner, RData::CNAME(CNAME(target)));
    }

    /// The zone of this name is served by `server` and, if it is signed so that a validator can find out, has this DS
    /// record.
    pub(super) fn delegate(&mut self, child: &Name, server: &Name, ds: Option<DNSSECRData>) {
        self.add(child.clone(), RData::NS(NS(server.clone())));
        if let Some(ds) = ds {
            self.add(child.clone(), RData::DNSSEC(ds));
        }
    }

    /// The name exists, if only without records.
    pub(super) fn add_name(&mut self, owner: Name) {
        self.outline = OnceLock::new();
        self.names.entry(owner).or_default();
    }

    /// Takes all records of a name away.
    pub(super) fn remove(&mut self, owner: &Name) {
        self.outline = OnceLock::new();
        self.names.remove(owner);
    }

    /// Answers at this name (of this type; none: of any) show this difference.
    pub(super) fn add_difference(
        &mut self,
        owner: Name,
        kind: Option<RecordType>,
        difference: Difference,
    ) {
        let differences = self.differences.entry(owner).or_default();
        differences.push((kind, difference));
    }

    /// All answers show this difference.
    pub(super) fn add_difference_of_all(&mut self, difference: Difference) {
        self.whole.push(difference);
    }

    /// All answers that deny something show this difference.
    pub(super) fn add_difference_of_denials(&mut self, difference: Difference) {
        self.denied.push(difference);
    }

    /// What every answer of this zone shows.
    pub(super) fn shown_by_all(&self) -> &[Difference] {
        &self.whole
    }

    /// What every answer shows that proves an absence.
    pub(super) fn shown_by_denials(&self) -> &[Difference] {
        &self.denied
    }

    /// What it knows, and the differences that this shows.
    pub(super) fn find(&self, name: &Name, kind: RecordType) -> Finding<'_> {
        let (source, is_expanded) = match place(&self.names, &self.origin, name) {
            Place::Here => (name.clone(), false),
            Place::Wildcard { source, .. } => (source, true),
            Place::Nowhere { .. } => {
                return Finding {
                    found: Found::NoName,
                    is_expanded: false,
                    shown: self.shown_at(name, kind),
                };
            }
        };
        let mut shown = self.shown_at(&source, kind);
        if is_expanded {
            // What stands in the way of a name's own records is shown by the wildcard's.
            shown.extend(self.shown_at(name, kind));
        }
        // A wildcard may be an empty non-terminal as well: then it is there and has no data (RFC 4592 §4.2).
        let sets = self.names.get(&source);
        Finding {
            found: sets.map_or(Found::NoData, |sets| found_in(sets, kind)),
            is_expanded,
            shown,
        }
    }

    /// The SOA record, for the authority section of a denial (RFC 2308 §3).
    pub(super) fn soa(&self) -> Option<&RecordSet> {
        let sets = self.names.get(&self.origin);
        sets.and_then(|sets| sets.get(&RecordType::SOA))
    }

    /// What its proofs of absence are made from.
    pub(super) fn outline(&self) -> &Outline {
        self.outline.get_or_init(|| {
            let names = (self.names.iter())
                .map(|(name, sets)| (name.clone(), sets.keys().copied().collect()))
                .collect();
            Outline::new(self.origin.clone(), names)
        })
    }

    fn shown_at(&self, name: &Name, kind: RecordType) -> Vec<&Difference> {
        let differences = self.differences.get(name).into_iter().flatten();
        differences
            .filter(|(of, _)| of.is_none_or(|of| of == kind || kind == RecordType::ANY))
            .map(|(_, difference)| difference)
            .collect()
    }
}

fn found_in(sets: &BTreeMap<RecordType, RecordSet>, kind: RecordType) -> Found<'_> {
    if kind == RecordType::ANY && !sets.is_empty() {
        return Found::Records(sets.values().collect());
    }
    if kind == RecordType::RRSIG && !sets.is_empty() {
        return Found::Signatures(sets.values().collect());
    }
    if let Some(set) = sets.get(&kind) {
        return Found::Records(vec![set]);
    }
    let alias = sets.get(&RecordType::CNAME);
    let target = alias.and_then(|set| match set.record().map(|record| &record.data) {
        Some(RData::CNAME(target)) => Some((set, &target.0)),
        _ => None,
    });
    match target {
        Some((set, target)) => Found::Alias(set, target),
        None => Found::NoData,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use hickory_proto::rr::RecordType;
    use proptest::prelude::*;

    use super::super::name::full_name;
    use super::{Found, Zone};

    fn zone() -> Zone {
        let name = |text| full_name(text).unwrap();
        let mut zone = Zone::new(
            name("example.test"),
            &name("ns.test"),
            Duration::from_secs(60),
        );
        let address = "198.18.0.4".parse().unwrap();
        zone.add_address(name("mx.example.test"), address);
        zone.add_address(name("*.wild.example.test"), address);
        zone.add_address(name("deep.empty.example.test"), address);
        zone.add_alias(name("alias.example.test"), name("mx.example.test"));
        zone.add_name(name("bare.example.test"));
        zone
    }

    fn word(found: &Found<'_>) -> &'static str {
        match found {
            Found::Records(_) => "records",
            Found::Signatures(_) => "signatures",
            Found::Alias(..) => "alias",
            Found::NoData => "no data",
            Found::NoName => "no name",
        }
    }

    #[test]
    fn a_name_is_found_as_the_rfcs_say() {
        let cases = [
            ("mx.example.test", RecordType::A, "records"),
            ("MX.Example.TEST", RecordType::A, "records"),
            ("mx.example.test", RecordType::AAAA, "no data"),
            ("alias.example.test", RecordType::A, "alias"),
            ("alias.example.test", RecordType::CNAME, "records"),
            ("alias.example.test", RecordType::ANY, "records"),
            ("example.test", RecordType::SOA, "records"),
            ("example.test", RecordType::MX, "no data"),
            ("none.example.test", RecordType::A, "no name"),
            ("below.mx.example.test", RecordType::A, "no name"),
            ("empty.example.test", RecordType::A, "no data"),
            ("bare.example.test", RecordType::A, "no data"),
            ("x.wild.example.test", RecordType::A, "records"),
            ("a.b.wild.example.test", RecordType::A, "records"),
            ("x.wild.example.test", RecordType::MX, "no data"),
            ("wild.example.test", RecordType::A, "no data"),
            ("x.other.example.test", RecordType::A, "no name"),
        ];
        let zone = zone();
        for (name, kind, want) in cases {
            let found = zone.find(&full_name(name).unwrap(), kind).found;
            assert_eq!(word(&found), want, "{name} {kind}");
        }
    }

    #[test]
    fn an_alias_stands_alone_at_its_name() {
        let name = |text| full_name(text).unwrap();
        let mut zone = zone();
        zone.add_alias(name("mx.example.test"), name("other.test"));
        zone.add_address(name("mx.example.test"), "198.18.0.5".parse().unwrap());
        let found = zone.find(&name("mx.example.test"), RecordType::A).found;
        assert!(matches!(found, Found::Alias(_, target) if *target == name("other.test")));
    }

    /// What RFC 4592 says of a name, word for word and slowly: `names` have an address, and are below the origin.
    fn by_definition(names: &BTreeSet<String>, asked: &str) -> &'static str {
        let exists = |name: &str| {
            let below = format!(".{name}");
            name == "o.test" || names.iter().any(|n| n == name || n.ends_with(&below))
        };
        let has = |name: &str| {
            if names.contains(name) {
                "records"
            } else {
                "no data"
            }
        };
        if exists(asked) {
            return has(asked);
        }
        let mut encloser = asked;
        while !exists(encloser) {
            encloser = encloser.split_once('.').unwrap().1;
        }
        let wildcard = format!("*.{encloser}");
        if exists(&wildcard) {
            has(&wildcard)
        } else {
            "no name"
        }
    }

    fn any_name() -> impl Strategy<Value = String> {
        prop::collection::vec("[ab*]", 1..4)
            .prop_map(|labels| format!("{}.o.test", labels.join(".")))
    }

    proptest! {
        #[test]
        fn a_zone_knows_what_the_rfc_defines(
            names in prop::collection::btree_set(any_name(), 0..8),
            asked in any_name(),
        ) {
            let origin = full_name("o.test").unwrap();
            let mut zone = Zone::new(origin.clone(), &origin, Duration::ZERO);
            for name in &names {
                zone.add_address(full_name(name).unwrap(), "198.18.0.4".parse().unwrap());
            }
            let found = zone.find(&full_name(&asked).unwrap(), RecordType::A).found;
            prop_assert_eq!(word(&found), by_definition(&names, &asked));
        }
    }
}
