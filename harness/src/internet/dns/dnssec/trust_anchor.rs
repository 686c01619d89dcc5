//! The trust anchor of the fake DNS (RFC 4035 §4.4): the key of its root, which is the same in every run.

use std::fmt;

use hickory_proto::dnssec::PublicKey as _;
use hickory_proto::dnssec::rdata::DNSKEY;
use hickory_proto::rr::Name;

use super::keys::Key;

/// The key of the fake root, for whoever validates for himself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor(DNSKEY);

impl TrustAnchor {
    /// The anchor of the committed root key.
    #[must_use]
    pub fn committed() -> Self {
        Self(Key::Root.dnskey())
    }

    /// The number of its algorithm, as DNSKEY records have it.
    #[must_use]
    pub fn algorithm(&self) -> u8 {
        self.0.public_key().algorithm().into()
    }

    /// The key itself, as DNSKEY records have it.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.0.public_key().public_bytes()
    }

    /// The DS record that a parent of the root would have, for validators that want one.
    #[must_use]
    pub fn ds(&self) -> String {
        format!(". IN DS {}", Key::Root.ds(&Name::root()))
    }
}

/// As a DNSKEY record in a zone file.
impl fmt::Display for TrustAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ". IN DNSKEY {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::TrustAnchor;

    #[test]
    fn the_anchor_is_a_record_that_validators_can_read() {
        let anchor = TrustAnchor::committed();
        assert_eq!(anchor.algorithm(), 13);
        assert_eq!(anchor.public_key().len(), 64);
        insta::assert_snapshot!(format!("{anchor}\n{}", anchor.ds()));
    }
}
