//! A prefix of IP addresses, as `192.0.2.0/24` or `2001:db8::/32` (RFC 4632 §3.1, RFC 4291 §2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    first: IpAddr,
    length: u8,
}

/// The text is no prefix.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no prefix of addresses; write 192.0.2.0/24, 2001:db8::/32, or one address")]
pub struct PrefixError(String);

impl Prefix {
    /// The addresses that have the first `length` bits of this one; at most all of its bits count.
    #[must_use]
    pub const fn ipv4(address: Ipv4Addr, length: u8) -> Self {
        let length = if length > 32 { 32 } else { length };
        let mask = match u32::MAX.checked_shl(32 - length as u32) {
            Some(mask) => mask,
            None => 0,
        };
        Self {
            first: IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask)),
            length,
        }
    }

    /// The same for IPv6.
    #[must_use]
    pub const fn ipv6(address: Ipv6Addr, length: u8) -> Self {
        let length = if length > 128 { 128 } else { length };
        let mask = match u128::MAX.checked_shl(128 - length as u32) {
            Some(mask) => mask,
            None => 0,
        };
        Self {
            first: IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask)),
            length,
        }
    }

    /// The first address, which names the network.
    #[must_use]
    pub const fn first(self) -> IpAddr {
        self.first
    }

    /// How many bits all of its addresses have in common.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.length
    }

    /// How many bits tell its addresses apart.
    #[must_use]
    pub(super) const fn free_bits(self) -> u8 {
        match self.first {
            IpAddr::V4(_) => 32 - self.length,
            IpAddr::V6(_) => 128 - self.length,
        }
    }

    /// Its n-th address, unless it is the last, which may be that of a broadcast.
    pub(super) fn nth(self, number: u32) -> Option<IpAddr> {
        let bits = u32::from(self.free_bits());
        let is_within = bits >= 32 || u64::from(number) + 1 < 1u64 << bits;
        is_within.then(|| match self.first() {
            IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits() + number).into(),
            IpAddr::V6(first) => Ipv6Addr::from_bits(first.to_bits() + u128::from(number)).into(),
        })
    }

    /// Whether this address is one of them; an IPv4 address that comes in the clothes of IPv6 is IPv4.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(_), IpAddr::V4(address)) => Self::ipv4(address, self.length) == self,
            (IpAddr::V6(_), IpAddr::V6(address)) => Self::ipv6(address, self.length) == self,
            _ => false,
        }
    }

    /// Whether all of its addresses lie on loopback.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        let whole: u8 = if self.first.is_ipv4() { 8 } else { 128 };
        self.first.is_loopback() && self.length >= whole
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || PrefixError(text.chars().take(80).collect());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => {
                let is_number = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
                let length: Option<u8> = length.parse().ok().filter(|_| is_number);
                (address, Some(length.ok_or_else(wrong)?))
            }
            None => (text, None),
        };
        match address.parse().map_err(|_| wrong())? {
            IpAddr::V4(address) => match length.unwrap_or(32) {
                length @ 0..=32 => Ok(Self::ipv4(address, length)),
                _ => Err(wrong()),
            },
            IpAddr::V6(address) => match length.unwrap_or(128) {
                length @ 0..=128 => Ok(Self::ipv6(address, length)),
                _ => Err(wrong()),
            },
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.first, self.length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Prefix;

    #[test]
    fn a_prefix_has_the_addresses_that_begin_with_its_bits() {
        // (prefix, as it is printed, an address, is it one of them?)
        let cases = [
            ("192.0.2.9/24", "192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.9", "192.0.2.9/32", "192.0.2.9", true),
            ("192.0.2.9", "192.0.2.9/32", "192.0.2.8", false),
            ("0.0.0.0/0", "0.0.0.0/0", "203.0.113.1", true),
            ("192.0.2.0/24", "192.0.2.0/24", "::ffff:192.0.2.7", true),
            ("2001:db8::1/32", "2001:db8::/32", "2001:db8:ffff::", true),
            ("2001:db8::/32", "2001:db8::/32", "2001:db9::", false),
            ("::/0", "::/0", "192.0.2.1", false),
            ("::1", "::1/128", "::1", true),
        ];
        for (text, printed, address, want) in cases {
            let prefix: Prefix = text.parse().unwrap();
            assert_eq!(prefix.to_string(), printed, "{text}");
            let address = address.parse().unwrap();
            assert_eq!(prefix.contains(address), want, "{text} with {address}");
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused_with_an_example() {
        let wrong = [
            "",
            "a/8",
            "192.0.2.0/33",
            "::/129",
            "192.0.2.0/",
            "192.0.2.0/+8",
            "192.0.2/24",
            "192.0.2.0/24/8",
            "host.example",
        ];
        for text in wrong {
            let said = text.parse::<Prefix>().unwrap_err().to_string();
            assert!(said.contains("write 192.0.2.0/24"), "{text}: {said}");
        }
    }

    proptest! {
        #[test]
        fn a_printed_prefix_reads_back_the_same(four: u32, six: u128, length in 0u8..=128) {
            for prefix in [Prefix::ipv4(four.into(), length), Prefix::ipv6(six.into(), length)] {
                prop_assert_eq!(prefix.to_string().parse::<Prefix>().unwrap(), prefix);
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = text.parse::<Prefix>();
        }
    }
}
