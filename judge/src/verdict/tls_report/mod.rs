//! TLS reports (RFC 8460): found among the events (`arrived`), held against what the RFC asks of their body (`body`, read by
//! `unique`) and of the mail that brings them (`mail`), and against what the world has seen: `truth`, which counts the
//! `session`s, and asks `cause` whether there was anything that could fail in the way that is reported.

mod arrived;
mod body;
mod cause;
mod mail;
mod problem;
mod session;
mod truth;
mod unique;

pub(crate) use arrived::{ArrivedReport, reports, tables};
pub use body::report_problems;
pub(crate) use cause::{has_any_trouble, hosts_said_no};
pub(crate) use truth::lies;

#[cfg(test)]
mod tests;
