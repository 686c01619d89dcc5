//! DKIM signatures of the messages that go in (RFC 6376): RSA with SHA-256, relaxed in header and body.
//!
//! One committed key signs for every domain, the subject's reports among them. The record that goes with it is published in the zone of the From domain; a
//! signature of the kind `other-service` names another selector, whose record is for no mail (RFC 6376 §3.6.1, `s=`).

use mtaspec_judge::scenario::{ExtraRecord, Message, World};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use sha2::{Digest, Sha256};

use super::ReportKey;
use crate::base64::encoded;
use crate::plan::ascii;

/// The fields that are signed.
const SIGNED: [&str; 5] = ["from", "to", "date", "message-id", "subject"];
/// The longest string of a TXT record (RFC 1035 §3.3.14).
const STRING: usize = 255;
/// `AlgorithmIdentifier` of an RSA key (RFC 8017 §A.1).
const RSA_ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// The selector of what the subject signs itself: its TLS reports.
const OF_REPORTS: &str = "tlsrpt";

/// The key with which the subject signs its TLS reports.
pub(crate) fn report_key() -> ReportKey {
    ReportKey {
        selector: OF_REPORTS.to_owned(),
        private_key: mtaspec_certs::committed_rsa_key(),
    }
}

/// Publishes the record of [`report_key`] in the subject's own zone: for the service that RFC 8460 §3 names, and no other.
pub(crate) fn publish_report_key(world: &mut World, home: &str) {
    let zone = (world.domains.iter_mut()).find(|(name, _)| name.eq_ignore_ascii_case(home));
    if let Some((_, domain)) = zone {
        domain.records.push(ExtraRecord {
            owner: format!("{OF_REPORTS}._domainkey"),
            kind: "TXT".to_owned(),
            data: record(Some("tlsrpt")),
        });
    }
}

/// Publishes the keys that the messages of a step need, in the zones of their From domains.
pub(crate) fn publish(world: &mut World, messages: &[Message]) {
    for message in messages.iter().filter(|message| message.dkim != "none") {
        let Some(signer) = author_domain(message) else {
            continue;
        };
        let record = ExtraRecord {
            owner: format!("{}._domainkey", selector(&message.dkim)),
            kind: "TXT".to_owned(),
            data: record((message.dkim == "other-service").then_some("other")),
        };
        let zone = world
            .domains
            .iter_mut()
            .find(|(name, _)| ascii(name).eq_ignore_ascii_case(&signer));
        if let Some((_, domain)) = zone
            && !domain.records.contains(&record)
        {
            domain.records.push(record);
        }
    }
}

/// The content with a signature in front, if the message wants one.
pub(crate) fn signed(message: &Message, content: Vec<u8>) -> Vec<u8> {
    let Some(domain) = author_domain(message).filter(|_| message.dkim != "none") else {
        return content;
    };
    let field = signature_field(&message.dkim, &domain, &content);
    [field.as_bytes(), &content].concat()
}

/// Who signs: the domain of the From field, in ASCII.
fn author_domain(message: &Message) -> Option<String> {
    let from = message.header_from.as_deref().unwrap_or(&message.from);
    let address = match from.rsplit_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or(rest),
        None => from,
    };
    let (_, domain) = address.trim().rsplit_once('@')?;
    Some(ascii(domain))
}

fn selector(kind: &str) -> &'static str {
    if kind == "other-service" {
        "other"
    } else {
        "mtaspec"
    }
}

fn key() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&mtaspec_certs::committed_rsa_key()).expect("the committed key is one")
}

/// The data of the key record, in strings that are short enough; for all services unless one is said.
fn record(service: Option<&str>) -> String {
    let service = service.map_or_else(String::new, |service| format!("s={service}; "));
    let text = format!("v=DKIM1; k=rsa; {service}p={}", encoded(&public_key()));
    let strings: Vec<String> = text
        .as_bytes()
        .chunks(STRING)
        .map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)))
        .collect();
    strings.join(" ")
}

/// The public key as a `SubjectPublicKeyInfo` (RFC 5280 §4.1).
fn public_key() -> Vec<u8> {
    let bits = [&[0], key().public_key().as_ref()].concat();
    let bits = tagged(0x03, &bits);
    tagged(0x30, &[RSA_ALGORITHM.as_slice(), &bits].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len())
        .expect("a key is short")
        .to_be_bytes();
    [&[tag, 0x82], length.as_slice(), content].concat()
}

fn signature_field(kind: &str, domain: &str, content: &[u8]) -> String {
    let (header, body) = parted(content);
    let mut body = relaxed_body(body);
    let mut limit = String::new();
    match kind {
        "length-limited" => {
            body.truncate(body.len() / 2);
            limit = format!(" l={};", body.len());
        }
        // As if a word of the body had been changed on the way.
        "broken" => body.extend_from_slice(b"changed\r\n"),
        _ => {}
    }
    let bare = format!(
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={};{limit}\r\n\th={};\r\n\tbh={};\r\n\tb=",
        selector(kind),
        SIGNED.join(":"),
        encoded(&Sha256::digest(&body)),
    );
    let mut input = String::new();
    for name in SIGNED {
        if let Some(field) = field_of(&header, name) {
            input.push_str(&relaxed_field(field));
            input.push_str("\r\n");
        }
    }
    input.push_str(&relaxed_field(&bare));
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        input.as_bytes(),
        &mut signature,
    )
    .expect("the committed key signs");
    let text = encoded(&signature);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(72)
        .map(|piece| std::str::from_utf8(piece).unwrap_or_default())
        .collect();
    format!("{bare}{}\r\n", lines.join("\r\n\t "))
}

fn parted(content: &[u8]) -> (String, &[u8]) {
    let end = content
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(content.len(), |at| at + 2);
    let body = content.get(end + 2..).unwrap_or_default();
    (String::from_utf8_lossy(&content[..end]).into_owned(), body)
}

/// The last field of this name, its folded lines with it (RFC 6376 §5.4.2).
fn field_of<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let mut fields: Vec<&str> = Vec::new();
    let mut start = 0;
    for (at, _) in header.match_indices("\r\n") {
        if !header[at + 2..].starts_with([' ', '\t']) {
            fields.push(&header[start..at]);
            start = at + 2;
        }
    }
    let is_named = |field: &&str| {
        field
            .split(':')
            .next()
            .is_some_and(|own| own.trim().eq_ignore_ascii_case(name))
    };
    fields.into_iter().rfind(is_named)
}

/// RFC 6376 §3.4.2.
pub(crate) fn relaxed_field(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    format!("{}:{}", name.trim().to_ascii_lowercase(), words.join(" "))
}

/// RFC 6376 §3.4.4.
pub(crate) fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut blank = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) {
                relaxed.push(b' ');
            }
            relaxed.push(*byte);
        }
        relaxed.extend_from_slice(b"\r\n");
    }
    while relaxed.ends_with(b"\r\n\r\n") {
        relaxed.truncate(relaxed.len() - 2);
    }
    if relaxed == b"\r\n" {
        relaxed.clear();
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    const CONTENT: &[u8] = b"From: Ann <ann@example.test>\r\nTo: <a@home.test>,\r\n <b@home.test>\r\nSubject:  two\t words \r\n\r\na  b \r\n\r\nc\r\n\r\n\r\n";

    fn message(kind: &str) -> Message {
        Message {
            dkim: kind.into(),
            header_from: Some("Ann <ann@example.test>".into()),
            ..Message::default()
        }
    }

    #[test]
    fn header_and_body_are_relaxed_as_the_rfc_has_it() {
        // The examples of RFC 6376 §3.4.5.
        assert_eq!(relaxed_field("A: X"), "a:X");
        assert_eq!(relaxed_field("B : Y\t\r\n\tZ  "), "b:Y Z");
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
    }

    #[test]
    fn a_signature_stands_in_front_and_fits_the_published_key() {
        let text = String::from_utf8(signed(&message("valid"), CONTENT.to_vec())).unwrap();
        let (field, rest) = text.split_once("\r\nFrom:").unwrap();
        assert!(format!("From:{rest}").as_bytes() == CONTENT);
        let body_hash = encoded(&Sha256::digest(b"a b\r\n\r\nc\r\n"));
        assert!(field.contains(&format!("bh={body_hash};")), "{field}");
        let (bare, value) = field.split_once("\tb=").unwrap();
        let input = format!(
            "from:Ann <ann@example.test>\r\nto:<a@home.test>, <b@home.test>\r\nsubject:two words\r\n{}",
            relaxed_field(&format!("{bare}\tb="))
        );
        let key = key();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
        let mut again = vec![0; key.public().modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            input.as_bytes(),
            &mut again,
        )
        .unwrap();
        public.verify(input.as_bytes(), &again).unwrap();
        let value: String = value.split_ascii_whitespace().collect();
        assert_eq!(
            value,
            encoded(&again),
            "RSA with PKCS #1 has one signature for one input"
        );
    }

    #[test]
    fn each_kind_has_its_own_flaw() {
        let field = |kind: &str| {
            let text = String::from_utf8(signed(&message(kind), CONTENT.to_vec())).unwrap();
            text.split_once("\r\nFrom:").unwrap().0.to_owned()
        };
        assert!(
            field("length-limited").contains("; l=5;"),
            "{}",
            field("length-limited")
        );
        assert!(field("other-service").contains("; s=other;"));
        let hash = encoded(&Sha256::digest(b"a b\r\n\r\nc\r\n"));
        assert!(!field("broken").contains(&hash));
        assert_eq!(signed(&message("none"), CONTENT.to_vec()), CONTENT);
    }

    #[test]
    fn the_key_is_published_in_the_zone_of_the_author() {
        let mut world = World::default();
        world
            .domains
            .insert("example.test".into(), Default::default());
        world.domains.insert("home.test".into(), Default::default());
        publish(
            &mut world,
            &[message("valid"), message("valid"), message("other-service")],
        );
        let records = &world.domains["example.test"].records;
        let owners: Vec<&str> = records.iter().map(|record| record.owner.as_str()).collect();
        assert_eq!(owners, ["mtaspec._domainkey", "other._domainkey"]);
        assert!(
            records[1].data.contains("s=other; p=MIIB"),
            "{}",
            records[1].data
        );
        assert!(world.domains["home.test"].records.is_empty());
    }
}
