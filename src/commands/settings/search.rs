//! `mtaspec settings search`: which lists, rules and routes speak of somebody, and what holds for the mail.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mtaspec_engine::probe::{Asker, Cover, Demand};
use mtaspec_engine::settings::{Found, Inbound, Mail, search};

use super::show::entry_in_words;
use crate::engine_settings::taken;
use crate::output::say_line;
use crate::trouble::Trouble;

/// Tell which lists, rules and routes speak of a word, and what holds for mail to and from an address
#[derive(Debug, Args)]
pub(super) struct Search {
    /// A settings file, or a folder of saved settings
    path: PathBuf,
    /// A word, a domain or an address
    word: String,
}

impl Search {
    /// Code 1 where nothing speaks of it.
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let file = taken(&self.path)?;
        let found = search(&file, &self.word);
        let is_known =
            !(found.lists.is_empty() && found.rules.is_empty() && found.routes.is_empty());
        let holds = found
            .mail
            .as_ref()
            .is_some_and(|mail| !mail.to.is_empty() || !mail.from.is_empty() || mail.by.is_some());
        say_line(&in_words(&self.word, &found));
        Ok(match is_known || holds {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(1),
        })
    }
}

fn in_words(word: &str, found: &Found) -> String {
    let mut lines = Vec::new();
    for (list, entries) in &found.lists {
        let entries: Vec<String> = entries.iter().map(entry_in_words).collect();
        match entries.is_empty() {
            true => lines.push(format!("list {list}")),
            false => lines.push(format!("list {list} has {}", entries.join("; "))),
        }
    }
    lines.extend(found.rules.iter().map(|rule| format!("rule {rule}")));
    let routes = found.routes.iter();
    lines.extend(routes.map(|(domain, host)| match domain.as_str() {
        "*" => format!("route for all mail, to {host}"),
        domain => format!("route for {domain}, to {host}"),
    }));
    if lines.is_empty() {
        lines.push(format!("no list, rule or route speaks of {word}"));
    }
    if let Some(mail) = &found.mail {
        lines.push(String::new());
        mail_in_words(&mut lines, word, mail);
    }
    lines.join("\n")
}

fn mail_in_words(lines: &mut Vec<String>, who: &str, mail: &Mail) {
    lines.push(format!("mail to {who}"));
    if let Some(by) = &mail.by {
        lines.push(format!("  goes to {by}"));
    }
    if mail.to.is_empty() {
        lines.push("  uses TLS if the host offers it; nothing is asked".to_owned());
    }
    lines.extend(
        mail.to
            .iter()
            .map(|demand| format!("  {}", demand_in_words(demand))),
    );
    lines.push(format!("mail from {who}"));
    if mail.from.is_empty() {
        lines.push("  is taken with TLS or without".to_owned());
    }
    for from in &mail.from {
        let Inbound {
            rule,
            switches,
            only_authenticated,
            unit,
        } = from;
        let sender = match only_authenticated {
            true => ", if its sender is authenticated",
            false => "",
        };
        let to = unit
            .as_ref()
            .map(|unit| format!(", of mail to the unit {unit} alone"));
        let asks = switches.in_words();
        lines.push(format!(
            "  rule {rule} asks for {asks}{sender}{}",
            to.unwrap_or_default()
        ));
    }
}

fn demand_in_words(demand: &Demand) -> String {
    let by = match &demand.by {
        Asker::Rule(name) => format!("rule {name}"),
        Asker::Route(host) => format!("the route to {host}"),
    };
    let cover = match &demand.cover {
        Cover::All => String::new(),
        Cover::Unit(unit) => format!(", of mail from the unit {unit} alone"),
        Cover::Addresses(addresses) => format!(", of mail to {} alone", addresses.join(", ")),
    };
    format!("{by} asks for {}{cover}", demand.switches.in_words())
}
