//! A little DER: elements taken apart and put together (X.690 §8, §10).
//!
//! For what the certificate libraries do not show or do not make.

use x509_parser::der_parser::asn1_rs::{Any, FromDer, Tag};

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const BIT_STRING: u8 = 0x03;

/// The members of a SEQUENCE, each with its tag and length.
pub(crate) fn members(sequence: &[u8]) -> Option<Vec<&[u8]>> {
    let (_, whole) = Any::from_der(sequence).ok()?;
    if whole.tag() != Tag::Sequence {
        return None;
    }
    let mut left = whole.data;
    let mut members = Vec::new();
    while !left.is_empty() {
        let (rest, _) = Any::from_der(left).ok()?;
        members.push(&left[..left.len() - rest.len()]);
        left = rest;
    }
    Some(members)
}

/// Tag, length in as few octets as DER wants, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|octet| **octet == 0).count()..];
    match significant {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        long => {
            element
                .push(0x80 | u8::try_from(long.len()).expect("a length has eight octets at most"));
            element.extend_from_slice(long);
        }
    }
    element.extend_from_slice(content);
    element
}

/// How many bits the modulus of an RSA key in PKCS#8 has (RFC 5208 §5, RFC 8017 appendix A.1.2).
pub(crate) fn rsa_bits(pkcs8: &[u8]) -> Option<usize> {
    let [_, _, wrapped, ..] = members(pkcs8)?[..] else {
        return None;
    };
    let (_, wrapped) = Any::from_der(wrapped).ok()?;
    let [_, modulus, ..] = members(wrapped.data)?[..] else {
        return None;
    };
    let (_, modulus) = Any::from_der(modulus).ok()?;
    let zeros = modulus.data.iter().take_while(|octet| **octet == 0).count();
    let first = modulus.data.get(zeros)?;
    Some((modulus.data.len() - zeros) * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_has_as_few_octets_as_der_wants() {
        // (octets of content, head of the element)
        let cases: [(usize, &[u8]); 5] = [
            (0, &[0x30, 0]),
            (127, &[0x30, 127]),
            (128, &[0x30, 0x81, 128]),
            (255, &[0x30, 0x81, 255]),
            (256, &[0x30, 0x82, 1, 0]),
        ];
        for (octets, head) in cases {
            let element = element(SEQUENCE, &vec![0; octets]);
            assert_eq!(&element[..element.len() - octets], head, "{octets}");
        }
    }

    proptest! {
        #[test]
        fn what_is_put_together_is_taken_apart_the_same(parts in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..300), 0..5,
        )) {
            let parts: Vec<_> = parts.iter().map(|part| element(BIT_STRING, part)).collect();
            let whole = element(SEQUENCE, &parts.concat());
            prop_assert_eq!(members(&whole).unwrap(), parts);
        }

        #[test]
        fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = members(&bytes);
            let _ = rsa_bits(&bytes);
            let _ = members(&element(SEQUENCE, &bytes));
            let _ = rsa_bits(&element(SEQUENCE, &bytes));
        }
    }
}
