//! What a subject says that the world did not see: in notices (RFC 3464) and in TLS reports (RFC 8460), over a whole
//! recording, whatever the case expects.

use super::evidence::Evidence;
use super::{notice_truth, tls_report};
use crate::events::Recording;

/// Something that a subject says and the world did not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untruth {
    /// Index of the event with which the notice or the report came.
    pub event: usize,
    /// What is said, and what was seen.
    pub text: String,
}

/// All untruths of a recording, in the order in which they came.
#[must_use]
pub fn untruths(recording: &Recording) -> Vec<Untruth> {
    let evidence = Evidence::new(recording);
    let told = tls_report::lies(&evidence).into_iter();
    let told = told.chain(notice_truth::lies(&evidence));
    let mut untruths: Vec<Untruth> = told.map(|(event, text)| Untruth { event, text }).collect();
    untruths.sort_by_key(|one| one.event);
    untruths
}
