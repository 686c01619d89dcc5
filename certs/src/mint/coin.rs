//! The mint: what it is asked for, what it gives, and the order of its work.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use super::chain::{self, Chain};
use super::key::KeyPool;
use super::leaf;
use super::restatement;
use crate::{Authorities, CertificateSpec, KeyKind, Word};

/// Makes certificates at one moment, signed by one set of authorities.
#[derive(Debug)]
pub struct Mint {
    authorities: Arc<Authorities>,
    now: SystemTime,
    keys: KeyPool,
}

/// Whom a certificate is for: an SMTP or HTTPS host, or a sender.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    /// Its name, in ASCII form, as the DNS has it.
    pub host: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The domain whose mail it takes; for `recipient-domain`. Without one it is the host's parent.
    pub next_hop_domain: Option<String>,
    /// The kind of key where neither word nor table says one.
    pub default_key: KeyKind,
}

/// A certificate with all that a server needs to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    /// What it was asked for.
    pub spec: CertificateSpec,
    /// What is sent in the handshake, leaf first, each in DER.
    pub chain: Vec<Vec<u8>>,
    /// The key that the server uses, in PKCS#8.
    pub private_key: Vec<u8>,
    /// Its kind.
    pub key: KeyKind,
    /// The certificates above the leaf up to the one that TLSA usages 0 and 2 speak of (RFC 7672 §3.1.2), whether
    /// sent or not; empty if the leaf stands alone. A trusted root is not among them: a receiver does not send it.
    pub issuers: Vec<Vec<u8>>,
}

/// Why a certificate cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// Only OpenSSL makes or serves it.
    #[error("this build cannot make the certificate `{0}`; build with the feature `legacy-tls`")]
    NotInThisBuild(Word),
    /// `ip-address-only` for a host without addresses.
    #[error("\"{0}\" has no address that a certificate could name")]
    NoAddress(String),
    /// A wildcard above a name of too few labels.
    #[error("\"{host}\" has too few labels for the certificate `{word}`")]
    TooFewLabels {
        /// The host.
        host: String,
        /// The word.
        word: Word,
    },
    /// A name that is not ASCII.
    #[error("{0:?} cannot stand in a certificate; names go there in ASCII form")]
    BadName(String),
    /// The clock is beyond what a certificate can say.
    #[error("a certificate cannot say this time")]
    BadTime,
    /// The library refused.
    #[error("cannot make the certificate `{word}`")]
    Make {
        /// The word.
        word: Word,
        /// What the library says.
        #[source]
        cause: Box<rcgen::Error>,
    },
    /// OpenSSL, or the system's source of chance, failed.
    #[error("cannot sign the certificate `{0}`")]
    Sign(Word),
}

impl Mint {
    /// A mint whose certificates are healthy at `now`.
    #[must_use]
    pub fn new(authorities: Arc<Authorities>, now: SystemTime) -> Self {
        Self {
            authorities,
            now,
            keys: KeyPool::default(),
        }
    }

    /// Makes a certificate with a key of its own; RSA keys come from a pool and take turns.
    ///
    /// # Errors
    /// What the words or the names do not allow, or this build cannot make.
    pub fn mint(&self, spec: &CertificateSpec, holder: &Holder) -> Result<Minted, MintError> {
        let kind = spec.key_kind(holder.default_key);
        if cfg!(not(feature = "legacy-tls")) && (spec.needs_openssl() || kind == KeyKind::Rsa1024) {
            return Err(MintError::NotInThisBuild(spec.is));
        }
        let make = |cause| MintError::Make {
            word: spec.is,
            cause: Box::new(cause),
        };
        let key = self.keys.next(kind).map_err(make)?;
        let params = leaf::params(spec, holder, &key, self.now)?;
        let chain = Chain::above(spec.is, kind, &self.authorities, self.now)?;
        let leaf = match spec.is {
            Word::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, chain.signer()),
        };
        let mut leaf = leaf.map_err(make)?.der().to_vec();
        if matches!(spec.is, Word::X509V1 | Word::Sha1 | Word::Md5) {
            leaf = restatement::restate(spec.is, &leaf, chain.signer().key())?;
        }
        let key = match spec.is {
            Word::WrongKey => self.keys.next(kind).map_err(make)?,
            _ => key,
        };
        let issuers = chain.issuers;
        Ok(Minted {
            spec: spec.clone(),
            chain: chain::sent(spec.is, leaf, &issuers),
            private_key: key.pkcs8().to_vec(),
            key: kind,
            issuers,
        })
    }
}

impl Minted {
    /// The certificate itself.
    ///
    /// # Panics
    /// Never: a chain begins with its leaf.
    #[must_use]
    pub fn leaf(&self) -> &[u8] {
        self.chain.first().expect("a chain begins with its leaf")
    }

    /// What TLSA usages 0 and 2 speak of: the topmost certificate of the chain, sent or not.
    #[must_use]
    pub fn anchor(&self) -> &[u8] {
        self.issuers
            .last()
            .map_or_else(|| self.leaf(), Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_openssl_makes_all_but_what_needs_it() {
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000);
        let mint = Mint::new(Arc::new(Authorities::committed()), now);
        for word in Word::ALL.iter().copied() {
            for default_key in KeyKind::ALL.iter().copied() {
                let holder = Holder {
                    host: "mx.example.abcdefgh.test".into(),
                    addresses: vec![[127, 0, 0, 1].into()],
                    next_hop_domain: None,
                    default_key,
                };
                let spec = CertificateSpec::from(word);
                let needs = spec.needs_openssl() || spec.key_kind(default_key) == KeyKind::Rsa1024;
                match mint.mint(&spec, &holder) {
                    Ok(minted) => assert_eq!(minted.key, spec.key_kind(default_key)),
                    Err(MintError::NotInThisBuild(said)) if cfg!(not(feature = "legacy-tls")) => {
                        assert!(needs && said == word, "{word} {default_key}");
                    }
                    Err(error) => panic!("{word} {default_key}: {error}"),
                }
            }
        }
    }
}
