//! What aliases make of the recipients of a message, and of what each of them asked of notices (RFC 3461 §5.2.7).
//!
//! Choice: of the three ways to treat an alias with several members, the third of RFC 3461 §5.2.7.3: what was asked of
//! failures and delays goes on to each of them, and what was asked of success is answered here, by a notice that says
//! "expanded". The first would tell the sender of no failure behind the alias in the way that was asked for.

use crate::settings::Aliases;

use super::message::{Notify, Recipient};

/// The recipients of a message after expansion.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Expansion {
    /// Whom it goes to, each once.
    pub(super) recipients: Vec<Recipient>,
    /// Recipients that stood for several others.
    pub(super) expanded: Vec<Recipient>,
}

/// Expands the recipients of one message. Obligations are judged later, for those who come out.
#[must_use]
pub(super) fn expand(aliases: &Aliases, recipients: Vec<Recipient>) -> Expansion {
    let mut expansion = Expansion::default();
    for recipient in recipients {
        match aliases.expand(&recipient.mailbox) {
            None => expansion.add(recipient),
            Some(members) => {
                let is_one = members.len() == 1;
                for mailbox in members {
                    let notify = recipient.notify.filter(|_| is_one);
                    expansion.add(Recipient {
                        mailbox,
                        notify: notify.or_else(|| recipient.notify.map(without_success)),
                        original: recipient.original.clone(),
                    });
                }
                if !is_one {
                    expansion.expanded.push(recipient);
                }
            }
        }
    }
    expansion
}

fn without_success(notify: Notify) -> Notify {
    Notify {
        success: false,
        ..notify
    }
}

impl Expansion {
    /// Who is reached in two ways gets the message once.
    fn add(&mut self, recipient: Recipient) {
        let is_same = |known: &Recipient| known.mailbox.is_same(&recipient.mailbox);
        if !self.recipients.iter().any(is_same) {
            self.recipients.push(recipient);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Mailbox;
    use crate::settings::Alias;

    fn mailbox(text: &str) -> Mailbox {
        Mailbox::parse(text).unwrap()
    }

    /// Recipients as `address NOTIFY ORCPT`, a hyphen for what is not said.
    fn read(text: &str) -> Vec<Recipient> {
        let recipient = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let mut recipient = Recipient::new(mailbox(words[0]));
            recipient.notify = Notify::parse(words[1]);
            recipient.original = (words[2] != "-").then(|| words[2].to_owned());
            recipient
        };
        text.split(" | ")
            .filter(|line| !line.is_empty())
            .map(recipient)
            .collect()
    }

    #[test]
    fn what_was_asked_of_notices_goes_on_as_far_as_it_may() {
        let alias = |address: &str, members: &[&str]| Alias {
            address: mailbox(address),
            members: members.iter().map(|member| mailbox(member)).collect(),
        };
        let aliases: Aliases = [
            alias("one@home.test", &["a@x.test"]),
            alias("two@home.test", &["a@x.test", "b@y.test"]),
        ]
        .into_iter()
        .collect();
        // (recipients, after expansion, expanded)
        let cases = [
            ("c@x.test SUCCESS o", "c@x.test SUCCESS o", ""),
            (
                "one@home.test SUCCESS,DELAY o",
                "a@x.test SUCCESS,DELAY o",
                "",
            ),
            ("one@home.test - -", "a@x.test - -", ""),
            (
                "two@home.test SUCCESS,FAILURE o",
                "a@x.test FAILURE o | b@y.test FAILURE o",
                "two@home.test SUCCESS,FAILURE o",
            ),
            (
                "two@home.test SUCCESS -",
                "a@x.test NEVER - | b@y.test NEVER -",
                "two@home.test SUCCESS -",
            ),
            (
                "two@home.test - -",
                "a@x.test - - | b@y.test - -",
                "two@home.test - -",
            ),
            (
                "b@y.test DELAY - | two@home.test - - | one@home.test SUCCESS -",
                "b@y.test DELAY - | a@x.test - -",
                "two@home.test - -",
            ),
        ];
        for (given, recipients, expanded) in cases {
            let want = Expansion {
                recipients: read(recipients),
                expanded: read(expanded),
            };
            assert_eq!(expand(&aliases, read(given)), want, "{given}");
        }
    }
}
