//! `mtaspec settings apply`: saves settings, with an audit record for each change.
//!
//! Before that, the connection of each rule that is new or changed is tested. A rule whose test fails is saved with a
//! warning; its mail is then returned.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Args;
use mtaspec_engine::Engine;
use mtaspec_engine::outside::Outside;
use mtaspec_engine::probe::{About, Hop, Trouble as ProbeTrouble};
use mtaspec_engine::settings::file::{Read, SettingsFile, duration};
use mtaspec_engine::settings::{Applied, Listed, Order, Rule, Standing, apply, print_instant};
use tokio::task::JoinSet;

use super::counted;
use crate::engine_settings::warn;
use crate::output::{complain, say_line};
use crate::runtime::runtime;
use crate::trouble::Trouble;

/// So many addresses and domains of a rule are tested.
const TESTED: usize = 20;

/// Save settings, with an audit record for each change
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// The settings file
    file: PathBuf,
    /// The folder of saved settings; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Who applies them [default: the user who runs this]
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// They hold after this time, 24 h at most, as in "8 h" [default: at once]
    #[arg(long, value_name = "DURATION", value_parser = delay)]
    after: Option<Duration>,
    /// Test no connection
    #[arg(long)]
    no_test: bool,
}

fn delay(text: &str) -> Result<Duration, &'static str> {
    duration(text).ok_or("a number and s, min or h, as in \"8 h\"")
}

impl Apply {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let Read { file, warnings } =
            SettingsFile::load(&self.file).map_err(|problems| Trouble::settings(&problems))?;
        warn(&warnings);
        let failed = match self.no_test {
            true => Vec::new(),
            false => self.tested(&file)?,
        };
        for failure in &failed {
            complain(&format!("warning: {failure}"));
        }
        let user = || {
            ["LOGNAME", "USER"]
                .iter()
                .find_map(|name| std::env::var(name).ok())
        };
        let order = Order {
            who: self
                .who
                .or_else(user)
                .unwrap_or_else(|| "unknown".to_owned()),
            now: SystemTime::now(),
            after: self.after.unwrap_or_default(),
            warnings: failed,
        };
        let applied = apply(&self.to, &file, order).map_err(Trouble::saved_settings)?;
        say_line(&in_words(&applied));
        Ok(ExitCode::SUCCESS)
    }

    /// What went wrong in the tests of the rules that are new or changed.
    fn tested(&self, file: &SettingsFile) -> Result<Vec<String>, Trouble> {
        let before = match self.to.exists() {
            true => Standing::of(&self.to, SystemTime::now()).ok(),
            false => None,
        };
        let before = before.and_then(|standing| standing.in_force);
        let known = before.as_ref().map(|saved| &saved.file.settings().rules);
        let is_new = |rule: &&Rule| known.is_none_or(|known| !known.contains(rule));
        let rules: Vec<Rule> = (file.settings().rules.iter())
            .filter(|rule| rule.applies.outbound)
            .filter(is_new)
            .cloned()
            .collect();
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        let runtime = runtime()?;
        Ok(runtime.block_on(test(file, rules)))
    }
}

async fn test(file: &SettingsFile, rules: Vec<Rule>) -> Vec<String> {
    let mut tests = JoinSet::new();
    let mut failed = Vec::new();
    for (place, rule) in rules.into_iter().enumerate() {
        let entries = rule.list.entries();
        if entries.len() > TESTED {
            let left = entries.len() - TESTED;
            failed.push((
                place,
                TESTED,
                format!("rule {}: {left} entries were not tested", rule.name),
            ));
        }
        for (at, entry) in entries.iter().take(TESTED).enumerate() {
            let about = match &entry.who {
                Listed::Mailbox(mailbox) => About::Recipient(mailbox.clone()),
                Listed::Domain(domain) => About::Domain(domain.clone()),
            };
            let (settings, name) = (file.settings().clone(), rule.name.clone());
            let (who, switches) = (entry.to_string(), rule.switches);
            tests.spawn(async move {
                let probe = Engine::probe(settings, Outside::system(), about).await;
                let told = match &probe {
                    Ok(probe) => {
                        let (host, trouble) = probe.first_trouble(switches)?;
                        // What has no failure type may clear up: such mail waits, and some of it is returned later.
                        let becomes = match trouble.failure {
                            Some(_) => "is returned",
                            None => "does not go",
                        };
                        let why = failure(host, &trouble);
                        format!("{why}; the rule is saved, and its mail {becomes} while this lasts")
                    }
                    Err(error) => format!("{error}; the rule is saved"),
                };
                let told = format!("rule {name}: {who}: {told}");
                Some((place, at, told))
            });
        }
    }
    while let Some(ended) = tests.join_next().await {
        failed.extend(ended.ok().flatten());
    }
    failed.sort();
    failed.into_iter().map(|(_, _, told)| told).collect()
}

fn failure(host: Option<&str>, trouble: &ProbeTrouble) -> String {
    let at = host.map(|host| format!(" of {host}")).unwrap_or_default();
    match trouble.at {
        Hop::Certificate => format!(
            "the certificate{at} could not be validated: {}",
            trouble.text
        ),
        hop => format!(
            "the connection test failed at the {}{at}: {}",
            hop.told(),
            trouble.text
        ),
    }
}

fn in_words(applied: &Applied) -> String {
    let mut lines = Vec::new();
    if let Some(number) = applied.withdrawn {
        lines.push(format!(
            "settings {number}, which were pending, are withdrawn"
        ));
    }
    match &applied.saved {
        Some(stamp) => {
            let changes = counted(applied.changes.len(), "change");
            let when = match stamp.effective <= stamp.saved {
                true => "in force now".to_owned(),
                false => format!("in force from {}", print_instant(stamp.effective)),
            };
            let by = match stamp.warnings.len() {
                0 => String::new(),
                many => format!(", saved with {}", counted(many, "warning")),
            };
            lines.push(format!("settings {}: {changes}, {when}{by}", stamp.number));
        }
        None => lines.push("nothing differs from the settings in force".to_owned()),
    }
    lines.join("\n")
}
