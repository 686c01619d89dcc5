//! Enhanced status codes in text (RFC 3463 §2).

use super::wildcard;

/// The first enhanced code in a text: a class of 2, 4 or 5 and two numbers of up to three digits.
#[must_use]
pub(crate) fn first_in(text: &str) -> Option<&str> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .map(|word| word.trim_matches('.'))
        .find(|word| is_code(word))
}

/// Is this a whole enhanced code, without leading zeros?
#[must_use]
pub(crate) fn is_code(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let [class, subject, detail] = parts[..] else {
        return false;
    };
    let number = |text: &str| {
        (1..=3).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'))
    };
    matches!(class, "2" | "4" | "5") && number(subject) && number(detail)
}

/// Does the code fit the pattern? The codes for results of message authentication (RFC 7372 §3) are of the family X.7,
/// and say nothing of TLS: a pattern that means the family does not mean them.
#[must_use]
pub(crate) fn fits(pattern: &str, code: &str) -> bool {
    let means_family = pattern.ends_with('*');
    wildcard::fits(pattern, code) && !(means_family && is_of_message_authentication(code))
}

/// X.7.20 to X.7.26.
fn is_of_message_authentication(code: &str) -> bool {
    let detail = code
        .split_once('.')
        .and_then(|(_, rest)| rest.strip_prefix("7."));
    detail
        .and_then(|detail| detail.parse().ok())
        .is_some_and(|detail: u16| (20..=26).contains(&detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_message_authentication_are_no_outcomes_of_tls() {
        // (pattern, code, does it fit?)
        let cases = [
            ("?.7.*", "5.7.4", true),
            ("?.7.*", "5.7.1", true),
            ("?.7.*", "4.7.27", true),
            ("?.7.*", "5.7.20", false),
            ("?.7.*", "5.7.26", false),
            ("5.7.20", "5.7.20", true),
            ("?.1.*", "5.1.20", true),
            ("?.7.*", "5.1.7", false),
        ];
        for (pattern, code, want) in cases {
            assert_eq!(fits(pattern, code), want, "{pattern} with {code}");
        }
    }

    #[test]
    fn a_code_is_found_among_other_numbers() {
        let cases = [
            ("5.7.4 TLS is not available", Some("5.7.4")),
            ("smtp; 550-5.7.10 no", Some("5.7.10")),
            ("from 5.6.7.8 came (4.7.0).", Some("4.7.0")),
            ("9.1.1 and 5.07.1", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(first_in(text), want, "{text}");
        }
    }
}
