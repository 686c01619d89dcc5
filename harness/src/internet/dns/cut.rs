//! One zone cut of a world: the zone below it, signed or not, and what the zone above says of it (SCENARIOS §3).

use hickory_proto::dnssec::rdata::DNSSECRData;
use hickory_proto::rr::{Name, RecordType};
use mtaspec_judge::scenario::{Denial as DenialWord, Difference, Dnssec, Domain};

use super::dnssec::{Denial, Flaw, Key, Signing, State};
use super::publish::Ground;
use super::zone::Zone;

/// A zone that is to be.
pub(super) struct Cut<'world> {
    ground: &'world Ground,
    origin: &'world Name,
    /// What the world says of it, with the name as it is written there.
    published: Option<(&'world String, &'world Domain)>,
}

impl<'world> Cut<'world> {
    pub(super) fn new(
        ground: &'world Ground,
        origin: &'world Name,
        published: Option<(&'world String, &'world Domain)>,
    ) -> Self {
        Self {
            ground,
            origin,
            published,
        }
    }

    /// Makes the zone below, and delegates it from the one above.
    pub(super) fn make(&self, parent: &mut Zone) -> Zone {
        let usual = Domain::default();
        let domain = self.published.map_or(&usual, |(_, domain)| domain);
        let mut zone = Zone::new(self.origin.clone(), &self.ground.server, domain.ttl);
        let key = self.key();
        let (flaw, ds) = match domain.dnssec {
            Dnssec::Secure => (None, key),
            Dnssec::BadSignature => (Some(Flaw::Bad), key),
            Dnssec::MissingSignature => (Some(Flaw::Missing), key),
            Dnssec::ExpiredSignature => (Some(Flaw::Expired), key),
            Dnssec::DsMismatch => (None, Key::Stranger),
            Dnssec::Insecure => {
                parent.delegate(self.origin, &self.ground.server, None);
                self.tell_differences(domain, parent, &mut zone);
                return zone;
            }
        };
        // A DS record that nobody signs would be of no use.
        let ds = (parent.signing()).map(|_| DNSSECRData::DS(ds.ds(self.origin)));
        parent.delegate(self.origin, &self.ground.server, ds);
        let own = match domain.dnssec {
            Dnssec::Secure => State::Secure,
            _ => State::Bogus,
        };
        // Below a zone without a chain of trust no validator looks at signatures, right or wrong.
        let state = match parent.state() {
            State::Secure => own,
            above => above,
        };
        let denial = match domain.denial {
            DenialWord::Nsec => Denial::Nsec,
            DenialWord::Nsec3 => Denial::Nsec3,
        };
        let signing = Signing::new(self.origin.clone(), key, flaw, self.ground.validity);
        zone.sign(signing, denial, state);
        self.tell_differences(domain, parent, &mut zone);
        zone
    }

    /// The subject's own domain has a key of a kind of its own.
    fn key(&self) -> Key {
        let home = self.ground.apex.prepend_label("home");
        match home {
            Ok(home) if home == *self.origin => Key::Home,
            _ => Key::Zone,
        }
    }

    /// Every answer of the zone shows how it is signed, and so does its DS record, or that there is none.
    fn tell_differences(&self, domain: &Domain, parent: &mut Zone, zone: &mut Zone) {
        let Some((name, _)) = self.published else {
            return;
        };
        let usual = Domain::default();
        let difference = |key: &str| Difference::Domain(name.clone(), key.to_owned());
        if domain.dnssec != usual.dnssec {
            zone.add_difference_of_all(difference("dnssec"));
            let of_ds = Some(RecordType::DS);
            parent.add_difference(self.origin.clone(), of_ds, difference("dnssec"));
        }
        if domain.denial != usual.denial {
            zone.add_difference_of_denials(difference("denial"));
        }
    }
}
