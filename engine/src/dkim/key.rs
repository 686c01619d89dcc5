//! A key record (RFC 6376 §3.6.1, RFC 8463 §4).

use ring::signature::{ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::fault::Fault;
use super::signature::Algorithm;
use super::tags::{Tags, base64};

/// The shortest RSA key that proves anything, in octets (RFC 8301 §3.2).
const RSA_OCTETS: usize = 1_024 / 8;

/// A public key, and what it may be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    algorithm: Algorithm,
    bytes: Vec<u8>,
    /// The user's domain must be the signer's itself, and none below it.
    pub(super) is_strict: bool,
    /// The signer is trying it out.
    pub(super) is_test: bool,
}

impl Key {
    /// Reads a record for a service, `email` for mail.
    ///
    /// # Errors
    /// `Fault` when it is no key that may be used for it.
    pub(super) fn parse(record: &[u8], service: &str) -> Result<Self, Fault> {
        let text = str::from_utf8(record).map_err(|_| Fault::Key("it is not UTF-8"))?;
        let tags = Tags::parse(text).ok_or(Fault::Key("it is no list of tags"))?;
        let version_is_right = tags
            .value("v")
            .is_none_or(|_| tags.first() == Some(("v", "DKIM1")));
        if !version_is_right {
            return Err(Fault::Key(
                "its version is unknown, or does not stand first",
            ));
        }
        let data = tags.value("p").ok_or(Fault::Key("it has no key"))?;
        if data.is_empty() {
            return Err(Fault::Revoked);
        }
        if tags
            .parts("h")
            .is_some_and(|hashes| !hashes.contains(&"sha256"))
        {
            return Err(Fault::OtherUse("it excludes SHA-256"));
        }
        if tags
            .parts("s")
            .is_some_and(|services| !services.contains(&"*") && !services.contains(&service))
        {
            return Err(Fault::OtherUse("its service types leave mail out"));
        }
        let algorithm = match tags.value("k") {
            None | Some("rsa") => Algorithm::Rsa,
            Some("ed25519") => Algorithm::Ed25519,
            Some(_) => return Err(Fault::Key("its algorithm is unknown")),
        };
        let data = base64(data).ok_or(Fault::Key("it is not base64"))?;
        let bytes = match algorithm {
            Algorithm::Rsa => of_rsa(data)?,
            Algorithm::Ed25519 => data,
        };
        let flags = tags.parts("t").unwrap_or_default();
        Ok(Self {
            algorithm,
            bytes,
            is_strict: flags.contains(&"s"),
            is_test: flags.contains(&"y"),
        })
    }

    /// Whether it made this signature of these octets.
    ///
    /// # Errors
    /// `Fault` when it did not.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), Fault> {
        if algorithm != self.algorithm {
            return Err(Fault::OtherUse("it is of another algorithm"));
        }
        let verified = match algorithm {
            Algorithm::Rsa => {
                let verifier = &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
                UnparsedPublicKey::new(verifier, &self.bytes).verify(signed, signature)
            }
            // What is signed is the digest, not the text (RFC 8463 §3).
            Algorithm::Ed25519 => {
                let digest = ring::digest::digest(&ring::digest::SHA256, signed);
                UnparsedPublicKey::new(&ED25519, &self.bytes).verify(digest.as_ref(), signature)
            }
        };
        verified.map_err(|_| Fault::Mismatch)
    }
}

/// The bare RSA key. The standard wants it bare (RFC 6376 §3.6.1); most records wrap it up as in a certificate.
fn of_rsa(data: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let bare = match SubjectPublicKeyInfo::from_der(&data) {
        Ok((_, wrapped)) => wrapped.subject_public_key.data.to_vec(),
        Err(_) => data,
    };
    let modulus = x509_parser::der_parser::der::parse_der_sequence(&bare)
        .ok()
        .and_then(|(_, sequence)| {
            sequence
                .as_sequence()
                .ok()?
                .first()?
                .as_slice()
                .ok()
                .map(<[u8]>::to_vec)
        })
        .ok_or(Fault::Key("it is no RSA key"))?;
    let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
    if significant < RSA_OCTETS {
        return Err(Fault::ShortKey);
    }
    Ok(bare)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_serves_only_what_its_record_says() {
        let key = data_encoding::BASE64.encode(&[7; 32]);
        // (tags before the key, is it a key for mail?)
        let cases = [
            ("v=DKIM1; k=ed25519; p=", true),
            ("k=ed25519; p=", true),
            ("v=DKIM1; k=ed25519; s=email; p=", true),
            ("v=DKIM1; k=ed25519; s=*; p=", true),
            ("v=DKIM1; k=ed25519; s=tlsrpt : email; p=", true),
            ("v=DKIM1; k=ed25519; h=sha1:sha256; t=s; n=note; p=", true),
            ("v=DKIM1; k=ed25519; s=tlsrpt; p=", false),
            ("v=DKIM1; k=ed25519; h=sha1; p=", false),
            ("v=DKIM2; k=ed25519; p=", false),
            ("k=ed25519; v=DKIM1; p=", false),
            ("v=DKIM1; k=dsa; p=", false),
            ("v=DKIM1; p=", false),
            ("v=DKIM1; k=ed25519; p=?", false),
            ("v=spf1 -all", false),
        ];
        for (tags, want) in cases {
            let record = format!("{tags}{key}");
            assert_eq!(
                Key::parse(record.as_bytes(), "email").is_ok(),
                want,
                "{record}"
            );
        }
        assert_eq!(Key::parse(b"v=DKIM1; p=", "email"), Err(Fault::Revoked));
        assert!(Key::parse(format!("s=tlsrpt; k=ed25519; p={key}").as_bytes(), "tlsrpt").is_ok());
    }

    proptest! {
        #[test]
        fn any_record_is_read_without_panic(record in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Key::parse(&record, "email");
            let encoded = format!("p={}", data_encoding::BASE64.encode(&record));
            let _ = Key::parse(encoded.as_bytes(), "email");
        }
    }
}
