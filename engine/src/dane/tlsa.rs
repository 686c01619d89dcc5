//! One TLSA record as published (RFC 6698 §2.1): three numbers and data, whatever they are.

use std::fmt;

use data_encoding::HEXLOWER;

/// A TLSA record. Whether anything can be done with it is for `association` to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tlsa {
    /// The certificate usage.
    pub(crate) usage: u8,
    /// The selector.
    pub(crate) selector: u8,
    /// The matching type.
    pub(crate) matching_type: u8,
    /// The certificate association data.
    pub(crate) data: Vec<u8>,
}

/// Why bytes are no TLSA record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a TLSA record has at least three octets, this one has {0}")]
pub(crate) struct TooShort(usize);

impl Tlsa {
    /// Reads the data of a record (RFC 6698 §2.1). Its length is bounded by the field before it in the message, 65 535
    /// octets.
    ///
    /// # Errors
    /// `TooShort` when one of the three numbers is missing.
    pub(crate) fn read(data: &[u8]) -> Result<Self, TooShort> {
        match data {
            [usage, selector, matching_type, data @ ..] => Ok(Self {
                usage: *usage,
                selector: *selector,
                matching_type: *matching_type,
                data: data.to_vec(),
            }),
            short => Err(TooShort(short.len())),
        }
    }
}

/// As zone files have it, and reports as well (RFC 6698 §2.2, RFC 8460 §4.5): `3 1 1 0123ab...`.
impl fmt::Display for Tlsa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            usage,
            selector,
            matching_type,
            data,
        } = self;
        let data = HEXLOWER.encode(data);
        write!(formatter, "{usage} {selector} {matching_type} {data}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_is_three_numbers_and_data() {
        // (octets, what they are)
        let cases: [(&[u8], Result<&str, TooShort>); 5] = [
            (&[3, 1, 1, 0xAB, 0x0C], Ok("3 1 1 ab0c")),
            (&[255, 9, 7, 0], Ok("255 9 7 00")),
            (&[2, 0, 0], Ok("2 0 0 ")),
            (&[3, 1], Err(TooShort(2))),
            (&[], Err(TooShort(0))),
        ];
        for (octets, want) in cases {
            let read = Tlsa::read(octets).map(|tlsa| tlsa.to_string());
            assert_eq!(read.as_deref(), want.as_ref().copied(), "{octets:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(octets in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(tlsa) = Tlsa::read(&octets) {
                let mut again = vec![tlsa.usage, tlsa.selector, tlsa.matching_type];
                again.extend_from_slice(&tlsa.data);
                prop_assert_eq!(again, octets);
            }
        }
    }
}
