//! Certificates of the committed authorities, as a run mints them.

use std::sync::Arc;
use std::time::SystemTime;

use mtaspec_certs::{Authorities, Mint};
use mtaspec_harness::internet::tls::{self, CertificateStore};

/// A store that mints for now.
pub(crate) fn store() -> Arc<CertificateStore> {
    let mint = Mint::new(Arc::new(Authorities::committed()), SystemTime::now());
    Arc::new(CertificateStore::new(move |specification, holder| {
        let holder = mtaspec_certs::Holder {
            host: holder.host.clone(),
            addresses: holder.addresses.clone(),
            next_hop_domain: holder.next_hop_domain.clone(),
            default_key: holder.default_key,
        };
        let minted = mint
            .mint(specification, &holder)
            .map_err(|error| tls::MintError(error.to_string()))?;
        Ok(tls::Minted {
            spec: minted.spec,
            chain: minted.chain,
            private_key: minted.private_key,
            key: minted.key,
            issuers: minted.issuers,
        })
    }))
}

/// Whom clients trust, in DER.
pub(crate) fn roots() -> Vec<Vec<u8>> {
    Authorities::committed().root_der()
}
