//! `mtaspec probe`: "Test TLS connection", before anybody relies on a rule.

mod json;
mod policy;
mod words;

use std::process::ExitCode;

use clap::Args;
use mtaspec_engine::Engine;
use mtaspec_engine::probe::About;

use super::surroundings::Surroundings;
use crate::output::say;
use crate::runtime::runtime;
use crate::trouble::Trouble;

/// Test the connection to the hosts of a domain, and tell what rules would make of it
///
/// Visits every host that would take the mail, as far as a sender comes before MAIL, and tells which TLSA records and which
/// MTA-STS policy hold. Exit status: 0 if mail would go to every host as the rules ask (without a rule: over TLS, to the
/// right name, with a trusted certificate) and as the domain has published, 1 if not.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// A domain, or an address as `user@example.test`
    #[arg(value_name = "DOMAIN|ADDRESS|HOST")]
    about: String,
    /// It is a host: look up no MX records
    #[arg(long)]
    host: bool,
    #[command(flatten)]
    surroundings: Surroundings,
    /// Print the certificates that were shown, in PEM form
    #[arg(long)]
    pem: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Probe {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let about = if self.host {
            About::parse_host(&self.about)
        } else {
            About::parse(&self.about)
        };
        let about = about.map_err(|error| {
            Trouble::usage(format!(
                "{error}; give a domain, a host or an address, as example.test or user@example.test"
            ))
        })?;
        let (settings, outside) = self.surroundings.found()?;
        let runtime = runtime()?;
        let probe = runtime
            .block_on(Engine::probe(settings, outside, about))
            .map_err(|error| Trouble::run(format!("nothing can be tested: {error}")))?;
        if self.json {
            say(&json::told(&probe, self.pem));
        } else {
            say(&words::told(&probe, self.pem));
        }
        Ok(if probe.passed() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}
