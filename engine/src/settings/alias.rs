//! Aliases: addresses that stand for others. The envelope sender stays as it was (RFC 3461 §5.2.7, RFC 5321 §3.9.1).

use std::collections::BTreeMap;

use crate::address::{AddressError, Mailbox};

/// So many aliases lead on from one address; what is reached then is taken for a mailbox.
///
/// Choice: ten, deeper than anybody keeps them on purpose.
const DEPTH_LIMIT: usize = 10;

/// The most mailboxes that one address stands for. Those beyond are left out.
///
/// Choice: a thousand, so many as a transaction has recipients (RFC 5321 §4.5.3.1.8).
const MEMBER_LIMIT: usize = 1_000;

/// Addresses that stand for others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aliases(Vec<Alias>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The address.
    pub address: Mailbox,
    /// Whom it stands for.
    pub members: Vec<Mailbox>,
}

impl FromIterator<Alias> for Aliases {
    fn from_iter<I: IntoIterator<Item = Alias>>(aliases: I) -> Self {
        Self(aliases.into_iter().collect())
    }
}

impl Aliases {
    /// Reads addresses and whom each of them stands for.
    ///
    /// # Errors
    /// `AddressError` for the first text that is no address.
    pub fn parse(told: &BTreeMap<String, Vec<String>>) -> Result<Self, AddressError> {
        let alias = |(address, members): (&String, &Vec<String>)| {
            let members = members.iter().map(|member| Mailbox::parse(member));
            Ok(Alias {
                address: Mailbox::parse(address)?,
                members: members.collect::<Result<_, _>>()?,
            })
        };
        told.iter().map(alias).collect()
    }

    /// All of them, in the order in which they were said.
    #[must_use]
    pub fn entries(&self) -> &[Alias] {
        &self.0
    }

    /// Whom an address stands for in the end, each once; none if it is no alias.
    ///
    /// Choice: an address that is met again on the way from itself is taken for a mailbox. So a list may name its own
    /// address to keep a copy there, and a circle loses no mail.
    #[must_use]
    pub fn expand(&self, address: &Mailbox) -> Option<Vec<Mailbox>> {
        self.members_of(address)?;
        let mut walk = Walk::default();
        walk.over(self, address);
        Some(walk.found)
    }

    fn members_of(&self, address: &Mailbox) -> Option<&[Mailbox]> {
        let alias = self.0.iter().find(|alias| alias.address.is_same(address))?;
        (!alias.members.is_empty()).then_some(alias.members.as_slice())
    }
}

/// A walk over aliases, from one address on.
#[derive(Default)]
struct Walk<'a> {
    /// The aliases that led to where it is.
    way: Vec<&'a Mailbox>,
    /// The aliases behind it, which need not be walked again.
    done: Vec<&'a Mailbox>,
    /// The mailboxes that were reached.
    found: Vec<Mailbox>,
}

impl<'a> Walk<'a> {
    fn over(&mut self, aliases: &'a Aliases, address: &'a Mailbox) {
        let is_among = |passed: &[&Mailbox]| passed.iter().any(|one| one.is_same(address));
        if is_among(&self.done) || self.found.len() >= MEMBER_LIMIT {
            return;
        }
        match aliases.members_of(address) {
            Some(members) if !is_among(&self.way) && self.way.len() < DEPTH_LIMIT => {
                self.way.push(address);
                for member in members {
                    self.over(aliases, member);
                }
                self.way.pop();
                self.done.push(address);
            }
            _ if self.found.iter().any(|known| known.is_same(address)) => {}
            _ => self.found.push(address.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(text: &str) -> Mailbox {
        Mailbox::parse(text).unwrap()
    }

    /// Aliases as `address: member member, ...`.
    fn read(text: &str) -> Aliases {
        let alias = |line: &str| {
            let (address, members) = line.split_once(": ").unwrap();
            Alias {
                address: mailbox(address),
                members: members.split_whitespace().map(mailbox).collect(),
            }
        };
        text.split(", ").map(alias).collect()
    }

    #[test]
    fn an_alias_stands_for_its_members_each_once_and_no_circle_is_endless() {
        // (aliases, address, whom it stands for)
        let cases = [
            ("team@home.test: a@x.test", "other@home.test", None),
            (
                "team@home.test: a@x.test",
                "TEAM@Home.test",
                Some("a@x.test"),
            ),
            (
                "team@home.test: a@x.test b@y.test A@X.test",
                "team@home.test",
                Some("a@x.test b@y.test"),
            ),
            (
                "team@home.test: crew@home.test c@x.test, crew@home.test: a@x.test c@x.test",
                "team@home.test",
                Some("a@x.test c@x.test"),
            ),
            (
                "team@home.test: team@home.test a@x.test",
                "team@home.test",
                Some("team@home.test a@x.test"),
            ),
            (
                "a@h.test: b@h.test, b@h.test: a@h.test",
                "a@h.test",
                Some("a@h.test"),
            ),
            (
                "a@h.test: b@h.test c@h.test, b@h.test: c@h.test a@h.test",
                "a@h.test",
                Some("c@h.test a@h.test"),
            ),
        ];
        for (aliases, address, want) in cases {
            let got = read(aliases).expand(&mailbox(address));
            let got = got.map(|found| {
                found
                    .iter()
                    .map(Mailbox::as_str)
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            assert_eq!(got.as_deref(), want, "{address} with {aliases}");
        }
    }

    #[test]
    fn a_long_way_ends_and_a_large_list_is_cut() {
        let chain: Vec<String> = (0..30)
            .map(|n| format!("a{n}@h.test: a{}@h.test", n + 1))
            .collect();
        let found = read(&chain.join(", ")).expand(&mailbox("a0@h.test"));
        assert_eq!(found, Some(vec![mailbox("a10@h.test")]));
        // Ten aliases of ten members each, ten levels deep, would be more than anybody could hold.
        let members = |level: usize| -> Vec<String> {
            (0..10).map(|n| format!("l{level}-{n}@h.test")).collect()
        };
        let tree: Vec<String> = (0..10)
            .flat_map(|level| {
                let below = members(level + 1).join(" ");
                members(level)
                    .into_iter()
                    .map(move |address| format!("{address}: {below}"))
            })
            .collect();
        let found = read(&tree.join(", ")).expand(&mailbox("l0-0@h.test"));
        assert!(found.is_some_and(|found| found.len() <= MEMBER_LIMIT));
    }
}
