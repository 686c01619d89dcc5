//! How deep a settings file may nest: checked on the bare text, before any parser recurses over it.
//!
//! Brackets nest, and so does each part of a dotted key. Strings and comments are stepped over; what is odd otherwise is
//! left to the parser.

/// The most brackets within each other, and the most parts of one key. The deepest settings need four.
pub(super) const DEEPEST: usize = 16;

/// The first byte that nests too deep.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut brackets, mut parts) = (0, 0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'#' => {
                let line = bytes[at..].iter().position(|byte| *byte == b'\n');
                at = line.map_or(bytes.len(), |length| at + length);
                continue;
            }
            quote @ (b'"' | b'\'') => {
                at = behind_string(bytes, at, quote);
                continue;
            }
            b'[' | b'{' => (brackets, parts) = (brackets + 1, 0),
            b']' | b'}' => (brackets, parts) = (brackets.saturating_sub(1), 0),
            b'=' | b',' | b'\n' => parts = 0,
            b'.' => parts += 1,
            _ => {}
        }
        if brackets > DEEPEST || parts >= DEEPEST {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The byte behind the string that begins at `at`. One of a single line ends with its line at the latest.
fn behind_string(bytes: &[u8], at: usize, quote: u8) -> usize {
    let is_long = bytes[at..].starts_with(&[quote; 3]);
    let mut here = at + if is_long { 3 } else { 1 };
    while here < bytes.len() {
        match bytes[here] {
            b'\\' if quote == b'"' => here += 1,
            b'\n' if !is_long => return here,
            byte if byte == quote && !is_long => return here + 1,
            byte if byte == quote && bytes[here..].starts_with(&[quote; 3]) => {
                // Up to two quotes may stand before the closing three.
                let quotes = bytes[here..]
                    .iter()
                    .take(5)
                    .take_while(|next| **next == quote);
                return here + quotes.count();
            }
            _ => {}
        }
        here += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_dotted_keys_nest_and_strings_and_comments_do_not() {
        // (text, is it too deep?)
        let cases = [
            ("a = [[[[1]]]]\n".to_owned(), false),
            (format!("a = {}", "[".repeat(17)), true),
            (vec!["a"; 17].join("."), true),
            (format!("a = \"{}\"", "[".repeat(99)), false),
            (format!("a = '''{}'''", "{".repeat(99)), false),
            (format!("# {}\n", "[".repeat(99)), false),
            ("[a]\n".repeat(99), false),
        ];
        for (text, want) in cases {
            assert_eq!(too_deep(&text).is_some(), want, "{text}");
        }
    }
}
