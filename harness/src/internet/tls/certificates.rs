//! The certificates of a run: minted when first asked for, and then the same for TLS and for TLSA records.
//!
//! A certificate belongs to a host, a specification and the kind of key that its suites ask for. What is wrong with
//! it is a matter of the catalogue; it is served as it is, even if the key does not fit.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use mtaspec_certs::{CertificateSpec, KeyKind};

/// Who holds a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder {
    /// Host name, labelled.
    pub host: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The domain whose mail it takes.
    pub next_hop_domain: Option<String>,
    /// The key where the specification asks for none.
    pub default_key: KeyKind,
}

/// A certificate as it is served.
#[derive(Debug, Clone)]
pub struct Minted {
    /// What was asked for.
    pub spec: CertificateSpec,
    /// As sent, leaf first, in DER.
    pub chain: Vec<Vec<u8>>,
    /// PKCS#8, in DER.
    pub private_key: Vec<u8>,
    /// Its kind.
    pub key: KeyKind,
    /// The authorities above the leaf, sent or not, the topmost last.
    pub issuers: Vec<Vec<u8>>,
}

/// Why a certificate cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MintError(pub String);

type MintFunction = dyn Fn(&CertificateSpec, &Holder) -> Result<Minted, MintError> + Send + Sync;

/// All certificates of a run.
pub struct CertificateStore {
    mint: Box<MintFunction>,
    minted: Mutex<HashMap<(CertificateSpec, Holder), Arc<Minted>>>,
}

impl CertificateStore {
    /// An empty store.
    #[must_use]
    pub fn new(
        mint: impl Fn(&CertificateSpec, &Holder) -> Result<Minted, MintError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            mint: Box::new(mint),
            minted: Mutex::default(),
        }
    }

    /// The certificate of this specification for this holder, always the same.
    ///
    /// # Errors
    /// When the build cannot make it.
    pub fn certificate(
        &self,
        spec: &CertificateSpec,
        holder: &Holder,
    ) -> Result<Arc<Minted>, MintError> {
        let mut minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (spec.clone(), holder.clone());
        if let Some(known) = minted.get(&key) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new((self.mint)(spec, holder)?);
        minted.insert(key, Arc::clone(&made));
        Ok(made)
    }
}

/// The word of a specification, or `table` where it says more than a word.
#[must_use]
pub fn certificate_word(spec: &CertificateSpec) -> String {
    if *spec == spec.is.into() {
        spec.is.to_string()
    } else {
        "table".to_owned()
    }
}
