//! What the engine is told about the TLS reports that it makes (RFC 8460).

use std::fmt;
use std::time::SystemTime;

use rustls_pki_types::PrivateKeyDer;

use crate::address::{DomainName, MailDomain, Mailbox};
use crate::dkim::{self, KeyError, SigningKey};

/// Who reports, and how reports are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporting {
    /// The organisation that is responsible for the reports.
    pub organization: String,
    /// Whom to ask about them; its domain is the submitter.
    pub contact: Contact,
    /// From whom mailed reports come; none: the contact.
    pub sender: Option<Contact>,
    /// What signs mailed reports; none: only those over HTTPS are made, since a mailed one must be signed (RFC 8460 §3).
    pub dkim: Option<DkimKey>,
}

/// A mailbox whose domain has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    mailbox: Mailbox,
    domain: DomainName,
}

impl Contact {
    /// Takes a mailbox; none: its domain is an address literal, which nobody can sign for, or it is not in ASCII.
    #[must_use]
    pub fn new(mailbox: Mailbox) -> Option<Self> {
        let MailDomain::Name(domain) = mailbox.domain() else {
            return None;
        };
        let domain = domain.clone();
        let is_ascii = mailbox.as_str().is_ascii();
        is_ascii.then_some(Self { mailbox, domain })
    }

    /// The mailbox.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Its domain.
    #[must_use]
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }
}

/// A key that signs, and the name under which its other half is published.
#[derive(PartialEq, Eq)]
pub struct DkimKey {
    domain: DomainName,
    selector: DomainName,
    key: PrivateKeyDer<'static>,
}

impl DkimKey {
    /// Takes a key: RSA from 2048 to 4096 bits, or Ed25519.
    ///
    /// # Errors
    /// `KeyError` when it is none that can sign.
    pub fn new(
        domain: DomainName,
        selector: DomainName,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, KeyError> {
        SigningKey::new(&key)?;
        Ok(Self {
            domain,
            selector,
            key,
        })
    }

    /// For whom it signs.
    #[must_use]
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// Which of its keys it is.
    #[must_use]
    pub fn selector(&self) -> &DomainName {
        &self.selector
    }

    /// The key itself.
    #[must_use]
    pub fn key(&self) -> &PrivateKeyDer<'static> {
        &self.key
    }

    /// The name under which its record is to be published.
    #[must_use]
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// That record, for reports alone (RFC 8460 §3).
    #[must_use]
    pub fn record(&self) -> String {
        self.signing_key().record("tlsrpt")
    }

    /// A message with a signature of the whole of it in front.
    ///
    /// # Errors
    /// `KeyError` when the key does not sign.
    pub fn signed(&self, content: &[u8], now: SystemTime) -> Result<Vec<u8>, KeyError> {
        dkim::signed(
            content,
            &self.domain,
            &self.selector,
            &self.signing_key(),
            now,
        )
    }

    /// The key, ready to sign.
    #[must_use]
    fn signing_key(&self) -> SigningKey {
        SigningKey::new(&self.key).expect("the key was read before")
    }

    /// Whether it may sign for a domain: its own, or one below it.
    #[must_use]
    pub fn signs_for(&self, domain: &DomainName) -> bool {
        let rest = domain.as_str().strip_suffix(self.domain.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl Clone for DkimKey {
    fn clone(&self) -> Self {
        Self {
            domain: self.domain.clone(),
            selector: self.selector.clone(),
            key: self.key.clone_key(),
        }
    }
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DkimKey")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PKCS_ED25519};

    use super::*;

    #[test]
    fn a_key_signs_for_its_domain_and_those_below_it() {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let name = |text| DomainName::parse(text).unwrap();
        let der = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
        let key = DkimKey::new(name("home.test"), name("tlsrpt"), der).unwrap();
        for (domain, want) in [
            ("home.test", true),
            ("mail.home.test", true),
            ("nothome.test", false),
            ("test", false),
        ] {
            assert_eq!(key.signs_for(&name(domain)), want, "{domain}");
        }
        assert_eq!(key.record_name(), "tlsrpt._domainkey.home.test");
        assert!(key.record().starts_with("v=DKIM1; k=ed25519; s=tlsrpt; p="));
        let secret = format!("{:?}", key.key().secret_der());
        assert!(!format!("{key:?}").contains(&secret));
    }
}
