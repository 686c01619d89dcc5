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
