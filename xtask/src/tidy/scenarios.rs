//! Scenario ids: the path says the rule in hyphenated words, without numbers of sections.

use super::{Breach, Source};

pub(super) fn breaches(sources: &[Source]) -> Vec<Breach> {
    sources
        .iter()
        .filter(|source| {
            source.has_extension("toml") && source.path != "scenarios/requirements.toml"
        })
        .filter_map(|source| {
            let id = source
                .path
                .strip_prefix("scenarios/")?
                .strip_suffix(".toml")?;
            let problem = problem_of(id)?;
            Some(format!("{}:1: {problem}", source.path))
        })
        .collect()
}

fn problem_of(id: &str) -> Option<String> {
    let parts: Vec<&str> = id.split('/').collect();
    if parts.len() < 2 {
        return Some("a scenario of the suite stands in the folder of its family".into());
    }
    for part in parts {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if part.is_empty()
            || !part.chars().all(allowed)
            || part.starts_with('-')
            || part.ends_with('-')
        {
            return Some(format!("{part:?} is no hyphenated word of a-z, 0-9"));
        }
        if part.starts_with("rfc") || part.starts_with(|c: char| c.is_ascii_digit()) {
            return Some(format!(
                "{part:?} names a text or number; an id says the rule"
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_path_of_words() {
        // (id, is it one?)
        let cases = [
            ("mta-sts/mx-matching/star-covers-one-label", true),
            ("tls-versions/ssl-3-refused", true),
            ("Compliance/outbound", false),
            ("compliance/no_starttls", false),
            ("dane/rfc7672-2", false),
            ("dane/2-records", false),
            ("alone", false),
        ];
        for (id, want) in cases {
            assert_eq!(problem_of(id).is_none(), want, "{id}");
        }
    }
}
