//! Messages written down and read back, and what cannot be one.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use crate::address::Mailbox;
use crate::delivery::message::{DsnParameters, Message, Notify, Recipient, Return};
use crate::delivery::tls_tag::TlsTag;
use crate::delivery::trouble::{Remembered, Trouble};
use crate::smtp::Reply;

use super::held::Waiting;
use super::stored::{head, read, whole};

fn any_waiting() -> impl Strategy<Value = Waiting> {
    let notify = prop_oneof![
        Just(None),
        Just(Notify::parse("NEVER")),
        Just(Notify::parse("SUCCESS,DELAY"))
    ];
    let reply = prop::option::of((200_u16..556, "[ -~]{0,40}"));
    let last = ("[a-z.]{1,20}", "4\\.[0-7]\\.[0-9]", "[ -~ü]{0,60}", reply);
    (
        "[a-zü]{1,10}@[a-z]{1,10}\\.test",
        notify,
        prop::option::of("rfc822;[!-~]{1,20}"),
        (any::<u32>(), 0_u64..4_000_000_000, 0_u32..1_000_000_000),
        prop::option::of(last),
    )
        .prop_map(|(mailbox, notify, original, (rounds, due, nanos), last)| {
            let recipient = Recipient {
                mailbox: Mailbox::parse(&mailbox).unwrap(),
                notify,
                original,
            };
            let due = SystemTime::UNIX_EPOCH + Duration::new(due, nanos);
            Waiting {
                rounds,
                is_delay_told: rounds % 2 == 1,
                last: last.map(|(host, status, told, reply)| {
                    let reply = reply.and_then(|(code, text)| {
                        Reply::of_line(format!("{code} {text}").trim_end())
                    });
                    let remembered = Remembered {
                        host: Some(host),
                        status,
                        told,
                        reply,
                    };
                    (Trouble::Remembered(remembered), due)
                }),
                ..Waiting::new(recipient, due)
            }
        })
}

fn any_message() -> impl Strategy<Value = Message> {
    let dsn = (
        prop::option::of(prop_oneof![Just(Return::Full), Just(Return::Header)]),
        prop::option::of("[!-~]{1,20}"),
    );
    (
        prop::option::of("[a-z]{1,10}@[a-z]{1,10}\\.test"),
        prop::collection::vec(any::<u8>(), 0..200),
        any::<bool>(),
        dsn,
        prop_oneof![
            Just(TlsTag::Untagged),
            Just(TlsTag::Required),
            Just(TlsTag::Optional)
        ],
        0_u64..4_000_000_000,
    )
        .prop_map(
            |(sender, content, smtputf8, (ret, envelope_id), tls, arrived)| Message {
                sender: sender.map(|sender| Mailbox::parse(&sender).unwrap()),
                content: content.into(),
                smtputf8,
                dsn: DsnParameters { ret, envelope_id },
                tls,
                is_report: arrived % 2 == 1,
                arrived: SystemTime::UNIX_EPOCH + Duration::from_secs(arrived),
            },
        )
}

proptest! {
    #[test]
    fn a_message_that_was_written_down_reads_back_the_same(
        message in any_message(),
        waiting in prop::collection::vec(any_waiting(), 1..4),
    ) {
        let all: Vec<&Waiting> = waiting.iter().collect();
        let head = head(&message, &all);
        prop_assert!(!head.contains('\n'));
        let held = read(&whole(&head, &message.content)).unwrap();
        prop_assert_eq!(held.message().as_ref(), &message);
        let read: Vec<&Waiting> = held.waiting().collect();
        prop_assert_eq!(read, all);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
    }

    #[test]
    fn what_is_cut_anywhere_is_not_read(message in any_message(), waiting in any_waiting(), cut in any::<prop::sample::Index>()) {
        let bytes = whole(&head(&message, &[&waiting]), &message.content);
        prop_assert!(read(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn what_cannot_be_right_is_told() {
    let with = |recipients: &str, version: u32, from: &str| {
        let head = format!(
            "{{\"version\":{version},\"octets\":2,\"from\":{from},\"arrived\":\"2026-01-02T03:04:05Z\",\"smtputf8\":false,\"recipients\":[{recipients}]}}"
        );
        whole(&head, b"ab")
    };
    let to = |more: &str| {
        format!(
            "{{\"to\":\"a@b.test\",\"rounds\":0,\"due\":\"2026-01-02T03:04:05Z\",\"delay_told\":false{more}}}"
        )
    };
    // (bytes, what is told)
    let cases = [
        (
            b"no line".to_vec(),
            "the first line does not end within 16777216 octets",
        ),
        (with(&to(""), 2, "null"), "its version is 2, and 1 is known"),
        (with("", 1, "null"), "recipients is \"[]\""),
        (with(&to(""), 1, "\"a\""), "from is \"a\""),
        (with(&to(",\"notify\":\"x\""), 1, "null"), "notify is \"x\""),
        (with(&to(""), 1, "null,\"tls\":\"much\""), "tls is \"much\""),
        (
            with(&to(",\"orcpt\":\"a\\r\\nRSET\""), 1, "null"),
            "orcpt is \"a\\r\\nRSET\"",
        ),
        (
            [with(&to(""), 1, "null"), b"c".to_vec()].concat(),
            "the content has 3 octets and should have 2",
        ),
    ];
    for (bytes, want) in cases {
        assert_eq!(read(&bytes).err().unwrap().to_string(), want);
    }
    assert!(read(&with(&to(""), 1, "null")).is_ok());
}
