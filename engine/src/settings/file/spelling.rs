//! "Did you mean": the nearest of a few words.

/// The word that `wrong` was most likely meant to be, if one is near enough.
pub(super) fn nearest<'a>(
    wrong: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wrong: Vec<char> = wrong.to_lowercase().chars().take(100).collect();
    let most = (wrong.len() / 3).clamp(1, 4);
    let near = |word: &'a str| {
        let lower: Vec<char> = word.to_lowercase().chars().take(100).collect();
        let distance = distance(&wrong, &lower);
        let is_part = wrong.len() >= 3 && (lower.starts_with(&wrong) || wrong.starts_with(&lower));
        (distance <= most || is_part).then_some((distance, word))
    };
    let found = words.into_iter().filter_map(near);
    found
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many letters must be put in, left out or changed.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let words = ["hostname", "resolvers", "require_tls", "list", "lists"];
        // (wrong, the word that was meant)
        let cases = [
            ("host", Some("hostname")),
            ("resolver", Some("resolvers")),
            ("require-tls", Some("require_tls")),
            ("LIST", Some("list")),
            ("mailbox", None),
            ("", None),
        ];
        for (wrong, want) in cases {
            assert_eq!(nearest(wrong, words), want, "{wrong}");
        }
    }
}
