//! Address lists: exact addresses and exact domains.
//!
//! Choice: a listed domain does not cover its subdomains. The product page speaks of addresses and domain names and
//! says nothing of names below them; who wants them lists them.

use crate::address::{AddressError, MailDomain, Mailbox};

/// Addresses and domains that a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressList(Vec<ListEntry>);

/// An entry of an address list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEntry {
    /// This mailbox alone.
    Mailbox(Mailbox),
    /// Every mailbox of this domain, and of none below it.
    Domain(MailDomain),
}

impl AddressList {
    /// Reads entries, each an address or a domain, in Unicode or ASCII form.
    ///
    /// # Errors
    /// `AddressError` for the first entry that is neither.
    pub fn parse<'t>(entries: impl IntoIterator<Item = &'t str>) -> Result<Self, AddressError> {
        let entry = |text: &str| {
            if text.contains('@') {
                Mailbox::parse(text).map(ListEntry::Mailbox)
            } else {
                MailDomain::parse(text).map(ListEntry::Domain)
            }
        };
        entries
            .into_iter()
            .map(entry)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether the list has this mailbox or its domain.
    #[must_use]
    pub fn covers(&self, mailbox: &Mailbox) -> bool {
        self.0.iter().any(|entry| match entry {
            ListEntry::Mailbox(listed) => listed.is_same(mailbox),
            ListEntry::Domain(domain) => domain == mailbox.domain(),
        })
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
