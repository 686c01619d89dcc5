//! Station 7: verdicts are told, to people and to programs.

mod summary;

mod coverage;
mod known_failures;
mod run_report;
mod terminal;
mod timeline;

#[cfg(test)]
mod known_failures_tests;
#[cfg(test)]
mod reports_made_up;
#[cfg(test)]
mod run_report_tests;
#[cfg(test)]
mod tests;

pub use coverage::{
    COVERAGE_VERSION, Coverage, Elsewhere, ElsewhereError, RowCoverage, SourceCoverage, State, Test,
};
pub use known_failures::{draft, unmet};
pub use run_report::{
    CaseReport, FindingReport, LONGEST_REPORT, OutcomeReport, REPORT_VERSION, ReportError,
    RunReport,
};
pub use summary::{Summary, exit_code};
pub use terminal::{Colour, detail, line, statement, summary, wrapped};
