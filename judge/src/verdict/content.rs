//! Findings about what came back or went along: notice, trace, report, answer.

use serde_json::{Map, Value, json};

use super::evidence::ArrivedNotice;
use super::finding::{Found, Holds};
use super::outcome::{Fate, Outcome};
use super::pattern::{all_match, field_matches};
use super::received::Received;
use super::scope::Scope;
use super::tls_report::{ArrivedReport, lies, reports, tables};
use super::wanted::{self, counts};
use crate::events::What;
use crate::scenario::{FieldPattern, Fields, Level};

/// The keys that say which notice is meant; the others say how it must be.
const CHOOSING: [&str; 3] = ["to", "action", "recipient"];

/// The failure notice.
///
/// Those that are meant must all be as wanted; meant are, where nothing else is said, those that do not deny a failure
/// (or all, if there are no such). Where nothing was given up there is nothing to return, and nothing is judged.
pub(crate) fn notice(scope: &Scope<'_, '_>, wanted: Option<&Fields>) -> Found {
    let arrived: Vec<&ArrivedNotice> = scope
        .evidence
        .notices
        .iter()
        .filter(|notice| notice.step == scope.step)
        .filter(|notice| scope.outcomes.iter().any(|one| notice.is_about(one)))
        .collect();
    let decisive = |notices: &[&ArrivedNotice]| notices.iter().map(|one| one.event).collect();
    let Some(wanted) = wanted else {
        // What was kept was told of because this subject keeps mail for a few seconds only.
        let told_early = |notice: &&ArrivedNotice| {
            let mut outcomes = scope.outcomes.iter();
            outcomes.any(|one| one.was_kept && notice.is_about(one))
        };
        let (early, arrived): (Vec<_>, Vec<_>) = arrived.into_iter().partition(told_early);
        let count = number_of(arrived.len(), "notice");
        return Found {
            holds: Holds::from(arrived.is_empty()),
            got: match early.len() {
                0 => count,
                more => format!("{count}, beside {more} about what was given up early"),
            },
            decisive: decisive(&arrived),
            rests_on_silence: true,
        };
    };
    if arrived.is_empty() {
        return no_notice(scope, wanted);
    }
    let chosen = chosen(scope, &arrived, wanted);
    if let Some(FieldPattern::Count(count)) = wanted.get("count")
        && !counts(*count, chosen.len() as u64)
    {
        return Found {
            holds: Holds::No,
            got: number_of(chosen.len(), "notice"),
            decisive: decisive(if chosen.is_empty() { &arrived } else { &chosen }),
            rests_on_silence: false,
        };
    }
    let of_none = chosen.is_empty();
    let judged = if of_none { &arrived } else { &chosen };
    let wrong: Vec<(&ArrivedNotice, Vec<String>)> = judged
        .iter()
        .map(|notice| (*notice, mismatches(scope, notice, wanted)))
        .filter(|(_, mismatches)| !mismatches.is_empty())
        .collect();
    match wrong.first() {
        Some((first, mismatches)) => Found {
            holds: Holds::No,
            got: mismatches.join(", "),
            decisive: vec![first.event],
            rests_on_silence: false,
        },
        None => Found {
            holds: Holds::Yes,
            got: number_of(judged.len(), "such notice"),
            decisive: decisive(judged),
            rests_on_silence: false,
        },
    }
}

fn no_notice(scope: &Scope<'_, '_>, wanted: &Fields) -> Found {
    let was_due = |one: &Outcome| {
        one.fates
            .iter()
            .any(|fate| matches!(fate, Fate::Lost | Fate::Bounced))
    };
    let allows_none =
        matches!(wanted.get("count"), Some(FieldPattern::Count(count)) if count.least == 0);
    let holds = if allows_none {
        Holds::Yes
    } else if scope.outcomes.iter().any(was_due) {
        Holds::No
    } else if scope.outcomes.iter().any(Outcome::is_unknown) {
        Holds::Unknown
    } else {
        Holds::NotJudged
    };
    Found {
        holds,
        got: "no notice".to_owned(),
        decisive: scope
            .outcomes
            .iter()
            .flat_map(|one| one.decisive.clone())
            .collect(),
        rests_on_silence: true,
    }
}

fn chosen<'n>(
    scope: &Scope<'_, '_>,
    arrived: &[&'n ArrivedNotice],
    wanted: &Fields,
) -> Vec<&'n ArrivedNotice> {
    let says_which = |notice: &&ArrivedNotice| {
        CHOOSING.iter().all(|key| {
            wanted
                .get(*key)
                .is_none_or(|pattern| fits(&fields_of(scope, notice), key, pattern))
        })
    };
    let chosen: Vec<&ArrivedNotice> = arrived.iter().copied().filter(says_which).collect();
    if wanted.contains_key("action") {
        return chosen;
    }
    let failures: Vec<&ArrivedNotice> = chosen
        .iter()
        .copied()
        .filter(|notice| {
            scope
                .outcomes
                .iter()
                .any(|one| !notice.notice.denies_failure(&one.recipient))
        })
        .collect();
    if failures.is_empty() {
        chosen
    } else {
        failures
    }
}

/// `status 5.0.0` for each key that is not as wanted.
fn mismatches(scope: &Scope<'_, '_>, notice: &ArrivedNotice, wanted: &Fields) -> Vec<String> {
    let fields = fields_of(scope, notice);
    wanted
        .iter()
        .filter(|(key, _)| *key != "count")
        .filter(|(key, pattern)| !fits(&fields, key, pattern))
        .map(|(key, _)| match key.as_str() {
            "well_formed" => format!("not well formed: {}", notice.notice.problems.join("; ")),
            key => told(key, fields.get(key).unwrap_or(&Value::Null)),
        })
        .collect()
}

/// `remote_mta = false` is a notice that names none.
fn fits(fields: &Map<String, Value>, key: &str, pattern: &FieldPattern) -> bool {
    let value = fields.get(key).unwrap_or(&Value::Null);
    match (key, pattern) {
        ("says" | "diagnostic", FieldPattern::Text(texts)) => {
            // What a person reads is broken into lines as the sender likes.
            let within: Vec<String> = texts.iter().map(|text| format!("*{text}*")).collect();
            field_matches(key, &FieldPattern::Text(within), value)
        }
        _ => field_matches(key, pattern, value),
    }
}

fn fields_of(scope: &Scope<'_, '_>, arrived: &ArrivedNotice) -> Map<String, Value> {
    let notice = &arrived.notice;
    let mine = |recipient: &Option<String>, original: &Option<String>| {
        scope.outcomes.iter().any(|one| {
            [recipient, original]
                .into_iter()
                .flatten()
                .any(|own| own.eq_ignore_ascii_case(&one.recipient))
        })
    };
    let blocks: Vec<_> = notice
        .recipients
        .iter()
        .filter(|block| notice.recipients.len() == 1 || mine(&block.recipient, &block.original))
        .collect();
    let statuses: Vec<&str> = scope
        .outcomes
        .iter()
        .filter(|one| arrived.is_about(one))
        .filter_map(|one| notice.status_for(&one.recipient))
        .collect();
    let list = |field: fn(&super::notice::NoticeRecipient) -> Option<&str>| -> Vec<&str> {
        blocks.iter().filter_map(|block| field(block)).collect()
    };
    let fields = json!({
        "to": arrived.to,
        "action": list(|block| block.action.as_deref()),
        "status": statuses,
        "recipient": list(|block| block.recipient.as_deref()),
        "remote_mta": list(|block| block.remote_mta.as_deref()),
        "diagnostic": list(|block| block.diagnostic.as_deref()),
        "says": notice.readable.split_whitespace().collect::<Vec<_>>().join(" "),
        "returned": notice.returned.as_str(),
        "requiretls": arrived.requiretls,
        "tls": arrived.tls,
        "will_retry_until": blocks.iter().any(|block| block.will_retry_until),
        "well_formed": notice.problems.is_empty(),
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// The Received field that the subject wrote, of each delivery.
pub(crate) fn trace(scope: &Scope<'_, '_>, wanted: &Fields) -> Found {
    let mut things = Vec::new();
    for outcome in &scope.outcomes {
        for index in &outcome.deliveries {
            let What::MessageAccepted { content, .. } =
                &scope.evidence.recording.events[*index].what
            else {
                continue;
            };
            let Some(received) = Received::of(content) else {
                things.push((false, "no Received field".to_owned(), *index));
                continue;
            };
            let fields = json!({
                "with": received.with,
                "version": received.version,
                "cipher": received.cipher,
                "bits": received.bits,
                "tls_clause": received.tls_clause,
                "on_top": received.on_top,
            });
            let fields = fields.as_object().cloned().unwrap_or_default();
            let got: Vec<String> = wanted
                .keys()
                .map(|key| told(key, fields.get(key).unwrap_or(&Value::Null)))
                .collect();
            things.push((all_match(wanted, &fields), got.join(", "), *index));
        }
    }
    Found::of_each(things.into_iter(), "nothing was delivered")
}

/// TLS reports that arrived. None at all is a warning at most.
pub(crate) fn report(scope: &Scope<'_, '_>, wanted: Option<&[Fields]>, level: Level) -> Found {
    let mut arrived = reports(scope.evidence, scope.step);
    arrived.retain(ArrivedReport::is_taken);
    let decisive: Vec<usize> = arrived.iter().map(|report| report.event).collect();
    let Some(wanted) = wanted else {
        return Found {
            holds: Holds::from(arrived.is_empty()),
            got: number_of(arrived.len(), "report"),
            decisive,
            rests_on_silence: true,
        };
    };
    if arrived.is_empty() {
        return Found {
            holds: Holds::Hardly,
            got: "no report".to_owned(),
            decisive,
            rests_on_silence: false,
        };
    }
    let tables = tables(scope.evidence, &arrived, level);
    let missing: Vec<&Fields> = wanted
        .iter()
        .filter(|fields| !tables.iter().any(|table| all_match(fields, table)))
        .collect();
    let got = match missing.first() {
        None => number_of(arrived.len(), "report"),
        Some(fields) => nearest(scope, fields, &tables, (&arrived, level)),
    };
    Found {
        holds: Holds::from(missing.is_empty()),
        got,
        decisive,
        rests_on_silence: false,
    }
}

/// What the report that fits best says instead.
fn nearest(
    scope: &Scope<'_, '_>,
    fields: &Fields,
    tables: &[Map<String, Value>],
    (arrived, level): (&[ArrivedReport], Level),
) -> String {
    let wrong = |table: &Map<String, Value>| -> Vec<String> {
        fields
            .iter()
            .filter(|(key, pattern)| {
                !field_matches(key, pattern, table.get(*key).unwrap_or(&Value::Null))
            })
            .map(|(key, _)| told(key, table.get(key).unwrap_or(&Value::Null)))
            .collect()
    };
    let best = tables
        .iter()
        .map(wrong)
        .min_by_key(Vec::len)
        .unwrap_or_default();
    let mut why: Vec<String> = Vec::new();
    if fields.contains_key("well_formed") {
        let problems = arrived.iter().flat_map(|report| report.problems.at(level));
        why.extend(problems.map(str::to_owned));
    }
    if fields.contains_key("truthful") {
        why.extend(lies(scope.evidence).into_iter().map(|(_, lie)| lie));
    }
    if why.is_empty() {
        return best.join(", ");
    }
    format!("{} ({})", best.join(", "), why.join("; "))
}

/// The answer to `ask`.
pub(crate) fn answer(scope: &Scope<'_, '_>, wanted: &Fields) -> Found {
    let answers = scope
        .evidence
        .events(scope.step..=scope.step)
        .filter_map(|(index, event)| match &event.what {
            What::Answered { fields } => {
                let got: Vec<String> = wanted
                    .keys()
                    .map(|key| told(key, fields.get(key).unwrap_or(&Value::Null)))
                    .collect();
                Some((all_match(wanted, fields), got.join(", "), index))
            }
            _ => None,
        });
    let found = Found::of_each(answers, "no answer");
    if found.holds == Holds::NotJudged {
        return Found {
            holds: Holds::No,
            ..found
        };
    }
    found
}

/// `status "5.7.4"`; nothing is `no status`.
fn told(key: &str, value: &Value) -> String {
    let name = key.replace('_', " ");
    match value {
        Value::Null => format!("no {name}"),
        Value::Array(items) if items.is_empty() => format!("no {name}"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            format!(
                "{name} {}",
                wanted::any_of(items.into_iter()).replace(" or ", " and ")
            )
        }
        value => format!("{name} {}", plain(value)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

fn number_of(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}"),
        1 => format!("one {what}"),
        count => format!("{count} {what}s"),
    }
}
