//! Every certificate an mtaspec scenario may name, and the test authorities that sign them.

mod specification;

pub use specification::{CertificateSpec, KeyKind, Word};
