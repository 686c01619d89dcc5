//! What a certificate proves, judged after the handshake (RFC 5280 §6, RFC 9525 §6).
//!
//! Chain and name are two questions with two answers, since rules ask for each of them separately.

use std::time::{SystemTime, UNIX_EPOCH};

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::public_key::PublicKey;

use super::peer::PeerName;

/// The shortest RSA key that a leaf may have where it must be trusted (RFC 9325 §4.5).
const RSA_BITS: usize = 2_048;

/// The answers to both questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Does the chain lead to a trusted authority, now, and for a server?
    pub chain: Result<(), ChainFault>,
    /// Does the certificate name the host?
    pub name: Result<(), NameFault>,
}

/// Why a chain is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// No certificate was shown.
    #[error("no certificate was shown")]
    Absent,
    /// The certificate cannot be read.
    #[error("the certificate cannot be read ({0})")]
    Unreadable(String),
    /// It does not lead to a trusted authority.
    #[error("the certificate does not lead to a trusted authority")]
    UnknownIssuer,
    /// A certificate of the chain has expired.
    #[error("the certificate has expired")]
    Expired,
    /// A certificate of the chain is not yet valid.
    #[error("the certificate is not yet valid")]
    NotYetValid,
    /// The key of the leaf is too short.
    #[error("the RSA key of the certificate has only {0} bits")]
    WeakKey(usize),
    /// Something else is wrong with it.
    #[error("the certificate is not valid ({0})")]
    Invalid(String),
}

/// Why a certificate does not name the host. A common name counts for nothing (RFC 9525 §2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameFault {
    /// No certificate was shown.
    #[error("no certificate was shown")]
    Absent,
    /// The certificate cannot be read.
    #[error("the certificate cannot be read ({0})")]
    Unreadable(String),
    /// It names others.
    #[error("the certificate does not name the host {0}")]
    Mismatch(String),
}

/// The authorities that are trusted.
pub struct Trust(Vec<TrustAnchor<'static>>);

impl Trust {
    /// Takes authorities as certificates.
    ///
    /// # Errors
    /// `webpki::Error` for the first one that cannot be read.
    pub fn new(authorities: &[CertificateDer<'static>]) -> Result<Self, webpki::Error> {
        let anchor = |certificate| {
            webpki::anchor_from_trusted_cert(certificate).map(|anchor| anchor.to_owned())
        };
        authorities
            .iter()
            .map(anchor)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Judges a chain as it was sent, leaf first.
    #[must_use]
    pub fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        peer: &PeerName,
        now: SystemTime,
    ) -> Verification {
        let Some((leaf, intermediates)) = chain.split_first() else {
            return Verification {
                chain: Err(ChainFault::Absent),
                name: Err(NameFault::Absent),
            };
        };
        let certificate = match EndEntityCert::try_from(leaf) {
            Ok(certificate) => certificate,
            Err(error) => {
                let text = format!("{error:?}");
                return Verification {
                    chain: Err(ChainFault::Unreadable(text.clone())),
                    name: Err(NameFault::Unreadable(text)),
                };
            }
        };
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default());
        let path = certificate
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &self.0,
                intermediates,
                now,
                KeyUsage::server_auth(),
                None,
                None,
            )
            .map(|_| ())
            .map_err(|error| chain_fault(&error));
        let name = peer
            .server_name()
            .is_some_and(|name| certificate.verify_is_valid_for_subject_name(&name).is_ok());
        Verification {
            chain: path.and_then(|()| strong_enough(leaf)),
            name: if name {
                Ok(())
            } else {
                Err(NameFault::Mismatch(peer.to_string()))
            },
        }
    }
}

fn chain_fault(error: &webpki::Error) -> ChainFault {
    match error {
        webpki::Error::UnknownIssuer => ChainFault::UnknownIssuer,
        webpki::Error::CertExpired { .. } => ChainFault::Expired,
        webpki::Error::CertNotValidYet { .. } => ChainFault::NotYetValid,
        other => ChainFault::Invalid(format!("{other:?}")),
    }
}

/// webpki does not look at the size of a leaf's key.
fn strong_enough(leaf: &CertificateDer<'_>) -> Result<(), ChainFault> {
    let (_, certificate) = x509_parser::parse_x509_certificate(leaf)
        .map_err(|error| ChainFault::Unreadable(error.to_string()))?;
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() < RSA_BITS => {
            Err(ChainFault::WeakKey(key.key_size()))
        }
        _ => Ok(()),
    }
}
