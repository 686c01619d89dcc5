//! A notice made smaller or plainer for a host that would not take it as it is.
//!
//! A notice has nobody who could be told that it failed, so it is changed rather than lost: eight bits become seven for a
//! host without 8BITMIME (RFC 6152 §3), and for one without SMTPUTF8 where parts are of types for that (RFC 6533 §4.5); what
//! is returned of the message becomes its header, or nothing, for a host that takes fewer octets. Notices of others that
//! pass through are treated alike. Messages that are no notices are left as they are.

use crate::delivery::Message;
use crate::smtp::Keywords;

use super::multipart::{Multipart, Part, named, value};
use super::quoted::quoted;
use super::returned::bounded;
use super::xtext;

/// The notice as the host can take it; none if it can take it as it is, or if the message is no notice.
#[must_use]
pub(crate) fn fitted(message: &Message, keywords: &Keywords) -> Option<Message> {
    if message.sender.is_some() {
        return None;
    }
    let limit = keywords.size_limit();
    let fits = |content: &[u8]| {
        limit.is_none_or(|limit| u64::try_from(content.len()).is_ok_and(|size| size <= limit))
    };
    let is_for_utf8 = message.smtputf8 && !keywords.has("SMTPUTF8");
    let is_too_plain = message.is_eight_bit() && (is_for_utf8 || !keywords.has("8BITMIME"));
    if !is_too_plain && fits(&message.content) {
        return None;
    }
    let mut report = Multipart::parse(&message.content)?;
    if is_too_plain {
        report.make_seven_bit();
    }
    if !fits(&report.written()) {
        report.keep_header_alone();
    }
    if !fits(&report.written()) {
        report.parts.truncate(2);
    }
    let content = report.written();
    Some(Message {
        smtputf8: message.smtputf8 && !content.is_ascii(),
        content: content.into(),
        ..message.clone()
    })
}

impl Multipart {
    fn make_seven_bit(&mut self) {
        self.header.retain(|field| !is_encoding(field));
        for part in self.parts.iter_mut().filter(|part| !part.body.is_ascii()) {
            part.make_seven_bit();
        }
    }

    /// Returns of a message its header alone.
    fn keep_header_alone(&mut self) {
        for part in self.parts.iter_mut().skip(2) {
            part.keep_header_alone();
        }
    }
}

impl Part {
    fn kind(&self) -> String {
        let kind = value(&self.fields, "content-type").unwrap_or("text/plain");
        let end = kind.find([';', ' ']).unwrap_or(kind.len());
        kind[..end].to_ascii_lowercase()
    }

    fn make_seven_bit(&mut self) {
        match self.kind().as_str() {
            // Addresses keep all they say, in the form for seven bits (RFC 6533 §3).
            "message/global-delivery-status" | "message/delivery-status" => {
                self.body = status_in_ascii(&self.body);
                self.relabel("message/delivery-status");
            }
            // A message in a message cannot be encoded (RFC 2046 §5.2.1), one for SMTPUTF8 can.
            "message/rfc822" => {
                self.keep_header_alone();
                self.quote();
            }
            _ => self.quote(),
        }
    }

    fn keep_header_alone(&mut self) {
        let kind = match self.kind().as_str() {
            "message/rfc822" => "text/rfc822-headers",
            "message/global" => "message/global-headers",
            _ => return,
        };
        if self.fields.iter().any(|field| is_encoded(field)) {
            return;
        }
        let end = self.body.windows(4).position(|end| end == b"\r\n\r\n");
        let header = end.map_or(self.body.as_slice(), |end| &self.body[..end + 2]);
        self.body = bounded(header).to_vec();
        self.relabel(kind);
    }

    fn quote(&mut self) {
        if !self.body.is_ascii() {
            self.fields.retain(|field| !is_encoding(field));
            self.fields
                .push("Content-Transfer-Encoding: quoted-printable".into());
            self.body = quoted(&self.body);
        }
    }

    fn relabel(&mut self, kind: &str) {
        self.fields
            .retain(|field| named(field, "content-type").is_none() && !is_encoding(field));
        self.fields.insert(0, format!("Content-Type: {kind}"));
        if !self.body.is_ascii() {
            self.fields.push("Content-Transfer-Encoding: 8bit".into());
        }
    }
}

fn is_encoding(field: &str) -> bool {
    named(field, "content-transfer-encoding").is_some()
}

fn is_encoded(field: &str) -> bool {
    named(field, "content-transfer-encoding").is_some_and(|encoding| {
        !["7bit", "8bit", "binary"]
            .iter()
            .any(|plain| encoding.eq_ignore_ascii_case(plain))
    })
}

/// The fields of a delivery status in ASCII: addresses in the form for seven bits, in all else `?` for what is beyond it.
fn status_in_ascii(body: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(body)
        .split("\r\n")
        .map(|line| {
            let address = ["final-recipient", "original-recipient"]
                .iter()
                .find_map(|name| named(line, name))
                .and_then(|value| value.split_once(';'))
                .filter(|_| !line.is_ascii());
            match (address, line.split_once(':')) {
                (Some((kind, address)), Some((name, _))) => {
                    format!(
                        "{name}: {}; {}",
                        kind.trim(),
                        xtext::embedded(address.trim())
                    )
                }
                _ => xtext::printable(line, false),
            }
        })
        .collect::<Vec<_>>()
        .join("\r\n")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::delivery::Trouble;
    use crate::dsn::testing;
    use crate::smtp::Reply;

    fn keywords(words: &[&str]) -> Keywords {
        let lines: Vec<&str> = std::iter::once("mx.home.test")
            .chain(words.iter().copied())
            .collect();
        Keywords::of(&Reply::of(250, &lines))
    }

    /// A notice about a message in eight bits.
    fn notice() -> Message {
        let mut message = testing::message(None);
        message.content = "Subject: hello\r\n\r\nnaïve\r\n".as_bytes().into();
        let host = "mx.example.test".into();
        let report = testing::failure("user@example.test", Trouble::NoAddress { host });
        testing::notice(&message, &[report], Duration::ZERO)
    }

    #[test]
    fn only_a_notice_that_does_not_fit_is_changed() {
        // (keywords, is it changed?)
        let cases: [(&[&str], bool); 5] = [
            (&["8BITMIME"], false),
            (&["8BITMIME", "SIZE 0"], false),
            (&["8BITMIME", "SIZE 100000"], false),
            (&["8BITMIME", "SIZE 100"], true),
            (&["DSN"], true),
        ];
        for (words, want) in cases {
            let fitted = fitted(&notice(), &keywords(words));
            assert_eq!(fitted.is_some(), want, "{words:?}");
        }
        let ordinary = Message {
            sender: testing::message(None).sender,
            ..notice()
        };
        assert_eq!(fitted(&ordinary, &keywords(&[])), None);
        let no_report = Message {
            content: "Subject: naïve\r\n\r\nnaïve\r\n".as_bytes().into(),
            ..notice()
        };
        assert_eq!(fitted(&no_report, &keywords(&[])), None);
    }

    #[test]
    fn a_notice_of_somebody_else_is_made_to_fit_too() {
        let foreign = "From: MAILER-DAEMON@other.test\r\nContent-Transfer-Encoding: 8bit\r\n\
            Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n\
            --x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nnaïve\r\n\
            --x\r\nContent-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
            Reporting-MTA: dns; other.test\r\n\r\nFinal-Recipient: utf-8; jürgen@other.test\r\n\
            Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 who is jürgen?\r\n\r\n\
            --x\r\nContent-Type: message/global\r\n\r\nSubject: naïve\r\n\r\nbody\r\n--x--\r\n";
        let message = Message {
            content: foreign.as_bytes().into(),
            smtputf8: true,
            ..notice()
        };
        let fitted = fitted(&message, &keywords(&["8BITMIME"])).unwrap();
        assert!(!fitted.smtputf8);
        insta::assert_snapshot!(
            String::from_utf8(fitted.content.to_vec())
                .unwrap()
                .replace("\r\n", "\n")
        );
    }
}
