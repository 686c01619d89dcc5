//! "Did you mean": the nearest of a list of words.

/// The word of `words` that `wrong` was most likely meant to be, if one is near enough.
pub fn nearest<'a>(wrong: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let most = (wrong.chars().count() / 3).clamp(1, 4);
    let near = |word: &'a str| {
        let lower = word.to_lowercase();
        let distance = distance(&wrong, &lower);
        let is_part = wrong.len() >= 3 && (lower.starts_with(&wrong) || wrong.starts_with(&lower));
        (distance <= most || is_part).then_some((distance, word))
    };
    let found = words
        .into_iter()
        .filter_map(near)
        .min_by_key(|(distance, _)| *distance);
    found.map(|(_, word)| word)
}

/// How many letters must be put in, left out, changed or swapped with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(200).collect();
    let right: Vec<char> = right.chars().take(200).collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let changed = rows[i][j] + usize::from(a != b);
            let mut best = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let words = [
            "certificate",
            "client_certificate",
            "cname",
            "tls",
            "tlsa",
            "RFC1-a-b",
        ];
        // (wrong, the word that was meant)
        let cases = [
            ("cert", Some("certificate")),
            ("certifciate", Some("certificate")),
            ("tsl", Some("tls")),
            ("TLSA", Some("tlsa")),
            ("rfc1-a", Some("RFC1-a-b")),
            ("mailbox", None),
            ("", None),
        ];
        for (wrong, want) in cases {
            assert_eq!(nearest(wrong, words), want, "{wrong}");
        }
    }
}
