//! The last report that came in and was good enough to be used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::delivery::{Recipient, Workshop};

use super::super::failure::fitted;
use super::file::ReadReport;
use super::reading;

/// Takes reports in. Clones are the same one, which outlives a change of settings.
#[derive(Clone, Default)]
pub(crate) struct Inbox {
    last: Arc<Mutex<Option<ReadReport>>>,
}

impl Inbox {
    /// Looks at a message that was taken: if it is for an own domain and has a report in it, that is read, and kept if it can
    /// be used. The message goes its way all the same.
    pub(crate) async fn look_at(
        &self,
        workshop: &Workshop,
        recipients: &[Recipient],
        content: &[u8],
    ) {
        let own = &workshop.settings.receiving.domains;
        if !(recipients.iter()).any(|recipient| own.contains(recipient.mailbox.domain())) {
            return;
        }
        let (outside, directory) = (&workshop.outside, &workshop.resolver);
        match reading::read(content, own, outside, directory).await {
            None => {}
            Some(Ok(report)) => {
                let (successful, failed) = report.counts();
                let mut domains: Vec<&str> = (report.policies.iter())
                    .map(|policy| policy.domain.as_str())
                    .collect();
                domains.sort_unstable();
                domains.dedup();
                tracing::info!(
                    domains = fitted(&domains.join(" ")),
                    submitter = %report.submitter,
                    id = fitted(&report.id),
                    successful,
                    failed,
                    "a TLS report was read"
                );
                *self.kept() = Some(report);
            }
            Some(Err(fault)) => {
                let fault = fitted(&fault.to_string());
                tracing::warn!(fault, "a TLS report is ignored");
            }
        }
    }

    /// The last one that was read.
    #[must_use]
    pub(crate) fn last(&self) -> Option<ReadReport> {
        self.kept().clone()
    }

    fn kept(&self) -> MutexGuard<'_, Option<ReadReport>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
