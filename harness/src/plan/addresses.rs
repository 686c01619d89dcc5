//! Logical addresses, unique in a run, and the real sockets behind them.
//!
//! Recordings hold logical addresses. Outside a namespace every listener stands on a loopback address and a free port,
//! and the subject is given a map; on real ports the two are the same, from a part of 127.0.0.0/8.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mtaspec_judge::scenario::{Difference, Family};

use super::pool::{Pool, Pools};
use super::prefix::Prefix;
use crate::namespace;

/// Which addresses a run uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressMode {
    /// Logical ones of 198.18.0.0/15 and 2001:db8::/32 (RFC 2544, RFC 3849); listeners on 127.0.0.1 and ::1, port 0.
    Mapped,
    /// The same, with each IPv4 listener on a loopback address of its own where the system has them: a run leaves
    /// thousands of ports waiting (TIME_WAIT), and on one address a few runs a minute would use up all of them.
    Apart,
    /// Logical ones as well; every listener at this address of the machine, port 0.
    At(IpAddr),
    /// Each host has an address of its own of these pools, at the ports as they are, or as they were chosen.
    Real(Pools),
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
    /// The pool has addresses of the other family.
    #[error("it needs `ipv6`, and the pool {0} has no IPv6 addresses")]
    NoIpv6(Pool),
    /// The same the other way: a host has addresses of both.
    #[error("a host needs `ipv4` beside `ipv6`, and the pool {0} has no IPv4 addresses")]
    NoIpv4(Pool),
}

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

    /// The address at which the subject itself takes mail, where it has one of the Internet's: in a namespace of its own.
    #[must_use]
    pub fn subject_address(&self) -> Option<IpAddr> {
        match self.mode {
            AddressMode::Real(pools) if pools == Pools::NAMESPACE => {
                Some(namespace::ADDRESS.into())
            }
            _ => None,
        }
    }

    /// A logical address that nobody else has. Where there is a pool of IPv6 addresses alone, it stands for both.
    ///
    /// # Errors
    /// When the prefix is used up, or has none of this family.
    pub fn give(&self, family: Family) -> Result<IpAddr, AddressError> {
        let mut state = self.lock();
        let (pool, given) = match (self.mode, family) {
            (AddressMode::Real(pools), Family::Ipv6) => {
                let Some(pool) = pools.ipv6() else {
                    return Err(pools
                        .ipv4()
                        .map_or(AddressError::TooManyHosts, AddressError::NoIpv6));
                };
                (Some(pool), &mut state.ipv6_given)
            }
            (AddressMode::Real(pools), Family::Ipv4) => match pools.ipv4() {
                Some(pool) => (Some(pool), &mut state.ipv4_given),
                None => (pools.ipv6(), &mut state.ipv6_given),
            },
            (_, Family::Ipv4) => (None, &mut state.ipv4_given),
            (_, Family::Ipv6) => (None, &mut state.ipv6_given),
        };
        // The first address names the network and the second is that of the machine itself.
        let number = *given + 2;
        let address = match (pool, family) {
            (Some(pool), _) => pool
                .prefix()
                .nth(number)
                .ok_or(AddressError::UsedUp(pool))?,
            (None, Family::Ipv4) => logical(LOGICAL_IPV4, number)?,
            (None, Family::Ipv6) => logical(LOGICAL_IPV6, number)?,
        };
        *given += 1;
        Ok(address)
    }

    /// The pool, if it has IPv6 addresses alone.
    pub(super) fn ipv6_alone(&self) -> Option<Pool> {
        match self.mode {
            AddressMode::Real(pools) if pools.ipv4().is_none() => pools.ipv6(),
            _ => None,
        }
    }

    /// Where logical addresses come from: those of IPv4, then those of IPv6.
    #[must_use]
    pub fn prefixes(&self) -> [Prefix; 2] {
        let (ipv4, ipv6) = match self.mode {
            AddressMode::Real(pools) => (pools.ipv4(), pools.ipv6()),
            _ => (None, None),
        };
        [
            ipv4.map_or(LOGICAL_IPV4, Pool::prefix),
            ipv6.map_or(LOGICAL_IPV6, Pool::prefix),
        ]
    }

    /// Where a listener for this logical address is to be bound.
    #[must_use]
    pub fn bind_address(&self, logical: SocketAddr) -> SocketAddr {
        match (self.mode, logical.ip()) {
            (AddressMode::Real(pools), ip) => (ip, pools.ports().behind(logical.port())).into(),
            (AddressMode::At(address), _) => (address, 0).into(),
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

/// Addresses for benchmarks (RFC 2544 Appendix C).
const LOGICAL_IPV4: Prefix = Prefix::ipv4(Ipv4Addr::new(198, 18, 0, 0), 15);
/// Addresses for documents (RFC 3849).
const LOGICAL_IPV6: Prefix = Prefix::ipv6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32);

fn logical(prefix: Prefix, number: u32) -> Result<IpAddr, AddressError> {
    prefix.nth(number).ok_or(AddressError::TooManyHosts)
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

    use mtaspec_judge::scenario::Family;

    use super::{AddressBook, AddressError, AddressMode, Pool, Pools, has_all_of_loopback};
    use crate::plan::pool::Ports;

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
        let book = AddressBook::new(AddressMode::Real(pool.into()));
        let error = AddressError::UsedUp(pool);
        assert!(book.give(Family::Ipv4).is_ok());
        assert_eq!(book.give(Family::Ipv4), Err(error));
        assert_eq!(book.give(Family::Ipv6), Err(AddressError::NoIpv6(pool)));
    }

    #[test]
    fn a_pool_of_ipv6_addresses_stands_for_both_families() {
        let pool: Pool = "2001:db8:7::/64".parse().unwrap();
        let book = AddressBook::new(AddressMode::Real(pool.into()));
        let given = [Family::Ipv4, Family::Ipv6].map(|family| book.give(family).unwrap());
        assert_eq!(
            given.map(|ip| ip.to_string()),
            ["2001:db8:7::2", "2001:db8:7::3"]
        );
    }

    #[test]
    fn a_pool_of_either_family_serves_its_own() {
        let pools = ["198.18.0.0/15", "2001:db8:7::/64"].map(|text| text.parse().unwrap());
        let book = AddressBook::new(AddressMode::Real(Pools::of(&pools).unwrap()));
        let given = [Family::Ipv4, Family::Ipv6].map(|family| book.give(family).unwrap());
        assert_eq!(
            given.map(|ip| ip.to_string()),
            ["198.18.0.2", "2001:db8:7::2"]
        );
    }

    #[test]
    fn chosen_ports_stand_behind_the_well_known_ones() {
        let ports = Ports {
            smtp: 2525,
            dns: 5353,
            https: 8443,
        };
        let pools = Pools::from(Pool::LOOPBACK).at(ports);
        let book = AddressBook::new(AddressMode::Real(pools));
        for (logical, real) in [(25, 2525), (53, 5353), (443, 8443), (587, 587)] {
            let at = |port| format!("127.64.0.9:{port}").parse().unwrap();
            assert_eq!(book.bind_address(at(logical)), at(real));
        }
        let book = AddressBook::new(AddressMode::At("192.0.2.7".parse().unwrap()));
        let free = book.bind_address("198.18.0.9:25".parse().unwrap());
        assert_eq!(free.to_string(), "192.0.2.7:0");
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
        let book = AddressBook::new(AddressMode::Real(Pool::LOOPBACK.into()));
        let logical = "127.64.0.9:25".parse().unwrap();
        assert_eq!(book.bind_address(logical), logical);
    }
}
