//! Which rows of the catalogue are spoken for, by what, and which are not and why, per source.
//!
//! `whole` joins the catalogue with cases and with what shows rows elsewhere, `row` says what is shown of one row, and
//! `elsewhere` reads the list of rows that no scenario can show.

mod elsewhere;
mod row;
mod whole;

#[cfg(test)]
mod tests;

pub use elsewhere::{Elsewhere, ElsewhereError, Test};
pub use row::{RowCoverage, State};
pub use whole::{COVERAGE_VERSION, Coverage, SourceCoverage};
