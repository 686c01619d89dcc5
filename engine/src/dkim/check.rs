//! One signature against a message and a key (RFC 6376 §6.1.3); nobody is asked.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};

use crate::header::{self, Field};

use super::canonical::without_signature;
use super::fault::Fault;
use super::key::Key;
use super::signature::Signature;

/// How far a signer's clock may be ahead. Choice: an hour, which covers a clock set to the wrong side of a change of time.
const SKEW: Duration = Duration::from_secs(3_600);

/// What can be told without the key: time and body.
///
/// Choice: a signature of the body's beginning alone proves nothing, since anybody may write on behind it
/// (RFC 6376 §8.2). One whose length is that of the whole body covers all there is, and counts.
///
/// # Errors
/// `Fault` for what is wrong.
pub(super) fn check_body(signature: &Signature, body: &[u8], now: SystemTime) -> Result<(), Fault> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    if signature
        .made
        .is_some_and(|made| made > (now + SKEW).as_secs())
    {
        return Err(Fault::Future);
    }
    if signature
        .expires
        .is_some_and(|expires| expires < now.as_secs())
    {
        return Err(Fault::Expired);
    }
    let body = signature.body_form.body(body);
    match signature.length {
        Some(length) if length < body.len() => return Err(Fault::LengthLimited(length)),
        Some(length) if length > body.len() => return Err(Fault::BodyChanged),
        _ => {}
    }
    if digest(&SHA256, &body).as_ref() == signature.body_hash {
        Ok(())
    } else {
        Err(Fault::BodyChanged)
    }
}

/// Whether this key made the signature of this header, in which it stands as `field`.
///
/// # Errors
/// `Fault` for what is wrong.
pub(super) fn check_header(
    signature: &Signature,
    field: &Field<'_>,
    header: &[u8],
    key: &Key,
) -> Result<(), Fault> {
    // A From field more than was signed may be anybody's (RFC 6376 §8.15).
    let is_from = |name: &&String| name.eq_ignore_ascii_case("From");
    let from_fields = header::fields(header).filter(|field| field.is("From"));
    if from_fields.count() > signature.names.iter().filter(is_from).count() {
        return Err(Fault::FromNotSigned);
    }
    if key.is_strict && signature.identity != signature.domain {
        return Err(Fault::OtherUse("it is for the signer's domain itself"));
    }
    key.verify(
        signature.algorithm,
        &signed_octets(signature, field, header),
        &signature.bytes,
    )?;
    if key.is_test {
        Err(Fault::Testing)
    } else {
        Ok(())
    }
}

/// The octets that were signed (RFC 6376 §3.7, §5.4.2). A name stands for one field, from the bottom of the header up; a
/// field that is not there counts as nothing, so that none can be added.
fn signed_octets(signature: &Signature, field: &Field<'_>, header: &[u8]) -> Vec<u8> {
    let mut left: Vec<Field<'_>> = header::fields(header)
        .filter(|other| !std::ptr::eq(other.raw, field.raw))
        .collect();
    let mut octets = Vec::new();
    for name in &signature.names {
        if let Some(place) = left.iter().rposition(|other| other.is(name)) {
            octets.extend(signature.header_form.field(&left.remove(place)));
        }
    }
    let bare = without_signature(field.raw);
    if let Some(own) = header::fields(&bare).next() {
        octets.extend(signature.header_form.field(&own));
    }
    if octets.ends_with(b"\r\n") {
        octets.truncate(octets.len() - 2);
    }
    octets
}
