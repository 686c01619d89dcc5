//! How deep a file may nest: checked on the bare text, before any parser recurses over it.
//!
//! Brackets nest, and so does each part of a dotted key; 64 KiB of either would exhaust the stack. Strings and
//! comments are stepped over. What is odd otherwise is left to the parser.

use super::problem::{Complaint, Span};

/// The most brackets within each other, and the most parts of one key.
const DEEPEST: usize = 16;

/// The first place that nests too deep.
pub(crate) fn too_deep(text: &str) -> Option<(Span, Complaint)> {
    let bytes = text.as_bytes();
    let (mut at, mut brackets, mut parts) = (0, 0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'#' => {
                let rest = bytes[at..].iter().position(|b| *b == b'\n');
                at = rest.map_or(bytes.len(), |n| at + n);
            }
            quote @ (b'"' | b'\'') => {
                at = string_end(bytes, at, quote);
                continue;
            }
            b'[' | b'{' => (brackets, parts) = (brackets + 1, 0),
            b']' | b'}' => (brackets, parts) = (brackets.saturating_sub(1), 0),
            b'=' | b',' | b'\n' => parts = 0,
            b'.' => parts += 1,
            _ => {}
        }
        if brackets > DEEPEST || parts >= DEEPEST {
            let span = Span {
                start: at,
                end: at + 1,
            };
            let complaint = Complaint::new("this is nested too deep")
                .help(format!("at most {DEEPEST} levels; seven are enough"));
            return Some((span, complaint));
        }
        at += 1;
    }
    None
}

/// The byte behind the string that begins at `at`. A string of one line ends with its line at the latest.
fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let long = [quote; 3];
    let (mut here, is_long) = if bytes[at..].starts_with(&long) {
        (at + 3, true)
    } else {
        (at + 1, false)
    };
    while here < bytes.len() {
        match bytes[here] {
            b'\\' if quote == b'"' => here += 1,
            b'\n' if !is_long => return here,
            byte if byte == quote && !is_long => return here + 1,
            byte if byte == quote && bytes[here..].starts_with(&long) => {
                // Up to two quotes may stand before the closing three.
                let run = bytes[here..].iter().take_while(|b| **b == quote).count();
                return here + run.min(5);
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
    fn nesting_is_counted_outside_strings_and_comments() {
        // (text, is it too deep?)
        let cases = [
            ("a.b.c = [[{ d = 1 }]]".into(), false),
            (format!("a = \"{}\"", ".".repeat(50)), false),
            (format!("# {}", "[".repeat(50)), false),
            (format!("a = \"\"\"{}\"\"\"", "[".repeat(50)), false),
            (format!("a = '{}'", "{".repeat(50)), false),
            (format!("a = {}", "[".repeat(17)), true),
            (format!("[{}]", vec!["a"; 20].join(".")), true),
            (format!("{} = 1", vec!["a"; 32_000].join(".")), true),
            (format!("a = \"x\\\"{}", "[".repeat(50)), false),
        ];
        for (text, want) in cases {
            assert_eq!(too_deep(&text).is_some(), want, "{text:.40}");
        }
    }
}
