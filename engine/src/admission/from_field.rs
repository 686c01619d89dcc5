//! Whom a message claims to come from: the mailboxes of its From field (RFC 5322 §3.6.2).
//!
//! Choice: whoever a reader could take for the sender counts. Readers disagree only about what the grammar does not
//! cover: a field that breaks it, or one that stands there several times. Of a well-formed field the addresses count and
//! nothing else; a display name that looks like an address is none. Of a broken one all that looks like an address
//! counts, and of several fields each. So a rule may bind a message that it was not meant for, and asks for TLS then; the
//! other way round a message could slip past it.

use crate::address::Mailbox;
use crate::header::{self, HEADER_LIMIT};

use super::address_list::mailboxes;
use super::look_alikes::look_alikes;

/// The most mailboxes that are compared with a list.
const MAILBOX_LIMIT: usize = 1_000;

/// The header is too long, or names too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the header is longer than {HEADER_LIMIT} octets or its From field names more than {MAILBOX_LIMIT}"
)]
pub(super) struct TooLong;

/// The mailboxes that a message may be said to come from, each once, in their order.
///
/// Choice: where no From field names anybody the envelope sender stands in for it. Mail software that misses the field
/// makes one out of the envelope, so that is whom the recipient will see.
///
/// # Errors
/// `TooLong` when they are not all read.
pub(super) fn senders(content: &[u8], envelope: Option<&Mailbox>) -> Result<Vec<Mailbox>, TooLong> {
    let (header, _) = header::parts(content);
    if header.len() > HEADER_LIMIT {
        return Err(TooLong);
    }
    let mut found = of_header(header);
    if let Some(broken_up) = without_bare_cr(header) {
        found.extend(of_header(&broken_up));
    }
    if found.is_empty() {
        found.extend(envelope.cloned());
    }
    let mut senders: Vec<Mailbox> = Vec::new();
    for mailbox in found {
        if !senders.iter().any(|known| known.is_same(&mailbox)) {
            senders.push(mailbox);
        }
        if senders.len() > MAILBOX_LIMIT {
            return Err(TooLong);
        }
    }
    Ok(senders)
}

/// The header with LF for each CR that stands alone, if one does: some readers end a line there, and see a field that
/// others do not (RFC 5321 §2.3.8).
fn without_bare_cr(header: &[u8]) -> Option<Vec<u8>> {
    let is_bare = |place: usize| header[place] == b'\r' && header.get(place + 1) != Some(&b'\n');
    (0..header.len()).any(is_bare).then(|| {
        (0..header.len())
            .map(|place| if is_bare(place) { b'\n' } else { header[place] })
            .collect()
    })
}

fn of_header(header: &[u8]) -> Vec<Mailbox> {
    let mut found = Vec::new();
    for field in header::fields(header).filter(|field| field.is("From")) {
        let unfolded = field.unfolded();
        let text = String::from_utf8_lossy(&unfolded);
        found.extend(mailboxes(&text).unwrap_or_else(|| look_alikes(&text)));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_from_field_counts_and_the_envelope_only_without_one() {
        // (header, whom it names)
        let cases: [(&str, &[&str]); 14] = [
            ("From: a@x.test\r\nTo: b@y.test\r\n", &["a@x.test"]),
            ("from : a@x.test\r\n", &["a@x.test"]),
            ("FROM:\r\n A\r\n <a@x.test>\r\n", &["a@x.test"]),
            ("From: a@x.\r\n test\r\n", &["a@x.test"]),
            (
                "From: a@x.test\r\nFrom: b@y.test\r\n",
                &["a@x.test", "b@y.test"],
            ),
            ("From: a@x.test\r\nFrom: A@X.test\r\n", &["a@x.test"]),
            (
                "Sender: a@x.test\r\nFrom: b@y.test\r\nReply-To: c@z.test\r\n",
                &["b@y.test"],
            ),
            (
                "Resent-From: a@x.test\r\nX-From: c@z.test\r\nFrom: b@y.test\r\n",
                &["b@y.test"],
            ),
            (
                "Subject: s\rFrom: a@x.test\r\nFrom: b@y.test\r\n",
                &["b@y.test", "a@x.test"],
            ),
            (
                "From: a@x.test\nFrom: b@y.test\n",
                &["a@x.test", "b@y.test"],
            ),
            ("Subject: s\r\n", &["envelope@e.test"]),
            ("From: nobody at all\r\n", &["envelope@e.test"]),
            ("From: Nobody:;\r\n", &["envelope@e.test"]),
            ("\r\nFrom: a@x.test\r\n", &["envelope@e.test"]),
        ];
        let envelope = Mailbox::parse("envelope@e.test").unwrap();
        for (header, want) in cases {
            let content = format!("{header}\r\nFrom: body@body.test\r\n");
            let found = senders(content.as_bytes(), Some(&envelope)).unwrap();
            let told: Vec<&str> = found.iter().map(Mailbox::as_str).collect();
            assert_eq!(told, want, "{header}");
        }
    }

    #[test]
    fn a_header_is_read_up_to_a_limit() {
        let many: Vec<String> = (0..=MAILBOX_LIMIT)
            .map(|n| format!("a{n}@x.test"))
            .collect();
        let too_many = format!("From: {}\r\n\r\n", many.join(",\r\n "));
        assert_eq!(senders(too_many.as_bytes(), None), Err(TooLong));
        let too_long = format!("X: {}\r\n\r\n", "x".repeat(HEADER_LIMIT));
        assert_eq!(senders(too_long.as_bytes(), None), Err(TooLong));
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut content = b"From: ".to_vec();
            content.extend(bytes);
            let _ = senders(&content, None);
        }
    }
}
