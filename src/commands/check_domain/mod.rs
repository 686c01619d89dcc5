//! `mtaspec check-domain`: what a domain has published about the security of its mail, as senders see it.

mod json;
mod words;

use std::process::ExitCode;

use clap::Args;
use mtaspec_engine::Engine;
use mtaspec_engine::address::DomainName;

use super::surroundings::Surroundings;
use crate::output::say;
use crate::runtime::runtime;
use crate::trouble::Trouble;

/// Look at what a domain has published about the security of its mail, and tell every problem
///
/// Reads the STS record, the policy and the record for TLS reports as senders do, and says what is to be published. Exit
/// status: 0 if senders will do what the domain wants (warnings count for nothing), 1 if not.
#[derive(Debug, Args)]
pub(crate) struct CheckDomain {
    /// A domain, as `example.test`
    domain: String,
    #[command(flatten)]
    surroundings: Surroundings,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl CheckDomain {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let domain = DomainName::parse(&self.domain)
            .map_err(|error| Trouble::usage(format!("{error}; give a domain, as example.test")))?;
        let (settings, outside) = self.surroundings.found()?;
        let published = runtime()?
            .block_on(Engine::check_domain(settings, outside, domain))
            .map_err(|error| Trouble::run(format!("nothing can be looked at: {error}")))?;
        if self.json {
            say(&json::told(&published));
        } else {
            say(&words::told(&published));
        }
        Ok(if published.passed() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}
