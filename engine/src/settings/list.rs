//! Address lists: exact addresses and exact domains.
//!
//! Choice: a listed domain does not cover its subdomains. The product page speaks of addresses and domain names and
//! says nothing of names below them; who wants them lists them.

use std::fmt;

use crate::address::{AddressError, MailDomain, Mailbox};

/// Addresses and domains that a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressList(Vec<ListEntry>);

/// An entry of an address list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// Whom it speaks of.
    pub who: Listed,
    /// The sender must be authenticated too.
    pub authenticated: bool,
}

/// Whom an entry speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// This mailbox alone.
    Mailbox(Mailbox),
    /// Every mailbox of this domain, and of none below it.
    Domain(MailDomain),
}

impl ListEntry {
    /// Reads an entry, an address or a domain, in Unicode or ASCII form.
    ///
    /// # Errors
    /// `AddressError` when it is neither.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let who = if text.contains('@') {
            Listed::Mailbox(Mailbox::parse(text)?)
        } else {
            Listed::Domain(MailDomain::parse(text)?)
        };
        Ok(Self {
            who,
            authenticated: false,
        })
    }

    /// The same entry, which asks for sender authentication.
    #[must_use]
    pub fn for_authenticated(mut self) -> Self {
        self.authenticated = true;
        self
    }

    /// Whether it speaks of this mailbox.
    #[must_use]
    pub fn names(&self, mailbox: &Mailbox) -> bool {
        match &self.who {
            Listed::Mailbox(listed) => listed.is_same(mailbox),
            Listed::Domain(domain) => domain == mailbox.domain(),
        }
    }
}

/// The address or domain.
impl fmt::Display for ListEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            Listed::Mailbox(mailbox) => formatter.write_str(mailbox.as_str()),
            Listed::Domain(domain) => domain.fmt(formatter),
        }
    }
}

impl FromIterator<ListEntry> for AddressList {
    fn from_iter<I: IntoIterator<Item = ListEntry>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl AddressList {
    /// Reads entries, each an address or a domain, in Unicode or ASCII form.
    ///
    /// # Errors
    /// `AddressError` for the first entry that is neither.
    pub fn parse<'t>(entries: impl IntoIterator<Item = &'t str>) -> Result<Self, AddressError> {
        entries.into_iter().map(ListEntry::parse).collect()
    }

    /// Its entries, in the order in which they stand.
    #[must_use]
    pub fn entries(&self) -> &[ListEntry] {
        &self.0
    }

    /// Whether the list has this mailbox or its domain.
    #[must_use]
    pub fn covers(&self, mailbox: &Mailbox) -> bool {
        self.0.iter().any(|entry| entry.names(mailbox))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_covers_exact_addresses_and_exact_domains() {
        // (entry, mailbox, is it covered?)
        let cases = [
            ("example.test", "user@example.test", true),
            ("Example.TEST.", "user@eXample.test", true),
            ("example.test", "user@sub.example.test", false),
            ("sub.example.test", "user@example.test", false),
            ("example.test", "user@notexample.test", false),
            ("user@example.test", "user@example.test", true),
            ("user@example.test", "User@example.test", true),
            ("user@example.test", "other@example.test", false),
            ("user@example.test", "user@sub.example.test", false),
            ("bücher.test", "user@xn--bcher-kva.test", true),
            ("xn--bcher-kva.test", "jürgen@Bücher.test", true),
            ("[192.0.2.1]", "user@[192.0.2.1]", true),
        ];
        for (entry, mailbox, want) in cases {
            let list = AddressList::parse([entry]).unwrap();
            assert_eq!(
                list.covers(&Mailbox::parse(mailbox).unwrap()),
                want,
                "{entry} with {mailbox}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_listed_domain_never_covers_a_name_below_it(label in "[a-z]{1,10}", local in "[a-z]{1,10}") {
            let list = AddressList::parse(["example.test"]).unwrap();
            let below = Mailbox::parse(&format!("{local}@{label}.example.test")).unwrap();
            prop_assert!(!list.covers(&below));
        }
    }
}
