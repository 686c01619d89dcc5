//! Cases, events and findings for the tests of verdicts.

use super::{FindingVerdict, JudgeOptions, TwinResult, judge};
use crate::events::Event;
pub(crate) use crate::events::testing::*;
use crate::scenario::{Count, FieldPattern, Fields, Level, Wanted};

/// The first finding of a case whose one table wants this, with the twin delivered.
pub(crate) fn found(events: &[Event], wanted: Wanted) -> (FindingVerdict, String) {
    let case = case_of(vec![step(vec![table(Level::Must, vec![wanted])])]);
    let mut all = vec![injected("first", 250, "ok")];
    all.extend_from_slice(events);
    let result = judge(
        &recording(case, all),
        &TwinResult::Delivered,
        &JudgeOptions::default(),
    );
    let finding = &result.findings[0];
    (finding.verdict, finding.got.clone())
}

pub(crate) fn text(text: &str) -> FieldPattern {
    FieldPattern::Text(vec![text.into()])
}

pub(crate) fn flag(flag: bool) -> FieldPattern {
    FieldPattern::Flag(flag)
}

pub(crate) fn number(count: u64) -> FieldPattern {
    FieldPattern::Count(Count {
        least: count,
        most: Some(count),
    })
}

pub(crate) fn fields(list: &[(&str, FieldPattern)]) -> Fields {
    list.iter()
        .map(|(name, pattern)| ((*name).to_owned(), pattern.clone()))
        .collect()
}
