//! The envelope senders and canaries of a case: by them whatever comes back is known for what it belongs to.
//!
//! Each message, and each copy of it, has an envelope sender of its own: the local part of the file with a token behind
//! a plus sign. A null sender has none. Its header and body carry a canary each. All of it is undone for what is shown.

use std::collections::{BTreeMap, BTreeSet};

use mtaspec_judge::events::Part;
use mtaspec_judge::scenario::{Case, Message};

use super::label::base32_of;
use super::names::ascii;
use super::warm_up;

const TOKEN_PREFIX: &str = "mt";
const HEADER_PREFIX: &str = "mtaspec-header-";
const BODY_PREFIX: &str = "mtaspec-body-";
const TOKEN_LENGTH: usize = 10;

/// All messages of a case, and who may receive mail in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailPlan {
    mails: Vec<PlannedMail>,
    by_token: BTreeMap<String, usize>,
    /// Messages without a sender, by their recipient in normal form.
    without_sender: BTreeMap<String, Vec<usize>>,
    recipients: BTreeSet<String>,
}

/// One message, or one of several copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMail {
    /// The message's name as events have it: of several copies `NAME/1`, `NAME/2`, ...
    pub message: String,
    /// From 1.
    pub copy: u32,
    /// The reverse-path with its token; empty is null.
    pub sender: String,
    /// Belongs into the header.
    pub header_canary: String,
    /// Belongs into the body.
    pub body_canary: String,
}

impl MailPlan {
    /// The messages of a case whose names are labelled.
    #[must_use]
    pub fn of(label: &str, labelled: &Case) -> Self {
        let mut plan = Self {
            mails: Vec::new(),
            by_token: BTreeMap::new(),
            without_sender: BTreeMap::new(),
            recipients: recipients_of(labelled),
        };
        for message in labelled.steps.iter().flat_map(|step| &step.inject) {
            for copy in 1..=message.copies {
                plan.add(label, message, copy);
            }
        }
        for message in warm_up::messages(labelled) {
            plan.add(label, &message, 1);
        }
        plan
    }

    fn add(&mut self, label: &str, message: &Message, copy: u32) {
        let mut token = base32_of(&["message", label, &message.name, &copy.to_string()]);
        token.truncate(TOKEN_LENGTH);
        self.by_token.insert(token.clone(), self.mails.len());
        if message.from.is_empty() {
            for recipient in &message.to {
                let known = self.without_sender.entry(normal(recipient)).or_default();
                known.push(self.mails.len());
            }
        }
        self.mails.push(PlannedMail {
            message: if message.copies > 1 {
                format!("{}/{copy}", message.name)
            } else {
                message.name.clone()
            },
            copy,
            sender: with_token(&message.from, &token),
            header_canary: format!("{HEADER_PREFIX}{token}"),
            body_canary: format!("{BODY_PREFIX}{token}"),
        });
    }

    /// All of them in the order of the story.
    #[must_use]
    pub fn mails(&self) -> &[PlannedMail] {
        &self.mails
    }

    /// The copies of one message.
    pub fn copies_of<'a>(&'a self, message: &'a str) -> impl Iterator<Item = &'a PlannedMail> {
        self.mails.iter().filter(move |mail| {
            let behind = mail.message.strip_prefix(message);
            behind.is_some_and(|copy| copy.is_empty() || copy.starts_with('/'))
        })
    }

    /// The name of the message whose envelope sender this is (or which a notice to it speaks of).
    #[must_use]
    pub fn message_of_sender(&self, address: &str) -> Option<&str> {
        self.mail_of_sender(address)
            .map(|mail| mail.message.as_str())
    }

    /// The same, with the copy.
    #[must_use]
    fn mail_of_sender(&self, address: &str) -> Option<&PlannedMail> {
        let (at, _) = tokens_in(address).next()?;
        let token = address[at + 1 + TOKEN_PREFIX.len()..]
            .get(..TOKEN_LENGTH)?
            .to_ascii_lowercase();
        self.mail_of_token(&token)
    }

    /// The name of the one message without a sender that goes to this recipient, if there is only one.
    #[must_use]
    pub fn message_without_sender_to(&self, recipient: &str) -> Option<&str> {
        match self.without_sender.get(&normal(recipient))?.as_slice() {
            [index] => Some(&self.mails[*index].message),
            _ => None,
        }
    }

    /// The name of the message of which a canary stands in these bytes, header or body.
    #[must_use]
    pub fn message_of_text(&self, bytes: &[u8]) -> Option<&str> {
        self.seen_in(bytes)
            .into_iter()
            .next()
            .map(|(mail, _)| mail.message.as_str())
    }

    /// The canaries in these bytes, each once: whose, and of which part. A token of an envelope sender counts as the
    /// envelope, wherever it stands.
    #[must_use]
    fn seen_in(&self, bytes: &[u8]) -> Vec<(&PlannedMail, Part)> {
        let kinds = [
            (HEADER_PREFIX.as_bytes(), Part::Header),
            (BODY_PREFIX.as_bytes(), Part::Body),
            (b"+mt".as_slice(), Part::Envelope),
        ];
        let mut seen = BTreeSet::new();
        for (at, _) in bytes.iter().enumerate() {
            for (prefix, part) in kinds {
                let Some(behind) = bytes[at..].strip_prefix(prefix) else {
                    continue;
                };
                let token = behind
                    .get(..TOKEN_LENGTH)
                    .and_then(|token| std::str::from_utf8(token).ok());
                if let Some(index) = token.and_then(|token| self.by_token.get(token)) {
                    seen.insert((*index, part));
                }
            }
        }
        seen.into_iter()
            .map(|(index, part)| (&self.mails[index], part))
            .collect()
    }

    /// May this address receive mail in this case? Whoever else is asked for is answered 451.
    #[must_use]
    pub fn knows_recipient(&self, address: &str) -> bool {
        self.recipients.contains(&normal(&without_tokens(address)))
    }

    fn mail_of_token(&self, token: &str) -> Option<&PlannedMail> {
        self.by_token.get(token).map(|index| &self.mails[*index])
    }
}

/// `text` with the tokens of envelope senders taken out of every address.
#[must_use]
pub fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in tokens_in(text) {
        out.push_str(&text[from..start]);
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

/// Where tokens stand in addresses: from the plus sign to before the `@` (or the closing quote before it).
fn tokens_in(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.match_indices('+').filter_map(|(at, _)| {
        let end = at + 1 + TOKEN_PREFIX.len() + TOKEN_LENGTH;
        let token = text.get(at + 1..end)?.to_ascii_lowercase();
        let is_token = token.strip_prefix(TOKEN_PREFIX).is_some_and(|letters| {
            letters
                .bytes()
                .all(|letter| letter.is_ascii_lowercase() || (b'2'..=b'7').contains(&letter))
        });
        let behind = &text[end..];
        (is_token && (behind.starts_with('@') || behind.starts_with("\"@"))).then_some((at, end))
    })
}

fn with_token(address: &str, token: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    match local.strip_suffix('"') {
        Some(open) if local.len() > 1 => format!("{open}+{TOKEN_PREFIX}{token}\"@{domain}"),
        _ => format!("{local}+{TOKEN_PREFIX}{token}@{domain}"),
    }
}

fn recipients_of(case: &Case) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for message in warm_up::messages(case) {
        known.extend(message.to.iter().map(|address| normal(address)));
    }
    for step in &case.steps {
        for message in &step.inject {
            known.extend(message.to.iter().map(|address| normal(address)));
            known.insert(normal(&message.from));
        }
        for (alias, members) in &step.world.settings.aliases {
            known.insert(normal(alias));
            known.extend(members.iter().map(|address| normal(address)));
        }
        let reporting = step.world.domains.values();
        for reporting in reporting.filter_map(|domain| domain.tlsrpt.as_ref()) {
            // Where the record is word for word, its addresses are the ones.
            let records = reporting
                .record
                .iter()
                .flatten()
                .map(|strings| strings.concat());
            for text in reporting.rua.iter().cloned().chain(records) {
                for address in text.split("mailto:").skip(1) {
                    let end = address
                        .find(['!', '?', ',', ';', ' '])
                        .unwrap_or(address.len());
                    known.insert(normal(&percent_decoded(&address[..end])));
                }
            }
        }
    }
    known.remove("");
    known
}

/// The address in a URI, in which some letters are written as their octets (RFC 6068 §2).
fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let octet = piece
            .get(..2)
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match octet.filter(u8::is_ascii) {
            Some(octet) => {
                decoded.push(char::from(octet));
                decoded.push_str(&piece[2..]);
            }
            None => {
                decoded.push('%');
                decoded.push_str(piece);
            }
        }
    }
    decoded
}

/// The address in the form in which two spellings of one address are equal.
fn normal(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            format!("{}@{}", local.to_lowercase(), ascii(domain).to_lowercase())
        }
        None => address.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::events::Part;
    use mtaspec_judge::scenario::Message;
    use proptest::prelude::*;

    use super::super::planned::healthy_case;
    use super::{MailPlan, without_tokens};

    fn plan() -> MailPlan {
        let mut case = healthy_case();
        case.steps[0].inject = vec![
            Message {
                copies: 2,
                ..Message::default()
            },
            Message {
                name: "second".into(),
                from: String::new(),
                to: vec!["user@bücher.test".into(), "b@[198.18.0.4]".into()],
                ..Message::default()
            },
        ];
        MailPlan::of("abcdefg2", &case)
    }

    #[test]
    fn each_copy_has_a_sender_and_canaries_by_which_it_is_known() {
        let plan = plan();
        let senders: std::collections::BTreeSet<_> =
            plan.mails().iter().map(|mail| &mail.sender).collect();
        assert_eq!(senders.len(), 3);
        for mail in plan.mails() {
            if mail.message == "second" {
                assert_eq!(mail.sender, "");
            } else {
                assert_eq!(plan.mail_of_sender(&mail.sender), Some(mail));
                let shouted = mail.sender.to_uppercase();
                assert_eq!(plan.mail_of_sender(&shouted), Some(mail));
                assert_eq!(without_tokens(&mail.sender), "sender@home.test");
            }
            let text = format!("X: {}\r\n\r\n{}", mail.header_canary, mail.body_canary);
            assert_eq!(
                plan.seen_in(text.as_bytes()),
                [(mail, Part::Header), (mail, Part::Body)]
            );
            assert_eq!(
                plan.message_of_text(text.as_bytes()),
                Some(mail.message.as_str())
            );
        }
        assert_eq!(plan.message_of_sender(""), None);
        let to = "user@xn--bcher-kva.test";
        assert_eq!(plan.message_without_sender_to(to), Some("second"));
        assert_eq!(plan.message_without_sender_to("user@example.test"), None);
        assert_eq!(plan.message_of_sender("a+mtaaaaaaaaaa@home.test"), None);
        assert_eq!(plan.copies_of("first").count(), 2);
    }

    #[test]
    fn only_addresses_of_the_plan_are_known_recipients() {
        let plan = plan();
        let cases = [
            ("user@example.test", true),
            ("User@EXAMPLE.test", true),
            ("user@xn--bcher-kva.test", true),
            ("b@[198.18.0.4]", true),
            ("sender@home.test", true),
            (plan.mails()[0].sender.as_str(), true),
            ("other@example.test", false),
            ("", false),
        ];
        for (address, want) in cases {
            assert_eq!(plan.knows_recipient(address), want, "{address}");
        }
    }

    #[test]
    fn tokens_are_taken_out_of_addresses_alone() {
        let cases = [
            ("<a+mtabcdefghij@x.test>", "<a@x.test>"),
            ("\"a b+mtabcdefghij\"@x.test", "\"a b\"@x.test"),
            ("a+tag+mtabcdefghij@x.test", "a+tag@x.test"),
            ("a+mtabcdefghi@x.test", "a+mtabcdefghi@x.test"),
            ("+mtabcdefghij", "+mtabcdefghij"),
            ("1+1", "1+1"),
        ];
        for (text, want) in cases {
            assert_eq!(without_tokens(text), want);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_and_any_text_can_be_searched(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,60}") {
            let plan = plan();
            let _ = plan.seen_in(&bytes);
            let _ = plan.mail_of_sender(&text);
            let _ = plan.knows_recipient(&text);
            let _ = without_tokens(&text);
        }
    }
}
