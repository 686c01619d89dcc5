//! What a scenario may ask of a certificate: a word of the catalogue, or a table of its own names.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// All of them, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As scenario files spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one that scenario files spell so.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// A word of the certificate catalogue: each is healthy but for one thing.
    Word {
        /// Nothing is wrong.
        Valid = "valid",
        /// Valid, with another key.
        Renewed = "renewed",
        /// `*.` and the host's parent.
        Wildcard = "wildcard",
        /// Its time is over.
        Expired = "expired",
        /// Its time has not come.
        NotYetValid = "not-yet-valid",
        /// Signed by its own key.
        SelfSigned = "self-signed",
        /// The whole chain is sent, and its root is in no trust store.
        UntrustedCa = "untrusted-ca",
        /// As `untrusted-ca`, with the root left out of the handshake.
        AnchorNotSent = "anchor-not-sent",
        /// The intermediate is left out.
        MissingIntermediate = "missing-intermediate",
        /// The intermediate's time is over.
        ExpiredIntermediate = "expired-intermediate",
        /// It names another host.
        WrongName = "wrong-name",
        /// It names the next-hop domain only.
        RecipientDomain = "recipient-domain",
        /// The host name is the common name; there is no subject alternative name.
        CnOnly = "cn-only",
        /// It names the host's address only.
        IpAddressOnly = "ip-address-only",
        /// The subject is empty.
        EmptySubject = "empty-subject",
        /// The host name in capitals.
        UpperCaseName = "upper-case-name",
        /// `m*.` and the host's parent.
        PartialWildcard = "partial-wildcard",
        /// `*.*.` and the host's grandparent.
        DoubleWildcard = "double-wildcard",
        /// `mx.*.` and the host's grandparent.
        InnerWildcard = "inner-wildcard",
        /// Good for clients only.
        ClientOnly = "client-only",
        /// The leaf is an authority.
        CaLeaf = "ca-leaf",
        /// The chain is longer than an authority allows.
        PathLengthExceeded = "path-length-exceeded",
        /// An authority's name constraints exclude the host.
        NameConstraintsViolated = "name-constraints-violated",
        /// A critical extension that nobody knows.
        CriticalExtension = "critical-extension",
        /// X.509 version 1.
        X509V1 = "x509-v1",
        /// Over 16 KiB.
        LargeChain = "large-chain",
        /// The key in use is not the certificate's.
        WrongKey = "wrong-key",
        /// RSA, 1024 bits.
        Rsa1024 = "rsa-1024",
        /// RSA, 2048 bits.
        Rsa2048 = "rsa-2048",
        /// RSA, 4096 bits.
        Rsa4096 = "rsa-4096",
        /// ECDSA on P-384.
        EcdsaP384 = "ecdsa-p384",
        /// Ed25519.
        Ed25519 = "ed25519",
        /// Signed with SHA-1.
        Sha1 = "sha1",
        /// Signed with MD5.
        Md5 = "md5",
    }
}

words! {
    /// The kind of a certificate's key.
    KeyKind {
        /// ECDSA on P-256.
        EcdsaP256 = "ecdsa-p256",
        /// ECDSA on P-384.
        EcdsaP384 = "ecdsa-p384",
        /// Ed25519.
        Ed25519 = "ed25519",
        /// RSA, 1024 bits.
        Rsa1024 = "rsa-1024",
        /// RSA, 2048 bits.
        Rsa2048 = "rsa-2048",
        /// RSA, 4096 bits.
        Rsa4096 = "rsa-4096",
    }
}

/// A certificate as a scenario names it: a word, or a table with what differs from the word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificateSpec {
    /// The word; `valid` where the table names none.
    pub is: Word,
    /// The names on it instead of the word's own; an empty list is none.
    pub names: Option<Vec<String>>,
    /// The common name of its subject.
    pub common_name: Option<String>,
    /// The kind of key instead of the word's own.
    pub key: Option<KeyKind>,
}

impl From<Word> for CertificateSpec {
    fn from(is: Word) -> Self {
        Self {
            is,
            names: None,
            common_name: None,
            key: None,
        }
    }
}

impl Word {
    /// The kind of key that the word is about.
    #[must_use]
    pub const fn key(self) -> Option<KeyKind> {
        match self {
            Self::Rsa1024 => Some(KeyKind::Rsa1024),
            Self::Rsa2048 => Some(KeyKind::Rsa2048),
            Self::Rsa4096 => Some(KeyKind::Rsa4096),
            Self::EcdsaP384 => Some(KeyKind::EcdsaP384),
            Self::Ed25519 => Some(KeyKind::Ed25519),
            _ => None,
        }
    }

    /// Can only a build with the feature `legacy-tls` make it, or serve it?
    #[must_use]
    pub const fn needs_openssl(self) -> bool {
        matches!(self, Self::Sha1 | Self::Md5 | Self::Rsa1024)
    }
}

impl KeyKind {
    /// Does rustls sign with such a key? Its provider asks for RSA of 2048 bits at least.
    #[must_use]
    pub const fn rustls_can_sign(self) -> bool {
        !matches!(self, Self::Rsa1024)
    }

    /// The bits of an RSA key.
    #[must_use]
    pub const fn rsa_bits(self) -> Option<u32> {
        match self {
            Self::Rsa1024 => Some(1024),
            Self::Rsa2048 => Some(2048),
            Self::Rsa4096 => Some(4096),
            Self::EcdsaP256 | Self::EcdsaP384 | Self::Ed25519 => None,
        }
    }
}

impl CertificateSpec {
    /// The kind of its key: its own, the word's, or else `default`.
    #[must_use]
    pub fn key_kind(&self, default: KeyKind) -> KeyKind {
        self.key.or_else(|| self.is.key()).unwrap_or(default)
    }

    /// Can only a build with the feature `legacy-tls` make it, or serve it?
    #[must_use]
    pub fn needs_openssl(&self) -> bool {
        match (self.is, self.key) {
            (Word::Sha1 | Word::Md5, _) => true,
            (word, key) => key.or(word.key()) == Some(KeyKind::Rsa1024),
        }
    }

    /// Can rustls serve it? All but RSA keys of 1024 bits; what stands in the certificate itself is no matter to it.
    #[must_use]
    pub fn rustls_can_serve(&self) -> bool {
        self.key
            .or_else(|| self.is.key())
            .is_none_or(KeyKind::rustls_can_sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_needs_openssl_when_its_word_or_its_key_does() {
        let spec = |is, key| CertificateSpec {
            key,
            ..CertificateSpec::from(is)
        };
        // (word, key, needs OpenSSL, rustls can serve it)
        let cases = [
            (Word::Valid, None, false, true),
            (Word::X509V1, None, false, true),
            (Word::CriticalExtension, None, false, true),
            (Word::Expired, Some(KeyKind::Rsa1024), true, false),
            (Word::Rsa1024, None, true, false),
            (Word::Rsa1024, Some(KeyKind::Rsa2048), false, true),
            (Word::Md5, None, true, true),
            (Word::Sha1, Some(KeyKind::Ed25519), true, true),
        ];
        for (is, key, openssl, rustls) in cases {
            let spec = spec(is, key);
            assert_eq!(
                (spec.needs_openssl(), spec.rustls_can_serve()),
                (openssl, rustls),
                "{spec:?}"
            );
        }
    }

    #[test]
    fn a_key_is_the_tables_own_before_the_words_before_the_default() {
        let word = CertificateSpec::from(Word::EcdsaP384);
        let table = CertificateSpec {
            key: Some(KeyKind::Ed25519),
            ..word.clone()
        };
        assert_eq!(table.key_kind(KeyKind::Rsa2048), KeyKind::Ed25519);
        assert_eq!(word.key_kind(KeyKind::Rsa2048), KeyKind::EcdsaP384);
        assert_eq!(
            CertificateSpec::from(Word::Valid).key_kind(KeyKind::Rsa2048),
            KeyKind::Rsa2048
        );
    }
}
