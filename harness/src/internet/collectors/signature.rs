//! What a DKIM signature of a message is worth (RFC 6376 §6) by the keys that the world has published: RSA and Ed25519
//! (RFC 8463) with SHA-256, both canonical forms.
//!
//! Written for this side alone: the engine signs and verifies with code of its own.

use std::collections::BTreeMap;

use mtaspec_judge::scenario::World;
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};

use crate::base64::decoded;
use crate::plan::ascii;
use crate::subject::dkim::{relaxed_body, relaxed_field};

/// Key records by name (RFC 6376 §3.6.2), in small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedKeys(BTreeMap<String, String>);

impl PublishedKeys {
    /// All key records of a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let mut keys = BTreeMap::new();
        for (domain, table) in &world.domains {
            for record in &table.records {
                let is_key = record.owner.to_ascii_lowercase().ends_with("._domainkey");
                if is_key && record.kind.eq_ignore_ascii_case("TXT") {
                    let name = format!("{}.{}", record.owner, ascii(domain));
                    keys.insert(name.to_ascii_lowercase(), unquoted(&record.data));
                }
            }
        }
        Self(keys)
    }
}

/// The strings of a TXT record in a zone file, put together.
fn unquoted(data: &str) -> String {
    let quoted = data.split('"').skip(1).step_by(2);
    quoted.collect()
}

/// What the first signature of a message is worth: `valid`, `none`, or why not; and the services of its key.
pub(super) fn verified(content: &[u8], keys: &PublishedKeys) -> (String, Vec<String>) {
    let message = Parted::of(content);
    let Some(field) = message
        .fields
        .iter()
        .find(|field| is_named(field, "dkim-signature"))
    else {
        return ("none".into(), Vec::new());
    };
    match verify(&message, field, keys) {
        Ok(services) => ("valid".into(), services),
        Err(why) => (why, Vec::new()),
    }
}

fn verify(message: &Parted<'_>, field: &str, keys: &PublishedKeys) -> Result<Vec<String>, String> {
    let tags = tags(field.split_once(':').map_or("", |(_, value)| value));
    let tag = |name: &str| {
        let found = tags.get(name).map(String::as_str);
        found.ok_or_else(|| format!("it has no {name}= tag"))
    };
    let (header_form, body_form) = match tags.get("c").map_or("simple/simple", String::as_str) {
        form if form.contains('/') => form.split_once('/').unwrap_or_default(),
        form => (form, "simple"),
    };
    let mut body = match body_form {
        "relaxed" => relaxed_body(message.body),
        "simple" => simple_body(message.body),
        form => return Err(format!("nobody knows the form {form}")),
    };
    if let Some(limit) = tags.get("l") {
        let limit = limit.parse().map_err(|_| "its l= tag is no number")?;
        body.truncate(limit);
    }
    if decoded(tag("bh")?) != Some(Sha256::digest(&body).to_vec()) {
        return Err("its body hash is of another body".into());
    }
    let mut signed = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for name in tag("h")?
        .split(':')
        .map(|name| name.trim().to_ascii_lowercase())
    {
        // Of several fields of a name the last comes first; one that is not there signs its absence.
        let mut own = message
            .fields
            .iter()
            .rev()
            .filter(|field| is_named(field, &name));
        let nth = taken.entry(name.clone()).or_default();
        if let Some(field) = own.nth(*nth) {
            signed.extend_from_slice(in_form(field, header_form)?.as_bytes());
            signed.extend_from_slice(b"\r\n");
        }
        *nth += 1;
    }
    let bare = without_value_of_b(field);
    signed.extend_from_slice(in_form(&bare, header_form)?.as_bytes());
    let name = format!("{}._domainkey.{}", tag("s")?, tag("d")?).to_ascii_lowercase();
    let record = keys
        .0
        .get(&name)
        .ok_or_else(|| format!("no key stands at {name}"))?;
    let record = self::tags(record);
    let key = record.get("p").and_then(|text| decoded(text));
    let key = key.ok_or("its key cannot be read")?;
    let value = decoded(tag("b")?).ok_or("it is no base64")?;
    let is_valid = match tag("a")? {
        "rsa-sha256" => {
            let (_, info) =
                SubjectPublicKeyInfo::from_der(&key).map_err(|_| "its key cannot be read")?;
            let key =
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &info.subject_public_key.data);
            key.verify(&signed, &value).is_ok()
        }
        "ed25519-sha256" => {
            let key = UnparsedPublicKey::new(&ED25519, &key);
            key.verify(&Sha256::digest(&signed), &value).is_ok()
        }
        other => return Err(format!("nobody knows the algorithm {other}")),
    };
    if !is_valid {
        return Err("it is of another header".into());
    }
    let services = record.get("s").map_or("", String::as_str).split(':');
    let named = services
        .map(str::trim)
        .filter(|service| !matches!(*service, "" | "*"));
    Ok(named.map(str::to_owned).collect())
}

/// The fields of a message as they stand, folded lines with them, and its body.
struct Parted<'c> {
    fields: Vec<String>,
    body: &'c [u8],
}

impl<'c> Parted<'c> {
    fn of(content: &'c [u8]) -> Self {
        let end = content.windows(4).position(|four| four == b"\r\n\r\n");
        let (header, body) = match end {
            Some(end) => (&content[..end], &content[end + 4..]),
            None => (content, &content[content.len()..]),
        };
        let mut fields: Vec<String> = Vec::new();
        for line in String::from_utf8_lossy(header).split("\r\n") {
            match fields.last_mut() {
                Some(field) if line.starts_with([' ', '\t']) => {
                    field.push_str("\r\n");
                    field.push_str(line);
                }
                _ => fields.push(line.to_owned()),
            }
        }
        Self { fields, body }
    }
}

fn is_named(field: &str, name: &str) -> bool {
    let own = field.split(':').next().unwrap_or_default();
    own.trim_end().eq_ignore_ascii_case(name)
}

fn in_form(field: &str, form: &str) -> Result<String, String> {
    match form {
        "relaxed" => Ok(relaxed_field(field)),
        "simple" => Ok(field.to_owned()),
        form => Err(format!("nobody knows the form {form}")),
    }
}

/// RFC 6376 §3.4.3.
fn simple_body(body: &[u8]) -> Vec<u8> {
    let mut kept = body;
    while let Some(rest) = kept.strip_suffix(b"\r\n") {
        kept = rest;
    }
    [kept, b"\r\n"].concat()
}

/// Tags by name (RFC 6376 §3.2), blanks taken out.
fn tags(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(';').filter_map(|tag| tag.split_once('='));
    let bare = |text: &str| text.split_ascii_whitespace().collect::<String>();
    pairs
        .map(|(name, value)| (bare(name), bare(value)))
        .collect()
}

/// The field with nothing behind `b=` (RFC 6376 §3.7).
fn without_value_of_b(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let tags = value.split(';').map(|tag| match tag.split_once('=') {
        Some((own, _)) if own.trim() == "b" => format!("{own}="),
        _ => tag.to_owned(),
    });
    let tags: Vec<String> = tags.collect();
    format!("{name}:{}", tags.join(";"))
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Domain, Message};
    use proptest::prelude::*;

    use super::*;
    use crate::subject::dkim;

    const CONTENT: &[u8] =
        b"From: <tlsrpt@home.test>\r\nTo: <a@b.test>\r\nSubject: a  b\r\n\r\nbody \r\n\r\n";

    fn keys(message: &Message) -> PublishedKeys {
        let mut world = World::default();
        world.domains.insert("home.test".into(), Domain::default());
        dkim::publish(&mut world, std::slice::from_ref(message));
        dkim::publish_report_key(&mut world, "home.test");
        PublishedKeys::of(&world)
    }

    fn signed(kind: &str) -> (Vec<u8>, PublishedKeys) {
        let message = Message {
            dkim: kind.into(),
            from: "tlsrpt@home.test".into(),
            ..Message::default()
        };
        let content = dkim::signed(&message, CONTENT.to_vec());
        (content, keys(&message))
    }

    #[test]
    fn a_signature_is_valid_broken_or_none() {
        let (valid, known) = signed("valid");
        let text = String::from_utf8(valid.clone()).unwrap();
        let changed = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
        // (content, what is said of it)
        let cases = [
            (valid.clone(), "valid"),
            (CONTENT.to_vec(), "none"),
            (signed("broken").0, "its body hash is of another body"),
            (
                changed("\r\n\r\nbody", "\r\n\r\nother"),
                "its body hash is of another body",
            ),
            (
                changed("Subject: a", "Subject: c"),
                "it is of another header",
            ),
            (
                changed("a=rsa-sha256", "a=rsa-sha1"),
                "nobody knows the algorithm rsa-sha1",
            ),
            (
                changed("s=mtaspec", "s=other"),
                "no key stands at other._domainkey.home.test",
            ),
            (changed("d=home.test; ", ""), "it has no d= tag"),
        ];
        for (content, want) in cases {
            assert_eq!(verified(&content, &known).0, want);
        }
        // Blanks and folding may change under the relaxed form.
        let (folded, _) = verified(&changed("Subject: a  b", "Subject:\r\n a b"), &known);
        assert_eq!(folded, "valid");
    }

    #[test]
    fn the_key_of_reports_is_for_reports_alone() {
        let (content, known) = signed("valid");
        assert_eq!(verified(&content, &known).1, Vec::<String>::new());
        let record = &known.0["tlsrpt._domainkey.home.test"];
        assert_eq!(tags(record)["s"], "tlsrpt");
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(bytes in any::<Vec<u8>>(), value in ".{0,80}") {
            let _ = verified(&bytes, &PublishedKeys::default());
            let field = format!("DKIM-Signature: {value}\r\n\r\n");
            let _ = verified(field.as_bytes(), &PublishedKeys::default());
        }
    }
}
