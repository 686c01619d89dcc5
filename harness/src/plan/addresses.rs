//! Logical addresses, unique in a run, and the real sockets behind them.
//!
//! Recordings hold logical addresses. Outside a namespace every listener stands on a loopback address and a free port,
//! and the subject is given a map; on real ports the two are the same, from a part of 127.0.0.0/8.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mtaspec_judge::scenario::{Difference, Family, Host, HostAddress, World};

use super::pool::Pool;

/// Which addresses a run uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressMode {
    /// Logical ones of 198.18.0.0/15 and 2001:db8::/32 (RFC 2544, RFC 3849); listeners on 127.0.0.1 and ::1, port 0.
    Mapped,
    /// The same, with each IPv4 listener on a loopback address of its own where the system has them: a run leaves
    /// thousands of ports waiting (TIME_WAIT), and on one address a few runs a minute would use up all of them.
    Apart,
    /// Ports 25, 53 and 443 as they are, on addresses of this prefix.
    Real(Pool),
}

/// Why an address could not be had.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The prefix is used up.
    #[error("the pool {0} has no address left; give a larger one")]
    UsedUp(Pool),
    /// All of 198.18.0.0/15 is given out.
    #[error("the cases have more hosts than 198.18.0.0/15 has addresses; choose fewer cases")]
    TooManyHosts,
    /// Real ports have no IPv6 addresses of their own on loopback.
    #[error("it needs `ipv6`, and real ports have no IPv6 addresses")]
    NoIpv6,
}

/// The logical addresses of one host in the order of its records, for the world of one step.
pub type HostAddresses = BTreeMap<String, Vec<IpAddr>>;

/// All addresses of a run: gives out logical ones, knows the real ones behind them.
#[derive(Debug)]
pub struct AddressBook {
    mode: AddressMode,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ipv4_given: u32,
    ipv6_given: u32,
    real: BTreeMap<SocketAddr, SocketAddr>,
    refusals: BTreeMap<SocketAddr, Difference>,
}

impl AddressBook {
    /// An empty book.
    #[must_use]
    pub fn new(mode: AddressMode) -> Self {
        Self {
            mode,
            state: Mutex::default(),
        }
    }

    /// Which addresses this run uses.
    #[must_use]
    pub fn mode(&self) -> AddressMode {
        self.mode
    }

    /// A logical address that nobody else has.
    ///
    /// # Errors
    /// When the prefix is used up, or has none of this family.
    pub fn give(&self, family: Family) -> Result<IpAddr, AddressError> {
        let mut state = self.lock();
        match family {
            Family::Ipv4 => {
                let (first, length) = self.ipv4_prefix();
                // The first address names the network and the second is that of the machine itself.
                let offset = state.ipv4_given + 2;
                if u64::from(offset) + 1 >= 1u64 << (32 - u32::from(length.min(32))) {
                    return Err(self.used_up());
                }
                state.ipv4_given += 1;
                Ok(Ipv4Addr::from(u32::from(first) + offset).into())
            }
            Family::Ipv6 if !matches!(self.mode, AddressMode::Real(_)) => {
                state.ipv6_given += 1;
                let documentation = u128::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
                Ok(Ipv6Addr::from(documentation + u128::from(state.ipv6_given)).into())
            }
            Family::Ipv6 => Err(AddressError::NoIpv6),
        }
    }

    fn used_up(&self) -> AddressError {
        match self.mode {
            AddressMode::Mapped | AddressMode::Apart => AddressError::TooManyHosts,
            AddressMode::Real(pool) => AddressError::UsedUp(pool),
        }
    }

    /// The prefix of logical IPv4 addresses.
    #[must_use]
    pub fn ipv4_prefix(&self) -> (Ipv4Addr, u8) {
        match self.mode {
            AddressMode::Mapped | AddressMode::Apart => (Ipv4Addr::new(198, 18, 0, 0), 15),
            AddressMode::Real(pool) => (pool.first(), pool.length()),
        }
    }

    /// Where a listener for this logical address is to be bound.
    #[must_use]
    pub fn bind_address(&self, logical: SocketAddr) -> SocketAddr {
        match (self.mode, logical.ip()) {
            (AddressMode::Real(_), _) => logical,
            (AddressMode::Apart, IpAddr::V4(logical)) if has_all_of_loopback() => {
                let [_, second, third, fourth] = logical.octets();
                (Ipv4Addr::new(127, second, third, fourth), 0).into()
            }
            (_, IpAddr::V6(_)) if has_ipv6_loopback() => (Ipv6Addr::LOCALHOST, 0).into(),
            _ => (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }

    /// Says which socket answers at a logical address.
    pub fn put(&self, logical: SocketAddr, real: SocketAddr) {
        self.lock().real.insert(logical, real);
    }

    /// Nobody answers there any longer.
    pub fn remove(&self, logical: SocketAddr) {
        let mut state = self.lock();
        state.real.remove(&logical);
        state.refusals.remove(&logical);
    }

    /// Says what of a world is shown to whoever is refused at a logical address.
    pub fn show_when_refused(&self, logical: SocketAddr, shown: Option<Difference>) {
        let refusals = &mut self.lock().refusals;
        match shown {
            Some(difference) => refusals.insert(logical, difference),
            None => refusals.remove(&logical),
        };
    }

    /// What is met by being refused at a logical address. No fake sees that, so whoever dials tells it.
    #[must_use]
    pub fn shown_by_refusal(&self, logical: SocketAddr) -> Option<Difference> {
        self.lock().refusals.get(&logical).cloned()
    }

    /// The socket that answers at a logical address.
    #[must_use]
    pub fn real(&self, logical: SocketAddr) -> Option<SocketAddr> {
        self.lock().real.get(&logical).copied()
    }

    /// The logical address of a socket.
    #[must_use]
    pub fn logical(&self, real: SocketAddr) -> Option<SocketAddr> {
        let state = self.lock();
        let found = state.real.iter().find(|(_, other)| **other == real);
        found.map(|(logical, _)| *logical)
    }

    /// The whole map, logical to real, as it stands now.
    #[must_use]
    pub fn entries(&self) -> BTreeMap<SocketAddr, SocketAddr> {
        self.lock().real.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
                for (key, family) in keys(name, addresses) {
                    if let std::collections::btree_map::Entry::Vacant(entry) =
                        story.given.entry(key)
                    {
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

/// Can this machine listen at all of 127.0.0.0/8? Linux can; elsewhere 127.0.0.1 may be the only address.
fn has_all_of_loopback() -> bool {
    static FOUND: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *FOUND.get_or_init(|| {
        let other = Ipv4Addr::new(127, 18, 255, 254);
        std::net::TcpListener::bind((other, 0)).is_ok()
    })
}

/// Can this machine listen at ::1?
fn has_ipv6_loopback() -> bool {
    static FOUND: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *FOUND.get_or_init(|| std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mtaspec_judge::scenario::{Answering, Family, Host, HostAddress, World};

    use super::{
        AddressBook, AddressError, AddressMode, Pool, StoryAddresses, has_all_of_loopback,
    };

    #[test]
    fn logical_addresses_are_unique_and_never_the_first_two() {
        let book = AddressBook::new(AddressMode::Mapped);
        let mut seen = BTreeSet::new();
        for _ in 0..600 {
            assert!(seen.insert(book.give(Family::Ipv4).unwrap()));
            assert!(seen.insert(book.give(Family::Ipv6).unwrap()));
        }
        for address in ["198.18.0.0", "198.18.0.1"] {
            assert!(!seen.contains(&address.parse().unwrap()));
        }
        assert!(seen.contains(&"198.18.2.1".parse().unwrap()));
    }

    #[test]
    fn a_pool_that_is_used_up_says_so() {
        let pool: Pool = "127.64.0.0/30".parse().unwrap();
        let book = AddressBook::new(AddressMode::Real(pool));
        let error = AddressError::UsedUp(pool);
        assert!(book.give(Family::Ipv4).is_ok());
        assert_eq!(book.give(Family::Ipv4), Err(error));
        assert_eq!(book.give(Family::Ipv6), Err(AddressError::NoIpv6));
    }

    #[test]
    fn the_map_goes_both_ways_and_real_ports_map_to_themselves() {
        let logical = "198.18.0.9:25".parse().unwrap();
        let real = "127.0.0.1:4025".parse().unwrap();
        let book = AddressBook::new(AddressMode::Mapped);
        book.put(logical, real);
        assert_eq!(book.real(logical), Some(real));
        assert_eq!(book.logical(real), Some(logical));
        book.remove(logical);
        assert_eq!(book.real(logical), None);
        assert_eq!(book.bind_address(logical), "127.0.0.1:0".parse().unwrap());
        let apart = AddressBook::new(AddressMode::Apart).bind_address(logical);
        let own = if has_all_of_loopback() {
            "127.18.0.9:0"
        } else {
            "127.0.0.1:0"
        };
        assert_eq!(apart, own.parse().unwrap());
        let book = AddressBook::new(AddressMode::Real(Pool::LOOPBACK));
        let logical = "127.64.0.9:25".parse().unwrap();
        assert_eq!(book.bind_address(logical), logical);
    }

    #[test]
    fn an_address_stays_the_same_from_step_to_step() {
        let with = |addresses: &[(Family, Answering)]| {
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
        };
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
}
