//! Findings about deliveries: outcome, status, tls, via, rounds, attempts, leaked, disclosed.

use std::collections::BTreeSet;

use super::finding::{Found, Holds};
use super::leaks::{disclosed, leaked};
use super::outcome::{Fate, Outcome, refusal_text};
use super::rounds::{Counted, attempts, rounds};
use super::scope::Scope;
use super::status_code;
use super::wanted::{self, counts};
use super::wildcard::{domain_of, fits_name};
use crate::events::What;
use crate::scenario::{Count, Disclosure, OutcomeWord, TlsCondition};

/// What became of each message for each recipient.
pub(crate) fn outcome(scope: &Scope<'_, '_>, words: &[OutcomeWord]) -> Found {
    let wrong = |one: &&Outcome| !one.is_accepted_by(words);
    let failed = scope
        .outcomes
        .iter()
        .filter(wrong)
        .any(|one| !one.is_unknown());
    let holds = if scope.outcomes.is_empty() {
        Holds::NotJudged
    } else if failed {
        Holds::No
    } else if scope.outcomes.iter().any(Outcome::is_unknown) {
        Holds::Unknown
    } else {
        Holds::Yes
    };
    let wrong: Vec<&Outcome> = scope.outcomes.iter().filter(wrong).collect();
    let telling = if wrong.is_empty() {
        scope.outcomes.iter().collect()
    } else {
        wrong
    };
    Found {
        holds,
        got: outcomes_in_words(&scope.outcomes),
        decisive: telling
            .into_iter()
            .flat_map(|one| one.decisive.clone())
            .collect(),
        rests_on_silence: true,
    }
}

/// `delivered`, or `delivered for a@example.test, bounced (2)`.
pub(crate) fn outcomes_in_words(outcomes: &[Outcome]) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for outcome in outcomes {
        let words = words_of(outcome);
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, recipients)) => recipients.push(&outcome.recipient),
            None => groups.push((words, vec![&outcome.recipient])),
        }
    }
    match &groups[..] {
        [] => "no message".to_owned(),
        [(words, _)] => words.clone(),
        groups => {
            let groups: Vec<String> = groups
                .iter()
                .map(|(words, recipients)| match &recipients[..] {
                    [only] => format!("{words} for {only}"),
                    several => format!("{words} {} times", several.len()),
                })
                .collect();
            groups.join(", ")
        }
    }
}

fn words_of(outcome: &Outcome) -> String {
    let words: Vec<String> = outcome
        .fates
        .iter()
        .map(|fate| match fate {
            Fate::Rejected(code) => format!("rejected ({code})"),
            other => other.as_str().to_owned(),
        })
        .collect();
    words.join(" and ")
}

/// The enhanced code in the notice or the refusal.
pub(crate) fn status(scope: &Scope<'_, '_>, patterns: &[String]) -> Found {
    let mut seen: Vec<(Option<String>, usize)> = Vec::new();
    for (sent, outcome) in scope.pairs() {
        if outcome
            .fates
            .iter()
            .any(|fate| matches!(fate, Fate::Rejected(_)))
        {
            if let Some((index, _, text)) = refusal_text(scope.evidence, sent, &outcome.recipient) {
                seen.push((status_code::first_in(text).map(str::to_owned), index));
            }
        } else if outcome.fates.contains(&Fate::Bounced) {
            let decisive = outcome.decisive.iter();
            let own = decisive.filter_map(|event| scope.evidence.notice_of(*event));
            seen.extend(own.map(|notice| {
                let code = notice.notice.status_for(&outcome.recipient);
                (code.map(str::to_owned), notice.event)
            }));
        }
    }
    let holds = |code: &Option<String>| {
        code.as_deref().is_some_and(|code| {
            patterns
                .iter()
                .any(|pattern| status_code::fits(pattern, code))
        })
    };
    Found::of_each(
        seen.into_iter().map(|(code, index)| {
            let holds = holds(&code);
            (holds, code.unwrap_or_else(|| "no status".to_owned()), index)
        }),
        "nothing was returned",
    )
}

/// The TLS of the sessions that delivered.
pub(crate) fn tls(scope: &Scope<'_, '_>, conditions: &[TlsCondition]) -> Found {
    let sessions = deliveries(scope).into_iter().filter_map(|index| {
        match &scope.evidence.recording.events[index].what {
            What::MessageAccepted { tls, .. } => Some((
                conditions.iter().any(|condition| meets(*condition, tls)),
                tls.clone(),
                index,
            )),
            _ => None,
        }
    });
    Found::of_each(sessions, "nothing was delivered")
}

fn meets(condition: TlsCondition, tls: &str) -> bool {
    let version = wanted::parse_tls_version(tls);
    match condition {
        TlsCondition::None => tls == "none",
        TlsCondition::Any => tls != "none",
        TlsCondition::Exactly(wanted) => version == Some(wanted),
        TlsCondition::AtLeast(wanted) => version.is_some_and(|version| version >= wanted),
    }
}

/// The hosts that took it.
pub(crate) fn via(scope: &Scope<'_, '_>, hosts: &[String]) -> Found {
    let took = deliveries(scope).into_iter().filter_map(|index| {
        let host = scope.evidence.recording.events[index].host.clone()?;
        Some((
            hosts.iter().any(|wanted| fits_name(wanted, &host)),
            host,
            index,
        ))
    });
    Found::of_each(took, "nothing was delivered")
}

/// Where the messages of this table were taken, in this step.
fn deliveries(scope: &Scope<'_, '_>) -> BTreeSet<usize> {
    scope
        .outcomes
        .iter()
        .flat_map(|outcome| outcome.deliveries.iter().copied())
        .filter(|index| scope.evidence.recording.events[*index].step == scope.step)
        .collect()
}

/// How often each message was taken up.
pub(crate) fn rounds_of(scope: &Scope<'_, '_>, wanted: Count) -> Found {
    let steps = scope.step..=scope.step;
    let mut counted: Vec<(u64, Counted)> = Vec::new();
    for (sent, outcome) in scope.pairs() {
        let domain = domain_of(&outcome.recipient);
        let found = rounds(scope.evidence, sent, domain, steps.clone());
        counted.push((found.count, found));
    }
    count_found(counted, wanted)
}

/// How many connections each message took.
pub(crate) fn attempts_of(scope: &Scope<'_, '_>, wanted: Count) -> Found {
    let steps = scope.step..=scope.step;
    let counted = scope
        .sent
        .iter()
        .map(|sent| attempts(scope.evidence, sent, &steps))
        .map(|found| (found.count, found))
        .collect();
    count_found(counted, wanted)
}

fn count_found(counted: Vec<(u64, Counted)>, wanted: Count) -> Found {
    if counted.is_empty() {
        return Found::not_judged("no message");
    }
    let wrong: Vec<&(u64, Counted)> = counted
        .iter()
        .filter(|(count, _)| !counts(wanted, *count))
        .collect();
    let numbers: BTreeSet<u64> = counted.iter().map(|(count, _)| *count).collect();
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    Found {
        holds: Holds::from(wrong.is_empty()),
        got: numbers.join(", "),
        decisive: if wrong.is_empty() {
            counted
                .into_iter()
                .flat_map(|(_, found)| found.decisive)
                .collect()
        } else {
            wrong
                .into_iter()
                .flat_map(|(_, found)| found.decisive.clone())
                .collect()
        },
        rests_on_silence: true,
    }
}

/// Whether canary bytes were readable.
pub(crate) fn leaked_of(scope: &Scope<'_, '_>, wanted: bool) -> Found {
    let seen = leaked(scope.evidence, &scope.sent, scope.step);
    let got = if seen.is_empty() {
        "false".to_owned()
    } else {
        format!("true: {}", parts_by_host(scope, &seen))
    };
    Found {
        holds: Holds::from(seen.is_empty() != wanted),
        got,
        decisive: seen,
        rests_on_silence: !wanted,
    }
}

/// The most that somebody else was given.
pub(crate) fn disclosed_of(
    scope: &Scope<'_, '_>,
    wanted: Disclosure,
    via: Option<&[String]>,
) -> Found {
    let (most, seen) = disclosed(scope.evidence, &scope.sent, scope.step, via);
    let got = if seen.is_empty() {
        wanted::disclosure(most).to_owned()
    } else {
        format!(
            "{}: {}",
            wanted::disclosure(most),
            parts_by_host(scope, &seen)
        )
    };
    Found {
        // What is wanted is a bound: nobody fails for giving away less.
        holds: Holds::from(most <= wanted),
        got,
        decisive: seen,
        rests_on_silence: true,
    }
}

/// `envelope, body at mx.example.test`.
fn parts_by_host(scope: &Scope<'_, '_>, seen: &[usize]) -> String {
    let mut places: Vec<(String, BTreeSet<&str>)> = Vec::new();
    for index in seen {
        let event = &scope.evidence.recording.events[*index];
        let What::Canary { part, attacker, .. } = event.what else {
            continue;
        };
        let host = event.host.clone().unwrap_or_default();
        let place = if attacker {
            format!("the attacker of {host}")
        } else {
            host
        };
        let part = part.as_str();
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, parts)) => {
                parts.insert(part);
            }
            None => places.push((place, BTreeSet::from([part]))),
        }
    }
    let places: Vec<String> = places
        .into_iter()
        .map(|(place, parts)| {
            let parts: Vec<&str> = ["envelope", "header", "body"]
                .into_iter()
                .filter(|part| parts.contains(part))
                .collect();
            format!("{} at {place}", parts.join(", "))
        })
        .collect();
    places.join("; ")
}
