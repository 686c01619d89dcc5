//! Whether a chain leads to a trust anchor of usage 2 (RFC 6698 §2.1.1, RFC 7671 §5.2, RFC 5280 §6).
//!
//! Anchors are the certificates of the chain that a record speaks of, those that records give in full, and public keys
//! that records give in full. The path up to them is webpki's to judge. What webpki takes on trust of an anchor is judged here:
//! its dates, that it may sign certificates, its critical extensions, its use, and how long a path it allows.

use std::time::{SystemTime, UNIX_EPOCH};

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};
use x509_parser::certificate::X509Certificate;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use crate::tls::{ChainFault, strong_enough};

/// The most anchors that are tried. Behind it webpki has bounds of its own: a hundred signatures for one chain.
const ANCHOR_LIMIT: usize = 64;

/// The trust anchors that the records give a chain.
pub(super) struct Anchors<'c> {
    anchors: Vec<Anchor<'c>>,
    /// Why the first certificate that a record speaks of is no anchor.
    refused: Option<ChainFault>,
    now: SystemTime,
}

struct Anchor<'c> {
    anchor: TrustAnchor<'c>,
    /// How many authorities may stand between it and the leaf.
    path_limit: Option<u32>,
}

impl<'c> Anchors<'c> {
    /// No anchors yet.
    pub(super) fn at(now: SystemTime) -> Self {
        Self {
            anchors: Vec::new(),
            refused: None,
            now,
        }
    }

    /// Whether a record has named anything, be it good for an anchor or not.
    pub(super) fn is_empty(&self) -> bool {
        self.anchors.is_empty() && self.refused.is_none()
    }

    /// Adds a certificate that a record speaks of, or gives in full.
    ///
    /// Choice: its dates and limits count. RFC 5280 §6.1.1 knows an anchor as a name and a key, while RFC 7671 §5.2.1 wants
    /// the limits of the certificate applied; the stricter reading also keeps an anchor from outliving itself.
    pub(super) fn add_certificate(&mut self, certificate: &'c CertificateDer<'c>) {
        match anchor_of(certificate, self.now) {
            Ok(anchor) => self.push(anchor),
            Err(fault) => self.refused = self.refused.take().or(Some(fault)),
        }
    }

    /// Adds a key that a record gives in full, as that of an issuer in the chain (RFC 7671 §5.2.3).
    pub(super) fn add_key(&mut self, key: &'c [u8], issuer: &'c [u8]) {
        let (Some(key), Some(subject)) = (content(key), content(issuer)) else {
            return;
        };
        self.push(Anchor {
            anchor: TrustAnchor {
                subject: subject.into(),
                subject_public_key_info: key.into(),
                name_constraints: None,
            },
            path_limit: None,
        });
    }

    fn push(&mut self, anchor: Anchor<'c>) {
        let is_known = |known: &Anchor<'_>| {
            known.anchor == anchor.anchor && known.path_limit == anchor.path_limit
        };
        if self.anchors.len() < ANCHOR_LIMIT && !self.anchors.iter().any(is_known) {
            self.anchors.push(anchor);
        }
    }

    /// Judges a chain, leaf first.
    pub(super) fn judge(self, chain: &[CertificateDer<'_>]) -> Result<(), ChainFault> {
        let Some((leaf, others)) = chain.split_first() else {
            return Err(ChainFault::Absent);
        };
        if self.anchors.is_empty() {
            return Err(self.refused.unwrap_or(ChainFault::UnknownIssuer));
        }
        let certificate = EndEntityCert::try_from(leaf)
            .map_err(|error| ChainFault::Unreadable(format!("{error:?}")))?;
        let trusted: Vec<TrustAnchor<'_>> = self
            .anchors
            .iter()
            .map(|known| known.anchor.clone())
            .collect();
        let allows = |path: &VerifiedPath<'_>| {
            let length = path.intermediate_certificates().count();
            let is_allowed = self.anchors.iter().any(|known| {
                known.anchor == *path.anchor()
                    && known
                        .path_limit
                        .is_none_or(|limit| u64::from(limit) >= length as u64)
            });
            is_allowed
                .then_some(())
                .ok_or(webpki::Error::PathLenConstraintViolated)
        };
        certificate
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &trusted,
                others,
                UnixTime::since_unix_epoch(self.now.duration_since(UNIX_EPOCH).unwrap_or_default()),
                KeyUsage::server_auth(),
                None,
                Some(&allows),
            )
            .map_err(|error| ChainFault::from(&error))?;
        strong_enough(leaf)
    }
}

/// A certificate as an anchor.
fn anchor_of<'c>(
    certificate: &'c CertificateDer<'c>,
    now: SystemTime,
) -> Result<Anchor<'c>, ChainFault> {
    let unreadable = |text: String| ChainFault::Unreadable(text);
    let (_, read) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|error| unreadable(error.to_string()))?;
    let anchor = webpki::anchor_from_trusted_cert(certificate)
        .map_err(|error| unreadable(format!("{error:?}")))?;
    in_time(&read, now)?;
    let no_authority = || ChainFault::Invalid("the trust anchor is no authority".to_owned());
    // Version 1 has no extensions: that the record names it is all that makes it an authority (RFC 5280 §6.1.4 (k)).
    if read.version() == X509Version::V1 {
        let is_root = read.subject().as_raw() == read.issuer().as_raw();
        return is_root
            .then_some(Anchor {
                anchor,
                path_limit: None,
            })
            .ok_or_else(no_authority);
    }
    // Read as any other certificate is, it must not have critical extensions that nobody here understands.
    EndEntityCert::try_from(certificate).map_err(|error| unreadable(format!("{error:?}")))?;
    let invalid = |error: x509_parser::error::X509Error| unreadable(error.to_string());
    let constraints = read.basic_constraints().map_err(invalid)?;
    let constraints = constraints.filter(|constraints| constraints.value.ca);
    let Some(constraints) = constraints else {
        return Err(no_authority());
    };
    let key_usage = read.key_usage().map_err(invalid)?;
    if key_usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err(no_authority());
    }
    let purposes = read.extended_key_usage().map_err(invalid)?;
    if purposes.is_some_and(|purposes| !purposes.value.any && !purposes.value.server_auth) {
        return Err(ChainFault::Invalid(
            "the trust anchor is not for servers".to_owned(),
        ));
    }
    Ok(Anchor {
        anchor,
        path_limit: constraints.value.path_len_constraint,
    })
}

fn in_time(certificate: &X509Certificate<'_>, now: SystemTime) -> Result<(), ChainFault> {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| ASN1Time::from_timestamp(seconds).ok());
    let validity = certificate.validity();
    match now {
        Some(now) if now < validity.not_before => Err(ChainFault::NotYetValid),
        Some(now) if now <= validity.not_after => Ok(()),
        _ => Err(ChainFault::Expired),
    }
}

/// What stands inside the outermost DER value, as webpki wants names and keys.
fn content(der: &[u8]) -> Option<&[u8]> {
    let mut input = der.iter();
    let _tag = input.next()?;
    let short = *input.next()?;
    if short < 0x80 {
        return der
            .get(2..)
            .filter(|inner| inner.len() == usize::from(short));
    }
    let octets = usize::from(short & 0x7F);
    let length = der.get(2..2 + octets).filter(|_| octets <= 2)?;
    let length = length
        .iter()
        .fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet));
    der.get(2 + octets..).filter(|inner| inner.len() == length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_content_of_a_value_stands_behind_tag_and_length() {
        let long = [vec![0x30, 0x81, 0x80], vec![7; 128]].concat();
        let longer = [vec![0x30, 0x82, 0x01, 0x00], vec![7; 256]].concat();
        // (value, its content)
        let cases: [(&[u8], Option<&[u8]>); 7] = [
            (&[0x30, 2, 5, 0], Some(&[5, 0])),
            (&[0x30, 0], Some(&[])),
            (&long, Some(&[7; 128])),
            (&longer, Some(&[7; 256])),
            (&[0x30, 3, 5, 0], None),
            (&[0x30, 0x80, 0, 0], None),
            (&[0x30], None),
        ];
        for (der, want) in cases {
            assert_eq!(content(der), want, "{der:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_content_or_none(der in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(inner) = content(&der) {
                prop_assert!(der.ends_with(inner));
            }
        }
    }
}
