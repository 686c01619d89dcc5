//! Certificates of the committed authorities, as a run mints them.

use std::sync::Arc;
use std::time::SystemTime;

use mtaspec_certs::{Authorities, Mint};
use mtaspec_harness::internet::tls::CertificateStore;

/// A store that mints for now.
pub(crate) fn store() -> Arc<CertificateStore> {
    let authorities = Arc::new(Authorities::committed());
    Arc::new(CertificateStore::new(Mint::new(
        authorities,
        SystemTime::now(),
    )))
}

/// Whom clients trust, in DER.
pub(crate) fn roots() -> Vec<Vec<u8>> {
    Authorities::committed().root_der()
}
