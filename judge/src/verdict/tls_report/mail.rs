//! What RFC 8460 §3, §5.1 and §5.3 ask of the mail that brings a report.

use mail_parser::{Message, MessageParser, MimeHeaders};
use serde_json::Value;

use super::body::seconds;
use super::problem::Problems;
use crate::verdict::wildcard::same_name;

/// The attachment, as the fake tells of it.
pub(super) struct Attachment<'a> {
    pub(super) file_name: Option<&'a str>,
    pub(super) compressed: bool,
}

/// Notes what is wrong with the mail.
pub(super) fn check(
    content: &str,
    attachment: &Attachment<'_>,
    body: &Value,
    problems: &mut Problems,
) {
    let Some(message) = MessageParser::default().parse(content.as_bytes()) else {
        problems.must("it is no message");
        return;
    };
    if !is_multipart_report(&message) {
        problems.must("it is no multipart/report of type tlsrpt");
    }
    if message.body_text(0).is_none() {
        problems.should("it has no part for people");
    }
    let contact = body["contact-info"].as_str().unwrap_or_default();
    let contact = contact.rsplit_once('@').map_or("", |(_, domain)| domain);
    let domain = field(&message, "TLS-Report-Domain");
    let submitter = field(&message, "TLS-Report-Submitter");
    if domain.is_none() {
        problems.must("it has no TLS-Report-Domain");
    }
    match &submitter {
        None => problems.must("it has no TLS-Report-Submitter"),
        Some(submitter) if !same_name(submitter, contact) => problems.must(format!(
            "its TLS-Report-Submitter {submitter:?} is not the domain of its contact-info"
        )),
        Some(_) => {}
    }
    subject(
        message.subject().unwrap_or_default(),
        domain.as_deref(),
        submitter.as_deref(),
        problems,
    );
    signature(&message, problems);
    file_name(attachment, body, problems);
}

/// What its parts say, in the words of [`Attachment`].
pub(super) fn media_type(media_type: &str, compressed: bool, problems: &mut Problems) {
    let bare = media_type.split(';').next().unwrap_or_default().trim();
    let usual = if compressed {
        "application/tlsrpt+gzip"
    } else {
        "application/tlsrpt+json"
    };
    if !bare.eq_ignore_ascii_case(usual) {
        problems.should(format!("its media type is {bare:?}, not {usual}"));
    }
}

fn is_multipart_report(message: &Message<'_>) -> bool {
    message.content_type().is_some_and(|kind| {
        let is = |own: Option<&str>, wanted: &str| {
            own.is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        };
        is(Some(kind.ctype()), "multipart")
            && is(kind.subtype(), "report")
            && is(kind.attribute("report-type"), "tlsrpt")
    })
}

fn field(message: &Message<'_>, name: &str) -> Option<String> {
    let raw = message.header_raw(name)?;
    let words: Vec<&str> = raw.split_whitespace().collect();
    Some(words.join(" ")).filter(|text| !text.is_empty())
}

/// `Report Domain: D Submitter: S Report-ID: <left@right>`.
fn subject(subject: &str, domain: Option<&str>, submitter: Option<&str>, problems: &mut Problems) {
    let words: Vec<&str> = subject.split_whitespace().collect();
    let is_form = match words.as_slice() {
        [
            "Report",
            "Domain:",
            named,
            "Submitter:",
            by,
            "Report-ID:",
            id,
        ] => {
            let id = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
            domain.is_some_and(|domain| same_name(domain, named))
                && submitter.is_some_and(|submitter| same_name(submitter, by))
                && id.is_some_and(|id| {
                    id.split_once('@')
                        .is_some_and(|(l, r)| !l.is_empty() && !r.is_empty())
                })
        }
        _ => false,
    };
    if !is_form {
        problems
            .should("its subject does not name domain, submitter and id in the form of the RFC");
    }
}

fn signature(message: &Message<'_>, problems: &mut Problems) {
    let Some(raw) = message.header_raw("DKIM-Signature") else {
        return;
    };
    let bare: String = raw.split_whitespace().collect();
    let tag = |name: &str| {
        let mut tags = bare.split(';');
        tags.find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='))
    };
    if tag("l").is_some() {
        problems.must("its signature has a length tag");
    }
    let signed = tag("h").unwrap_or_default().to_ascii_lowercase();
    for name in ["tls-report-domain", "tls-report-submitter"] {
        if !signed.split(':').any(|own| own == name) {
            problems.should(format!("{name} is not signed"));
        }
    }
}

/// `SUBMITTER!DOMAIN!BEGIN!END[!ID].json`, with `.gz` behind it where it is packed.
fn file_name(attachment: &Attachment<'_>, body: &Value, problems: &mut Problems) {
    let usual = if attachment.compressed {
        ".json.gz"
    } else {
        ".json"
    };
    let Some(stem) = attachment
        .file_name
        .and_then(|name| name.strip_suffix(usual))
    else {
        let name = attachment.file_name.unwrap_or_default();
        problems.must(format!("its attachment {name:?} does not end in {usual}"));
        return;
    };
    let parts: Vec<&str> = stem.split('!').collect();
    let range = &body["date-range"];
    let time = |text: &str, of: &str| text.parse().ok() == seconds(&range[of]);
    let is_form = match parts.as_slice() {
        [submitter, domain, begin, end] | [submitter, domain, begin, end, _] => {
            !submitter.is_empty()
                && !domain.is_empty()
                && time(begin, "start-datetime")
                && time(end, "end-datetime")
        }
        _ => false,
    };
    if !is_form {
        problems.should(format!(
            "its attachment {stem:?} is not named in the form of the RFC"
        ));
    }
}
