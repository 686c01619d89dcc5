//! The command: arguments, progress, exit codes. No rule of mail or of testing lives here.

mod commands;
mod output;
mod progress;
mod selection;
mod trouble;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;

/// A conformance suite for SMTP transport security.
#[derive(Debug, Parser)]
#[command(name = "mtaspec", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    command.run().unwrap_or_else(|trouble| {
        output::complain(&format!("mtaspec: {trouble}"));
        trouble.code()
    })
}
