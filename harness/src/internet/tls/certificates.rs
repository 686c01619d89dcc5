//! The certificates of a run: minted when first asked for, and then the same for TLS and for TLSA records.
//!
//! A certificate belongs to a host, a specification and the kind of key that its suites ask for; an attacker who has
//! one in the name of a host has another, with a key of its own. What is wrong with a certificate is a matter of the
//! catalogue; it is served as it is, even if the key does not fit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mtaspec_certs::{CertificateSpec, Holder, KeyKind, Mint, MintError, Minted};

/// All certificates of a run.
pub struct CertificateStore {
    mint: Mint,
    minted: Mutex<HashMap<Owned, Arc<Minted>>>,
}

/// Whose certificate, which, and with what key.
#[derive(PartialEq, Eq, Hash)]
struct Owned {
    host: String,
    by_attacker: bool,
    spec: CertificateSpec,
    key: KeyKind,
}

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
        self.find_or_mint(spec, holder, false)
    }

    /// The certificate with which an attacker stands in the path to this holder.
    ///
    /// # Errors
    /// When the build cannot make it.
    pub fn attackers_certificate(
        &self,
        spec: &CertificateSpec,
        holder: &Holder,
    ) -> Result<Arc<Minted>, MintError> {
        self.find_or_mint(spec, holder, true)
    }

    fn find_or_mint(
        &self,
        spec: &CertificateSpec,
        holder: &Holder,
        by_attacker: bool,
    ) -> Result<Arc<Minted>, MintError> {
        let owned = Owned {
            host: holder.host.to_ascii_lowercase(),
            by_attacker,
            spec: spec.clone(),
            key: spec.key_kind(holder.default_key),
        };
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use mtaspec_certs::{Authorities, Word};

    use super::*;

    #[test]
    fn a_certificate_is_minted_once_for_each_host_word_and_owner() {
        let authorities = Arc::new(Authorities::committed());
        let store = CertificateStore::new(Mint::new(authorities, SystemTime::now()));
        let holder = |host: &str| Holder {
            host: host.to_owned(),
            addresses: Vec::new(),
            next_hop_domain: None,
            default_key: KeyKind::EcdsaP256,
        };
        let leaf = |host: &str, word: Word| {
            let minted = store.certificate(&word.into(), &holder(host));
            minted.expect("it can be made").leaf().to_vec()
        };
        let first = leaf("mx.example.test", Word::Valid);
        assert_eq!(first, leaf("MX.example.test", Word::Valid));
        assert_ne!(first, leaf("mx2.example.test", Word::Valid));
        assert_ne!(first, leaf("mx.example.test", Word::Renewed));
        let attackers =
            store.attackers_certificate(&Word::Valid.into(), &holder("mx.example.test"));
        assert_ne!(first, attackers.expect("it can be made").leaf());
    }

    #[test]
    fn a_specification_that_says_more_than_a_word_is_a_table() {
        let word = CertificateSpec::from(Word::Expired);
        let table = CertificateSpec {
            names: Some(Vec::new()),
            ..word.clone()
        };
        assert_eq!(certificate_word(&word), "expired");
        assert_eq!(certificate_word(&table), "table");
    }
}
