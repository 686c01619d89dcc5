//! The prefixes that hosts get addresses of their own from, and the ports there.
//!
//! Whether others can reach a pool, and who of them is answered, is for whoever starts the fakes to say.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::prefix::Prefix;

/// A prefix with addresses for many hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool(Prefix);

/// Why a prefix is no pool.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// It is no prefix.
    #[error("{0:?} is no prefix of addresses; write 127.64.0.0/10 or 2001:db8::/64")]
    Malformed(String),
    /// It has addresses of everybody.
    #[error("{0} is too large for one machine; give at least 8 bits, or 16 for IPv6")]
    TooLarge(String),
    /// It has too few addresses to be of use.
    #[error("{0} has too few addresses; give at most 30 bits, or 126 for IPv6, as 127.64.0.0/10")]
    TooSmall(String),
    /// No host can have them.
    #[error("{0} has no addresses of hosts; give a prefix of unicast addresses")]
    NoHosts(String),
    /// There is one of that family already.
    #[error("{0} and {1} are of one family; give one pool of IPv4 addresses and one of IPv6")]
    SameFamily(Pool, Pool),
    /// There is none.
    #[error("there is no pool; give one, as 127.64.0.0/10")]
    None,
}

impl Pool {
    /// Where nothing else is said.
    pub const LOOPBACK: Self = Self(Prefix::ipv4(Ipv4Addr::new(127, 64, 0, 0), 10));

    /// All of its addresses.
    #[must_use]
    pub fn prefix(self) -> Prefix {
        self.0
    }
}

impl FromStr for Pool {
    type Err = PoolError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let short = || text.chars().take(80).collect::<String>();
        if !text.contains('/') {
            return Err(PoolError::Malformed(short()));
        }
        let prefix: Prefix = text.parse().map_err(|_| PoolError::Malformed(short()))?;
        let shortest = if prefix.first().is_ipv4() { 8 } else { 16 };
        let no_hosts = match prefix.first() {
            IpAddr::V4(first) => first.octets()[0] == 0 || first.octets()[0] >= 224,
            IpAddr::V6(first) => first.is_multicast() || first.is_unicast_link_local(),
        };
        if prefix.length() < shortest {
            Err(PoolError::TooLarge(short()))
        } else if no_hosts {
            Err(PoolError::NoHosts(short()))
        } else if prefix.free_bits() < 2 {
            Err(PoolError::TooSmall(short()))
        } else {
            Ok(Self(prefix))
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The ports where fakes listen that would be at 25, 53 and 443; a port that a scenario names stays what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Hosts that take mail.
    pub smtp: u16,
    /// Resolvers.
    pub dns: u16,
    /// Policy hosts and collectors.
    pub https: u16,
}

impl Ports {
    /// As they are everywhere.
    pub const REAL: Self = Self {
        smtp: 25,
        dns: 53,
        https: 443,
    };

    /// The port behind a logical one.
    #[must_use]
    pub fn behind(self, logical: u16) -> u16 {
        match logical {
            25 => self.smtp,
            53 => self.dns,
            443 => self.https,
            other => other,
        }
    }
}

/// Where each host has an address of its own: a pool of either family, or one of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pools {
    ipv4: Option<Pool>,
    ipv6: Option<Pool>,
    ports: Ports,
}

impl Pools {
    /// All that is local in a network namespace of one's own (RFC 2544, RFC 3849), at the real ports.
    pub const NAMESPACE: Self = Self {
        ipv4: Some(Pool(Prefix::ipv4(Ipv4Addr::new(198, 18, 0, 0), 15))),
        ipv6: Some(Pool(Prefix::ipv6(
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
            32,
        ))),
        ports: Ports::REAL,
    };

    /// These pools, at the real ports.
    ///
    /// # Errors
    /// When there is none, or two of one family.
    pub fn of(pools: &[Pool]) -> Result<Self, PoolError> {
        let (mut ipv4, mut ipv6) = (None, None);
        for pool in pools {
            let place = if pool.prefix().first().is_ipv4() {
                &mut ipv4
            } else {
                &mut ipv6
            };
            if let Some(before) = place.replace(*pool) {
                return Err(PoolError::SameFamily(before, *pool));
            }
        }
        if pools.is_empty() {
            return Err(PoolError::None);
        }
        Ok(Self {
            ipv4,
            ipv6,
            ports: Ports::REAL,
        })
    }

    /// The same at other ports.
    #[must_use]
    pub fn at(self, ports: Ports) -> Self {
        Self { ports, ..self }
    }

    /// The ports.
    #[must_use]
    pub fn ports(self) -> Ports {
        self.ports
    }

    /// The IPv4 addresses.
    #[must_use]
    pub fn ipv4(self) -> Option<Pool> {
        self.ipv4
    }

    /// The IPv6 addresses.
    #[must_use]
    pub fn ipv6(self) -> Option<Pool> {
        self.ipv6
    }

    /// Whether nobody but this machine can reach them.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        let pools = [self.ipv4, self.ipv6];
        pools.iter().flatten().all(|pool| pool.0.is_loopback())
    }
}

impl From<Pool> for Pools {
    fn from(pool: Pool) -> Self {
        let is_ipv4 = pool.prefix().first().is_ipv4();
        Self {
            ipv4: is_ipv4.then_some(pool),
            ipv6: (!is_ipv4).then_some(pool),
            ports: Ports::REAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pool, PoolError, Pools};

    #[test]
    fn a_pool_has_addresses_of_hosts_neither_too_many_nor_too_few() {
        // (text, the pool, or a word of what is wrong)
        let cases = [
            ("127.64.0.0/10", Ok("127.64.0.0/10")),
            ("127.64.3.4/16", Ok("127.64.0.0/16")),
            ("198.18.0.0/15", Ok("198.18.0.0/15")),
            ("2001:db8:1::9/64", Ok("2001:db8:1::/64")),
            ("0.0.0.0/0", Err("too large")),
            ("::/8", Err("too large")),
            ("127.0.0.0/7", Err("too large")),
            ("224.0.0.0/8", Err("no addresses of hosts")),
            ("0.0.0.0/8", Err("no addresses of hosts")),
            ("fe80::/64", Err("no addresses of hosts")),
            ("127.0.0.1/32", Err("too few addresses")),
            ("::1/128", Err("too few addresses")),
            ("127.0.0.1/33", Err("no prefix")),
            ("127.0.0.1", Err("no prefix")),
            ("", Err("no prefix")),
        ];
        for (text, want) in cases {
            let got = text.parse::<Pool>();
            match want {
                Ok(pool) => assert_eq!(got.unwrap().to_string(), pool, "{text}"),
                Err(word) => {
                    let said = got.unwrap_err().to_string();
                    assert!(said.contains(word), "{text}: {said}");
                }
            }
        }
    }

    #[test]
    fn there_is_one_pool_of_each_family_at_most() {
        let [four, other, six] =
            ["127.64.0.0/10", "198.18.0.0/15", "2001:db8::/64"].map(|text| text.parse().unwrap());
        let pools = Pools::of(&[six, four]).unwrap();
        assert_eq!((pools.ipv4(), pools.ipv6()), (Some(four), Some(six)));
        assert!(!pools.is_loopback() && Pools::from(four).is_loopback());
        let same = PoolError::SameFamily(four, other);
        assert_eq!(Pools::of(&[four, other]), Err(same));
        assert_eq!(Pools::of(&[]), Err(PoolError::None));
    }

    proptest! {
        #[test]
        fn a_printed_pool_reads_back_the_same(address: [u8; 3], length in 8u8..=30) {
            let [b, c, d] = address;
            let pool: Pool = format!("127.{b}.{c}.{d}/{length}").parse().unwrap();
            prop_assert_eq!(pool.to_string().parse::<Pool>().unwrap(), pool);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = text.parse::<Pool>();
        }
    }
}
