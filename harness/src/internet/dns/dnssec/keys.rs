//! The keys that zones are signed with. They are committed, private halves and all, as `keys/README.md` says.
//!
//! Each chain of trust begins with ECDSA at the root, goes on with RSA at `test.` and ends with ECDSA. Ed25519 signs
//! the subject's own domain alone: to a validator that does not know it this zone is insecure (RFC 4035 §5.2), and
//! nothing else is.

use std::fmt;
use std::sync::LazyLock;

use hickory_proto::dnssec::crypto::{EcdsaSigningKey, Ed25519SigningKey, RsaSigningKey};
use hickory_proto::dnssec::rdata::{DNSKEY, DS};
use hickory_proto::dnssec::{Algorithm, DigestType, SigningKey};
use hickory_proto::rr::Name;
use ring::signature::Ed25519KeyPair;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;

/// Zone Key and Secure Entry Point (RFC 4034 §2.1.1): one key signs all of a zone.
const FLAGS: u16 = 257;

/// Whose key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Root,
    Base,
    Home,
    Zone,
    /// Of nobody that anybody knows.
    Stranger,
}

/// Both halves.
pub(super) struct Pair {
    pub(super) private: Box<dyn SigningKey>,
    pub(super) public: DNSKEY,
    pub(super) tag: u16,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}", self.tag)
    }
}

static PAIRS: LazyLock<[Pair; 5]> = LazyLock::new(|| {
    [
        ecdsa(include_bytes!("keys/root.pem")),
        rsa(include_bytes!("keys/base.pem")),
        ed25519(include_bytes!("keys/home.pem")),
        ecdsa(include_bytes!("keys/zone.pem")),
        ecdsa(include_bytes!("keys/stranger.pem")),
    ]
});

impl Key {
    pub(super) fn pair(self) -> &'static Pair {
        &PAIRS[self as usize]
    }

    /// The public half, as a zone publishes it.
    pub(crate) fn dnskey(self) -> DNSKEY {
        self.pair().public.clone()
    }

    /// What the parent of this zone publishes (RFC 4034 §5).
    pub(crate) fn ds(self, zone: &Name) -> DS {
        let pair = self.pair();
        let digest = (pair.public)
            .to_digest(zone, DigestType::SHA256)
            .expect("SHA-256 is known and a zone's name can be written");
        DS::new(
            pair.tag,
            pair.private.algorithm(),
            DigestType::SHA256,
            digest.as_ref().to_vec(),
        )
    }
}

fn pair(private: impl SigningKey + 'static) -> Pair {
    let public = private.to_public_key().expect("the public half is known");
    let public = DNSKEY::with_flags(FLAGS, public);
    Pair {
        tag: public.calculate_key_tag().expect("the key can be written"),
        private: Box::new(private),
        public,
    }
}

fn read(pem: &[u8]) -> PrivatePkcs8KeyDer<'static> {
    PrivatePkcs8KeyDer::from_pem_slice(pem).expect("a committed key is PKCS #8")
}

fn ecdsa(pem: &[u8]) -> Pair {
    let key = EcdsaSigningKey::from_pkcs8(&read(pem), Algorithm::ECDSAP256SHA256);
    pair(key.expect("this committed key is P-256"))
}

fn rsa(pem: &[u8]) -> Pair {
    let key = RsaSigningKey::from_pkcs8(&read(pem), Algorithm::RSASHA256);
    pair(key.expect("this committed key is RSA"))
}

/// OpenSSL leaves the public half out of such a file, which hickory would not take.
fn ed25519(pem: &[u8]) -> Pair {
    let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(read(pem).secret_pkcs8_der());
    let key = key.expect("this committed key is Ed25519");
    pair(Ed25519SigningKey::from_ed25519(key))
}

#[cfg(test)]
mod tests {
    use hickory_proto::dnssec::Algorithm;
    use hickory_proto::rr::Name;

    use super::Key;

    #[test]
    fn committed_keys_are_what_their_names_say() {
        let cases = [
            (Key::Root, Algorithm::ECDSAP256SHA256),
            (Key::Base, Algorithm::RSASHA256),
            (Key::Home, Algorithm::ED25519),
            (Key::Zone, Algorithm::ECDSAP256SHA256),
            (Key::Stranger, Algorithm::ECDSAP256SHA256),
        ];
        let mut tags = Vec::new();
        for (key, algorithm) in cases {
            assert_eq!(key.pair().private.algorithm(), algorithm, "{key:?}");
            let zone = Name::from_ascii("zone.test.").unwrap();
            assert!(key.ds(&zone).covers(&zone, &key.dnskey()).unwrap());
            tags.push(key.pair().tag);
        }
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), cases.len(), "no two keys have one tag");
    }
}
