//! Reports beside each other: one matrix, subjects by cases.

mod data;
mod table;

#[cfg(test)]
mod tests;

pub(super) use data::labels;
pub use data::{Cell, Column, FiledReport, MATRIX_VERSION, Matrix, MatrixRow};
pub use table::{By, View, Which};
pub(super) use table::{date, seconds};
