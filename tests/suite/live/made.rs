//! Events of a message that nobody saw, made to be added.

use mtaspec_judge::events::{Event, Part, What};
use mtaspec_judge::scenario::Message;

/// Where nobody is meant to be.
pub(super) const ELSEWHERE: &str = "elsewhere.test";

/// A connection that no recording has.
pub(super) const LATER: u32 = 1000;

/// An hour, in milliseconds.
pub(super) const HOUR: u64 = 3_600_000;

pub(super) fn of(message: &Message, step: usize, host: &str, what: What) -> Event {
    let name = match message.copies {
        0 | 1 => message.name.clone(),
        _ => format!("{}/1", message.name),
    };
    Event {
        at: HOUR,
        step,
        host: Some(host.to_owned()),
        connection: Some(LATER),
        message: Some(name),
        what,
    }
}

pub(super) fn delivery(message: &Message, step: usize) -> Vec<Event> {
    let what = What::MessageAccepted {
        from: message.from.clone(),
        to: message.to.clone(),
        tls: "none".to_owned(),
        requiretls: false,
        content: "Subject: one\r\n\r\none\r\n".to_owned(),
    };
    vec![of(message, step, ELSEWHERE, what)]
}

pub(super) fn attempts(message: &Message, step: usize, count: u32) -> Vec<Event> {
    let connect = |number: u32| Event {
        at: HOUR * u64::from(number),
        connection: Some(LATER + number),
        ..of(
            message,
            step,
            ELSEWHERE,
            What::Connect {
                family: "ipv4".to_owned(),
                port: 25,
                address: 1,
                refused: false,
                source: None,
            },
        )
    };
    (1..=count).map(connect).collect()
}

pub(super) fn canary(message: &Message, step: usize, part: Part) -> Event {
    of(
        message,
        step,
        ELSEWHERE,
        What::Canary {
            part,
            plaintext: true,
            attacker: false,
        },
    )
}

/// A failure notice to the envelope sender, in free form, so that it may speak of any recipient.
pub(super) fn failure_notice(message: &Message, step: usize) -> Event {
    notice(message, step, "Subject: failed\r\n\r\n5.9.9\r\n".to_owned())
}

/// A failure notice by the book about each recipient (RFC 3464 §2).
pub(super) fn failure_notices(message: &Message, step: usize) -> Vec<Event> {
    let by_the_book = |recipient: &String| {
        let form = format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nfailed\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; subject.home.test\r\n\r\n\
             Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.9.9\r\n\r\n--b--\r\n"
        );
        notice(message, step, form)
    };
    message.to.iter().map(by_the_book).collect()
}

fn notice(message: &Message, step: usize, content: String) -> Event {
    let what = What::MessageAccepted {
        from: String::new(),
        to: vec![message.from.clone()],
        tls: "1.3".to_owned(),
        requiretls: false,
        content,
    };
    of(message, step, "mx.home.test", what)
}
