//! What a domain has published, for programs.

use mtaspec_engine::published::{Problem, Published, RecordName};
use serde_json::{Value, json};

/// The version of the form.
const VERSION: u32 = 1;

/// Everything that was found, as one object on one line.
pub(super) fn told(published: &Published) -> String {
    let [sts, tlsrpt] = published.texts();
    let advice = published.advice();
    let policy = published.policy().map(|policy| {
        let patterns = policy.patterns().iter().map(ToString::to_string);
        json!({
            "mode": policy.mode().word(),
            "max_age": policy.max_age().as_secs(),
            "mx": patterns.collect::<Vec<_>>(),
            "text": policy.text(),
        })
    });
    let hosts = published.hosts().into_iter();
    let hosts = hosts.map(|(name, is_named)| json!({ "name": name, "named_by_policy": is_named }));
    let told = json!({
        "version": VERSION,
        "domain": published.domain.to_string(),
        "passed": published.passed(),
        "problems": published.problems().iter().map(of_problem).collect::<Vec<_>>(),
        "sts_records": sts,
        "policy_id": published.policy_id().map(|id| id.to_string()),
        "policy": policy,
        "mx_hosts": hosts.collect::<Vec<_>>(),
        "tlsrpt_records": tlsrpt,
        "publish": {
            "sts_record": of_name(&advice.sts_name, Some(&advice.sts_value)),
            "policy_url": advice.policy_url,
            "tlsrpt_record": of_name(&advice.tlsrpt_name, advice.tlsrpt_value.as_deref()),
        },
    });
    format!("{told}\n")
}

fn of_problem(problem: &Problem) -> Value {
    json!({
        "word": problem.word,
        "weight": problem.weight.word(),
        "text": problem.text,
        "help": problem.help,
        "requirement": problem.requirement,
    })
}

fn of_name(name: &RecordName, value: Option<&str>) -> Value {
    json!({ "name": name.short, "whole_name": name.whole, "value": value })
}
