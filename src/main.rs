//! The command: arguments, progress, exit codes. No rule of mail or of testing lives here.

mod address_map;
mod commands;
mod engine_settings;
mod external;
mod naming;
mod output;
mod progress;
mod relays;
mod running_relay;
mod runtime;
mod selection;
mod signals;
mod subjects;
mod trouble;
mod whereabouts;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::trouble::Trouble;

/// A conformance suite for SMTP transport security.
#[derive(Debug, Parser)]
#[command(name = "mtaspec", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let code = command.run().unwrap_or_else(|trouble| {
        output::complain(&trouble.to_string());
        trouble.code()
    });
    match output::lost() {
        None => code,
        Some(reason) => {
            let trouble = Trouble::run(format!(
                "standard output cannot be written: {reason}; make room, or send it elsewhere"
            ));
            output::complain(&trouble.to_string());
            trouble.code()
        }
    }
}
