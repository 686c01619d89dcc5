//! Enhanced status codes in text (RFC 3463 §2).

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

#[cfg(test)]
mod tests {
    use super::*;

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
