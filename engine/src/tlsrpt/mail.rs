//! A report as a message: `multipart/report` with a part for people and the packed report (RFC 8460 §5.3, RFC 6522).

use std::time::SystemTime;

use data_encoding::BASE64;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::address::Mailbox;
use crate::delivery::{DsnParameters, Message, Notify, Recipient, TlsTag};
use crate::settings::{DkimKey, KeyError};

use super::body::Report;

/// The most characters of base64 on a line (RFC 2045 §6.8).
const LINE: usize = 76;

/// A report is about what is wrong with TLS, and not held back by it (RFC 8460 §3, §5.3; RFC 8689 §3).
const TLS_REQUIRED: &str = "TLS-Required: No";

/// The report as a message to one mailbox, signed by the domain that reports (RFC 8460 §3). `draw` makes its id unique.
///
/// Nobody is told when it cannot be delivered: a notice would come back for every report to a mailbox that is gone.
///
/// # Errors
/// `KeyError` when the key does not sign.
pub(crate) fn message(
    report: &Report,
    (from, key): (&Mailbox, &DkimKey),
    to: &Mailbox,
    now: SystemTime,
    draw: u64,
) -> Result<(Message, Recipient), KeyError> {
    let content = content(report, from, to, now, draw);
    let content = key.signed(&content, now)?;
    let message = Message {
        sender: Some(from.clone()),
        smtputf8: !content.is_ascii(),
        content: content.into(),
        dsn: DsnParameters::default(),
        tls: TlsTag::Optional,
        is_report: true,
        arrived: now,
    };
    let recipient = Recipient {
        notify: Some(Notify::default()),
        ..Recipient::new(to.clone())
    };
    Ok((message, recipient))
}

/// Header and body, not yet signed.
#[must_use]
fn content(report: &Report, from: &Mailbox, to: &Mailbox, now: SystemTime, draw: u64) -> Vec<u8> {
    let Report {
        domain,
        submitter,
        id,
        day,
        packed,
    } = report;
    let date = OffsetDateTime::from(now).format(&Rfc2822);
    let date = date.expect("a year of four digits can be written");
    // Base64 has no hyphen, and no other part has so many.
    let boundary = format!("----tlsrpt-{draw:016x}");
    let mut lines = vec![
        format!("Date: {date}"),
        format!("From: <{}>", from.as_str()),
        format!("To: <{}>", to.as_str()),
        format!("Subject: Report Domain: {domain}"),
        format!(" Submitter: {submitter}"),
        format!(" Report-ID: <{id}>"),
        format!("Message-ID: <tlsrpt.{draw:016x}@{submitter}>"),
        format!("TLS-Report-Domain: {domain}"),
        format!("TLS-Report-Submitter: {submitter}"),
        // So that nothing that answers by itself answers this (RFC 3834 §5.1).
        "Auto-Submitted: auto-generated".to_owned(),
        // What holds for this server holds for those that it may hand the report to.
        TLS_REQUIRED.to_owned(),
        "MIME-Version: 1.0".to_owned(),
        "Content-Type: multipart/report; report-type=tlsrpt;".to_owned(),
        format!(" boundary=\"{boundary}\""),
        String::new(),
        "This is a report about TLS, in MIME format.".to_owned(),
        String::new(),
        format!("--{boundary}"),
        "Content-Type: text/plain; charset=us-ascii".to_owned(),
        String::new(),
        format!("This is an aggregate TLS report about mail from {submitter}"),
        format!("to {domain} on {day} (UTC)."),
        format!("--{boundary}"),
        "Content-Type: application/tlsrpt+gzip".to_owned(),
        "Content-Transfer-Encoding: base64".to_owned(),
        "Content-Disposition: attachment;".to_owned(),
        format!(" filename=\"{}\"", report.file_name()),
        String::new(),
    ];
    let encoded = BASE64.encode(packed);
    let pieces = (0..encoded.len()).step_by(LINE);
    lines.extend(pieces.map(|at| encoded[at..encoded.len().min(at + LINE)].to_owned()));
    lines.push(format!("--{boundary}--"));
    let mut content = lines.join("\r\n").into_bytes();
    content.extend_from_slice(b"\r\n");
    content
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mail_parser::{MessageParser, MimeHeaders as _};

    use super::*;
    use crate::tlsrpt::body::tests::{report, unpacked};

    fn mailbox(text: &str) -> Mailbox {
        Mailbox::parse(text).unwrap()
    }

    #[test]
    fn a_mailed_report_is_what_the_standard_describes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_400_000);
        let (from, to) = (
            mailbox("tls-reports@home.test"),
            mailbox("tls@example.test"),
        );
        let content = content(&report(), &from, &to, now, 7);
        let parsed = MessageParser::default().parse(&content).unwrap();
        let kind = parsed.content_type().unwrap();
        assert_eq!(
            (kind.ctype(), kind.subtype()),
            ("multipart", Some("report"))
        );
        assert_eq!(kind.attribute("report-type"), Some("tlsrpt"));
        let packed = parsed.attachment(0).unwrap();
        let name = "home.test!example.test!1795305600!1795391999.json.gz";
        assert_eq!(packed.attachment_name(), Some(name));
        assert_eq!(unpacked(packed.contents()), unpacked(&report().packed));
        let text = String::from_utf8(content).unwrap();
        let shown = text.split("\r\nH4sI").next().unwrap();
        insta::assert_snapshot!(shown.replace("\r\n", "\n"));
        assert!(text.lines().all(|line| line.len() <= 78), "{text}");
    }
}
