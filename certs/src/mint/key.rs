//! Where the keys of leaves come from: made anew, but RSA keys, which are slow to make, from the fixtures in `pki/rsa/`.

use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{KeyPair, PublicKeyData, SignatureAlgorithm, SigningKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;

use crate::KeyKind;

macro_rules! fixtures {
    ($($name:literal)+) => {
        &[$((concat!("certs/pki/rsa/", $name, ".pem"), include_bytes!(concat!("../../pki/rsa/", $name, ".pem"))),)+]
    };
}

/// The path of each RSA fixture and its PEM text; sizes stand in the path.
type Fixtures = &'static [(&'static str, &'static [u8])];

const RSA_1024: Fixtures = fixtures!("1024-1" "1024-2" "1024-3");
const RSA_2048: Fixtures = fixtures!("2048-1" "2048-2" "2048-3" "2048-4");
const RSA_4096: Fixtures = fixtures!("4096-1" "4096-2");

/// The fixtures of so many bits; none of other sizes.
pub(crate) fn fixtures(bits: u32) -> Fixtures {
    match bits {
        1024 => RSA_1024,
        2048 => RSA_2048,
        4096 => RSA_4096,
        _ => &[],
    }
}

/// The keys of one mint; RSA keys take turns.
#[derive(Debug, Default)]
pub(super) struct KeyPool {
    turn: AtomicUsize,
}

/// The key of a leaf.
pub(super) enum LeafKey {
    /// One that ring signs with.
    Ring {
        /// For rcgen.
        pair: Box<KeyPair>,
        /// In PKCS#8.
        pkcs8: Vec<u8>,
    },
    /// RSA of 1024 bits, which ring refuses.
    #[cfg(feature = "legacy-tls")]
    Short(super::restatement::ShortKey),
}

impl KeyPool {
    /// A key that was not given out before, RSA aside.
    pub(super) fn next(&self, kind: KeyKind) -> Result<LeafKey, rcgen::Error> {
        let algorithm = match kind {
            KeyKind::EcdsaP256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyKind::EcdsaP384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            KeyKind::Ed25519 => &rcgen::PKCS_ED25519,
            KeyKind::Rsa1024 => return short_key(self.next_fixture(RSA_1024)?),
            KeyKind::Rsa2048 => return rsa_key(&self.next_fixture(RSA_2048)?),
            KeyKind::Rsa4096 => return rsa_key(&self.next_fixture(RSA_4096)?),
        };
        let pair = Box::new(KeyPair::generate_for(algorithm)?);
        let pkcs8 = match kind {
            KeyKind::Ed25519 => seed_alone(pair.serialized_der()),
            _ => pair.serialize_der(),
        };
        Ok(LeafKey::Ring { pair, pkcs8 })
    }

    fn next_fixture(&self, fixtures: Fixtures) -> Result<Vec<u8>, rcgen::Error> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let (_, pem) = fixtures[turn % fixtures.len()];
        read_fixture(pem)
    }
}

/// A committed RSA key of 2048 bits, in PKCS#8. Everybody knows it: it protects nothing.
///
/// # Panics
/// Never: a test reads every fixture.
#[must_use]
pub fn committed_rsa_key() -> Vec<u8> {
    read_fixture(RSA_2048[0].1).expect("a committed key can be read")
}

/// The PKCS#8 form of a fixture.
pub(crate) fn read_fixture(pem: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem)
        .map_err(|error| rcgen::Error::PemError(error.to_string()))?;
    Ok(key.secret_pkcs8_der().to_vec())
}

fn rsa_key(pkcs8: &[u8]) -> Result<LeafKey, rcgen::Error> {
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(
        &PrivatePkcs8KeyDer::from(pkcs8),
        &rcgen::PKCS_RSA_SHA256,
    )?;
    Ok(LeafKey::Ring {
        pair: Box::new(pair),
        pkcs8: pkcs8.to_vec(),
    })
}

#[cfg(feature = "legacy-tls")]
fn short_key(pkcs8: Vec<u8>) -> Result<LeafKey, rcgen::Error> {
    super::restatement::ShortKey::new(pkcs8).map(LeafKey::Short)
}

#[cfg(not(feature = "legacy-tls"))]
fn short_key(_: Vec<u8>) -> Result<LeafKey, rcgen::Error> {
    Err(rcgen::Error::KeyGenerationUnavailable)
}

/// An Ed25519 key as RFC 8410 §7 has it first: version 1, the seed and no public key, which every stack reads.
/// ring writes version 2, with the public key behind the seed.
fn seed_alone(version_2: &[u8]) -> Vec<u8> {
    const HEAD: [u8; 16] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    match version_2.get(HEAD.len()..HEAD.len() + 32) {
        Some(seed) => [&HEAD, seed].concat(),
        None => version_2.to_vec(),
    }
}

impl LeafKey {
    /// In PKCS#8.
    pub(super) fn pkcs8(&self) -> &[u8] {
        match self {
            Self::Ring { pkcs8, .. } => pkcs8,
            #[cfg(feature = "legacy-tls")]
            Self::Short(key) => key.pkcs8(),
        }
    }
}

impl PublicKeyData for LeafKey {
    fn der_bytes(&self) -> &[u8] {
        match self {
            Self::Ring { pair, .. } => pair.der_bytes(),
            #[cfg(feature = "legacy-tls")]
            Self::Short(key) => key.der_bytes(),
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self {
            Self::Ring { pair, .. } => pair.algorithm(),
            #[cfg(feature = "legacy-tls")]
            Self::Short(key) => key.algorithm(),
        }
    }
}

impl SigningKey for LeafKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        match self {
            Self::Ring { pair, .. } => pair.sign(message),
            #[cfg(feature = "legacy-tls")]
            Self::Short(key) => key.sign(message),
        }
    }
}
