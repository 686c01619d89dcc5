//! `mtaspec probe`: "Test TLS connection", before anybody relies on a rule.

mod json;
mod surroundings;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use mtaspec_engine::Engine;
use mtaspec_engine::outside::{MappedNetwork, Outside};
use mtaspec_engine::probe::About;

use crate::address_map;
use crate::engine_settings::taken;
use crate::output::say;
use crate::runtime::runtime;
use crate::trouble::Trouble;

/// Test the connection to the hosts of a domain, and tell what rules would make of it
///
/// Visits every host that would take the mail, as far as a sender comes before MAIL. Exit status: 0 if mail would go as
/// the rules ask (without a rule: over TLS, to the right name, with a trusted certificate), 1 if not.
#[derive(Debug, Args)]
pub(crate) struct Probe {
    /// A domain, or an address as `user@example.test`
    #[arg(value_name = "DOMAIN|ADDRESS|HOST")]
    about: String,
    /// It is a host: look up no MX records
    #[arg(long)]
    host: bool,
    /// Settings whose rules, routes, trusted authorities and resolvers hold
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// A resolver to ask instead of the settings' or the system's
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Vec<SocketAddr>,
    /// Trusted authorities in PEM form [default: the settings' or the system's]
    #[arg(long, value_name = "FILE", conflicts_with = "settings")]
    trust: Option<PathBuf>,
    /// Real addresses behind logical ones, as TOML or JSON: `"198.18.0.3:25" = "127.0.0.1:40123"`
    #[arg(long, value_name = "FILE")]
    address_map: Option<PathBuf>,
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
        let mut settings = match &self.settings {
            Some(path) => taken(path)?.settings().clone(),
            None => surroundings::from_system(self.trust.as_deref())?,
        };
        if !self.resolver.is_empty() {
            settings.resolvers = self.resolver;
        }
        let mut outside = Outside::system();
        if let Some(path) = &self.address_map {
            outside.network = Arc::new(MappedNetwork::new(address_map::read(path)?));
        }
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
