//! `cargo xtask certs`: the committed test authorities.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use mtaspec_certs::{AuthorityFiles, catalogue, inspect, inspect_fixtures};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Write nothing; say what differs from the catalogue
    #[arg(long)]
    check: bool,
}

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore speaks to whoever runs it"
)]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &Path::new(CRATE).with_file_name("certs").join("pki");
    if !arguments.check {
        AuthorityFiles::generate(catalogue::authorities())
            .and_then(|files| files.write(folder))
            .context("the authorities are as they were, or partly new")?;
        println!("made the authorities in certs/pki anew");
    }
    let mut differences = inspect(&AuthorityFiles::read(folder)?, catalogue::authorities());
    differences.extend(inspect_fixtures());
    for difference in &differences {
        eprintln!("{difference}");
    }
    Ok(if differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
