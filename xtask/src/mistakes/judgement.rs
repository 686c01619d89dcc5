//! Whether the suite saw a mistake for what it is: reports of the engine as it is and as it was broken → a judgement.

use std::collections::BTreeSet;

use mtaspec_judge::scenario::IdPattern;

use super::list::{Collateral, Mistake};
use super::report::{Case, Report};

/// Of how many cases one problem tells the ids; the others are counted.
const NAMED: usize = 20;

/// What the suite made of a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    /// How many cases cite a requirement that is broken.
    pub(super) caught_by: usize,
    /// How many fail beside them, as the list says.
    pub(super) collateral: usize,
    /// What is wrong with the suite or with the list.
    pub(super) problems: Vec<String>,
}

/// Compares the two reports.
pub(super) fn judge(mistake: &Mistake, sound: &Report, broken: &Report) -> Judgement {
    // What fails without a mistake says nothing of one.
    let was_so = |case: &Case| {
        sound
            .case(&case.id)
            .is_some_and(|before| before.verdict == case.verdict || before.is_failing())
    };
    let changed: Vec<&Case> = (broken.cases.iter())
        .filter(|case| case.is_held_against() && !was_so(case))
        .collect();
    let (caught, others): (Vec<&Case>, Vec<&Case>) =
        (changed.into_iter()).partition(|case| cites(case, |row| mistake.breaks.contains(row)));
    let mut problems = Vec::new();
    let unplayed = (sound.cases.iter())
        .filter(|case| broken.case(&case.id).is_none())
        .count();
    if unplayed > 0 {
        problems.push(format!("cases that are not in the report: {unplayed}"));
    }
    if caught.is_empty() {
        problems.push("no case fails that cites what it breaks".to_owned());
    }
    let shown: BTreeSet<&str> = (caught.iter().flat_map(|case| case.missed()))
        .flat_map(|finding| &finding.requirements)
        .map(String::as_str)
        .collect();
    let unshown: Vec<&str> = (mistake.breaks.iter())
        .map(String::as_str)
        .filter(|row| !shown.contains(row))
        .collect();
    if !caught.is_empty() && !unshown.is_empty() {
        problems.push(format!(
            "no case shows that it breaks {}",
            unshown.join(", ")
        ));
    }
    let mut is_used = vec![false; mistake.collateral.len()];
    let mut unexplained = Vec::new();
    for case in &others {
        let excused = mistake
            .collateral
            .iter()
            .position(|collateral| excuses(collateral, case));
        match excused {
            Some(index) => is_used[index] = true,
            None => unexplained.push(told(case)),
        }
    }
    for collateral in mistake
        .collateral
        .iter()
        .zip(&is_used)
        .filter(|(_, is_used)| !**is_used)
    {
        problems.push(format!(
            "the collateral {} excuses no case",
            words(collateral.0)
        ));
    }
    let more = unexplained.len().saturating_sub(NAMED);
    problems.extend(unexplained.iter().take(NAMED).cloned());
    if more > 0 {
        problems.push(format!("and {more} more cases cite nothing that it breaks"));
    }
    Judgement {
        caught_by: caught.len(),
        collateral: others.len() - unexplained.len(),
        problems,
    }
}

fn cites(case: &Case, is_meant: impl Fn(&str) -> bool) -> bool {
    case.missed()
        .flat_map(|finding| &finding.requirements)
        .any(|row| is_meant(row))
}

fn excuses(collateral: &Collateral, case: &Case) -> bool {
    match collateral {
        Collateral::Case { case: pattern, .. } => {
            IdPattern::parse(pattern).is_ok_and(|pattern| pattern.matches(&case.id))
        }
        Collateral::Row { row: excused, .. } => cites(case, |row| row == excused),
    }
}

fn words(collateral: &Collateral) -> String {
    match collateral {
        Collateral::Case { case, .. } => format!("of the cases {case}"),
        Collateral::Row { row, .. } => format!("of the requirement {row}"),
    }
}

/// A case that fails without a right to.
fn told(case: &Case) -> String {
    let findings: Vec<String> = (case.missed())
        .map(|finding| {
            format!(
                "{} ({}, got {})",
                finding.expectation,
                finding.requirements.join(", "),
                finding.got
            )
        })
        .collect();
    let why = if findings.is_empty() {
        case.reason
            .clone()
            .unwrap_or_else(|| "no finding".to_owned())
    } else {
        findings.join("; ")
    };
    format!(
        "{} {}s and cites nothing that it breaks: {why}",
        case.id, case.verdict
    )
    .replace("inconclusives", "is inconclusive")
    .replace("errors", "is an error")
}

#[cfg(test)]
mod tests {
    use super::super::list::parse;
    use super::*;

    fn mistake(collateral: &str) -> Mistake {
        let text = format!(
            "[[mistake]]\nname = \"a\"\nfile = \"f\"\nfind = \"x\"\nreplace = \"y\"\nbreaks = [\"B\"]\nwhy = \"w\"\ncollateral = [{collateral}]\n"
        );
        parse("some.toml", &text).unwrap().remove(0)
    }

    /// Cases as (id, verdict, rows of the findings that failed).
    fn report(cases: &[(&str, &str, &[&str])]) -> Report {
        let case = |(id, verdict, rows): &(&str, &str, &[&str])| {
            let finding = |row: &&str| serde_json::json!({"expectation": "outcome", "got": "lost", "requirements": [row], "verdict": verdict});
            serde_json::json!({"id": id, "verdict": verdict, "findings": rows.iter().map(finding).collect::<Vec<_>>()})
        };
        let value = serde_json::json!({"cases": cases.iter().map(case).collect::<Vec<_>>()});
        Report::parse(&value.to_string()).unwrap()
    }

    #[test]
    fn a_mistake_is_seen_for_what_it_is_when_all_that_fails_cites_it_or_is_expected() {
        let sound = report(&[
            ("f/a", "pass", &[]),
            ("f/b", "warn", &["C"]),
            ("f/c", "skip", &[]),
            ("f/d", "error", &[]),
        ]);
        let other = "{ case = \"f/*\", reason = \"r\" }";
        let row = "{ row = \"C\", reason = \"r\" }";
        // (collateral, the cases that the broken engine got, caught by, collateral, what the problems begin with)
        type Cases<'a> = &'a [(&'a str, &'a str, &'a [&'a str])];
        let cases: [(&str, Cases<'_>, usize, usize, &[&str]); 9] = [
            ("", &[("f/a", "fail", &["B"])], 1, 0, &[]),
            ("", &[("f/a", "warn", &["C", "B"])], 1, 0, &[]),
            ("", &[("f/a", "pass", &[])], 0, 0, &["no case fails"]),
            (
                "",
                &[("f/a", "fail", &["B"]), ("f/b", "warn", &["C"])],
                1,
                0,
                &[],
            ),
            (
                "",
                &[("f/a", "fail", &["B"]), ("f/b", "fail", &["C"])],
                1,
                0,
                &["f/b fails and cites nothing that it breaks: outcome (C, got lost)"],
            ),
            (
                "",
                &[("f/a", "fail", &["B"]), ("f/b", "error", &[])],
                1,
                0,
                &["f/b is an error and cites nothing that it breaks: no finding"],
            ),
            (
                other,
                &[("f/a", "fail", &["B"]), ("f/b", "inconclusive", &[])],
                1,
                1,
                &[],
            ),
            (
                row,
                &[("f/a", "fail", &["B"]), ("f/b", "fail", &["C"])],
                1,
                1,
                &[],
            ),
            (
                row,
                &[("f/a", "fail", &["B"])],
                1,
                0,
                &["the collateral of the requirement C excuses no case"],
            ),
        ];
        for (collateral, broken, caught_by, excused, problems) in cases {
            // What the row does not speak of is as it was.
            let mut played = report(broken);
            let is_told = |case: &Case| broken.iter().any(|(id, ..)| *id == case.id);
            let as_before = sound.cases.iter().filter(|case| !is_told(case)).cloned();
            played.cases.extend(as_before);
            let got = judge(&mistake(collateral), &sound, &played);
            assert_eq!(
                (got.caught_by, got.collateral),
                (caught_by, excused),
                "{broken:?}"
            );
            assert_eq!(got.problems.len(), problems.len(), "{:?}", got.problems);
            for (got, want) in got.problems.iter().zip(problems) {
                assert!(got.starts_with(want), "{got}");
            }
        }
    }

    #[test]
    fn a_run_that_was_cut_off_shows_nothing() {
        let sound = report(&[("f/a", "pass", &[]), ("f/b", "pass", &[])]);
        let broken = report(&[("f/a", "fail", &["B"])]);
        let got = judge(&mistake(""), &sound, &broken);
        assert_eq!(got.problems, ["cases that are not in the report: 1"]);
    }
}
