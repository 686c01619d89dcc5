//! One spelling of citations: `RFC 8461 §4.1`, or `RFC 8461` for the whole text.

use super::{Breach, Source};

pub(super) fn breaches(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.has_extension("rs") || source.has_extension("md"))
    {
        for (at, line) in source.text.lines().enumerate() {
            let comment = if source.has_extension("rs") {
                comment_of(line)
            } else {
                line
            };
            if let Some(wrong) = misspelt(comment) {
                breaches.push(format!(
                    "{}:{}: {wrong:?} is spelled `RFC 8461 §4.1`",
                    source.path,
                    at + 1
                ));
            }
        }
    }
    breaches
}

fn comment_of(line: &str) -> &str {
    line.find("//").map_or("", |at| &line[at..])
}

/// The first citation in the text that is not spelled as it should be.
fn misspelt(text: &str) -> Option<&str> {
    let upper = text.to_ascii_uppercase();
    let mut from = 0;
    while let Some(at) = upper[from..].find("RFC").map(|at| at + from) {
        from = at + 3;
        let begins_a_word = !text[..at]
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '`' | '"' | '-'));
        if begins_a_word && !is_well_spelt(&text[at..]) {
            let end = text[at..]
                .char_indices()
                .nth(24)
                .map_or(text.len(), |(length, _)| at + length);
            return Some(text[at..end].trim_end());
        }
    }
    None
}

fn is_well_spelt(citation: &str) -> bool {
    let after = &citation[3..];
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    if let Some(number) = after.strip_prefix(' ') {
        let length = digits(number);
        if length == 0 {
            return true; // no citation: "an RFC that ..."
        }
        let rest = &number[length..];
        let lower = rest.trim_start_matches([',', ' ']).to_ascii_lowercase();
        return citation.starts_with("RFC")
            && !lower.starts_with("section")
            && !lower.starts_with("sec.")
            && (!rest.trim_start_matches([',', ' ']).starts_with('§') || well_spelt_section(rest));
    }
    // An id of the catalogue, such as RFC8461-4.1-wildcard-is-one-label, is no citation.
    let length = digits(after);
    length == 0 && !after.starts_with('-') || length > 0 && after[length..].starts_with('-')
}

fn well_spelt_section(rest: &str) -> bool {
    rest.strip_prefix(" §")
        .is_some_and(|section| section.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_is_taken_and_the_others_are_told() {
        // (text, is it well spelt?)
        let cases = [
            ("as RFC 8461 §4.1 says", true),
            ("RFC 8461 has it", true),
            ("RFC 5321 §4.5.3.2, RFC 7672 §2.2", true),
            ("the id RFC8461-4.1-wildcard-is-one-label", true),
            ("the RFCs have it", true),
            ("an RFC says so", true),
            ("as RFC8461 says", false),
            ("RFC 8461 section 4.1", false),
            ("RFC 8461, §4.1", false),
            ("RFC 8461 § 4.1", false),
            ("RFC-8461", false),
            ("rfc 8461 §4.1", false),
        ];
        for (text, want) in cases {
            assert_eq!(misspelt(text).is_none(), want, "{text}");
        }
    }
}
