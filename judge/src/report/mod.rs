//! Station 7: verdicts are told, to people and to programs.

mod summary;

mod coverage;
mod json;
mod terminal;
mod timeline;

#[cfg(test)]
mod tests;

pub use coverage::{
    COVERAGE_VERSION, Coverage, Elsewhere, ElsewhereError, RowCoverage, SourceCoverage, State, Test,
};
pub use json::{REPORT_VERSION, json};
pub use summary::{Summary, exit_code};
pub use terminal::{Colour, detail, line, statement, summary, wrapped};
