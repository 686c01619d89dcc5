//! The fields of a message's header, as octets (RFC 5322 §2.2).

/// The most octets of a header that are read.
pub(crate) const HEADER_LIMIT: usize = 1_024 * 1_024;

/// A header field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'m> {
    /// All of it, with the end of its last line.
    pub(crate) raw: &'m [u8],
    /// Where the colon stands.
    colon: usize,
}

impl<'m> Field<'m> {
    /// Its name; blanks before the colon do not belong to it (RFC 5322 §4.5).
    #[must_use]
    pub(crate) fn name(&self) -> &'m [u8] {
        self.raw[..self.colon].trim_ascii_end()
    }

    /// What stands behind the colon, folds and the last line end included.
    #[must_use]
    pub(crate) fn value(&self) -> &'m [u8] {
        &self.raw[self.colon + 1..]
    }

    /// The same in one line (RFC 5322 §2.2.3).
    #[must_use]
    pub(crate) fn unfolded(&self) -> Vec<u8> {
        let value = self.value().iter().copied();
        value
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect()
    }

    /// Whether it is called so.
    #[must_use]
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Parts a message into its header and its body; the empty line between them belongs to neither.
#[must_use]
pub(crate) fn parts(content: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    while let Some(length) = content[start..].iter().position(|byte| *byte == b'\n') {
        let line = &content[start..start + length];
        let next = start + length + 1;
        if line.is_empty() || line == b"\r" {
            return (&content[..start], &content[next..]);
        }
        start = next;
    }
    (content, &[])
}

/// The fields of a header, top first. Lines without a colon that continue nothing are left out.
///
/// Choice: LF alone ends a line here as CRLF does, since some readers take it so.
pub(crate) fn fields(header: &[u8]) -> impl DoubleEndedIterator<Item = Field<'_>> {
    let mut found: Vec<&[u8]> = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") && end > start {
            found.push(&header[start..end]);
            start = end;
        }
        end += line.len();
    }
    if end > start {
        found.push(&header[start..end]);
    }
    found.into_iter().filter_map(|raw| {
        let colon = raw.iter().position(|byte| *byte == b':')?;
        Some(Field { raw, colon })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_ends_at_the_first_empty_line() {
        // (message, header, body)
        let cases: [(&[u8], &[u8], &[u8]); 6] = [
            (b"A: b\r\n\r\nbody", b"A: b\r\n", b"body"),
            (b"A: b\n\nbody", b"A: b\n", b"body"),
            (b"\r\nbody", b"", b"body"),
            (b"A: b\r\n", b"A: b\r\n", b""),
            (b"A: b", b"A: b", b""),
            (b"", b"", b""),
        ];
        for (message, header, body) in cases {
            assert_eq!(parts(message), (header, body), "{message:?}");
        }
    }

    #[test]
    fn a_field_goes_on_over_lines_that_begin_with_a_blank() {
        let header = b"From : a\r\n b\r\n\tc\r\nnothing\r\nTo:d\r\n";
        let told: Vec<(&[u8], &[u8])> = fields(header)
            .map(|field| (field.name(), field.value()))
            .collect();
        let want: [(&[u8], &[u8]); 2] = [(b"From", b" a\r\n b\r\n\tc\r\n"), (b"To", b"d\r\n")];
        assert_eq!(told, want);
        let in_one_line: Vec<Vec<u8>> = fields(header).map(|field| field.unfolded()).collect();
        assert_eq!(in_one_line, [b" a b\tc".to_vec(), b"d".to_vec()]);
    }

    proptest! {
        #[test]
        fn any_octets_are_parted_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (header, body) = parts(&bytes);
            prop_assert!(header.len() + body.len() <= bytes.len());
            for field in fields(header) {
                prop_assert!(field.raw.len() > field.name().len());
            }
        }
    }
}
