//! A TLS report by mail as a message that goes in (RFC 8460 §4.4, §5.3): what a subject that takes reports is given.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use mtaspec_judge::scenario::ReportBody;
use serde_json::{Value, json};
use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{Duration, OffsetDateTime, Time};

use crate::base64::encoded;
use crate::plan::ascii;

/// The most characters of base64 on a line (RFC 2045 §6.8).
const LINE: usize = 76;
/// No line of the parts begins so.
const BOUNDARY: &str = "=_mtaspec_report";

/// A report that somebody sends about the mail of the day before.
pub(super) struct MailedReport<'a> {
    /// What the file says of it.
    pub(super) body: &'a ReportBody,
    /// The domain that sends it.
    pub(super) submitter: &'a str,
    /// Unlike that of any other message.
    pub(super) id: &'a str,
    /// The Date field of the message.
    pub(super) date: &'a str,
}

impl MailedReport<'_> {
    /// The fields that only such a message has, the subject among them.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let (domain, submitter) = (self.domain(), self.submitter);
        let subject = format!(
            "Report Domain: {domain}\r\n Submitter: {submitter}\r\n Report-ID: <{}@{submitter}>",
            self.id
        );
        let kind = format!("multipart/report; report-type=tlsrpt;\r\n boundary=\"{BOUNDARY}\"");
        vec![
            ("Subject", subject),
            ("TLS-Report-Domain", domain),
            ("TLS-Report-Submitter", submitter.to_owned()),
            ("MIME-Version", "1.0".to_owned()),
            ("Content-Type", kind),
        ]
    }

    /// Both parts; `readable` is the text of the first.
    pub(super) fn parts(&self, readable: &str) -> String {
        let text = self.json().to_string();
        let (packed, kind, ending) = if self.body.compressed {
            (packed(&text), "gzip", "json.gz")
        } else {
            (text.into_bytes(), "json", "json")
        };
        let (start, end) = self.day();
        let name = format!(
            "{}!{}!{}!{}.{ending}",
            self.submitter,
            self.domain(),
            start.unix_timestamp(),
            end.unix_timestamp()
        );
        let letters = encoded(&packed);
        let lines: Vec<&str> = letters
            .as_bytes()
            .chunks(LINE)
            .map(|line| std::str::from_utf8(line).unwrap_or_default())
            .collect();
        format!(
            "--{BOUNDARY}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{readable}\
             --{BOUNDARY}\r\nContent-Type: application/tlsrpt+{kind}\r\n\
             Content-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment;\r\n filename=\"{name}\"\r\n\r\n{}\r\n\
             --{BOUNDARY}--\r\n",
            lines.join("\r\n")
        )
    }

    fn domain(&self) -> String {
        ascii(&self.body.policy_domain)
    }

    /// The whole day before the message, to its last second.
    fn day(&self) -> (OffsetDateTime, OffsetDateTime) {
        let date = OffsetDateTime::parse(self.date, &Rfc2822);
        let date = date.unwrap_or(OffsetDateTime::UNIX_EPOCH + Duration::DAY);
        let today = date.to_utc().replace_time(Time::MIDNIGHT).into();
        let start: OffsetDateTime = today;
        (start - Duration::DAY, start - Duration::SECOND)
    }

    fn json(&self) -> Value {
        let domain = self.domain();
        let pattern = format!("mx.{domain}");
        let mx_host = if self.body.mx_host_is_list {
            json!([pattern])
        } else {
            json!(pattern)
        };
        let (start, end) = self.day();
        let written = |date: OffsetDateTime| date.format(&Rfc3339).unwrap_or_default();
        json!({
            "organization-name": self.submitter,
            "date-range": { "start-datetime": written(start), "end-datetime": written(end) },
            "contact-info": format!("postmaster@{}", self.submitter),
            "report-id": self.id,
            "policies": [{
                "policy": {
                    "policy-type": "sts",
                    "policy-string": [
                        "version: STSv1", "mode: testing", format!("mx: {pattern}"), "max_age: 604800",
                    ],
                    "policy-domain": domain,
                    "mx-host": mx_host,
                },
                "summary": {
                    "total-successful-session-count": 5,
                    "total-failure-session-count": 1,
                },
                "failure-details": [{
                    "result-type": "certificate-expired",
                    "receiving-mx-hostname": pattern,
                    "failed-session-count": 1,
                }],
            }],
        })
    }
}

fn packed(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packer
        .write_all(text.as_bytes())
        .and_then(|()| packer.finish());
    packed.expect("memory takes all that is written")
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::events::What;
    use mtaspec_judge::scenario::Message;

    use crate::internet::collectors::{PublishedKeys, mailed_report};
    use crate::plan::PlannedMail;
    use crate::subject::{compose, dkim};

    use super::*;

    fn message(body: ReportBody, dkim: &str) -> Vec<u8> {
        let message = Message {
            from: "tlsrpt@example.test".into(),
            to: vec!["user@home.test".into()],
            report: Some(body),
            dkim: dkim.into(),
            ..Message::default()
        };
        let mail = PlannedMail {
            message: "first".into(),
            copy: 1,
            sender: "tlsrpt+mtabcdefghij@example.test".into(),
            header_canary: "mtaspec-header-abcdefghij".into(),
            body_canary: "mtaspec-body-abcdefghij".into(),
        };
        compose(
            &message,
            &mail,
            "example.test",
            "Fri, 02 Jan 2026 10:00:00 +0000",
        )
    }

    fn body(mx_host_is_list: bool, compressed: bool) -> ReportBody {
        ReportBody {
            policy_domain: "home.test".into(),
            mx_host_is_list,
            compressed,
        }
    }

    #[test]
    fn a_report_goes_in_as_the_rfc_has_it() {
        let mut world = mtaspec_judge::scenario::World::default();
        world
            .domains
            .insert("example.test".into(), Default::default());
        let signer = Message {
            from: "tlsrpt@example.test".into(),
            dkim: "valid".into(),
            ..Message::default()
        };
        dkim::publish(&mut world, &[signer]);
        let keys = PublishedKeys::of(&world);
        // (mx-host is a list, packed, signature)
        let cases = [
            (true, true, "valid"),
            (false, false, "valid"),
            (true, true, "none"),
        ];
        for (is_list, is_packed, dkim) in cases {
            let content = message(body(is_list, is_packed), dkim);
            let told = mailed_report(&content, &[], &keys);
            let Some(What::ReportMailed {
                file_name,
                body,
                compressed,
                signature,
                ..
            }) = told
            else {
                panic!("{}", String::from_utf8_lossy(&content));
            };
            let ending = if is_packed { "json.gz" } else { "json" };
            let name = format!("example.test!home.test!1767225600!1767311999.{ending}");
            assert_eq!(file_name, Some(name));
            assert_eq!((compressed, signature.as_str()), (is_packed, dkim));
            let report: Value = serde_json::from_str(&body).unwrap();
            let mx_host = &report["policies"][0]["policy"]["mx-host"];
            assert_eq!(mx_host.is_array(), is_list);
            assert_eq!(
                report["date-range"]["start-datetime"],
                "2026-01-01T00:00:00Z"
            );
        }
    }

    #[test]
    fn its_readable_part_has_the_canary() {
        let text = String::from_utf8(message(body(true, true), "none")).unwrap();
        let head = text.split("Content-Transfer-Encoding").next().unwrap();
        let head = head.replace(&"x".repeat(76), "[FILLING]").replace('\r', "");
        insta::assert_snapshot!(head.replace("[FILLING]\n", ""));
    }
}
