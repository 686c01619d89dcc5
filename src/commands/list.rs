//! `mtaspec list`: cases, certificates, requirements.

use std::process::ExitCode;

use clap::Args;
use mtaspec_certs::catalogue;
use mtaspec_judge::scenario::Case;
use serde_json::{Value, json};

use crate::output::{say, say_line};
use crate::selection::SuiteFolder;
use crate::trouble::Trouble;

/// List cases, certificates or requirements
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Ids or globs; or `certificates`, or `requirements` [default: all cases]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    suite: SuiteFolder,
}

/// One thing that is listed: a line for people, an object for programs.
struct Entry {
    line: String,
    object: Value,
}

impl List {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let patterns: Vec<&str> = self.patterns.iter().map(String::as_str).collect();
        let (key, entries) = match patterns[..] {
            ["certificates"] => ("certificates", certificates()),
            ["requirements"] => ("requirements", self.requirements()?),
            _ => ("cases", self.cases()?),
        };
        if self.json {
            let objects: Vec<Value> = entries.into_iter().map(|entry| entry.object).collect();
            say_line(&json!({ "version": 1, key: objects }).to_string());
        } else {
            let lines: String = entries
                .iter()
                .map(|entry| format!("{}\n", entry.line))
                .collect();
            say(&lines);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn cases(&self) -> Result<Vec<Entry>, Trouble> {
        let selection = self.suite.select(&self.patterns)?;
        let entry = |case: &Case| Entry {
            line: case.id.clone(),
            object: json!({
                "id": case.id,
                "title": case.title,
                "file": case.place.file,
                "line": case.place.line,
                "requirements": case.requirements(),
                "capabilities": case.capabilities,
            }),
        };
        Ok(selection.cases.iter().map(|case| entry(case)).collect())
    }

    fn requirements(&self) -> Result<Vec<Entry>, Trouble> {
        let catalogue = self.suite.catalogue()?;
        let entry = |row: &mtaspec_judge::scenario::Row| Entry {
            line: format!("{:<10}  {}", row.level, row.id),
            object: json!({
                "id": row.id,
                "source": row.source,
                "section": row.section,
                "level": row.level,
                "role": row.role,
                "text": row.text,
                "testable": row.testable,
            }),
        };
        Ok(catalogue.rows().map(entry).collect())
    }
}

fn certificates() -> Vec<Entry> {
    let entry = |entry: &catalogue::Entry| Entry {
        line: format!("{:<26}  {}", entry.word.as_str(), entry.wrong),
        object: json!({ "word": entry.word.as_str(), "wrong": entry.wrong }),
    };
    catalogue::entries().iter().map(entry).collect()
}
