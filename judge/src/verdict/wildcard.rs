//! Texts with `*` for any run of characters and `?` for one, and the spelling of names and addresses.
//!
//! Letter case counts except in names (RFC 4343) and in the domain of an address (RFC 5321 §2.4). A name in Unicode
//! equals its ASCII form (RFC 5891).

/// Does the pattern fit the whole text?
#[must_use]
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how far the text was when it was met.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// Does the pattern fit this name?
#[must_use]
pub(crate) fn fits_name(pattern: &str, name: &str) -> bool {
    fits(&canonical_name(pattern), &canonical_name(name))
}

/// Does the pattern fit this address? A bare name is an address without local part.
#[must_use]
pub(crate) fn fits_address(pattern: &str, address: &str) -> bool {
    fits(&canonical_address(pattern), &canonical_address(address))
}

/// Are these the same address?
#[must_use]
pub(crate) fn same_address(one: &str, other: &str) -> bool {
    canonical_address(one) == canonical_address(other)
}

/// Are these the same name?
#[must_use]
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    canonical_name(one) == canonical_name(other)
}

/// What stands behind the last `@`.
#[must_use]
pub(crate) fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// In small letters, in ASCII form, without final dot.
#[must_use]
pub(crate) fn canonical_name(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    let labels: Vec<String> = name
        .split('.')
        .map(|label| {
            if label.is_ascii() {
                label.to_ascii_lowercase()
            } else {
                idna::domain_to_ascii(label).unwrap_or_else(|_| label.to_lowercase())
            }
        })
        .collect();
    labels.join(".")
}

fn canonical_address(address: &str) -> String {
    let address = address.trim().trim_start_matches('<').trim_end_matches('>');
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", canonical_name(domain)),
        None => canonical_name(address),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_one_character() {
        let cases = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("*b*b*", "abab", true),
            ("?.7.*", "5.7.10", true),
            ("?.7.*", "15.7.10", false),
            ("A", "a", false),
            ("**x", "xxx", true),
        ];
        for (pattern, text, want) in cases {
            assert_eq!(fits(pattern, text), want, "{pattern} with {text}");
        }
    }

    #[test]
    fn letter_case_counts_in_local_parts_alone() {
        let cases = [
            ("User@Example.test", "User@example.TEST", true),
            ("user@example.test", "User@example.test", false),
            ("u@bücher.test", "u@xn--bcher-kva.test", true),
            ("*@example.test", "<a@example.test>", true),
            ("mx.example.test", "MX.example.test.", true),
        ];
        for (pattern, address, want) in cases {
            assert_eq!(fits_address(pattern, address), want, "{pattern} {address}");
        }
    }

    proptest! {
        #[test]
        fn a_text_without_wildcards_fits_itself_alone(a in "[a-z.]{0,8}", b in "[a-z.]{0,8}") {
            prop_assert_eq!(fits(&a, &b), a == b);
        }

        #[test]
        fn no_pattern_makes_it_panic(pattern in any::<String>(), text in any::<String>()) {
            let _ = fits(&pattern, &text);
            let _ = fits_name(&pattern, &text);
            let _ = fits_address(&pattern, &text);
        }
    }
}
