//! A DKIM signature made (RFC 6376 §5), with RSA or Ed25519 (RFC 8463), relaxed in header and body.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;

use crate::address::DomainName;
use crate::header;

use super::canonical::Form;

/// The most characters of base64 on one line of the field.
const LINE: usize = 72;
/// `AlgorithmIdentifier` of an RSA key (RFC 8017 §A.1).
const RSA_ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// Why nothing can be signed with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is of another kind, or cannot be read.
    #[error("it is no key for RSA from 2048 to 4096 bits, and none for Ed25519")]
    Unusable,
    /// It was not able to sign.
    #[error("the signature could not be made")]
    Failed,
}

/// A private key that can sign.
pub(crate) enum SigningKey {
    /// `rsa-sha256`.
    Rsa(RsaKeyPair),
    /// `ed25519-sha256`.
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads a key in PKCS#8, or one for RSA in PKCS#1.
    ///
    /// # Errors
    /// `KeyError::Unusable`, also for RSA below 2048 bits, which verifiers need not accept (RFC 8301 §3.2).
    pub(crate) fn new(key: &PrivateKeyDer<'_>) -> Result<Self, KeyError> {
        let read = match key {
            PrivateKeyDer::Pkcs1(der) => {
                let key = RsaKeyPair::from_der(der.secret_pkcs1_der());
                key.ok().map(Self::Rsa)
            }
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                let rsa = RsaKeyPair::from_pkcs8(der).ok().map(Self::Rsa);
                let ed25519 = || Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok();
                rsa.or_else(|| ed25519().map(Self::Ed25519))
            }
            _ => None,
        };
        read.ok_or(KeyError::Unusable)
    }

    /// The key record to publish, for a service such as `tlsrpt` (RFC 6376 §3.6.1, RFC 8463 §4).
    #[must_use]
    pub(crate) fn record(&self, service: &str) -> String {
        let (kind, public) = match self {
            Self::Rsa(pair) => ("rsa", subject_public_key_info(pair.public_key().as_ref())),
            Self::Ed25519(pair) => ("ed25519", pair.public_key().as_ref().to_vec()),
        };
        let public = BASE64.encode(&public);
        format!("v=DKIM1; k={kind}; s={service}; p={public}")
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, octets: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    octets,
                    &mut signature,
                )
                .map_err(|_| KeyError::Failed)?;
                Ok(signature)
            }
            // What is signed is the digest, not the text (RFC 8463 §3).
            Self::Ed25519(pair) => {
                let signature = pair.sign(digest(&SHA256, octets).as_ref());
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

/// The content with a signature of a domain in front of it. It covers all of the body (no `l=`), and every field that is
/// there, each named once more than it stands, so that none can be added (RFC 6376 §5.4.2, §8.15).
///
/// # Errors
/// `KeyError::Failed` when the key does not sign.
pub(crate) fn signed(
    content: &[u8],
    domain: &DomainName,
    selector: &DomainName,
    key: &SigningKey,
    now: SystemTime,
) -> Result<Vec<u8>, KeyError> {
    let (header, body) = header::parts(content);
    let fields: Vec<_> = header::fields(header).collect();
    let mut names: Vec<String> = Vec::new();
    let mut covered = Vec::new();
    // Of several fields of one name the lowest is signed first (RFC 6376 §5.4.2).
    for field in fields.iter().rev() {
        names.push(String::from_utf8_lossy(field.name()).to_ascii_lowercase());
        covered.extend(Form::Relaxed.field(field));
    }
    let mut once_more = names.clone();
    once_more.sort_unstable();
    once_more.dedup();
    names.extend(once_more);
    let body_hash = BASE64.encode(digest(&SHA256, &Form::Relaxed.body(body)).as_ref());
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let unsigned = format!(
        "DKIM-Signature: v=1; a={}; c=relaxed/relaxed;\r\n d={domain}; s={selector};\r\n t={seconds};\r\n h={};\r\n bh={body_hash};\r\n b=",
        key.algorithm(),
        names.join(":\r\n "),
    );
    // The field itself comes last, without its end (RFC 6376 §3.7).
    let own = unsigned.as_bytes();
    let field = header::fields(own).next().ok_or(KeyError::Failed)?;
    let own = Form::Relaxed.field(&field);
    covered.extend_from_slice(own.strip_suffix(b"\r\n").unwrap_or(&own));
    let signature = BASE64.encode(&key.sign(&covered)?);
    let lines: Vec<&str> = (0..signature.len())
        .step_by(LINE)
        .map(|at| &signature[at..signature.len().min(at + LINE)])
        .collect();
    let mut whole = format!("{unsigned}{}\r\n", lines.join("\r\n ")).into_bytes();
    whole.extend_from_slice(content);
    Ok(whole)
}

/// An RSA key in the form that key records have (RFC 5280 §4.1).
fn subject_public_key_info(bare: &[u8]) -> Vec<u8> {
    let bits = tagged(0x03, &[&[0], bare].concat());
    tagged(0x30, &[RSA_ALGORITHM.as_slice(), &bits].concat())
}

/// DER with a length in two octets; an RSA key of 2048 to 4096 bits has so many.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&[tag, 0x82], &length.to_be_bytes()[..], content].concat()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};

    use super::*;
    use crate::dkim::{Fault, verify};
    use crate::route::Table;

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_790_000_000)
    }

    fn ed25519() -> SigningKey {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        SigningKey::new(&PrivateKeyDer::Pkcs8(pair.serialize_der().into())).unwrap()
    }

    /// What our own verifier says of a message that was signed and then changed.
    fn verified(
        content: &[u8],
        key: &SigningKey,
        change: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) -> Option<Fault> {
        let name = |text| DomainName::parse(text).unwrap();
        let (domain, selector) = (name("example.test"), name("one"));
        let signed = change(signed(content, &domain, &selector, key, now()).unwrap());
        let record = key.record("tlsrpt");
        let table = Table::parse(&format!("txt one._domainkey.example.test: {record}"));
        let verdicts = verify(&signed, "tlsrpt", &table, now());
        let verdicts = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(verdicts);
        assert_eq!(verdicts.len(), 1);
        assert_eq!(verdicts[0].domain, Some(domain));
        verdicts[0].result.clone().err()
    }

    const MESSAGE: &[u8] =
        b"From: a@example.test\r\nTo: b@other.test\r\nSubject: one\r\n  two\r\n\r\n one  two \r\n\r\n\r\n";

    #[test]
    fn what_is_signed_is_verified_and_what_is_changed_or_added_is_not() {
        let key = ed25519();
        assert_eq!(verified(MESSAGE, &key, |signed| signed), None);
        // (what is changed, into what, the fault)
        let changes = [
            ("one  two", "one three", Some(Fault::BodyChanged)),
            ("\r\n\r\n\r\n", "\r\nmore\r\n", Some(Fault::BodyChanged)),
            ("b@other", "c@other", Some(Fault::Mismatch)),
            (
                "To: b",
                "To: eve@other.test\r\nTo: b",
                Some(Fault::Mismatch),
            ),
            ("Subject: one\r\n  two", "SUBJECT:  one two", None),
        ];
        for (from, to, want) in changes {
            let change = |signed: Vec<u8>| {
                let text = String::from_utf8(signed).unwrap();
                assert!(text.contains(from), "{text}");
                text.replacen(from, to, 1).into_bytes()
            };
            assert_eq!(verified(MESSAGE, &key, change), want, "{from} as {to}");
        }
    }

    /// ring makes no RSA keys, hence OpenSSL.
    #[cfg(feature = "legacy-tls")]
    #[test]
    fn rsa_signs_as_well_and_short_keys_and_other_kinds_do_not() {
        let rsa = |bits| {
            let key = openssl::rsa::Rsa::generate(bits).unwrap();
            PrivateKeyDer::Pkcs1(key.private_key_to_der().unwrap().into())
        };
        let key = SigningKey::new(&rsa(2_048)).unwrap();
        assert_eq!(verified(MESSAGE, &key, |signed| signed), None);
        assert!(SigningKey::new(&rsa(1_024)).is_err());
        let other = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let other = PrivateKeyDer::Pkcs8(other.serialize_der().into());
        assert!(SigningKey::new(&other).is_err());
    }

    #[test]
    fn a_signature_says_who_when_and_what_and_limits_nothing() {
        let seed: [u8; 32] = [7; 32];
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let name = |text| DomainName::parse(text).unwrap();
        let (domain, selector) = (name("example.test"), name("one"));
        let key = SigningKey::Ed25519(pair);
        let signed = signed(MESSAGE, &domain, &selector, &key, now()).unwrap();
        let field = signed.strip_suffix(MESSAGE).unwrap();
        insta::assert_snapshot!(String::from_utf8_lossy(field).replace("\r\n", "\n"));
        insta::assert_snapshot!(key.record("tlsrpt"));
    }

    proptest! {
        #[test]
        fn whatever_is_signed_is_verified(
            values in proptest::collection::vec("[a-z][a-z \t]{0,20}(\r\n [a-z]{1,9})?", 0..6),
            body in "([a-z \t]{0,20}\r\n){0,6}",
        ) {
            let fields: String = values.iter().map(|value| format!("X-Field: {value}\r\n")).collect();
            let content = format!("From: a@example.test\r\n{fields}\r\n{body}");
            prop_assert_eq!(verified(content.as_bytes(), &ed25519(), |signed| signed), None);
        }
    }
}
