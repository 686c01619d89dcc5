//! One file a command.

mod check;
mod check_domain;
mod config;
mod coverage;
mod diff;
mod doctor;
mod init;
mod inside;
mod judge;
mod known_failures;
mod list;
mod merge;
mod pki;
mod probe;
mod recorded;
mod relay;
mod report_file;
mod reports;
mod run;
mod schema;
mod serve;
mod settings;
mod show;
mod subject;
mod surroundings;

use std::process::ExitCode;

use clap::Subcommand;

use crate::trouble::Trouble;

/// What the command can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run cases and say what is right and wrong
    Run(Box<run::Run>),
    /// List cases, certificates or requirements
    List(list::List),
    /// Tell what a case sets up, what it expects, and on which text it rests
    Show(show::Show),
    /// Read scenario files, or the profile of a relay, and tell every problem
    Check(check::Check),
    /// Tell which requirements the suite speaks for, and which it does not
    Coverage(coverage::TellCoverage),
    /// Judge recordings again
    Judge(judge::JudgeAgain),
    /// Put reports beside each other: subjects by cases
    Merge(merge::Merge),
    /// Hold a report against an older one; the exit code is 1 if anything is worse
    Diff(diff::Diff),
    /// Print the JSON Schema of scenario files
    Schema(schema::Schema),
    /// Keep the fake Internet up and tell who is where
    Serve(serve::Serve),
    /// Print what to put into a relay that already runs
    Config(config::Config),
    /// Test the connection to the hosts of a domain, and tell what rules would make of it
    Probe(probe::Probe),
    /// Look at what a domain has published about the security of its mail, and tell every problem
    CheckDomain(check_domain::CheckDomain),
    /// Take mail and bring it where it belongs, or look at what waits
    Relay(relay::Relay),
    /// Check, show, search and apply settings of the engine
    Settings(settings::Settings),
    /// Write the profile of a relay
    Subject(subject::Subject),
    /// Make test authorities of your own
    Pki(pki::Pki),
    /// Tell what this machine can and cannot do, and which subjects can be run
    Doctor(doctor::Doctor),
    /// Run a command in namespaces of its own, as relays are run
    Inside(inside::Inside),
    #[command(hide = true)]
    Init(init::Init),
}

impl Command {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        match self {
            Self::Run(run) => run.run(),
            Self::List(list) => list.run(),
            Self::Show(show) => show.run(),
            Self::Check(check) => check.run(),
            Self::Coverage(coverage) => coverage.run(),
            Self::Judge(judge) => judge.run(),
            Self::Merge(merge) => merge.run(),
            Self::Diff(diff) => diff.run(),
            Self::Schema(schema) => schema.run(),
            Self::Serve(serve) => serve.run(),
            Self::Config(config) => config.run(),
            Self::Probe(probe) => probe.run(),
            Self::CheckDomain(check) => check.run(),
            Self::Relay(relay) => relay.run(),
            Self::Settings(settings) => settings.run(),
            Self::Subject(subject) => subject.run(),
            Self::Pki(pki) => pki.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Inside(inside) => inside.run(),
            Self::Init(init) => init.run(),
        }
    }
}
