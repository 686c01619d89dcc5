//! Lists of known failures are read: TOML, one `[[known_failure]]` table an entry.
//!
//! A list that `run --write-known-failures` drafted has empty reasons. They are refused here, so that nobody is
//! forgiven without a word.

use serde::Deserialize;
use toml::Spanned;

use super::known_failure::{FailureKind, KnownFailure};
use super::survival::ALIVE;
use super::wanted::KEYS;
use crate::document::{Complaint, Notes, Problems, Source, Span, nearest};
use crate::scenario::IdPattern;

/// The longest list that is read, in octets: some ten thousand entries.
const LONGEST: usize = 2 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known_failure: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: Spanned<String>,
    expectation: Spanned<String>,
    got: String,
    reason: Spanned<String>,
    kind: Option<FailureKind>,
    link: Option<Spanned<String>>,
}

/// Reads the text of a list.
///
/// # Errors
/// Every problem with its place; of TOML that cannot be read, the first.
pub fn read_known_failures(name: &str, text: &str) -> Result<Vec<KnownFailure>, Problems> {
    let mut problems = Problems::default();
    if text.len() > LONGEST {
        let source = Source::new(name, "");
        let message = format!("the list has {} octets", text.len());
        let complaint = Complaint::new(message).help("at most 2 MiB");
        problems.extend([source.problem(Span::default(), complaint)]);
        return Err(problems);
    }
    let source = Source::new(name, text);
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let span = error.span().map_or(Span::default(), Span::from);
            problems.extend([source.problem(span, Complaint::new(error.message()))]);
            return Err(problems);
        }
    };
    let notes = Notes::new(&source);
    let entries: Vec<KnownFailure> = (file.known_failure.into_iter())
        .map(|entry| checked(entry, &notes))
        .collect();
    problems.extend(notes.into_problems());
    if problems.is_empty() {
        Ok(entries)
    } else {
        Err(problems)
    }
}

fn checked(entry: Entry, notes: &Notes<'_>) -> KnownFailure {
    let expectation = entry.expectation.get_ref();
    let known: Vec<&str> = KEYS.into_iter().chain([ALIVE]).collect();
    if !known.contains(&expectation.as_str()) {
        let complaint = Complaint::new(format!("no expectation is called {expectation:?}"));
        let complaint = match nearest(expectation, known.iter().copied()) {
            Some(near) => complaint.help(format!("did you mean {near:?}?")),
            None => complaint.help(format!("there are {}", known.join(", "))),
        };
        notes.note(entry.expectation.span().into(), complaint);
    }
    if entry.case.get_ref().is_empty() {
        let complaint = Complaint::new("`case` names no case")
            .help("write an id, as `mta-sts/cache/kept#one`, or a pattern of ids");
        notes.note(entry.case.span().into(), complaint);
    } else if let Err(error) = IdPattern::parse(entry.case.get_ref()) {
        let complaint = Complaint::new(error.to_string()).help("`mtaspec list` has all ids");
        notes.note(entry.case.span().into(), complaint);
    }
    if entry.reason.get_ref().trim().is_empty() {
        let complaint = Complaint::new("`reason` is empty").help("say why the subject fails here");
        notes.note(entry.reason.span().into(), complaint);
    }
    if let Some(link) = &entry.link
        && !is_link(link.get_ref())
    {
        let complaint = Complaint::new(format!("{:?} is no link", link.get_ref()))
            .help("it begins with https:// or http://, and has no blanks");
        notes.note(link.span().into(), complaint);
    }
    KnownFailure {
        case: entry.case.into_inner(),
        expectation: entry.expectation.into_inner(),
        got: entry.got,
        reason: entry.reason.into_inner(),
        kind: entry.kind,
        link: entry.link.map(Spanned::into_inner),
    }
}

fn is_link(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>()".contains(c))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_has_a_kind_and_a_link_if_somebody_has_looked() {
        let text = r#"
            [[known_failure]]
            case = "tls/*"
            expectation = "tls"
            got = "none"
            reason = "it knows no TLS"

            [[known_failure]]
            case = "mta-sts/a#b"
            expectation = "outcome"
            got = "delivered"
            reason = "it takes any name"
            kind = "choice"
            link = "https://example.test/manual"
        "#;
        let entries = read_known_failures("list.toml", text).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].kind, &entries[0].link), (None, &None));
        assert_eq!(entries[1].kind, Some(FailureKind::Choice));
        assert_eq!(
            entries[1].link.as_deref(),
            Some("https://example.test/manual")
        );
    }

    #[test]
    fn all_that_is_wrong_with_entries_is_told_at_once() {
        let text = r#"[[known_failure]]
case = ""
expectation = "outcom"
got = "delivered"
reason = "because"

[[known_failure]]
case = "tls/a"
expectation = "tls"
got = "none"
reason = " "
link = "the manual"
"#;
        let problems = read_known_failures("list.toml", text).unwrap_err();
        assert_snapshot!(problems);
    }

    #[test]
    fn a_list_that_is_none_is_told_by_its_place() {
        // (text, what is said)
        let cases = [
            ("known_failure = 3", "list.toml:1:17: "),
            ("[[known_failure]]\ncase = 1", "list.toml:2:8: "),
            (
                "[[known_failure]]\ncas = \"a\"",
                "list.toml:2:1: unknown field `cas`",
            ),
            (
                "[[known_failure]]\ncase = \"a\"",
                "missing field `expectation`",
            ),
            ("a = [", "list.toml:1:"),
        ];
        for (text, want) in cases {
            let problems = read_known_failures("list.toml", text).unwrap_err();
            assert!(problems.to_string().contains(want), "{text}: {problems}");
        }
        let long = "#".repeat(LONGEST + 1);
        let problems = read_known_failures("list.toml", &long).unwrap_err();
        assert!(problems.to_string().contains("at most 2 MiB"), "{problems}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\[\\[known_failure\\]\\]|[a-z=\"'\\n\\[\\]\u{e9} ]){0,60}") {
            let _ = read_known_failures("list.toml", &text);
        }
    }
}
