//! What a domain has published, told to a person.

use std::fmt::Write as _;

use mtaspec_engine::published::{Problem, Published, RecordName, Weight};

/// The most characters of a published text that are shown: a policy may have thousands of lines.
const SHOWN: usize = 4_000;

/// Everything that was found, what is wrong with it, and what is to be published.
pub(super) fn told(published: &Published) -> String {
    let mut text = format!("{}\n", published.domain);
    found(&mut text, published);
    for problem in published.problems() {
        text.push('\n');
        of_problem(&mut text, &problem);
    }
    text.push('\n');
    to_publish(&mut text, published);
    text.push('\n');
    text.push_str(&result(published));
    text
}

fn line(text: &mut String, indent: usize, words: &str) {
    writeln!(text, "{:indent$}{words}", "").expect("text takes text");
}

fn found(text: &mut String, published: &Published) {
    let advice = published.advice();
    let [sts, tlsrpt] = published.texts();
    records(text, &advice.sts_name, &sts);
    line(text, 2, &format!("policy at {}", advice.policy_url));
    match published.policy() {
        Some(policy) => all_of(text, policy.text()),
        None => line(text, 4, "none that senders take"),
    }
    records(text, &advice.tlsrpt_name, &tlsrpt);
    line(text, 2, "MX hosts");
    let hosts = published.hosts();
    for (name, is_named) in &hosts {
        let told = match is_named {
            Some(true) => "named by the policy",
            Some(false) => "not named by the policy",
            None => "there is no policy to name it",
        };
        line(text, 4, &format!("{name}: {told}"));
    }
    if hosts.is_empty() {
        line(text, 4, "none");
    }
}

fn records(text: &mut String, name: &RecordName, values: &[String]) {
    line(text, 2, &format!("TXT records at {}", name.whole));
    for value in values {
        all_of(text, value);
    }
    if values.is_empty() {
        line(text, 4, "none");
    }
}

/// A published text, with nothing in it that a terminal would obey.
fn all_of(text: &mut String, published: &str) {
    let shown: String = published.chars().take(SHOWN).collect();
    for published in shown.lines() {
        let is_shown = |char: char| !char.is_control() || char == '\t';
        let printable = published
            .chars()
            .map(|char| if is_shown(char) { char } else { '?' });
        line(text, 4, &printable.collect::<String>());
    }
    if shown.len() < published.len() {
        line(text, 4, "...");
    }
}

fn of_problem(text: &mut String, problem: &Problem) {
    let Problem {
        word,
        weight,
        text: told,
        help,
        requirement,
    } = problem;
    line(text, 0, &format!("{weight}[{word}]: {told}"));
    line(text, 2, &format!("help: {help}"));
    line(text, 2, &format!("requirement: {requirement}"));
}

fn to_publish(text: &mut String, published: &Published) {
    let advice = published.advice();
    line(
        text,
        0,
        "To publish after the next change of the policy, as TXT:",
    );
    of_name(text, &advice.sts_name, &advice.sts_value);
    match &advice.tlsrpt_value {
        Some(value) => {
            line(
                text,
                0,
                "To publish before that, with an address that you read, as TXT:",
            );
            of_name(text, &advice.tlsrpt_name, value);
        }
        None => {
            let RecordName { short, whole } = &advice.tlsrpt_name;
            line(
                text,
                0,
                &format!("The record for TLS reports stands at {short} ({whole})."),
            );
        }
    }
}

/// Some providers of DNS want the name without the domain, others the whole name.
fn of_name(text: &mut String, name: &RecordName, value: &str) {
    line(
        text,
        2,
        &format!(
            "name:  {}, or with providers that want it whole, {}",
            name.short, name.whole
        ),
    );
    line(text, 2, &format!("value: {value}"));
}

fn result(published: &Published) -> String {
    let problems = published.problems();
    let count = |weight| {
        problems
            .iter()
            .filter(|problem| problem.weight == weight)
            .count()
    };
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let (errors, warnings) = (count(Weight::Error), count(Weight::Warning));
    match (errors, warnings) {
        (0, 0) => "passed: senders will do what the domain wants\n".to_owned(),
        (0, _) => format!("passed, with {}\n", plural(warnings, "warning")),
        _ => format!(
            "failed: {} and {}\n",
            plural(errors, "error"),
            plural(warnings, "warning")
        ),
    }
}
