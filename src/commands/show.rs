//! `mtaspec show`: one case, told to a person.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use mtaspec_judge::report::{statement, wrapped};
use mtaspec_judge::scenario::{Case, Catalogue, Expect, Message, Step, Twin, differences};
use mtaspec_judge::verdict::told;

use crate::output::say;
use crate::selection::SuiteFolder;
use crate::trouble::Trouble;

/// Tell what a case sets up, what it expects, and on which text it rests
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Ids, globs, or files of your own
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    suite: SuiteFolder,
}

impl Show {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let selection = self.suite.select(&self.ids)?;
        let cases: Vec<String> = selection
            .cases
            .iter()
            .map(|case| describe(case, &selection.catalogue))
            .collect();
        say(&cases.join("\n"));
        Ok(ExitCode::SUCCESS)
    }
}

fn describe(case: &Case, catalogue: &Catalogue) -> String {
    let mut text = format!("{}\n", case.id);
    let mut write = |line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        writeln!(text, "{}", wrapped(line, indent)).expect("text takes text");
    };
    write(&format!("  {}", case.title));
    write(&format!("  {}", case.why));
    write(&format!("  {}:{}", case.place.file, case.place.line));
    if !case.capabilities.is_empty() {
        let needed: Vec<&str> = case.capabilities.iter().map(String::as_str).collect();
        write(&format!("  needs {}", needed.join(", ")));
    }
    match &case.twin {
        Twin::NotNeeded => {}
        Twin::Healthy => write("  its twin: the same messages in a healthy world"),
        Twin::Case(id) => write(&format!("  its twin: {id}")),
    }
    for (index, step) in case.steps.iter().enumerate() {
        if case.steps.len() > 1 {
            write("");
            write(&format!("  step {}", index + 1));
        }
        for line in set_up(step) {
            write(&format!("  {line}"));
        }
        for table in &step.expect {
            for line in expectations(table, catalogue) {
                write(&format!("  {line}"));
            }
        }
    }
    text
}

fn set_up(step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(after) = step.after {
        lines.push(format!("after {} s", after.as_secs()));
    }
    let differing: Vec<String> = (differences(&step.world).into_iter().flatten())
        .map(|difference| difference.with_value(&step.world))
        .collect();
    if differing.is_empty() {
        lines.push("the world is healthy".to_owned());
    } else {
        lines.push("differs from a healthy world in".to_owned());
        lines.extend(
            differing
                .into_iter()
                .map(|difference| format!("  {difference}")),
        );
    }
    for rule in &step.world.rules {
        let entries: Vec<&str> = rule.list.iter().map(|entry| entry.entry.as_str()).collect();
        let mut asks = Vec::new();
        for (switch, what) in [
            (rule.switches.require_tls, "TLS"),
            (rule.switches.require_ca_signed, "a trusted certificate"),
            (rule.switches.validate_hostname, "the host's name on it"),
        ] {
            if switch {
                asks.push(what);
            }
        }
        lines.push(format!(
            "a rule for {} asks for {}",
            entries.join(", "),
            asks.join(", ")
        ));
    }
    lines.extend(step.inject.iter().map(message));
    if let Some(question) = &step.ask {
        lines.push(format!("asks {} about {}", question.what, question.about));
    }
    if step.makes_due {
        lines.push("waiting messages are due now".to_owned());
    }
    if let Some(lasts) = step.lasts {
        lines.push(format!("lasts {} s", lasts.as_secs()));
    }
    lines
}

fn message(message: &Message) -> String {
    let from = if message.from.is_empty() {
        "<>"
    } else {
        &message.from
    };
    let copies = match message.copies {
        1 => String::new(),
        copies => format!(", {copies} copies"),
    };
    format!(
        "message `{}` from {from} to {}{copies}",
        message.name,
        message.to.join(", ")
    )
}

fn expectations(table: &Expect, catalogue: &Catalogue) -> Vec<String> {
    let whom = match (&table.message, &table.recipient) {
        (None, None) => String::new(),
        (message, recipient) => {
            let parts: Vec<&str> = [message, recipient]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
            format!(" of {}", parts.join(" for "))
        }
    };
    let mut lines = vec![format!("expects{whom}")];
    for key in &table.keys {
        let unsaid = if key.unsaid { " (unsaid)" } else { "" };
        lines.push(format!("  {}{unsaid}", told(&key.wanted)));
    }
    for id in &table.requirements {
        lines.push(format!("  because {id}"));
        if let Some(row) = catalogue.row(id) {
            lines.push(format!("    {}", statement(row)));
        }
    }
    lines
}
