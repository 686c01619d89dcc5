//! A message that waits, as it is written down: one line of JSON, then the content as it is.
//!
//! ```text
//! {"version":1,"octets":42,"from":"a@home.test","arrived":"2026-01-02T03:04:05Z","smtputf8":false,"ret":"HDRS",
//!  "envid":"q1","tls":"required","recipients":[{"to":"user@example.test","notify":"FAILURE","orcpt":"rfc822;user@example.test",
//!  "rounds":1,"due":"2026-01-02T03:34:05Z","delay_told":false,"last":{"at":"2026-01-02T03:04:05Z",
//!  "host":"mx.example.test","status":"4.3.0","told":"...","reply":"451 4.3.0 later"}}]}
//! Received: ...
//! ```
//!
//! (In the file the JSON has no line breaks.) `from` is null for the null sender; `octets` counts the content. Recipients
//! that have an outcome are no longer there. The last trouble is told as a notice needs it, not as the program has it, so that
//! the file outlasts changes of the program.

use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::address::Mailbox;
use crate::delivery::message::{DsnParameters, Message, Notify, Recipient, Return};
use crate::delivery::tls_tag::TlsTag;
use crate::delivery::trouble::{Remembered, Trouble};
use crate::outside::{StoredError, of_version, parted, wrong};
use crate::smtp::Reply;

use super::held::{Held, Waiting};
use super::moment;

/// The version of the form.
const VERSION: u32 = 1;
/// The most octets of the first line: a thousand recipients with all that may be kept of each.
pub(super) const HEAD_LIMIT: usize = 16 * 1_024 * 1_024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u32,
    octets: u64,
    from: Option<String>,
    arrived: String,
    smtputf8: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    envid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    report: bool,
    recipients: Vec<RecipientHead>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipientHead {
    to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notify: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    orcpt: Option<String>,
    rounds: u32,
    due: String,
    delay_told: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<TroubleHead>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TroubleHead {
    at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    status: String,
    told: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
}

/// The first line of a message with those of its recipients that wait, without its end.
#[must_use]
pub(super) fn head(message: &Message, waiting: &[&Waiting]) -> String {
    let head = Head {
        version: VERSION,
        octets: message.content.len() as u64,
        from: (message.sender.as_ref()).map(|sender| sender.as_str().to_owned()),
        arrived: moment::written(message.arrived),
        smtputf8: message.smtputf8,
        ret: message.dsn.ret.map(|ret| ret.keyword().to_owned()),
        envid: message.dsn.envelope_id.clone(),
        tls: message.tls.word().map(str::to_owned),
        report: message.is_report,
        recipients: waiting.iter().map(|one| recipient_head(one)).collect(),
    };
    serde_json::to_string(&head).expect("texts and numbers can be written as JSON")
}

fn recipient_head(waiting: &Waiting) -> RecipientHead {
    RecipientHead {
        to: waiting.recipient.mailbox.as_str().to_owned(),
        notify: waiting.recipient.notify.map(Notify::keywords),
        orcpt: waiting.recipient.original.clone(),
        rounds: waiting.rounds,
        due: moment::written(waiting.due),
        delay_told: waiting.is_delay_told,
        last: waiting.last.as_ref().map(|(last, at)| {
            let Remembered {
                host,
                status,
                told,
                reply,
            } = last.remembered();
            TroubleHead {
                at: moment::written(*at),
                host,
                status,
                told,
                reply: reply.map(|reply| reply.told()),
            }
        }),
    }
}

/// Head and content together, as they are stored.
#[must_use]
pub(super) fn whole(head: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(head.len() + 1 + content.len());
    bytes.extend_from_slice(head.as_bytes());
    bytes.push(b'\n');
    bytes.extend_from_slice(content);
    bytes
}

/// Reads a message that was written down.
///
/// # Errors
/// `StoredError` when the bytes are none, or not whole.
pub(super) fn read(bytes: &[u8]) -> Result<Held, StoredError> {
    let (head, content) = parted(bytes, HEAD_LIMIT)?;
    let (mut message, octets, waiting) = read_head(head)?;
    if octets != content.len() as u64 {
        return Err(StoredError::Octets {
            part: "content",
            told: octets.to_string(),
            found: content.len(),
        });
    }
    message.content = content.into();
    Ok(Held::stored(Arc::new(message), waiting))
}

/// Reads the first line alone: the message without its content, how many octets that has, and who waits.
///
/// # Errors
/// `StoredError` when it is no such line.
pub(super) fn read_head(head: &[u8]) -> Result<(Message, u64, Vec<Waiting>), StoredError> {
    let head: Head = serde_json::from_slice(head)?;
    of_version(head.version, VERSION)?;
    let mailbox = |key, text: String| Mailbox::parse(&text).map_err(|_| wrong(key, text));
    let dsn = DsnParameters {
        ret: (head.ret)
            .map(|ret| Return::parse(&ret).ok_or_else(|| wrong("ret", ret)))
            .transpose()?,
        envelope_id: head.envid.map(|id| one_line("envid", id)).transpose()?,
    };
    let message = Message {
        sender: head.from.map(|from| mailbox("from", from)).transpose()?,
        content: Arc::from([].as_slice()),
        smtputf8: head.smtputf8,
        dsn,
        tls: (head.tls)
            .map(|word| TlsTag::parse(&word).ok_or_else(|| wrong("tls", word)))
            .transpose()?
            .unwrap_or_default(),
        is_report: head.report,
        arrived: known_moment("arrived", head.arrived)?,
    };
    let waiting = (head.recipients.into_iter())
        .map(|found| {
            let recipient = Recipient {
                mailbox: mailbox("to", found.to)?,
                notify: (found.notify)
                    .map(|text| Notify::parse(&text).ok_or_else(|| wrong("notify", text)))
                    .transpose()?,
                original: found
                    .orcpt
                    .map(|text| one_line("orcpt", text))
                    .transpose()?,
            };
            Ok(Waiting {
                rounds: found.rounds,
                last: found.last.map(trouble).transpose()?,
                is_delay_told: found.delay_told,
                ..Waiting::new(recipient, known_moment("due", found.due)?)
            })
        })
        .collect::<Result<Vec<_>, StoredError>>()?;
    if waiting.is_empty() {
        return Err(wrong("recipients", "[]".to_owned()));
    }
    Ok((message, head.octets, waiting))
}

fn trouble(found: TroubleHead) -> Result<(Trouble, SystemTime), StoredError> {
    let reply = |text: String| Reply::of_line(&text).ok_or_else(|| wrong("reply", text));
    let remembered = Remembered {
        host: found.host.map(|text| one_line("host", text)).transpose()?,
        status: one_line("status", found.status)?,
        told: one_line("told", found.told)?,
        reply: found.reply.map(reply).transpose()?,
    };
    Ok((
        Trouble::Remembered(remembered),
        known_moment("at", found.at)?,
    ))
}

fn known_moment(key: &'static str, text: String) -> Result<SystemTime, StoredError> {
    moment::read(&text).ok_or_else(|| wrong(key, text))
}

/// A text that goes into commands and notices: no control character may get that far.
fn one_line(key: &'static str, text: String) -> Result<String, StoredError> {
    if text.chars().any(char::is_control) {
        return Err(wrong(key, text));
    }
    Ok(text)
}
