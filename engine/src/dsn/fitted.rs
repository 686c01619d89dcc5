//! A notice made smaller or plainer for a host that would not take it as it is.
//!
//! A notice has nobody who could be told that it failed, so it is changed rather than lost: eight bits become seven for a
//! host without 8BITMIME (RFC 6152 §3), and for one without SMTPUTF8 where parts are of types for that (RFC 6533 §4.5); what
//! is returned of the message becomes its header, or nothing, for a host that takes fewer octets. Notices of others that
//! pass through are treated alike. Messages that are no notices are left as they are.

use crate::delivery::Message;
use crate::smtp::Keywords;

use super::returned::bounded;
use super::xtext;

/// The longest line of quoted-printable (RFC 2045 §6.7).
const QUOTED_LINE: usize = 76;

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

/// A multipart/report, taken apart.
struct Multipart {
    header: Vec<String>,
    boundary: String,
    parts: Vec<Part>,
}

/// One part of it.
struct Part {
    fields: Vec<String>,
    body: Vec<u8>,
}

impl Multipart {
    /// Takes a notice apart; none: it is none, or written in a way that is not read here.
    fn parse(content: &[u8]) -> Option<Self> {
        let (header, body) = parted(content)?;
        if !header.iter().all(|field| field.is_ascii()) {
            return None;
        }
        let kind = value(&header, "content-type")?;
        let is_report = kind
            .get(..16)
            .is_some_and(|start| start.eq_ignore_ascii_case("multipart/report"));
        let boundary = boundary_of(kind).filter(|_| is_report)?;
        let parts = between(body, &boundary)
            .into_iter()
            .map(|part| {
                let (fields, body) = parted(part)?;
                Some(Part {
                    fields,
                    body: body.to_vec(),
                })
            })
            .collect::<Option<Vec<Part>>>()?;
        (parts.len() >= 2).then_some(Self {
            header,
            boundary,
            parts,
        })
    }

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

    fn written(&self) -> Vec<u8> {
        let mut written = Vec::new();
        let mut line = |text: &[u8]| {
            written.extend_from_slice(text);
            written.extend_from_slice(b"\r\n");
        };
        for field in &self.header {
            line(field.as_bytes());
        }
        line(b"");
        for part in &self.parts {
            line(format!("--{}", self.boundary).as_bytes());
            for field in &part.fields {
                line(field.as_bytes());
            }
            line(b"");
            line(&part.body);
        }
        line(format!("--{}--", self.boundary).as_bytes());
        written
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

/// Fields, folded ones in one piece with their line ends, and what stands behind the empty line.
fn parted(text: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (header, body) = match text.strip_prefix(b"\r\n") {
        Some(body) => (&b""[..], body),
        None => {
            let end = text.windows(4).position(|end| end == b"\r\n\r\n")?;
            (&text[..end], &text[end + 4..])
        }
    };
    let mut fields: Vec<String> = Vec::new();
    for line in std::str::from_utf8(header)
        .ok()?
        .split("\r\n")
        .filter(|line| !line.is_empty())
    {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => {
                field.push_str("\r\n");
                field.push_str(line);
            }
            _ => fields.push(line.to_owned()),
        }
    }
    Some((fields, body))
}

/// The value of a field, if it has this name.
fn named<'f>(field: &'f str, name: &str) -> Option<&'f str> {
    let (own, value) = field.split_once(':')?;
    own.trim_end()
        .eq_ignore_ascii_case(name)
        .then(|| value.trim())
}

fn value<'f>(fields: &'f [String], name: &str) -> Option<&'f str> {
    fields.iter().find_map(|field| named(field, name))
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

/// The parameter `boundary` of a Content-Type, quoted or not.
fn boundary_of(kind: &str) -> Option<String> {
    let at = kind.to_ascii_lowercase().find("boundary=")?;
    let value = &kind[at + "boundary=".len()..];
    let boundary = match value.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => value.split([';', ' ', '\t', '\r']).next()?,
    };
    let is_boundary = (1..=70).contains(&boundary.len()) && !boundary.contains(['\\', '\r']);
    is_boundary.then(|| boundary.to_owned())
}

/// The texts between the lines of a boundary, without the line ends that belong to these.
fn between<'b>(body: &'b [u8], boundary: &str) -> Vec<&'b [u8]> {
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    while at < body.len() {
        let end = body[at..]
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .map_or(body.len(), |end| at + end);
        let line = body[at..end].trim_ascii_end();
        let last = line
            .strip_suffix(b"--")
            .is_some_and(|line| line == mark.as_bytes());
        if last || line == mark.as_bytes() {
            if let Some(begun) = begun {
                parts.push(&body[begun..at.saturating_sub(2).max(begun)]);
            }
            begun = (!last).then_some((end + 2).min(body.len()));
            if last {
                break;
            }
        }
        at = end + 2;
    }
    parts
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

/// Quoted-printable (RFC 2045 §6.7); line ends stay line ends.
fn quoted(body: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::new();
    let mut width = 0;
    let mut rest = body;
    while let Some((octet, behind)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(b"\r\n") {
            quoted.extend_from_slice(b"\r\n");
            (width, rest) = (0, behind);
            continue;
        }
        let ends_line = behind.is_empty() || behind.starts_with(b"\r\n");
        let stays = match octet {
            b'=' => false,
            b' ' | b'\t' => !ends_line,
            other => other.is_ascii_graphic(),
        };
        let text = if stays {
            vec![*octet]
        } else {
            format!("={octet:02X}").into_bytes()
        };
        if width + text.len() >= QUOTED_LINE {
            quoted.extend_from_slice(b"=\r\n");
            width = 0;
        }
        width += text.len();
        quoted.extend_from_slice(&text);
        rest = behind;
    }
    quoted
}
