//! `mtaspec settings history`: the audit log, in words or as it stands.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mtaspec_engine::settings::{AuditLine, AuditRecord, history, print_instant};

use crate::output::{complain, say_line};
use crate::trouble::Trouble;

/// Tell what was changed, when and by whom
#[derive(Debug, Args)]
pub(super) struct History {
    /// A folder of saved settings
    folder: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        for line in history(&self.folder).map_err(Trouble::saved_settings)? {
            match line {
                AuditLine::Record(record) if self.json => {
                    say_line(&serde_json::to_string(&record).map_err(Trouble::run)?);
                }
                AuditLine::Record(record) => say_line(&in_words(&record)),
                AuditLine::Broken(text) => {
                    complain(&format!("a line of the audit log was cut short: {text}"));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(record: &AuditRecord) -> String {
    let AuditRecord {
        when,
        who,
        settings,
        effective,
        change,
    } = record;
    let told = match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (None, Some(after)) => format!("new: {after}"),
        (Some(before), None) => format!("gone: {before}"),
        (None, None) => "changed".to_owned(),
    };
    let from = match effective == when {
        true => String::new(),
        false => format!(" (from {})", print_instant(*effective)),
    };
    let when = print_instant(*when);
    format!(
        "{when}  settings {settings}  {who}{from}  {}: {told}",
        change.what
    )
}
