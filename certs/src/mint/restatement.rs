//! Certificates that no library makes any more: X.509 version 1, signatures with SHA-1 and MD5, keys too short.
//!
//! A healthy certificate is taken apart, stated anew with another version or signature algorithm, and signed again
//! (RFC 5280 §4.1). Only the signatures with SHA-1 and MD5 and the short keys need OpenSSL.

use rcgen::{KeyPair, SigningKey};

use super::coin::MintError;
use crate::Word;
use crate::der::{BIT_STRING, SEQUENCE, element, members};

/// `sha1WithRSAEncryption`, with its parameters (RFC 3279 §2.2.1).
const SHA1_WITH_RSA: &[u8] = &[
    0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 5, 5, 0,
];
/// `md5WithRSAEncryption`, with its parameters (RFC 3279 §2.2.1).
const MD5_WITH_RSA: &[u8] = &[
    0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 4, 5, 0,
];

/// States a certificate anew, as the word asks, and signs it with the issuer's key.
pub(super) fn restate(word: Word, certificate: &[u8], key: &KeyPair) -> Result<Vec<u8>, MintError> {
    let broken = || MintError::Sign(word);
    let [tbs, algorithm, _] = members(certificate)
        .and_then(|parts| parts.try_into().ok())
        .ok_or_else(broken)?;
    let algorithm = match word {
        Word::Sha1 => SHA1_WITH_RSA,
        Word::Md5 => MD5_WITH_RSA,
        _ => algorithm,
    };
    let members = members(tbs).ok_or_else(broken)?;
    let [
        version,
        serial,
        _,
        issuer,
        validity,
        subject,
        public_key,
        rest @ ..,
    ] = members.as_slice()
    else {
        return Err(broken());
    };
    let body = [
        *serial,
        algorithm,
        *issuer,
        *validity,
        *subject,
        *public_key,
    ]
    .concat();
    let body = match word {
        Word::X509V1 => body,
        _ => [*version, body.as_slice(), &rest.concat()].concat(),
    };
    let tbs = element(SEQUENCE, &body);
    let signature = match word {
        Word::Sha1 | Word::Md5 => weak_signature(word, key, &tbs)?,
        _ => key.sign(&tbs).map_err(|_| broken())?,
    };
    let signature = element(BIT_STRING, &[&[0], signature.as_slice()].concat());
    Ok(element(
        SEQUENCE,
        &[tbs.as_slice(), algorithm, &signature].concat(),
    ))
}

#[cfg(feature = "legacy-tls")]
pub(super) use weak::ShortKey;
#[cfg(feature = "legacy-tls")]
use weak::weak_signature;

#[cfg(not(feature = "legacy-tls"))]
fn weak_signature(word: Word, _: &KeyPair, _: &[u8]) -> Result<Vec<u8>, MintError> {
    Err(MintError::NotInThisBuild(word))
}

/// What OpenSSL alone still does.
#[cfg(feature = "legacy-tls")]
mod weak {
    use openssl::error::ErrorStack;
    use openssl::hash::MessageDigest;
    use openssl::pkey::{PKey, Private};
    use openssl::sign::Signer;
    use rcgen::{KeyPair, PublicKeyData, SignatureAlgorithm, SigningKey};

    use super::MintError;
    use crate::Word;

    pub(super) fn weak_signature(
        word: Word,
        key: &KeyPair,
        message: &[u8],
    ) -> Result<Vec<u8>, MintError> {
        let digest = match word {
            Word::Md5 => MessageDigest::md5(),
            _ => MessageDigest::sha1(),
        };
        let signature = PKey::private_key_from_pkcs8(key.serialized_der())
            .and_then(|key| sign(digest, &key, message));
        signature.map_err(|_| MintError::Sign(word))
    }

    fn sign(
        digest: MessageDigest,
        key: &PKey<Private>,
        message: &[u8],
    ) -> Result<Vec<u8>, ErrorStack> {
        Signer::new(digest, key)?.sign_oneshot_to_vec(message)
    }

    /// An RSA key of fewer bits than ring takes.
    pub(in crate::mint) struct ShortKey {
        key: PKey<Private>,
        pkcs8: Vec<u8>,
        public: Vec<u8>,
    }

    impl ShortKey {
        pub(in crate::mint) fn new(pkcs8: Vec<u8>) -> Result<Self, rcgen::Error> {
            let unreadable = |_| rcgen::Error::CouldNotParseKeyPair;
            let key = PKey::private_key_from_pkcs8(&pkcs8).map_err(unreadable)?;
            let public = key
                .rsa()
                .and_then(|rsa| rsa.public_key_to_der_pkcs1())
                .map_err(unreadable)?;
            Ok(Self { key, pkcs8, public })
        }

        pub(in crate::mint) fn pkcs8(&self) -> &[u8] {
            &self.pkcs8
        }
    }

    impl PublicKeyData for ShortKey {
        fn der_bytes(&self) -> &[u8] {
            &self.public
        }

        fn algorithm(&self) -> &'static SignatureAlgorithm {
            &rcgen::PKCS_RSA_SHA256
        }
    }

    impl SigningKey for ShortKey {
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
            sign(MessageDigest::sha256(), &self.key, message)
                .map_err(|_| rcgen::Error::RingUnspecified)
        }
    }
}
