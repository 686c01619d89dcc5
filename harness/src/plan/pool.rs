//! The prefix of addresses that listeners on real ports are bound to.
//!
//! Fakes answer whoever reaches them, and the keys of their certificates are published. Hence only loopback is taken.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// A part of 127.0.0.0/8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    first: Ipv4Addr,
    length: u8,
}

/// Why a prefix is no pool.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// It is no prefix.
    #[error("{0:?} is no prefix of IPv4 addresses; write 127.64.0.0/10")]
    Malformed(String),
    /// Others could reach it.
    #[error(
        "{0} is not on loopback, and the fakes answer whoever reaches them; give a part of 127.0.0.0/8"
    )]
    NotLoopback(String),
    /// It has too few addresses to be of use.
    #[error("{0} has too few addresses; give at most 30 bits, as 127.64.0.0/10")]
    TooSmall(String),
}

impl Pool {
    /// Where nothing else is said.
    pub const LOOPBACK: Self = Self {
        first: Ipv4Addr::new(127, 64, 0, 0),
        length: 10,
    };

    /// The first address, which names the network.
    #[must_use]
    pub fn first(self) -> Ipv4Addr {
        self.first
    }

    /// How many bits all of its addresses have in common.
    #[must_use]
    pub fn length(self) -> u8 {
        self.length
    }
}

impl FromStr for Pool {
    type Err = PoolError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || PoolError::Malformed(text.to_owned());
        let (address, length) = text.split_once('/').ok_or_else(malformed)?;
        let address: Ipv4Addr = address.parse().map_err(|_| malformed())?;
        let length: u8 = length.parse().map_err(|_| malformed())?;
        match length {
            0..8 => Err(PoolError::NotLoopback(text.to_owned())),
            8..=30 if !address.is_loopback() => Err(PoolError::NotLoopback(text.to_owned())),
            8..=30 => Ok(Self {
                first: Ipv4Addr::from(u32::from(address) & (u32::MAX << (32 - u32::from(length)))),
                length,
            }),
            31..=32 => Err(PoolError::TooSmall(text.to_owned())),
            _ => Err(malformed()),
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.first, self.length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pool;

    #[test]
    fn only_a_part_of_loopback_is_a_pool() {
        // (text, the pool, or a word of what is wrong)
        let cases = [
            ("127.64.0.0/10", Ok("127.64.0.0/10")),
            ("127.64.3.4/16", Ok("127.64.0.0/16")),
            ("127.0.0.0/8", Ok("127.0.0.0/8")),
            ("198.18.0.0/15", Err("not on loopback")),
            ("0.0.0.0/0", Err("not on loopback")),
            ("127.0.0.0/7", Err("not on loopback")),
            ("127.0.0.1/32", Err("too few addresses")),
            ("127.0.0.1/33", Err("no prefix")),
            ("127.0.0.1", Err("no prefix")),
            ("::1/128", Err("no prefix")),
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
