//! `mtaspec coverage`: which requirements the suite speaks for when the built-in engine plays it.

use std::process::ExitCode;

use clap::Args;
use mtaspec::builtin::BuiltIn;
use mtaspec_harness::internet::tls::legacy_suites;
use mtaspec_harness::plan::{Order, Skip};
use mtaspec_harness::runner::with_causes;
use mtaspec_harness::subject::Subject as _;
use mtaspec_judge::report::{Coverage, Elsewhere};

use crate::output::{say, say_line};
use crate::selection::SuiteFolder;
use crate::trouble::Trouble;

/// What a case needs that this build was made without.
const LEGACY_TLS: &str = "legacy-tls";
/// What shows rows that no scenario can show, as it was when this program was built.
const ELSEWHERE: &str = include_str!("../../tests/rows.toml");

/// Tell which requirements the suite speaks for, and which it does not
#[derive(Debug, Args)]
pub(crate) struct TellCoverage {
    /// Documents, as `rfc8461`; their rows are told one by one [default: all, in numbers]
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Tell each row of all sources
    #[arg(long)]
    rows: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    suite: SuiteFolder,
}

impl TellCoverage {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let coverage = self.coverage()?;
        if self.json {
            let text = serde_json::to_string(&coverage)
                .map_err(|error| Trouble::run(with_causes(&error)))?;
            say_line(&text);
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = coverage.table();
        if self.rows || !self.sources.is_empty() {
            text.push_str(&coverage.rows());
        }
        say(&text);
        Ok(ExitCode::SUCCESS)
    }

    /// Of the sources that were asked for; of all when none was.
    fn coverage(&self) -> Result<Coverage, Trouble> {
        let selection = self.suite.select(&[])?;
        let order = Order::of(
            selection.cases.iter().cloned(),
            &BuiltIn.capabilities(),
            legacy_suites(),
            None,
        );
        let played = order.run.iter().map(AsRef::as_ref);
        let skipped = order.skipped.iter().map(|skipped| {
            let needs = match &skipped.why {
                Skip::Needs(capabilities) => capabilities.clone(),
                Skip::NotInThisBuild => vec![LEGACY_TLS.to_owned()],
            };
            (skipped.case.as_ref(), needs)
        });
        let elsewhere =
            Elsewhere::parse(ELSEWHERE).map_err(|error| Trouble::run(with_causes(&error)))?;
        let coverage = Coverage::of(&selection.catalogue, played, skipped, &elsewhere);
        let known: Vec<&str> = coverage.sources().collect();
        let is_unknown = |source: &&String| !known.contains(&source.as_str());
        if let Some(unknown) = self.sources.iter().find(is_unknown) {
            return Err(Trouble::usage(format!(
                "no source is called {unknown:?}; there are {}",
                known.join(", ")
            )));
        }
        Ok(if self.sources.is_empty() {
            coverage
        } else {
            coverage.only(&self.sources)
        })
    }
}
