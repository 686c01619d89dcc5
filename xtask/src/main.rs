//! The chores of mtaspec: each is a module, a word of [`Chore`] and a line of `main`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod certs;

/// The chores of mtaspec.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Makes the committed test authorities anew, or compares them with the catalogue
    Certs(certs::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().chore {
        Chore::Certs(arguments) => certs::run(&arguments),
    }
}
