//! What a run says of the list of known failures, and the list that it drafts.
//!
//! A draft has what failed in the run, and nothing else. Cases of one file that fail alike are one entry, if each case
//! that its pattern fits was judged and fails so: an entry has to come true wherever it fits.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use super::terminal::one_line;
use super::{statement, wrapped};
use crate::scenario::Catalogue;
use crate::verdict::{CaseResult, Finding, FindingVerdict, KnownFailure, Unmet};

/// This many cases of an entry are told by their ids.
const TOLD: usize = 5;

/// The entries that did not come true, each with what speaks against it; nothing when all did.
#[must_use]
pub fn unmet(unmet: &[Unmet<'_>]) -> String {
    let mut text = String::new();
    for one in unmet {
        let _ = writeln!(
            text,
            "known failure that did not happen: {}",
            one_line(&one.entry.to_string())
        );
        let _ = match (one.cases.len(), one.judged) {
            (0, _) => writeln!(text, "    no case has such an id; take it off the list"),
            (1, 1) => writeln!(
                text,
                "    {} does not fail so; take it off the list",
                one.cases[0]
            ),
            (count, judged) if count == judged => {
                writeln!(
                    text,
                    "    none of its {judged} cases fails so; take it off the list"
                )
            }
            (count, judged) => writeln!(
                text,
                "    {count} of its {judged} cases {} not fail so; narrow its pattern: {}",
                if count == 1 { "does" } else { "do" },
                some_of(&one.cases)
            ),
        };
    }
    text
}

fn some_of(cases: &[&str]) -> String {
    let mut told = cases[..cases.len().min(TOLD)].join(", ");
    if cases.len() > TOLD {
        let _ = write!(told, " and {} more", cases.len() - TOLD);
    }
    told
}

/// A list of what failed, as TOML: entries that were known and came true stand as they were, new ones want a reason.
/// `all_ids` are those of all cases of the same files, played or not.
#[must_use]
pub fn draft(
    results: &[CaseResult],
    known: &[KnownFailure],
    all_ids: &[&str],
    catalogue: &Catalogue,
) -> String {
    let mut text = String::from(
        "# Failures that are known of the subject. Each has to happen in every case that it fits, or the run fails.\n\
         # `reason` says why; `kind` is \"bug\", \"choice\" (it is documented) or \"profile\" (the profile cannot make it do so);\n\
         # `link` leads to the report or to the manual.\n",
    );
    let listed = |entry: &&KnownFailure| {
        let about = |result: &&CaseResult| entry.is_about(&result.id);
        let happened = |result: &CaseResult| result.findings.iter().any(|one| entry.lists(one));
        results.iter().filter(about).any(happened)
    };
    for entry in known.iter().filter(listed) {
        text.push('\n');
        push_entry(&mut text, entry);
    }
    let mut told = HashSet::new();
    let failing = Failing::among(results);
    for result in results {
        for finding in failed(result) {
            let case = failing.pattern(&result.id, finding, all_ids);
            let entry = KnownFailure {
                case,
                expectation: finding.expectation.clone(),
                got: finding.got.clone(),
                ..KnownFailure::default()
            };
            if told.insert(entry.to_string()) {
                text.push('\n');
                push_comment(&mut text, finding, catalogue);
                push_entry(&mut text, &entry);
            }
        }
    }
    text
}

fn failed(result: &CaseResult) -> impl Iterator<Item = &Finding> {
    let findings = result.findings.iter();
    findings.filter(|finding| finding.verdict == FindingVerdict::Fail)
}

/// Who fails how: an expectation and what was got, and the cases in which it was so.
struct Failing<'a>(HashMap<(&'a str, &'a str), BTreeSet<&'a str>>);

impl<'a> Failing<'a> {
    fn among(results: &'a [CaseResult]) -> Self {
        let mut failing: HashMap<_, BTreeSet<&str>> = HashMap::new();
        for result in results {
            for finding in failed(result) {
                let how = (finding.expectation.as_str(), finding.got.as_str());
                failing.entry(how).or_default().insert(&result.id);
            }
        }
        Self(failing)
    }

    /// A pattern for all cases of the file, if each of them fails so; else the id alone.
    fn pattern(&self, id: &str, finding: &Finding, all_ids: &[&str]) -> String {
        let Some((file, _)) = id.split_once('#') else {
            return id.to_owned();
        };
        let how = (finding.expectation.as_str(), finding.got.as_str());
        let so = self.0.get(&how);
        let prefix = format!("{file}#");
        let mut siblings = all_ids.iter().filter(|other| other.starts_with(&prefix));
        let is_so = |other: &&str| so.is_some_and(|cases| cases.contains(*other));
        if siblings.clone().count() > 1 && siblings.all(is_so) {
            format!("{file}#*")
        } else {
            id.to_owned()
        }
    }
}

fn push_comment(text: &mut String, finding: &Finding, catalogue: &Catalogue) {
    for id in &finding.requirements {
        let words = catalogue.row(id).map_or_else(|| id.clone(), statement);
        let _ = writeln!(text, "{}", wrapped(&one_line(&words), "# "));
    }
    let wanted = format!("wanted {}", one_line(&finding.wanted));
    let _ = writeln!(text, "{}", wrapped(&wanted, "# "));
}

fn push_entry(text: &mut String, entry: &KnownFailure) {
    let _ = writeln!(text, "[[known_failure]]");
    let mut say = |key: &str, value: &str| {
        let value = toml::Value::String(value.to_owned());
        let _ = writeln!(text, "{key} = {value}");
    };
    say("case", &entry.case);
    say("expectation", &entry.expectation);
    say("got", &entry.got);
    say("reason", &entry.reason);
    if let Some(kind) = entry.kind {
        say("kind", kind.word());
    }
    if let Some(link) = &entry.link {
        say("link", link);
    }
}
