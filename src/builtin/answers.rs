//! What the engine answers to the questions of cases, in the fields that scenario files have for them.

use mtaspec_engine::Running;
use mtaspec_engine::address::DomainName;
use mtaspec_engine::outside::BoxFuture;
use mtaspec_engine::probe::{About, Padlock, Probe};
use mtaspec_engine::published::Published;
use mtaspec_judge::scenario::Ask;
use serde_json::{Value, json};

/// The accounts of a case are of an edition that supports S/MIME: the padlock is theirs to see.
const EDITION_SUPPORTS_SMIME: bool = true;

/// What will be the answer to a question; none to one that the engine does not know.
pub(super) fn to(question: &Ask, engine: &Running) -> Option<BoxFuture<Value>> {
    if question.what == "check-domain" {
        let domain = DomainName::parse(&question.about).ok()?;
        let checking = engine.check_domain(domain);
        return Some(Box::pin(async move { of_domain(&checking.await) }));
    }
    if question.what == "read-report" {
        let submitter = DomainName::parse(&question.about).ok()?;
        let report = engine.last_report();
        let used = report.is_some_and(|report| report.submitter == submitter);
        return Some(Box::pin(async move { json!({ "used": used }) }));
    }
    let answer = match question.what.as_str() {
        "test-connection" => of_connection,
        "padlock" => of_padlock,
        _ => return None,
    };
    let probing = engine.probe(About::parse(&question.about).ok()?);
    Some(Box::pin(async move { answer(&probing.await) }))
}

fn of_connection(probe: &Probe) -> Value {
    let trouble = probe.first_trouble(probe.asked());
    json!({
        "passed": probe.passed(),
        "failure": trouble.and_then(|(_, trouble)| trouble.failure),
        "saved": probe.is_asked_by_setting(),
    })
}

fn of_padlock(probe: &Probe) -> Value {
    let padlock = probe.padlock(EDITION_SUPPORTS_SMIME);
    json!({
        "shown": padlock.is_some(),
        "colour": padlock.map(|_| Padlock::COLOUR),
        "edition": if EDITION_SUPPORTS_SMIME { "smime" } else { "basic" },
    })
}

fn of_domain(published: &Published) -> Value {
    let problems = published.problems();
    json!({
        "passed": published.passed(),
        "problems": problems.iter().map(|problem| problem.word).collect::<Vec<_>>(),
    })
}
