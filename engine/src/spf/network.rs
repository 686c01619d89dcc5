//! Networks: addresses with a number of bits that count (RFC 7208 §5.6).

use std::net::IpAddr;

/// How many bits of an address are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefixes {
    /// Of an IPv4 address.
    pub(super) four: u8,
    /// Of an IPv6 address.
    pub(super) six: u8,
}

/// Parts `:ADDRESS/BITS`, the bits all if not said.
pub(super) fn network(text: &str, most: u8) -> Option<(&str, u8)> {
    let text = text.strip_prefix(':')?;
    match text.split_once('/') {
        Some((address, bits)) => Some((address, number_of_bits(bits, most)?)),
        None => Some((text, most)),
    }
}

impl Prefixes {
    /// Whether two addresses are in one network of this size.
    #[must_use]
    pub(super) fn join(self, one: IpAddr, other: IpAddr) -> bool {
        is_within(one, other, if one.is_ipv4() { self.four } else { self.six })
    }

    /// Takes `/BITS`, `//BITS` or both from the end of a text.
    pub(super) fn split_off(text: &str) -> Option<(&str, Self)> {
        let mut prefixes = Self { four: 32, six: 128 };
        let mut rest = text;
        let is_bits = |bits: &str| bits.bytes().all(|byte| byte.is_ascii_digit());
        if let Some((before, bits)) = rest.rsplit_once("//").filter(|(_, bits)| is_bits(bits)) {
            prefixes.six = number_of_bits(bits, 128)?;
            rest = before;
        }
        if let Some((before, bits)) = rest.rsplit_once('/').filter(|(_, bits)| is_bits(bits)) {
            prefixes.four = number_of_bits(bits, 32)?;
            rest = before;
        }
        Some((rest, prefixes))
    }
}

fn number_of_bits(text: &str, most: u8) -> Option<u8> {
    let is_plain = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|bits| is_plain && *bits <= most)
}

/// Whether an address lies in a network.
#[must_use]
pub(super) fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            (address.to_bits() ^ network.to_bits()) & mask == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            (address.to_bits() ^ network.to_bits()) & mask == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_a_network_of_its_own_kind() {
        // (address, network, bits, is it in it?)
        let cases = [
            ("192.0.2.1", "192.0.2.200", 24, true),
            ("192.0.2.1", "192.0.3.1", 24, false),
            ("192.0.2.1", "192.0.2.1", 32, true),
            ("192.0.2.1", "198.51.100.1", 0, true),
            ("2001:db8::1", "2001:db8:0:1::", 48, true),
            ("2001:db8::1", "2001:db8::2", 128, false),
            ("2001:db8::1", "::", 0, true),
            ("192.0.2.1", "::", 0, false),
        ];
        for (address, network, bits, want) in cases {
            let is_in = is_within(address.parse().unwrap(), network.parse().unwrap(), bits);
            assert_eq!(is_in, want, "{address} in {network}/{bits}");
        }
    }
}
