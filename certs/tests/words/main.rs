//! Each word of the catalogue and each form of table, minted for one host and read by verifiers that we did not write.

#![cfg(feature = "legacy-tls")]
#![expect(clippy::unwrap_used, reason = "all of this file is tests")]

mod chains;
mod keys;
mod names;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mtaspec_certs::{Authorities, Holder, KeyKind, Mint};

pub(crate) const HOST: &str = "mx.example.abcdefgh.test";

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

pub(crate) fn holder() -> Holder {
    Holder {
        host: HOST.into(),
        addresses: vec![
            "198.18.3.4".parse().unwrap(),
            "2001:db8::7".parse().unwrap(),
        ],
        next_hop_domain: Some("example.abcdefgh.test".into()),
        default_key: KeyKind::EcdsaP256,
    }
}

pub(crate) fn mint() -> Mint {
    Mint::new(Arc::new(Authorities::committed()), now())
}
