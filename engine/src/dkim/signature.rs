//! A DKIM-Signature field (RFC 6376 §3.5).

use crate::address::DomainName;
use crate::header::Field;

use super::canonical::Form;
use super::fault::Fault;
use super::tags::{Tags, base64};

/// The most header fields that a signature may name.
const NAMES_LIMIT: usize = 200;

/// A signature that is well-formed; what it proves is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    /// How it was made.
    pub(super) algorithm: Algorithm,
    /// The form in which the header was signed.
    pub(super) header_form: Form,
    /// The form in which the body was signed.
    pub(super) body_form: Form,
    /// Who signed.
    pub(super) domain: DomainName,
    /// Which key it was.
    pub(super) selector: DomainName,
    /// The domain for whose user it was made: that of the signer, or one below it.
    pub(super) identity: DomainName,
    /// The signed header fields, by name, in order.
    pub(super) names: Vec<String>,
    /// How many octets of the body were signed; none: all.
    pub(super) length: Option<usize>,
    /// When it was made, in seconds of the epoch.
    pub(super) made: Option<u64>,
    /// Until when it counts.
    pub(super) expires: Option<u64>,
    /// The digest of the body.
    pub(super) body_hash: Vec<u8>,
    /// The signature itself.
    pub(super) bytes: Vec<u8>,
}

/// How a signature was made. SHA-1 proves nothing any more (RFC 8301 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// `rsa-sha256`.
    Rsa,
    /// `ed25519-sha256` (RFC 8463).
    Ed25519,
}

impl Signature {
    /// Reads the field (RFC 6376 §6.1.1). Tags that nobody knows are passed over.
    ///
    /// # Errors
    /// `Fault` when it is no signature that could be checked.
    pub(super) fn parse(field: &Field<'_>) -> Result<Self, Fault> {
        let text =
            str::from_utf8(field.value()).map_err(|_| Fault::Signature("it is not UTF-8"))?;
        let tags = Tags::parse(text).ok_or(Fault::Signature("it is no list of tags"))?;
        let needed = |name, fault| tags.value(name).ok_or(Fault::Signature(fault));
        if needed("v", "it has no version")? != "1" {
            return Err(Fault::Signature("its version is unknown"));
        }
        let algorithm = match needed("a", "it has no algorithm")? {
            name if name.eq_ignore_ascii_case("rsa-sha256") => Algorithm::Rsa,
            name if name.eq_ignore_ascii_case("ed25519-sha256") => Algorithm::Ed25519,
            other => return Err(Fault::Algorithm(other.to_owned())),
        };
        let (header_form, body_form) = forms(&tags)?;
        let name = |text| {
            DomainName::parse(text)
                .map_err(|_| Fault::Signature("its domain or selector is no name"))
        };
        let domain = name(needed("d", "it has no domain")?)?;
        let identity = match tags.value("i") {
            None => domain.clone(),
            Some(identity) => {
                let (_, of) = identity
                    .rsplit_once('@')
                    .ok_or(Fault::Signature("its identity is no address"))?;
                name(of)?
            }
        };
        let is_below = identity
            .as_str()
            .strip_suffix(domain.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if !is_below {
            return Err(Fault::Signature("its identity is not of its domain"));
        }
        let names = names(&tags)?;
        if tags
            .parts("q")
            .is_some_and(|methods| !methods.contains(&"dns/txt"))
        {
            return Err(Fault::Signature("its key is not in the DNS"));
        }
        let bytes = |name, fault| {
            let value = needed(name, fault)?;
            base64(value)
                .filter(|bytes| !bytes.is_empty())
                .ok_or(Fault::Signature("it is not base64"))
        };
        let made = number(tags.value("t"))?;
        let expires = number(tags.value("x"))?;
        if made.is_some_and(|made| expires.is_some_and(|expires| expires <= made)) {
            return Err(Fault::Signature("it expires before it was made"));
        }
        Ok(Self {
            algorithm,
            header_form,
            body_form,
            selector: name(needed("s", "it has no selector")?)?,
            identity,
            domain,
            names,
            length: number(tags.value("l"))?
                .map(|length| usize::try_from(length).unwrap_or(usize::MAX)),
            made,
            expires,
            body_hash: bytes("bh", "it has no digest of the body")?,
            bytes: bytes("b", "it has no signature in it")?,
        })
    }
}

/// The forms of header and body; what is not said is simple.
fn forms(tags: &Tags<'_>) -> Result<(Form, Form), Fault> {
    let Some(forms) = tags.value("c") else {
        return Ok((Form::Simple, Form::Simple));
    };
    let (header, body) = forms.split_once('/').unwrap_or((forms, "simple"));
    let read = |form| Form::parse(form).ok_or(Fault::Signature("its canonical form is unknown"));
    Ok((read(header)?, read(body)?))
}

/// The names of the signed header fields, From among them (RFC 6376 §5.4).
fn names(tags: &Tags<'_>) -> Result<Vec<String>, Fault> {
    let names: Vec<String> = tags
        .parts("h")
        .ok_or(Fault::Signature("it names no header fields"))?
        .into_iter()
        .map(str::to_owned)
        .collect();
    if names.len() > NAMES_LIMIT || names.iter().any(String::is_empty) {
        return Err(Fault::Signature("its header fields cannot be read"));
    }
    if names.iter().any(|name| name.eq_ignore_ascii_case("From")) {
        Ok(names)
    } else {
        Err(Fault::FromNotSigned)
    }
}

/// A number of up to twenty digits; a greater one is as good as the greatest.
fn number(text: Option<&str>) -> Result<Option<u64>, Fault> {
    let Some(text) = text else { return Ok(None) };
    if text.is_empty() || text.len() > 76 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Signature("a number in it is none"));
    }
    Ok(Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::header;

    const SOUND: &str =
        "v=1; a=rsa-sha256; d=Example.test; s=one; h=From:To; bh=aGVsbG8=; b=aGVs\r\n bG8=";

    fn parse(value: &str) -> Result<Signature, Fault> {
        let raw = format!("DKIM-Signature: {value}\r\n");
        let field = header::fields(raw.as_bytes()).next().unwrap();
        Signature::parse(&field)
    }

    #[test]
    fn a_sound_signature_is_read_with_its_defaults() {
        let read = parse(SOUND).unwrap();
        assert_eq!(read.domain.as_str(), "example.test");
        assert_eq!(read.identity, read.domain);
        assert_eq!(
            (read.header_form, read.body_form),
            (Form::Simple, Form::Simple)
        );
        assert_eq!((read.length, read.made, read.expires), (None, None, None));
        assert_eq!(read.bytes, b"hello");
        let read = parse(&format!(
            "{SOUND}; c=relaxed; l=7; t=1; x=2; i=a@sub.example.test; q=dns/txt; z=From:x"
        ))
        .unwrap();
        assert_eq!(
            (read.header_form, read.body_form),
            (Form::Relaxed, Form::Simple)
        );
        assert_eq!(
            (read.length, read.made, read.expires),
            (Some(7), Some(1), Some(2))
        );
        assert_eq!(read.identity.as_str(), "sub.example.test");
    }

    #[test]
    fn what_is_wrong_with_a_signature_is_told() {
        // (what is changed, into what)
        let changes = [
            ("v=1; ", ""),
            ("v=1", "v=2"),
            ("a=rsa-sha256", "a=rsa-sha1"),
            ("a=rsa-sha256; ", ""),
            ("d=Example.test; ", ""),
            ("d=Example.test", "d=a b"),
            ("s=one; ", ""),
            ("h=From:To; ", ""),
            ("h=From:To", "h=To"),
            ("h=From:To", "h=From::To"),
            ("bh=aGVsbG8=; ", ""),
            ("bh=aGVsbG8=", "bh=?"),
            ("b=aGVs\r\n bG8=", "b="),
            ("s=one", "s=one; c=loose/simple"),
            ("s=one", "s=one; i=@other.test"),
            ("s=one", "s=one; i=@notexample.test"),
            ("s=one", "s=one; i=example.test"),
            ("s=one", "s=one; l=-1"),
            ("s=one", "s=one; t=5; x=5"),
            ("s=one", "s=one; q=http"),
            ("s=one", "s=one; s=two"),
        ];
        for (from, to) in changes {
            assert!(SOUND.contains(from), "{from}");
            let fault = parse(&SOUND.replacen(from, to, 1)).unwrap_err();
            assert!(!fault.is_temporary(), "{from} as {to}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read_without_panic(value in "([a-z]{1,2}=[a-z0-9/:@. =-]{0,9};?){0,12}") {
            let _ = parse(&value);
        }
    }
}
