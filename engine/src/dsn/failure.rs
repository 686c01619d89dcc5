//! The failure notice: a message of three parts, for people, for programs, and what is returned (RFC 3464 §2).

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::address::DomainName;
use crate::delivery::{DsnParameters, Message, Recipient, Return, Trouble};

use super::{fields, readable};

/// Choice: messages up to this size are returned whole, of longer ones the header, even where RET asks for more. RFC 3461
/// §4.3 leaves it open where RET says nothing, and the copy of a long one would fail for its size as the message may have.
const RETURN_LIMIT: usize = 256 * 1_024;

/// The most octets of a word that no blank breaks: with what stands before it a line that mail allows (RFC 5322 §2.1.1).
const WORD_LIMIT: usize = 900;

/// The field of a part, or of the whole, that has octets beyond ASCII.
const EIGHT_BIT: &str = "Content-Transfer-Encoding: 8bit";

/// A recipient that is given up, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Who.
    pub(crate) recipient: Recipient,
    /// Why.
    pub(crate) trouble: Trouble,
}

/// Writes the notice about recipients of one message, to its envelope sender. `draw` makes its id unique.
#[must_use]
pub(crate) fn failure_notice(
    reporter: &DomainName,
    message: &Message,
    failures: &[Failure],
    now: SystemTime,
    draw: u64,
) -> Message {
    let sender = message.sender.as_ref().map_or("", |sender| sender.as_str());
    let is_utf8 = !sender.is_ascii()
        || failures
            .iter()
            .any(|failure| !failure.recipient.mailbox.as_str().is_ascii());
    let boundary = boundary(&message.content, draw);
    let text = readable::text(reporter, message, failures, now).join("\r\n");
    let status_kind = if is_utf8 {
        "message/global-delivery-status"
    } else {
        "message/delivery-status"
    };
    let groups = fields::groups(reporter, message, failures, is_utf8).join("\r\n");
    let (returned_kind, returned) = returned(message);
    let parts = [
        ("text/plain; charset=utf-8", text.as_bytes()),
        (status_kind, groups.as_bytes()),
        (returned_kind, returned),
    ];
    let mut notice = Notice(Vec::new());
    notice.line(&format!("Date: {}", date(now)));
    notice.line(&format!(
        "From: Mail Delivery System <MAILER-DAEMON@{reporter}>"
    ));
    notice.line(&format!("To: <{sender}>"));
    notice.line("Subject: Your message could not be delivered");
    notice.line(&format!("Message-ID: <{draw:016x}@{reporter}>"));
    notice.line("Auto-Submitted: auto-replied");
    notice.line("MIME-Version: 1.0");
    notice.line("Content-Type: multipart/report; report-type=delivery-status;");
    notice.line(&format!(" boundary=\"{boundary}\""));
    // A part in 8 bits makes the whole one of 8 bits (RFC 2045 §6.4).
    if !parts.iter().all(|(_, content)| content.is_ascii()) {
        notice.line(EIGHT_BIT);
    }
    notice.line("");
    notice.line("This is a notice about a failed delivery, in MIME format.");
    notice.line("");
    for (kind, content) in parts {
        notice.part(&boundary, kind, content);
    }
    notice.line(&format!("--{boundary}--"));
    Message {
        sender: None,
        content: notice.0.into(),
        smtputf8: is_utf8,
        dsn: DsnParameters::default(),
        arrived: now,
    }
}

/// The content of a notice while it is written.
struct Notice(Vec<u8>);

impl Notice {
    fn line(&mut self, line: &str) {
        self.0.extend_from_slice(line.as_bytes());
        self.0.extend_from_slice(b"\r\n");
    }

    fn part(&mut self, boundary: &str, kind: &str, content: &[u8]) {
        self.line(&format!("--{boundary}"));
        self.line(&format!("Content-Type: {kind}"));
        if !content.is_ascii() {
            self.line(EIGHT_BIT);
        }
        self.line("");
        self.0.extend_from_slice(content);
        self.line("");
    }
}

/// The third part: the message, or its header where that was asked for or the message is long (RFC 6522 §4).
fn returned(message: &Message) -> (&'static str, &[u8]) {
    let whole = match message.dsn.ret {
        Some(Return::Header) => false,
        Some(Return::Full) | None => message.content.len() <= RETURN_LIMIT,
    };
    match (whole, message.has_utf8_header()) {
        (true, false) => ("message/rfc822", &message.content),
        (true, true) => ("message/global", &message.content),
        (false, false) => ("text/rfc822-headers", message.header()),
        (false, true) => ("message/global-headers", message.header()),
    }
}

/// A boundary that stands nowhere in the message.
fn boundary(content: &[u8], draw: u64) -> String {
    let mut boundary = format!("notice-{draw:016x}");
    while content
        .windows(boundary.len())
        .any(|window| window == boundary.as_bytes())
    {
        boundary.push('x');
    }
    boundary
}

/// A word, cut where it is too long for a line: a receiver's text may be a single one.
pub(super) fn cut(word: &str) -> &str {
    let mut end = word.len().min(WORD_LIMIT);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    &word[..end]
}

/// A date as RFC 5322 §3.3 has it.
pub(super) fn date(at: SystemTime) -> String {
    OffsetDateTime::from(at)
        .format(&Rfc2822)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use insta::assert_snapshot;
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;
    use crate::address::Mailbox;
    use crate::delivery::Violation;
    use crate::route::{LookupFault, RouteFault};
    use crate::smtp::Refusal;
    use crate::tls::ChainFault;

    const ARRIVED: u64 = 1_790_000_000;

    fn message(ret: Option<Return>) -> Message {
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
            arrived: SystemTime::UNIX_EPOCH + Duration::from_secs(ARRIVED),
        }
    }

    fn failure(recipient: &str, trouble: Trouble) -> Failure {
        Failure {
            recipient: Recipient::new(Mailbox::parse(recipient).unwrap()),
            trouble,
        }
    }

    fn notice(message: &Message, failures: &[Failure], seconds: u64) -> String {
        let reporter = DomainName::parse("subject.home.test").unwrap();
        let now = message.arrived + Duration::from_secs(seconds);
        let notice = failure_notice(&reporter, message, failures, now, 7);
        assert_eq!(notice.sender, None);
        String::from_utf8(notice.content.to_vec())
            .unwrap()
            .replace("\r\n", "\n")
    }

    #[test]
    fn a_notice_about_a_rule_says_what_to_do() {
        let violation = Violation::NotOffered;
        let trouble = Trouble::Violated {
            host: "mx.example.test".into(),
            violation,
        };
        let text = notice(&message(None), &[failure("User@example.test", trouble)], 2);
        assert_snapshot!(text);
    }

    #[test]
    fn a_notice_about_several_recipients_has_a_group_for_each() {
        let violation = Violation::Chain(ChainFault::UnknownIssuer);
        let untrusted = Trouble::Violated {
            host: "mx.example.test".into(),
            violation,
        };
        let absent = Trouble::Route(RouteFault::NoDomain("nowhere.test".into()));
        let failures = [
            failure("user@example.test", untrusted),
            failure("user@nowhere.test", absent),
        ];
        assert_snapshot!(notice(&message(Some(Return::Header)), &failures, 2));
    }

    #[test]
    fn a_notice_about_an_expired_message_tells_the_last_trouble() {
        let fault = RouteFault::Lookup("example.test".into(), LookupFault::Silence);
        let failures = [failure("user@example.test", Trouble::Route(fault))];
        assert_snapshot!(notice(
            &message(Some(Return::Header)),
            &failures,
            5 * 86_400
        ));
    }

    #[test]
    fn a_program_reads_three_parts_in_order() {
        // (RET, address, types of the parts)
        let cases = [
            (
                None,
                "user@example.test",
                ["text/plain", "message/delivery-status", "message/rfc822"],
            ),
            (
                Some(Return::Full),
                "user@example.test",
                ["text/plain", "message/delivery-status", "message/rfc822"],
            ),
            (
                Some(Return::Header),
                "user@example.test",
                [
                    "text/plain",
                    "message/delivery-status",
                    "text/rfc822-headers",
                ],
            ),
            (
                None,
                "jürgen@example.test",
                [
                    "text/plain",
                    "message/global-delivery-status",
                    "message/rfc822",
                ],
            ),
        ];
        for (ret, recipient, want) in cases {
            let trouble = Trouble::NoAddress {
                host: "mx.example.test".into(),
            };
            let text = notice(&message(ret), &[failure(recipient, trouble)], 2);
            let parsed = MessageParser::default().parse(text.as_bytes()).unwrap();
            let kind = parsed.content_type().unwrap();
            assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
            let parts: Vec<String> = parsed.parts[0]
                .sub_parts()
                .unwrap()
                .iter()
                .map(|part| {
                    let kind = parsed.parts[usize::try_from(*part).unwrap()]
                        .content_type()
                        .unwrap();
                    format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
                })
                .collect();
            assert_eq!(parts, want);
        }
    }

    fn refused(host: &str, text: &str) -> Trouble {
        let refusal = Refusal::Broken {
            content_sent: false,
            malformed: true,
            text: text.into(),
        };
        let host = host.into();
        Trouble::Refused { host, refusal }
    }

    #[test]
    fn a_notice_is_of_eight_bits_where_one_of_its_parts_is() {
        let ascii = notice(
            &message(None),
            &[failure("user@a.test", refused("a", "x"))],
            2,
        );
        assert!(!ascii.contains(EIGHT_BIT));
        let text = notice(
            &message(None),
            &[failure("user@a.test", refused("a", "ü"))],
            2,
        );
        let (header, parts) = text.split_once("\n\n").unwrap();
        assert!(header.contains(EIGHT_BIT));
        assert_eq!(parts.matches(EIGHT_BIT).count(), 1);
    }

    #[test]
    fn no_line_of_a_notice_is_longer_than_mail_allows() {
        let word = "ü".repeat(3_000);
        assert_eq!(cut(&word).len(), WORD_LIMIT);
        let long = format!("{}@example.test", "x".repeat(3_000));
        assert!(Mailbox::parse(&long).is_err());
        for recipient in ["user@example.test", "jürgen@example.test"] {
            let text = notice(
                &message(None),
                &[failure(recipient, refused("a", &word))],
                2,
            );
            let longest = text.lines().map(str::len).max();
            assert!(longest <= Some(998), "{longest:?}");
        }
    }

    #[test]
    fn no_boundary_stands_in_the_message_it_encloses() {
        let first = boundary(b"", 7);
        let second = boundary(format!("--{first}\r\n").as_bytes(), 7);
        assert_ne!(first, second);
    }
}
