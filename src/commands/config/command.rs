//! Which relay, which cases, and what is printed.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use mtaspec_harness::internet::dns::TrustAnchor;
use mtaspec_harness::internet::tls::legacy_suites;
use mtaspec_harness::plan::{AddressBook, AddressMode, PlanOptions, PlannedCase, is_in_build};
use mtaspec_harness::runner::{twins_beside, with_causes};
use mtaspec_harness::subject::profile::{Configuration, Data};
use mtaspec_harness::subject::tell_first_step;
use mtaspec_judge::scenario::{Case, Family};

use super::tables;
use crate::output::say;
use crate::selection::SuiteFolder;
use crate::trouble::Trouble;
use crate::whereabouts::Whereabouts;

/// The word for a table that knows no relay.
const TABLE: &str = "table";
/// The file of every configuration.
const MAIN: &str = "config.j2";

/// Print what to put into a relay that already runs
#[derive(Debug, Args)]
pub(crate) struct Config {
    /// postfix, exim, opensmtpd; a folder of your own with config.j2; or `table`: one line a domain
    #[arg(value_name = "RELAY")]
    relay: String,
    /// Ids, globs, or files and folders of your own, as they are given to `serve` [default: all cases]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// The folder of the relay's machine that is to have the tables
    #[arg(long, value_name = "DIR", default_value = "/etc/mtaspec")]
    folder: PathBuf,
    /// The file of the relay's machine that is to have the authorities [default: root.pem in the folder]
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    whereabouts: Whereabouts,
    #[command(flatten)]
    suite: SuiteFolder,
}

impl Config {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let configuration = match self.relay.as_str() {
            TABLE => None,
            relay => Some(self.configuration(relay)?),
        };
        if self.whereabouts.has_token_of_now() {
            return Err(Trouble::usage(
                "nobody else has the token of now; write the one that `mtaspec serve` told, as --token=WORD",
            ));
        }
        let (options, plan) = self.whereabouts.options(SystemTime::now())?;
        if configuration.is_some() && !matches!(options.addresses, AddressMode::Real(_)) {
            return Err(Trouble::usage(
                "on free ports no relay finds the resolver; choose addresses as for `mtaspec serve`, as --ports real --pool 198.18.0.0/15",
            ));
        }
        let selection = self.suite.select(&self.patterns)?;
        let mut cases = selection.cases;
        cases.extend(twins_beside(&cases, &selection.known));
        let data = self.data(&cases, &AddressBook::new(options.addresses), &plan)?;
        match configuration {
            None => say(&tables::as_lines(&data)),
            Some(configuration) => {
                say(&configuration.render(&data).map_err(Trouble::usage)?);
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn configuration(&self, relay: &str) -> Result<Configuration, Trouble> {
        let own = PathBuf::from(relay);
        let known = self.suite.subjects().unwrap_or_default();
        let folder = if relay.contains('/') {
            own
        } else {
            known.join(relay)
        };
        if !folder.join(MAIN).is_file() {
            let mut names: Vec<String> = (known.read_dir().into_iter().flatten().flatten())
                .filter(|entry| entry.path().join(MAIN).is_file())
                .filter_map(|entry| entry.file_name().into_string().ok())
                .collect();
            names.sort();
            return Err(Trouble::usage(format!(
                "{} has no {MAIN}; give {}, a folder that has one, or {TABLE}",
                folder.display(),
                names.join(", ")
            )));
        }
        Configuration::load(&folder).map_err(|error| Trouble::usage(with_causes(&error)))
    }

    /// The same addresses and names as `serve` gives with the same arguments: twins, which only a run plays, come last.
    fn data(
        &self,
        cases: &[Arc<Case>],
        book: &AddressBook,
        plan: &PlanOptions,
    ) -> Result<Data, Trouble> {
        // The first is that of the resolver that does not validate.
        let resolvers = [(); 2].map(|()| book.give(Family::Ipv4));
        let [_, resolver] = resolvers;
        let resolver = resolver.map_err(|error| Trouble::run(with_causes(&error)))?;
        let folder = self.folder.clone();
        let mut data = Data {
            mtaspec: "mtaspec".into(),
            listen: Ipv4Addr::UNSPECIFIED.into(),
            port: 25,
            hostname: format!("relay.{}", plan.base),
            resolver,
            trust: (self.trust.clone()).unwrap_or_else(|| folder.join("root.pem")),
            anchor: TrustAnchor::committed().to_string(),
            certificate: folder.join("own.pem"),
            key: folder.join("own.key"),
            folder,
            user: "root".to_owned(),
            group: "root".to_owned(),
            root: true,
            domains: Vec::new(),
            aliases: Vec::new(),
            homes: Vec::new(),
            senders: Vec::new(),
        };
        for case in cases
            .iter()
            .filter(|case| is_in_build(case, legacy_suites()))
        {
            match PlannedCase::new(Arc::clone(case), plan, book) {
                Ok(planned) => tell_first_step(&planned, &mut data),
                Err(error) if error.needs_another_pool() => {}
                Err(error) => return Err(Trouble::run(with_causes(&error))),
            }
        }
        Ok(data)
    }
}
