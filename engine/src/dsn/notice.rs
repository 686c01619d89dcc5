//! A notice: a message of three parts, for people, for programs, and what is returned (RFC 3464 §2, RFC 6522 §3).

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::address::DomainName;
use crate::delivery::{DsnParameters, Message};

use super::report::{Action, Report};
use super::returned::returned;
use super::{fields, readable};

/// The most octets of a word that no blank breaks: with what stands before it a line that mail allows (RFC 5322 §2.1.1).
const WORD_LIMIT: usize = 900;

/// The field of a part, or of the whole, that has octets beyond ASCII.
const EIGHT_BIT: &str = "Content-Transfer-Encoding: 8bit";

/// Writes the notice about recipients of one message, to its envelope sender. All reports are of one action, that of the
/// first. `draw` makes its id unique.
#[must_use]
pub(crate) fn notice(
    reporter: &DomainName,
    message: &Message,
    reports: &[Report],
    now: SystemTime,
    draw: u64,
) -> Message {
    let action = reports
        .first()
        .map_or(Action::Failed, |report| report.event.action());
    let sender = message.sender.as_ref().map_or("", |sender| sender.as_str());
    let is_utf8 = !sender.is_ascii()
        || reports
            .iter()
            .any(|report| !report.recipient.mailbox.as_str().is_ascii());
    let boundary = boundary(&message.content, draw);
    let text = readable::text(reporter, message, action, reports, now).join("\r\n");
    let status_kind = if is_utf8 {
        "message/global-delivery-status"
    } else {
        "message/delivery-status"
    };
    let groups = fields::groups(reporter, message, reports, is_utf8).join("\r\n");
    let (returned_kind, returned) = returned(message, action);
    let parts = [
        ("text/plain; charset=utf-8", text.as_bytes()),
        (status_kind, groups.as_bytes()),
        (returned_kind, returned),
    ];
    let mut notice = Content(Vec::new());
    notice.line(&format!("Date: {}", date(now)));
    notice.line(&format!(
        "From: Mail Delivery System <MAILER-DAEMON@{reporter}>"
    ));
    notice.line(&format!("To: <{sender}>"));
    notice.line(&format!("Subject: {}", subject(action)));
    notice.line(&format!("Message-ID: <{draw:016x}@{reporter}>"));
    // So that nothing that answers by itself answers this (RFC 3834 §5.1).
    notice.line("Auto-Submitted: auto-replied");
    if let Some(field) = message.tls.field() {
        notice.line(&field);
    }
    notice.line("MIME-Version: 1.0");
    notice.line("Content-Type: multipart/report; report-type=delivery-status;");
    notice.line(&format!(" boundary=\"{boundary}\""));
    // A part in 8 bits makes the whole one of 8 bits (RFC 2045 §6.4).
    if !parts.iter().all(|(_, content)| content.is_ascii()) {
        notice.line(EIGHT_BIT);
    }
    notice.line("");
    notice.line("This is a notice about a delivery, in MIME format.");
    notice.line("");
    for (kind, content) in parts {
        notice.part(&boundary, kind, content);
    }
    notice.line(&format!("--{boundary}--"));
    Message {
        sender: None,
        content: notice.0.into(),
        smtputf8: is_utf8 || message.has_utf8_header(),
        dsn: DsnParameters::default(),
        tls: message.tls,
        is_report: false,
        arrived: now,
    }
}

fn subject(action: Action) -> &'static str {
    match action {
        Action::Failed => "Your message could not be delivered",
        Action::Delayed => "Your message is delayed, and will be tried again",
        Action::Relayed => "Your message was handed on",
        Action::Expanded => "Your message goes on to several recipients",
    }
}

/// The content of a notice while it is written.
struct Content(Vec<u8>);

impl Content {
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
    use crate::delivery::{Breach, Demander, Handover, Return, Trouble, Violation};
    use crate::dsn::report::Event;
    use crate::dsn::testing::{failure, message, report, text};
    use crate::route::{LookupFault, RouteFault};
    use crate::smtp::{Acceptance, Refusal, Reply};
    use crate::tls::ChainFault;

    const SOON: Duration = Duration::from_secs(2);
    const HOURS: Duration = Duration::from_secs(5 * 3_600);

    #[test]
    fn a_notice_about_several_failures_has_a_group_for_each() {
        let breach = Breach {
            by: Demander::Rule,
            violation: Violation::Chain(ChainFault::UnknownIssuer),
        };
        let untrusted = Trouble::Violated {
            host: "mx.example.test".into(),
            breach,
        };
        let absent = Trouble::Route(RouteFault::NoDomain("nowhere.test".into()));
        let failures = [
            failure("User@example.test", untrusted),
            failure("user@nowhere.test", absent),
        ];
        assert_snapshot!(text(&message(Some(Return::Header)), &failures, SOON));
    }

    #[test]
    fn a_notice_about_a_delay_says_until_when_and_repeats_what_identifies_the_message() {
        let mut message = message(Some(Return::Full));
        message.dsn.envelope_id = Some("QQ314+2B159".into());
        let fault = RouteFault::Lookup("example.test".into(), LookupFault::Silence);
        let event = Event::Delayed {
            trouble: Trouble::Route(fault),
            until: Some(message.arrived + 24 * HOURS),
        };
        let mut delayed = report("user@example.test", event, HOURS);
        delayed.recipient.original = Some("rfc822;User+2Btag@example.test".into());
        assert_snapshot!(text(&message, &[delayed], HOURS));
    }

    #[test]
    fn a_notice_about_mail_that_was_handed_on_says_by_whom_and_to_whom() {
        let event = Event::Relayed(Handover {
            host: "mx.example.test".into(),
            acceptance: Acceptance {
                reply: Reply::of(250, &["2.0.0 queued as 4711"]),
                takes_over_notices: false,
            },
        });
        let reports = [report("user@example.test", event, SOON)];
        assert_snapshot!(text(&message(None), &reports, SOON));
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
            let text = text(&message(ret), &[failure(recipient, trouble)], SOON);
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
        let about = |said| {
            let report = failure("user@a.test", refused("a", said));
            text(&message(None), &[report], SOON)
        };
        assert!(!about("x").contains(EIGHT_BIT));
        let text = about("ü");
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
            let report = failure(recipient, refused("a", &word));
            let text = text(&message(None), &[report], SOON);
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
