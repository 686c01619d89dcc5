//! The zones of one case as a world has them (SCENARIOS §3, §4): what is published, and what of it differs from a
//! healthy world.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use hickory_proto::rr::rdata::{MX, TXT};
use hickory_proto::rr::{Name, RData, RecordType};
use mtaspec_judge::scenario::{
    Difference, Domain, Host, HostAddress, HttpsHost, Sts, TlsRpt, Tlsa, World, is_same_name,
    without_brackets,
};

use super::cut::Cut;
use super::dnssec::{Denial, Key, Signing, State, Validity};
use super::name::{NameError, full_name, shown};
use super::records;
use super::tlsa::{self, TlsaSource};
use super::tree::PublishError;
use super::zone::Zone;
use crate::plan::HostAddresses;

/// Where the zones of a case stand.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// `<label>.test.`
    pub(super) apex: Name,
    /// What their NS records name.
    pub(super) server: Name,
    /// Its address.
    pub(super) server_address: IpAddr,
    /// From when to when their signatures hold.
    pub(super) validity: Validity,
}

/// The zones of a case, and which host stands at which address.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) zones: Vec<Zone>,
    pub(super) pointers: Vec<(IpAddr, Name)>,
}

/// Makes the zones of a world.
pub(super) fn publish(
    ground: &Ground,
    world: &World,
    addresses: &HostAddresses,
    certificates: &dyn TlsaSource,
) -> Result<Published, PublishError> {
    let mut zones = Zones::cut(ground, world)?;
    for (name, domain) in &world.domains {
        zones.domain(name, domain)?;
    }
    for (name, host) in &world.hosts {
        zones.host(name, host, world, certificates)?;
        zones.addresses(name, host.cname.as_deref(), addresses)?;
    }
    for (name, host) in &world.https {
        zones.https(name, host)?;
        if !world.hosts.contains_key(name) {
            zones.addresses(name, host.cname.as_deref(), addresses)?;
        }
    }
    // Last, since an alias among them takes the place of what would stand there.
    for (name, domain) in &world.domains {
        zones.extra_records(name, domain)?;
    }
    Ok(Published {
        zones: zones.zones.into_values().collect(),
        pointers: zones.pointers,
    })
}

struct Zones {
    apex: Name,
    zones: BTreeMap<Name, Zone>,
    pointers: Vec<(IpAddr, Name)>,
}

impl Zones {
    /// The apex, a zone for each domain of two words, and one where a deeper domain asks for it. A name that is an
    /// alias can be the origin of no zone (RFC 1034 §3.6.2).
    fn cut(ground: &Ground, world: &World) -> Result<Self, PublishError> {
        let mut origins = BTreeMap::new();
        let deep = usize::from(ground.apex.num_labels()) + 1;
        let aliases = aliases(world)?;
        let names = (world.domains.keys())
            .chain(world.hosts.keys())
            .chain(world.https.keys());
        for text in names {
            let name = full_name(text)?;
            if !ground.apex.zone_of(&name) {
                return Err(PublishError::Outside(text.clone()));
            }
            let domain = name.trim_to(deep);
            for origin in [domain, name] {
                let published =
                    (world.domains.iter()).find(|(name, _)| is_same_name(name, &shown(&origin)));
                let is_domain = usize::from(origin.num_labels()) <= deep || published.is_some();
                if is_domain && origin != ground.apex && !aliases.contains(&origin) {
                    origins.insert(origin, published);
                }
            }
        }
        let ttl = Domain::default().ttl;
        let mut apex = Zone::new(ground.apex.clone(), &ground.server, ttl);
        apex.add_address(ground.server.clone(), ground.server_address);
        let signing = Signing::new(ground.apex.clone(), Key::Zone, None, ground.validity);
        apex.sign(signing, Denial::Nsec, State::Secure);
        let mut zones = Self {
            apex: ground.apex.clone(),
            zones: BTreeMap::from([(ground.apex.clone(), apex)]),
            pointers: Vec::new(),
        };
        // In canonical order, so that a parent comes before its children.
        for (origin, published) in origins {
            let zone = Cut::new(ground, &origin, published).make(zones.of(&origin));
            zones.zones.insert(origin, zone);
        }
        Ok(zones)
    }

    /// The zone in which a name stands.
    fn of(&mut self, name: &Name) -> &mut Zone {
        let mut origin = name.clone();
        while !self.zones.contains_key(&origin) && !origin.is_root() {
            origin = origin.base_name();
        }
        let origin = if origin.is_root() {
            self.apex.clone()
        } else {
            origin
        };
        self.zones
            .get_mut(&origin)
            .expect("the apex has a zone from the beginning")
    }

    fn differs(&mut self, owner: &Name, kind: Option<RecordType>, difference: Difference) {
        let zone = self.of(owner);
        zone.add_difference(owner.clone(), kind, difference);
    }

    fn domain(&mut self, text: &str, domain: &Domain) -> Result<(), PublishError> {
        let name = full_name(text)?;
        let differs = |key: &str| Difference::Domain(text.to_owned(), key.to_owned());
        self.of(&name).add_name(name.clone());
        for record in &domain.mx {
            let host = full_name(literal_as_name(&record.host))?;
            let data = RData::MX(MX::new(record.preference, host));
            self.of(&name).add(name.clone(), data);
        }
        if !is_healthy_mx(text, domain) {
            self.differs(&name, Some(RecordType::MX), differs("mx"));
        }
        if let Some(target) = &domain.cname {
            let target = full_name(target)?;
            self.of(&name).add_alias(name.clone(), target);
            self.differs(&name, None, differs("cname"));
        }
        if let Some(sts) = &domain.sts {
            let owner = full_name(&format!("_mta-sts.{text}"))?;
            self.texts(&owner, sts_record(sts))?;
            let usual = Sts::default();
            for (key, same) in [
                ("sts.record", sts.record.is_none()),
                ("sts.id", sts.id == usual.id),
            ] {
                if !same {
                    self.differs(&owner, Some(RecordType::TXT), differs(key));
                }
            }
        }
        if let Some(reporting) = &domain.tlsrpt {
            let owner = full_name(&format!("_smtp._tls.{text}"))?;
            self.texts(&owner, tlsrpt_record(reporting))?;
        }
        Ok(())
    }

    fn texts(&mut self, owner: &Name, records: Vec<Vec<String>>) -> Result<(), PublishError> {
        for strings in records {
            if strings.iter().any(|string| string.len() > 255) || strings.is_empty() {
                return Err(PublishError::Text(shown(owner)));
            }
            let zone = self.of(owner);
            zone.add(owner.clone(), RData::TXT(TXT::new(strings)));
        }
        Ok(())
    }

    fn host(
        &mut self,
        text: &str,
        host: &Host,
        world: &World,
        certificates: &dyn TlsaSource,
    ) -> Result<(), PublishError> {
        let name = full_name(text)?;
        let usual = Host::default();
        let differs = |key: &str| Difference::Host(text.to_owned(), key.to_owned());
        let keys = [
            ("addresses", host.addresses == usual.addresses),
            ("cname", host.cname.is_none()),
            ("port", host.port == usual.port),
        ];
        self.address_differences(&name, &keys, differs);
        if let Some(records) = &host.tlsa {
            let owner = full_name(&format!("_{}._tcp.{text}", host.port))?;
            for record in records {
                if let Tlsa::Alias(target) = record {
                    let target = full_name(target)?;
                    self.of(&owner).add_alias(owner.clone(), target);
                } else if let Some(data) = tlsa::data(text, record, world, certificates)? {
                    self.of(&owner).add(owner.clone(), data);
                }
            }
            self.differs(&owner, None, differs("tlsa"));
        }
        Ok(())
    }

    fn https(&mut self, text: &str, host: &HttpsHost) -> Result<(), PublishError> {
        let name = full_name(text)?;
        let usual: &[HostAddress] = &HttpsHost::default().addresses;
        let keys = [
            ("addresses", host.addresses == usual),
            ("cname", host.cname.is_none()),
        ];
        self.address_differences(&name, &keys, |key| {
            Difference::Https(text.to_owned(), key.to_owned())
        });
        Ok(())
    }

    /// Differences that are shown when an address is asked for.
    fn address_differences(
        &mut self,
        name: &Name,
        keys: &[(&str, bool)],
        difference: impl Fn(&str) -> Difference,
    ) {
        for (key, _) in keys.iter().filter(|(_, is_healthy)| !is_healthy) {
            for kind in [RecordType::A, RecordType::AAAA] {
                self.differs(name, Some(kind), difference(key));
            }
        }
    }

    fn addresses(
        &mut self,
        text: &str,
        alias: Option<&str>,
        addresses: &HostAddresses,
    ) -> Result<(), PublishError> {
        let name = full_name(text)?;
        if let Some(target) = alias {
            let target = full_name(target)?;
            self.of(&name).add_alias(name, target);
            return Ok(());
        }
        let zone = self.of(&name);
        zone.add_name(name.clone());
        for address in addresses.get(text).into_iter().flatten() {
            zone.add_address(name.clone(), *address);
        }
        let pointers = addresses.get(text).into_iter().flatten();
        self.pointers
            .extend(pointers.map(|address| (*address, name.clone())));
        Ok(())
    }

    fn extra_records(&mut self, text: &str, domain: &Domain) -> Result<(), PublishError> {
        for record in &domain.records {
            let (owner, data) = records::parse(text, record)?;
            if !self.apex.zone_of(&owner) {
                return Err(PublishError::Outside(record.owner.clone()));
            }
            let kind = data.record_type();
            self.of(&owner).add(owner.clone(), data);
            let shown_by = (kind != RecordType::CNAME).then_some(kind);
            let difference = Difference::Domain(text.to_owned(), "records".to_owned());
            self.differs(&owner, shown_by, difference);
        }
        Ok(())
    }
}

/// All names that are aliases of another.
fn aliases(world: &World) -> Result<BTreeSet<Name>, PublishError> {
    let mut aliases = BTreeSet::new();
    for (text, domain) in &world.domains {
        if domain.cname.is_some() {
            aliases.insert(full_name(text)?);
        }
        for record in &domain.records {
            if record.kind.eq_ignore_ascii_case("CNAME") {
                aliases.insert(records::parse(text, record)?.0);
            }
        }
    }
    let hosts = (world.hosts.iter()).filter(|(_, host)| host.cname.is_some());
    let https = (world.https.iter()).filter(|(_, host)| host.cname.is_some());
    let names = hosts
        .map(|(name, _)| name)
        .chain(https.map(|(name, _)| name));
    for text in names {
        aliases.insert(full_name(text)?);
    }
    Ok(aliases)
}

/// One MX host, `mx.NAME`, with preference 10.
fn is_healthy_mx(name: &str, domain: &Domain) -> bool {
    match domain.mx.as_slice() {
        [record] => {
            let usual = format!("mx.{name}");
            record.preference == 10 && record.host.eq_ignore_ascii_case(&usual)
        }
        _ => false,
    }
}

/// An address literal as the name that a careless administrator makes of it.
fn literal_as_name(host: &str) -> &str {
    match without_brackets(host) {
        inside if inside.len() < host.len() => inside.strip_prefix("IPv6:").unwrap_or(inside),
        name => name,
    }
}

/// RFC 8461 §3.1.
fn sts_record(sts: &Sts) -> Vec<Vec<String>> {
    let usual = || vec![vec![format!("v=STSv1; id={};", sts.id)]];
    sts.record.clone().unwrap_or_else(usual)
}

/// RFC 8460 §3.
fn tlsrpt_record(reporting: &TlsRpt) -> Vec<Vec<String>> {
    let usual = || vec![vec![format!("v=TLSRPTv1; rua={}", reporting.rua.join(","))]];
    reporting.record.clone().unwrap_or_else(usual)
}

impl From<NameError> for PublishError {
    fn from(error: NameError) -> Self {
        Self::Name(error.0)
    }
}
