//! Failure notices as they arrived (RFC 3464, RFC 6522), read leniently: what is missing is noted, not refused.
//!
//! Whose notice it is was settled when it arrived, by its envelope recipient. A notice in free form has no
//! recipients of its own; then its text is searched for a status.

use mail_parser::{Header, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders};

use super::{embedded, status_code};

/// What a notice says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// The recipients it speaks of; none in free form.
    pub recipients: Vec<NoticeRecipient>,
    /// The readable part.
    pub readable: String,
    /// What it gives back of the message.
    pub returned: Returned,
    /// It gives back a header, and calls that a message (RFC 6522 §4).
    pub is_header_called_message: bool,
    /// What is not as RFC 3464 has it.
    pub problems: Vec<String>,
}

/// What a notice says of one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeRecipient {
    /// Final-Recipient, without its type.
    pub recipient: Option<String>,
    /// Original-Recipient, without its type.
    pub original: Option<String>,
    /// In small letters.
    pub action: Option<String>,
    /// As it stands.
    pub status: Option<String>,
    /// The name, without its type.
    pub remote_mta: Option<String>,
    /// With its type.
    pub diagnostic: Option<String>,
    /// There is a Will-Retry-Until field.
    pub will_retry_until: bool,
}

/// How much of the message a notice gives back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Returned {
    /// Nothing.
    #[default]
    None,
    /// The header.
    Headers,
    /// All of it.
    Full,
}

impl Returned {
    /// As scenario files spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Headers => "headers",
            Self::Full => "full",
        }
    }
}

impl Notice {
    /// Reads a message as a notice.
    #[must_use]
    pub fn parse(content: &str) -> Self {
        let Some(message) = MessageParser::default().parse(content.as_bytes()) else {
            return Self {
                readable: content.to_owned(),
                problems: vec!["it is no message".into()],
                ..Self::default()
            };
        };
        let mut notice = Self::default();
        let parts = report_parts(&message, &mut notice.problems);
        notice.readable = readable(&message, &parts);
        match parts.iter().find(|part| is_status_part(part)) {
            Some(part) => notice.read_status(&text_of(&message, part)),
            None => notice
                .problems
                .push("there is no message/delivery-status part".into()),
        }
        notice.returned = returned(&message, &parts);
        notice.is_header_called_message =
            notice.returned == Returned::Headers && parts.iter().any(|part| is_message(part));
        notice
    }

    /// The status for a recipient: of its own block, else of the only block, else the first in the text.
    #[must_use]
    pub fn status_for(&self, recipient: &str) -> Option<&str> {
        let own = self
            .recipients
            .iter()
            .find(|block| block.speaks_of(recipient));
        let block = own.or(match &self.recipients[..] {
            [only] => Some(only),
            _ => None,
        });
        match block.and_then(|block| block.status.as_deref()) {
            Some(status) => Some(status),
            None => status_code::first_in(&self.readable),
        }
    }

    /// Does it speak of this recipient? One in free form may speak of anybody.
    #[must_use]
    pub fn speaks_of(&self, recipient: &str) -> bool {
        self.recipients
            .iter()
            .all(|block| block.recipient.is_none() && block.original.is_none())
            || self
                .recipients
                .iter()
                .any(|block| block.speaks_of(recipient))
    }

    /// Says outright that the message was not given up: delayed, delivered, relayed or expanded.
    #[must_use]
    pub fn denies_failure(&self, recipient: &str) -> bool {
        let mut blocks = self
            .recipients
            .iter()
            .filter(|block| block.speaks_of(recipient) || self.recipients.len() == 1)
            .peekable();
        blocks.peek().is_some()
            && blocks.all(|block| {
                matches!(
                    block.action.as_deref(),
                    Some("delayed" | "delivered" | "relayed" | "expanded")
                )
            })
    }

    fn read_status(&mut self, text: &str) {
        let mut blocks = blocks_of(text).into_iter();
        let head = blocks.next().unwrap_or_default();
        if !head.iter().any(|(name, _)| name == "reporting-mta") {
            self.problems
                .push("the delivery status has no Reporting-MTA".into());
        }
        for block in blocks {
            let field = |wanted: &str| {
                block
                    .iter()
                    .find(|(name, _)| name == wanted)
                    .map(|(_, value)| value.clone())
            };
            let recipient = NoticeRecipient {
                recipient: field("final-recipient").map(|value| untyped(&value)),
                original: field("original-recipient").map(|value| untyped(&value)),
                action: field("action").map(|value| value.to_ascii_lowercase()),
                status: field("status").map(|value| {
                    value
                        .split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                }),
                remote_mta: field("remote-mta").map(|value| untyped(&value)),
                diagnostic: field("diagnostic-code"),
                will_retry_until: field("will-retry-until").is_some(),
            };
            recipient.note_problems(&mut self.problems);
            self.recipients.push(recipient);
        }
        if self.recipients.is_empty() {
            self.problems
                .push("the delivery status speaks of no recipient".into());
        }
    }
}

impl NoticeRecipient {
    fn speaks_of(&self, address: &str) -> bool {
        [&self.recipient, &self.original]
            .into_iter()
            .flatten()
            .any(|own| {
                own.eq_ignore_ascii_case(address) || super::wildcard::same_address(own, address)
            })
    }

    /// RFC 3464 §2.3: which fields each recipient has.
    fn note_problems(&self, problems: &mut Vec<String>) {
        if self.recipient.is_none() {
            problems.push("a recipient has no Final-Recipient".into());
        }
        match self.action.as_deref() {
            Some("failed" | "delayed" | "delivered" | "relayed" | "expanded") => {}
            Some(action) => problems.push(format!("Action {action:?} is not one of the five")),
            None => problems.push("a recipient has no Action".into()),
        }
        match self.status.as_deref() {
            Some(status) if status_code::is_code(status) => {}
            Some(status) => problems.push(format!("Status {status:?} is no status code")),
            None => problems.push("a recipient has no Status".into()),
        }
    }
}

/// The children of `multipart/report; report-type=delivery-status`, in order (RFC 6522 §3); else all parts.
fn report_parts<'m, 'x>(
    message: &'m Message<'x>,
    problems: &mut Vec<String>,
) -> Vec<&'m MessagePart<'x>> {
    let Some(root) = message.parts.first() else {
        return Vec::new();
    };
    if !is_type(root, "multipart", "report") {
        problems.push("it is no multipart/report".into());
        return message.parts.iter().collect();
    }
    let kind = root
        .content_type()
        .and_then(|kind| kind.attribute("report-type"));
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status")) {
        problems.push("its report-type is not delivery-status".into());
    }
    let children: Vec<&MessagePart<'_>> = match &root.body {
        mail_parser::PartType::Multipart(children) => {
            children.iter().filter_map(|id| message.part(*id)).collect()
        }
        _ => Vec::new(),
    };
    if children.first().is_some_and(|part| !is_readable(part)) {
        problems.push("its first part is not for people".into());
    }
    if !children.get(1).is_some_and(|part| is_status_part(part)) {
        problems.push("its second part is not the delivery status".into());
    }
    if !(2..=3).contains(&children.len()) {
        problems.push(format!("it has {} parts, not two or three", children.len()));
    }
    children
}

fn is_type(part: &MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    part.content_type().is_some_and(|own| {
        own.ctype().eq_ignore_ascii_case(kind)
            && own
                .subtype()
                .is_some_and(|own| own.eq_ignore_ascii_case(subtype))
    })
}

/// Text in one language or form, or in several (RFC 6522 §3).
fn is_readable(part: &MessagePart<'_>) -> bool {
    let kind = part.content_type().map(mail_parser::ContentType::ctype);
    let is_text = kind.is_none_or(|kind| {
        kind.eq_ignore_ascii_case("text") || kind.eq_ignore_ascii_case("multipart")
    });
    is_text && !is_type(part, "text", "rfc822-headers")
}

fn is_status_part(part: &MessagePart<'_>) -> bool {
    is_type(part, "message", "delivery-status")
        || is_type(part, "message", "global-delivery-status")
}

fn is_message(part: &MessagePart<'_>) -> bool {
    is_type(part, "message", "rfc822") || is_type(part, "message", "global")
}

fn readable(message: &Message<'_>, parts: &[&MessagePart<'_>]) -> String {
    let first = parts.iter().find(|part| {
        part.content_type()
            .is_none_or(|kind| kind.ctype().eq_ignore_ascii_case("text"))
            && !is_type(part, "text", "rfc822-headers")
            && part.text_contents().is_some()
    });
    match first.and_then(|part| part.text_contents()) {
        Some(text) => text.to_owned(),
        None => message
            .body_text(0)
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default(),
    }
}

fn returned(message: &Message<'_>, parts: &[&MessagePart<'_>]) -> Returned {
    let mut of_message = parts.iter().filter(|part| {
        is_message(part)
            || is_type(part, "text", "rfc822-headers")
            || is_type(part, "message", "global-headers")
    });
    // What it is called is another finding.
    match of_message.next() {
        Some(part) if has_body(&raw_of(message, part)) => Returned::Full,
        Some(_) => Returned::Headers,
        None => Returned::None,
    }
}

fn has_body(raw: &str) -> bool {
    let raw = raw.replace("\r\n", "\n");
    raw.split_once("\n\n")
        .is_some_and(|(_, body)| !body.trim().is_empty())
}

fn raw_of(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let (from, to) = (part.offset_body as usize, part.offset_end as usize);
    message
        .raw_message()
        .get(from..to.max(from))
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default()
}

fn text_of(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    match part.text_contents() {
        Some(text) if part.message().is_none() => text.to_owned(),
        _ => raw_of(message, part),
    }
}

/// Groups of unfolded fields, parted by empty lines; names in small letters.
fn blocks_of(text: &str) -> Vec<Vec<(String, String)>> {
    let mut blocks: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines() {
        let block = blocks.last_mut().expect("there is always a block");
        if line.trim().is_empty() {
            if !block.is_empty() {
                blocks.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = block.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            block.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    if blocks.last().is_some_and(Vec::is_empty) {
        blocks.pop();
    }
    blocks
}

/// `rfc822; user@example.test` without its type; comments go too.
fn untyped(value: &str) -> String {
    let (kind, value) = value.split_once(';').unwrap_or(("", value));
    let value = value.split(" (").next().unwrap_or(value);
    let value = value.trim().trim_start_matches('<').trim_end_matches('>');
    if kind.trim().eq_ignore_ascii_case("utf-8") {
        embedded::undone(value)
    } else {
        value.to_owned()
    }
}

/// Does a message look like a notice, whoever sent it?
#[must_use]
pub(crate) fn looks_like_one(content: &str) -> bool {
    let Some(message) = MessageParser::default().parse_headers(content.as_bytes()) else {
        return false;
    };
    message
        .headers()
        .iter()
        .any(|header: &Header<'_>| match &header.value {
            HeaderValue::ContentType(kind) => {
                kind.ctype().eq_ignore_ascii_case("multipart")
                    && kind
                        .attribute("report-type")
                        .is_some_and(|kind| kind == "delivery-status")
            }
            _ => false,
        })
}
