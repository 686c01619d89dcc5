//! Station 6: a recording becomes outcomes, outcomes become findings, findings become a verdict.
//!
//! All of it is a function of the recording: the same recording gives the same verdict on any machine, at any time.

mod case_verdict;
mod doubt;
mod known_failure;
mod known_list;
mod options;

mod content;
mod delivery;
mod event_findings;
mod finding;
mod scope;
mod wanted;

mod leaks;
mod outcome;
mod rounds;

mod connections;
mod dealing;
mod derive;
mod embedded;
mod evidence;
mod messages;
mod notice;
mod notice_truth;
mod pattern;
mod received;
mod status_code;
mod survival;
mod tls_report;
mod untruth;
mod wildcard;

#[cfg(test)]
mod content_tests;
#[cfg(test)]
mod delivery_tests;
#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod known_failure_tests;
#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod outcome_tests;
#[cfg(test)]
mod rounds_tests;
#[cfg(test)]
mod suite_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod verdict_tests;

pub use case_verdict::{CaseResult, Verdict, judge};
pub use doubt::TwinResult;
pub use evidence::is_home;
pub use finding::{Finding, FindingVerdict};
pub use known_failure::{FailureKind, KnownFailure, Unmet, unmet};
pub use known_list::read_known_failures;
pub use messages::copy_names;
pub use notice::{Notice, NoticeRecipient, Returned};
pub use options::{JudgeOptions, RowProfile};
pub use outcome::{Fate, Outcome};
pub use tls_report::report_problems;
pub use untruth::{Untruth, untruths};
pub use wanted::told;
