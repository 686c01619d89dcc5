//! What the TLSA records of a host ask of mail to it, for a connection test.

use crate::dane::{Asked, DaneFault};
use crate::delivery::Hop;

use super::sight::Trouble;

/// What the TLSA records of a host ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaneProbe(Result<Asked, DaneFault>);

impl DaneProbe {
    pub(super) fn new(asked: Result<Asked, DaneFault>) -> Self {
        Self(asked)
    }

    /// A word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match &self.0 {
            Ok(Asked::Nothing) => "none",
            Ok(Asked::Tls(_)) => "unusable",
            Ok(Asked::Records(..)) => "usable",
            Ok(Asked::Audit(..)) => "audit",
            Err(_) => "failed",
        }
    }

    /// What they ask, in words; none: nothing, since there are none that can be believed.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        Some(match &self.0 {
            Ok(Asked::Nothing) => return None,
            Ok(Asked::Tls(_)) => {
                "none of the TLSA records is usable; they ask for TLS, with any certificate"
                    .to_owned()
            }
            Ok(Asked::Records(..)) => {
                "TLSA records ask for TLS, with a certificate that fits one of them".to_owned()
            }
            Ok(Asked::Audit(..)) => {
                "TLSA records, which the settings have looked at alone".to_owned()
            }
            Err(fault) => fault.to_string(),
        })
    }

    /// The TLSA base domain.
    #[must_use]
    pub fn base(&self) -> Option<&str> {
        let base = self.0.as_ref().ok()?.base()?;
        Some(base.as_str())
    }

    /// The records, in the form of zone files.
    #[must_use]
    pub fn records(&self) -> Vec<String> {
        let asked = self.0.as_ref().ok();
        let published = asked.and_then(Asked::published);
        published.map_or_else(Vec::new, |published| {
            published.records.iter().map(ToString::to_string).collect()
        })
    }

    /// Why the host is left out whatever it shows.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let fault = self.0.as_ref().err()?;
        Some(Trouble {
            at: Hop::Tlsa,
            text: fault.to_string(),
            failure: fault.failure_type(),
        })
    }

    /// What mail would ask of the host.
    pub(super) fn asked(&self) -> Asked {
        self.0.clone().unwrap_or_default()
    }

    /// The same, so that everything is shown and nothing ends the visit.
    pub(super) fn looked_at(&self) -> Asked {
        match self.asked() {
            Asked::Records(published, records) => Asked::Audit(published, records),
            other => other,
        }
    }
}
