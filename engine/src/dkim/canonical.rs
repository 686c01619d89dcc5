//! The forms in which header and body are signed (RFC 6376 §3.4).

use crate::header::Field;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it stands.
    Simple,
    /// Letter case of field names and amount of blanks do not matter.
    Relaxed,
}

impl Form {
    /// Reads the word for it.
    #[must_use]
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            word if word.eq_ignore_ascii_case("simple") => Some(Self::Simple),
            word if word.eq_ignore_ascii_case("relaxed") => Some(Self::Relaxed),
            _ => None,
        }
    }

    /// A header field in this form, its line end included (RFC 6376 §3.4.1, §3.4.2).
    #[must_use]
    pub(super) fn field(self, field: &Field<'_>) -> Vec<u8> {
        match self {
            Self::Simple => {
                let mut kept = field.raw.to_vec();
                if !kept.ends_with(b"\n") {
                    kept.extend_from_slice(b"\r\n");
                }
                kept
            }
            Self::Relaxed => {
                let mut kept = field.name().to_ascii_lowercase();
                kept.push(b':');
                kept.extend(single_blanks(field.unfolded().trim_ascii()));
                kept.extend_from_slice(b"\r\n");
                kept
            }
        }
    }

    /// The body in this form (RFC 6376 §3.4.3, §3.4.4): empty lines at its end are left out, and its last line has an end.
    #[must_use]
    pub(super) fn body(self, body: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(body.len() + 2);
        let mut rest = body;
        while !rest.is_empty() {
            let end = rest
                .windows(2)
                .position(|two| two == b"\r\n")
                .unwrap_or(rest.len());
            let line = &rest[..end];
            match self {
                Self::Simple => kept.extend_from_slice(line),
                Self::Relaxed => kept.extend(single_blanks(without_blanks_behind(line))),
            }
            kept.extend_from_slice(b"\r\n");
            rest = rest.get(end + 2..).unwrap_or_default();
        }
        while kept.ends_with(b"\r\n\r\n") {
            kept.truncate(kept.len() - 2);
        }
        match self {
            // An empty body is an empty line in the one form, and nothing in the other.
            Self::Simple if kept.is_empty() => b"\r\n".to_vec(),
            Self::Relaxed if kept == b"\r\n" => Vec::new(),
            _ => kept,
        }
    }
}

/// The field with the value of its `b` tag taken out: what a signature covers of the field that it stands in
/// (RFC 6376 §3.5, §3.7).
#[must_use]
pub(super) fn without_signature(raw: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(raw.len());
    let colon = raw
        .iter()
        .position(|byte| *byte == b':')
        .map_or(raw.len(), |at| at + 1);
    kept.extend_from_slice(&raw[..colon]);
    for (place, tag) in raw[colon..].split(|byte| *byte == b';').enumerate() {
        if place > 0 {
            kept.push(b';');
        }
        let equals = tag.iter().position(|byte| *byte == b'=');
        match equals {
            Some(equals) if tag[..equals].trim_ascii() == b"b" => {
                kept.extend_from_slice(&tag[..=equals]);
            }
            _ => kept.extend_from_slice(tag),
        }
    }
    kept
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn without_blanks_behind(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|byte| !is_blank(*byte))
        .map_or(0, |last| last + 1);
    &line[..end]
}

/// With one blank for each run of them.
fn single_blanks(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut was_blank = false;
    for byte in bytes {
        let blank = is_blank(*byte);
        if blank && !was_blank {
            kept.push(b' ');
        } else if !blank {
            kept.push(*byte);
        }
        was_blank = blank;
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::header;

    /// The example of RFC 6376 §3.4.5.
    #[test]
    fn header_and_body_of_the_standard_come_out_as_it_says() {
        let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (header, body) = header::parts(message);
        let whole = |form: Form| -> Vec<u8> {
            header::fields(header)
                .flat_map(|field| form.field(&field))
                .collect()
        };
        assert_eq!(whole(Form::Relaxed), b"a:X\r\nb:Y Z\r\n");
        assert_eq!(Form::Relaxed.body(body), b" C\r\nD E\r\n");
        assert_eq!(whole(Form::Simple), b"A: X\r\nB : Y\t\r\n\tZ  \r\n");
        assert_eq!(Form::Simple.body(body), b" C \r\nD \t E\r\n");
    }

    #[test]
    fn bodies_end_as_the_standard_says() {
        // (body, simple, relaxed)
        let cases: [(&[u8], &[u8], &[u8]); 6] = [
            (b"", b"\r\n", b""),
            (b"\r\n", b"\r\n", b""),
            (b"\r\n\r\n", b"\r\n", b""),
            (b" \r\n", b" \r\n", b""),
            (b"a", b"a\r\n", b"a\r\n"),
            (b"a \r\n \r\n", b"a \r\n \r\n", b"a\r\n"),
        ];
        for (body, simple, relaxed) in cases {
            assert_eq!(Form::Simple.body(body), simple, "{body:?}");
            assert_eq!(Form::Relaxed.body(body), relaxed, "{body:?}");
        }
    }

    #[test]
    fn only_the_value_of_the_tag_b_is_taken_out() {
        // (field, what is covered)
        let cases: [(&[u8], &[u8]); 4] = [
            (b"D: bh=x; b=y", b"D: bh=x; b="),
            (b"D: b = y\r\n z; bh=x\r\n", b"D: b =; bh=x\r\n"),
            (b"D:\r\n\tb=y=;a=b", b"D:\r\n\tb=;a=b"),
            (b"D", b"D"),
        ];
        for (raw, want) in cases {
            assert_eq!(without_signature(raw), want, "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_body_is_its_own_canonical_form(body in "[a \t\r\n]{0,40}") {
            for form in [Form::Simple, Form::Relaxed] {
                let once = form.body(body.as_bytes());
                prop_assert_eq!(form.body(&once), once.clone());
            }
            let _ = without_signature(body.as_bytes());
        }
    }
}
