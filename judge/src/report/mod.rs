//! Station 7: verdicts are told, to people and to programs.

mod summary;

mod comparison;
mod coverage;
mod known_failures;
mod matrix;
mod results_page;
mod run_report;
mod terminal;
mod timeline;

#[cfg(test)]
mod comparison_tests;
#[cfg(test)]
mod known_failures_tests;
#[cfg(test)]
mod reports_made_up;
#[cfg(test)]
mod results_page_tests;
#[cfg(test)]
mod run_report_tests;
#[cfg(test)]
mod tests;

pub use comparison::{COMPARISON_VERSION, Change, Comparison};
pub use coverage::{
    COVERAGE_VERSION, Coverage, Elsewhere, ElsewhereError, RowCoverage, SourceCoverage, State, Test,
};
pub use known_failures::{draft, unmet};
pub use matrix::{By, Cell, Column, FiledReport, MATRIX_VERSION, Matrix, MatrixRow, View, Which};
pub use results_page::{PageSubject, missed_musts, results_page};
pub use run_report::{
    CaseReport, FindingReport, LONGEST_REPORT, OutcomeReport, REPORT_VERSION, ReportError,
    RunReport,
};
pub use summary::{Summary, exit_code};
pub use terminal::{Colour, detail, line, statement, summary, wrapped};
