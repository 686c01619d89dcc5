//! Messages and troubles for the tests of this module.

use std::time::{Duration, SystemTime};

use crate::address::{DomainName, Mailbox};
use crate::delivery::{DsnParameters, Message, Recipient, Return, TlsTag, Trouble};

use super::report::{Event, Report};

/// A message that arrived at a fixed moment.
pub(super) fn message(ret: Option<Return>) -> Message {
    Message {
        sender: Some(Mailbox::parse("sender@home.test").unwrap()),
        content: b"From: sender@home.test\r\nSubject: hello\r\n\r\nHow are you?\r\n"
            .as_slice()
            .into(),
        smtputf8: false,
        dsn: DsnParameters {
            ret,
            envelope_id: None,
        },
        tls: TlsTag::Untagged,
        is_report: false,
        arrived: SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000),
    }
}

/// A report of something that happened when the message was as old as that.
pub(super) fn report(recipient: &str, event: Event, age: Duration) -> Report {
    Report {
        recipient: Recipient::new(Mailbox::parse(recipient).unwrap()),
        event,
        last_attempt: Some(message(None).arrived + age),
    }
}

/// A failure at once.
pub(super) fn failure(recipient: &str, trouble: Trouble) -> Report {
    report(recipient, Event::Failed(trouble), Duration::from_secs(2))
}

/// The notice about that, to the sender of `message`, when it is as old as that.
pub(super) fn notice(message: &Message, reports: &[Report], age: Duration) -> Message {
    let reporter = DomainName::parse("subject.home.test").unwrap();
    super::notice(&reporter, message, reports, message.arrived + age, 7)
}

/// Its content.
pub(super) fn text(message: &Message, reports: &[Report], age: Duration) -> String {
    let notice = notice(message, reports, age);
    assert_eq!(notice.sender, None);
    String::from_utf8(notice.content.to_vec())
        .unwrap()
        .replace("\r\n", "\n")
}
