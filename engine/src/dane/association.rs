//! Which TLSA records are usable, and what each of them speaks of (RFC 6698 §4.1, RFC 7672 §2.2, §3.1).

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::tlsa::Tlsa;

/// What the certificate of a record is in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Usage {
    /// The trust anchor, DANE-TA(2).
    TrustAnchor,
    /// The leaf, DANE-EE(3).
    EndEntity,
}

/// Which part of it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Selector {
    /// The whole certificate, Cert(0).
    Certificate,
    /// Its public key, with what says of which kind the key is, SPKI(1).
    PublicKey,
}

/// In what form that part is given, the weakest digest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum MatchingType {
    /// As it is, Full(0).
    Full,
    /// SHA2-256(1).
    Sha256,
    /// SHA2-512(2).
    Sha512,
}

/// A usable record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Association {
    pub(super) usage: Usage,
    pub(super) selector: Selector,
    pub(super) matching_type: MatchingType,
    pub(super) data: Vec<u8>,
}

/// Why a record is unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// Its usage is none that mail knows.
    #[error("certificate usage {0} is not used with SMTP")]
    Usage(u8),
    /// Nobody has said what its selector is.
    #[error("selector {0} is unknown")]
    Selector(u8),
    /// Nobody has said what its matching type is.
    #[error("matching type {0} is unknown")]
    MatchingType(u8),
    /// Its digest has another length than that digest has.
    #[error("the digest has {got} octets instead of {wanted}")]
    Length {
        /// How many it has.
        got: usize,
        /// How many the digest has.
        wanted: usize,
    },
    /// What it gives in full is no certificate.
    #[error("the data are no certificate")]
    NoCertificate,
    /// What it gives in full is no public key.
    #[error("the data are no public key")]
    NoPublicKey,
}

impl MatchingType {
    fn digest_length(self) -> Option<usize> {
        match self {
            Self::Full => None,
            Self::Sha256 => Some(32),
            Self::Sha512 => Some(64),
        }
    }
}

impl Association {
    /// What a record says, if it is usable.
    ///
    /// Choice: usages 0 and 1 are unusable. RFC 7672 §3.1.3 leaves open what they mean, and lets a sender take them so: mail
    /// hosts agree on no list of authorities, and whoever could forge the record could as well forge one of usage 3.
    ///
    /// # Errors
    /// `Unusable` when nothing can be done with it.
    pub(super) fn of(tlsa: &Tlsa) -> Result<Self, Unusable> {
        let usage = match tlsa.usage {
            2 => Usage::TrustAnchor,
            3 => Usage::EndEntity,
            other => return Err(Unusable::Usage(other)),
        };
        let selector = match tlsa.selector {
            0 => Selector::Certificate,
            1 => Selector::PublicKey,
            other => return Err(Unusable::Selector(other)),
        };
        let matching_type = match tlsa.matching_type {
            0 => MatchingType::Full,
            1 => MatchingType::Sha256,
            2 => MatchingType::Sha512,
            other => return Err(Unusable::MatchingType(other)),
        };
        let got = tlsa.data.len();
        match (matching_type.digest_length(), selector) {
            (Some(wanted), _) if wanted != got => return Err(Unusable::Length { got, wanted }),
            (None, Selector::Certificate) if !is_certificate(&tlsa.data) => {
                return Err(Unusable::NoCertificate);
            }
            (None, Selector::PublicKey) if !is_public_key(&tlsa.data) => {
                return Err(Unusable::NoPublicKey);
            }
            _ => {}
        }
        Ok(Self {
            usage,
            selector,
            matching_type,
            data: tlsa.data.clone(),
        })
    }

    /// The certificate that the record gives in full.
    pub(super) fn certificate(&self) -> Option<CertificateDer<'_>> {
        let is_one =
            (self.selector, self.matching_type) == (Selector::Certificate, MatchingType::Full);
        is_one.then(|| CertificateDer::from(self.data.as_slice()))
    }

    /// The public key that the record gives in full, without a certificate round it.
    pub(super) fn public_key(&self) -> Option<&[u8]> {
        let is_one =
            (self.selector, self.matching_type) == (Selector::PublicKey, MatchingType::Full);
        is_one.then_some(self.data.as_slice())
    }
}

fn is_certificate(data: &[u8]) -> bool {
    matches!(x509_parser::parse_x509_certificate(data), Ok((rest, _)) if rest.is_empty())
}

fn is_public_key(data: &[u8]) -> bool {
    matches!(SubjectPublicKeyInfo::from_der(data), Ok((rest, _)) if rest.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dane::testing::{Authority, public_key};

    #[test]
    fn a_record_is_usable_if_each_of_its_parts_is() {
        let root = Authority::root("Root");
        let certificate = root.certificate().to_vec();
        let key = public_key(root.certificate());
        let (short, long) = (vec![7; 32], vec![7; 64]);
        let mut overlong = certificate.clone();
        overlong.push(0);
        // (usage, selector, matching type, data, why it is unusable)
        let cases = [
            (3, 1, 1, &short, None),
            (3, 0, 2, &long, None),
            (2, 0, 1, &short, None),
            (2, 1, 2, &long, None),
            (2, 0, 0, &certificate, None),
            (3, 0, 0, &certificate, None),
            (2, 1, 0, &key, None),
            (0, 1, 1, &short, Some(Unusable::Usage(0))),
            (1, 1, 1, &short, Some(Unusable::Usage(1))),
            (4, 1, 1, &short, Some(Unusable::Usage(4))),
            (255, 1, 1, &short, Some(Unusable::Usage(255))),
            (3, 2, 1, &short, Some(Unusable::Selector(2))),
            (3, 1, 3, &short, Some(Unusable::MatchingType(3))),
            (
                3,
                1,
                1,
                &long,
                Some(Unusable::Length {
                    got: 64,
                    wanted: 32,
                }),
            ),
            (
                3,
                1,
                2,
                &short,
                Some(Unusable::Length {
                    got: 32,
                    wanted: 64,
                }),
            ),
            (2, 0, 0, &short, Some(Unusable::NoCertificate)),
            (2, 0, 0, &overlong, Some(Unusable::NoCertificate)),
            (2, 0, 0, &key, Some(Unusable::NoCertificate)),
            (2, 1, 0, &certificate, Some(Unusable::NoPublicKey)),
            (3, 1, 0, &vec![], Some(Unusable::NoPublicKey)),
        ];
        for (usage, selector, matching_type, data, want) in cases {
            let tlsa = Tlsa {
                usage,
                selector,
                matching_type,
                data: data.clone(),
            };
            assert_eq!(Association::of(&tlsa).err(), want, "{tlsa}");
        }
    }

    proptest! {
        #[test]
        fn any_record_is_looked_at_without_panic(
            numbers in (0_u8..5, 0_u8..4, 0_u8..4),
            data in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let (usage, selector, matching_type) = numbers;
            let _ = Association::of(&Tlsa { usage, selector, matching_type, data });
        }

        #[test]
        fn a_damaged_certificate_is_looked_at_without_panic(at: prop::sample::Index, octet: u8, cut: prop::sample::Index) {
            let mut data = Authority::root("Root").certificate().to_vec();
            let at = at.index(data.len());
            data[at] = octet;
            data.truncate(cut.index(data.len()) + 1);
            let _ = Association::of(&Tlsa { usage: 2, selector: 0, matching_type: 0, data });
        }
    }
}
