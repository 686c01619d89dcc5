//! The parts of a certificate that TLSA records speak of (RFC 6698 §2.1.2, §2.1.3).

use std::collections::BTreeMap;

use ring::digest;

use super::association::{Association, MatchingType, Selector};

/// A certificate that a host has shown. Each digest of it is made once, however many records there are.
pub(super) struct Shown<'c> {
    certificate: &'c [u8],
    public_key: Option<&'c [u8]>,
    digests: BTreeMap<(Selector, MatchingType), Vec<u8>>,
}

impl<'c> Shown<'c> {
    /// Takes a certificate; one that cannot be read has no public key, and fits no record that speaks of it.
    pub(super) fn new(certificate: &'c [u8]) -> Self {
        let parsed = x509_parser::parse_x509_certificate(certificate);
        Self {
            certificate,
            public_key: parsed
                .ok()
                .map(|(_, read)| read.tbs_certificate.subject_pki.raw),
            digests: BTreeMap::new(),
        }
    }

    /// Whether a record speaks of this certificate.
    pub(super) fn matches(&mut self, association: &Association) -> bool {
        let selected = match association.selector {
            Selector::Certificate => Some(self.certificate),
            Selector::PublicKey => self.public_key,
        };
        let Some(selected) = selected else {
            return false;
        };
        let algorithm = match association.matching_type {
            MatchingType::Full => return selected == association.data.as_slice(),
            MatchingType::Sha256 => &digest::SHA256,
            MatchingType::Sha512 => &digest::SHA512,
        };
        let made = self
            .digests
            .entry((association.selector, association.matching_type))
            .or_insert_with(|| digest::digest(algorithm, selected).as_ref().to_vec());
        *made == association.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dane::testing::{Authority, record};

    #[test]
    fn a_record_fits_the_certificate_it_was_made_of_and_no_other() {
        let (one, other) = (Authority::root("One"), Authority::root("Other"));
        for selector in [0, 1] {
            for matching_type in [0, 1, 2] {
                let tlsa = record(3, selector, matching_type, one.certificate());
                let association = Association::of(&tlsa).unwrap();
                assert!(
                    Shown::new(one.certificate()).matches(&association),
                    "{tlsa}"
                );
                assert!(
                    !Shown::new(other.certificate()).matches(&association),
                    "{tlsa}"
                );
                assert!(!Shown::new(b"garbage").matches(&association), "{tlsa}");
            }
        }
    }

    #[test]
    fn a_new_certificate_for_the_same_key_fits_records_of_the_key_alone() {
        let old = Authority::root("One");
        let new = old.renewed("Another name");
        for (selector, want) in [(0, false), (1, true)] {
            let association = Association::of(&record(3, selector, 1, old.certificate())).unwrap();
            assert_eq!(Shown::new(new.certificate()).matches(&association), want);
        }
    }
}
