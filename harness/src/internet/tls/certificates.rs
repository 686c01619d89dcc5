//! The certificates of a run: minted when first asked for, and then the same for TLS and for TLSA records.
//!
//! A certificate belongs to a host, a specification and the kind of key that its suites ask for. What is wrong with
//! it is a matter of the catalogue; it is served as it is, even if the key does not fit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mtaspec_certs::{CertificateSpec, Holder, KeyKind, Mint, MintError, Minted};

/// All certificates of a run.
pub struct CertificateStore {
    mint: Mint,
    minted: Mutex<HashMap<Owned, Arc<Minted>>>,
}

/// Whose certificate, which, and with what key.
type Owned = (String, CertificateSpec, KeyKind);

impl CertificateStore {
    /// An empty store.
    #[must_use]
    pub fn new(mint: Mint) -> Self {
        Self {
            mint,
            minted: Mutex::default(),
        }
    }

    /// The certificate of this specification for this holder, always the same; letter case of the name aside.
    ///
    /// # Errors
    /// When the build cannot make it.
    pub fn certificate(
        &self,
        spec: &CertificateSpec,
        holder: &Holder,
    ) -> Result<Arc<Minted>, MintError> {
        let owned = (
            holder.host.to_ascii_lowercase(),
            spec.clone(),
            spec.key_kind(holder.default_key),
        );
        let mut minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = minted.get(&owned) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(self.mint.mint(spec, holder)?);
        minted.insert(owned, Arc::clone(&made));
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
