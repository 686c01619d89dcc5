//! What the forms of all entries have in common: a first line, a version, and why bytes are none.
//!
//! What an entry says is read by whoever has written it. A reader refuses keys that it does not know: they may be a demand.

/// Why the bytes of an entry are none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoredError {
    /// There is no first line, or it does not end.
    #[error("the first line does not end within {0} octets")]
    NoHead(usize),
    /// They are not the JSON that they should be.
    #[error("its JSON cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version.
    #[error("its version is {found}, and {known} is known")]
    Version {
        /// What stands there.
        found: u32,
        /// What should.
        known: u32,
    },
    /// A value that cannot be.
    #[error("{key} is {value:?}")]
    Value {
        /// Which.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// Something is missing, or too much.
    #[error("the {part} has {found} octets and should have {told}")]
    Octets {
        /// Of what.
        part: &'static str,
        /// How many there should be, in words or figures.
        told: String,
        /// What is there.
        found: usize,
    },
    /// The text behind the first line is none.
    #[error("the {part} cannot be read: {why}")]
    Text {
        /// Of what.
        part: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// A value that cannot be, as an error.
pub(crate) fn wrong(key: &'static str, value: impl Into<String>) -> StoredError {
    let value = value.into();
    StoredError::Value { key, value }
}

/// Takes one version alone.
///
/// # Errors
/// `StoredError` for any other.
pub(crate) fn of_version(found: u32, known: u32) -> Result<(), StoredError> {
    match found == known {
        true => Ok(()),
        false => Err(StoredError::Version { found, known }),
    }
}

/// The first line, without its end, and what stands behind it.
///
/// # Errors
/// `StoredError` when it does not end within so many octets.
pub(crate) fn parted(bytes: &[u8], limit: usize) -> Result<(&[u8], &[u8]), StoredError> {
    let end = (bytes.iter().take(limit)).position(|byte| *byte == b'\n');
    let end = end.ok_or(StoredError::NoHead(limit))?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_ends_within_its_limit_or_there_is_none() {
        // (text, limit, the line and what stands behind it)
        let cases = [
            ("ab\ncd\n", 3, Some(["ab", "cd\n"])),
            ("ab\ncd\n", 2, None),
            ("\n", 1, Some(["", ""])),
            ("ab", 9, None),
            ("", 9, None),
        ];
        for (text, limit, want) in cases {
            let found = parted(text.as_bytes(), limit).ok();
            let want = want.map(|[head, rest]| (head.as_bytes(), rest.as_bytes()));
            assert_eq!(found, want, "{text:?} {limit}");
        }
    }
}
