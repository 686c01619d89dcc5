//! The addresses of the hosts of a story, the same from step to step.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

use mtaspec_judge::scenario::{Family, Host, HostAddress, World};

use super::{AddressBook, AddressError};

/// The logical addresses of one host in the order of its records, for the world of one step.
pub type HostAddresses = BTreeMap<String, Vec<IpAddr>>;

/// The addresses of all hosts over all worlds of a story: the n-th of a family stays the same from step to step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StoryAddresses {
    given: BTreeMap<(String, FamilyOrder, usize), IpAddr>,
}

type FamilyOrder = u8;

impl StoryAddresses {
    /// Gives out what these worlds need.
    ///
    /// # Errors
    /// As [`AddressBook::give`].
    pub(super) fn of<'a>(
        worlds: impl IntoIterator<Item = &'a World>,
        book: &AddressBook,
    ) -> Result<Self, AddressError> {
        let mut story = Self::default();
        for world in worlds {
            for (name, addresses) in hosts_of(world) {
                if let Some(pool) = book.ipv6_alone()
                    && has_both_families(addresses)
                {
                    return Err(AddressError::NoIpv4(pool));
                }
                for (key, family) in keys(name, addresses) {
                    if let Entry::Vacant(entry) = story.given.entry(key) {
                        entry.insert(book.give(family)?);
                    }
                }
            }
        }
        Ok(story)
    }

    /// The addresses of each host of this world, in the order of its records.
    #[must_use]
    pub(super) fn in_world(&self, world: &World) -> HostAddresses {
        hosts_of(world)
            .map(|(name, addresses)| {
                let found = keys(name, addresses)
                    .into_iter()
                    .filter_map(|(key, _)| self.given.get(&key).copied())
                    .collect();
                (name.to_owned(), found)
            })
            .collect()
    }

    /// The first address of each host, whatever its family.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (String, IpAddr)> {
        let firsts = self.given.iter().rev();
        let by_name: BTreeMap<&String, IpAddr> = firsts
            .map(|((name, _, _), address)| (name, *address))
            .collect();
        by_name
            .into_iter()
            .map(|(name, address)| (name.clone(), address))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Every address given out.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.given
            .iter()
            .map(|((name, _, _), address)| (name.as_str(), *address))
    }
}

fn has_both_families(addresses: &[HostAddress]) -> bool {
    let families = addresses.iter().map(|address| address.family);
    let (ipv4, ipv6): (Vec<_>, Vec<_>) = families.partition(|family| *family == Family::Ipv4);
    !ipv4.is_empty() && !ipv6.is_empty()
}

fn hosts_of(world: &World) -> impl Iterator<Item = (&str, &[HostAddress])> {
    let smtp = world
        .hosts
        .iter()
        .map(|(name, host): (_, &Host)| (name.as_str(), host.addresses.as_slice()));
    let https = world
        .https
        .iter()
        .map(|(name, host)| (name.as_str(), host.addresses.as_slice()));
    https.chain(smtp)
}

fn keys(name: &str, addresses: &[HostAddress]) -> Vec<((String, FamilyOrder, usize), Family)> {
    let (mut ipv4, mut ipv6) = (0, 0);
    addresses
        .iter()
        .map(|address| {
            let (order, count) = match address.family {
                Family::Ipv4 => (4, &mut ipv4),
                Family::Ipv6 => (6, &mut ipv6),
            };
            *count += 1;
            ((name.to_owned(), order, *count), address.family)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Answering, Family, Host, HostAddress, World};

    use super::StoryAddresses;
    use crate::plan::{AddressBook, AddressError, AddressMode, Pool};

    fn with(addresses: &[(Family, Answering)]) -> World {
        let addresses = addresses
            .iter()
            .map(|&(family, answer)| HostAddress { family, answer })
            .collect();
        let mut world = World::default();
        world.hosts.insert(
            "mx.a.test".into(),
            Host {
                addresses,
                ..Host::default()
            },
        );
        world
    }

    #[test]
    fn an_address_stays_the_same_from_step_to_step() {
        let first = with(&[(Family::Ipv4, Answering::Server)]);
        let second = with(&[
            (Family::Ipv6, Answering::Silent),
            (Family::Ipv4, Answering::Refused),
            (Family::Ipv4, Answering::Server),
        ]);
        let book = AddressBook::new(AddressMode::Mapped);
        let story = StoryAddresses::of([&first, &second], &book).unwrap();
        let (before, after) = (story.in_world(&first), story.in_world(&second));
        assert_eq!(before["mx.a.test"][0], after["mx.a.test"][1]);
        assert_eq!(after["mx.a.test"].len(), 3);
        assert_eq!(
            story.firsts().collect::<Vec<_>>(),
            [("mx.a.test".to_owned(), before["mx.a.test"][0])]
        );
    }

    #[test]
    fn a_host_of_both_families_has_no_place_in_a_pool_of_ipv6_addresses() {
        let pool: Pool = "2001:db8:7::/64".parse().unwrap();
        let book = AddressBook::new(AddressMode::Real(pool.into()));
        // (families of a host, does it get addresses?)
        let cases = [
            (vec![Family::Ipv4], true),
            (vec![Family::Ipv6, Family::Ipv6], true),
            (vec![Family::Ipv4, Family::Ipv6], false),
        ];
        for (families, want) in cases {
            let addresses: Vec<_> = (families.iter())
                .map(|family| (*family, Answering::Server))
                .collect();
            let given = StoryAddresses::of([&with(&addresses)], &book);
            assert_eq!(given.is_ok(), want, "{families:?}");
            if !want {
                assert_eq!(given, Err(AddressError::NoIpv4(pool)));
            }
        }
    }
}
