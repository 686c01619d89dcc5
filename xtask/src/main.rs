//! The chores of mtaspec: each is a module, a word of [`Chore`] and a line of `main`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod certs;
mod mistakes;
mod schema;
mod tidy;

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
    /// Makes mistakes in the engine, one at a time, and asks whether the suite sees each for what it is
    Mistakes(mistakes::Arguments),
    /// Writes the JSON Schema and the reference page of scenario files, or compares them
    Schema(schema::Arguments),
    /// Checks the house rules: arrows, file length and names, citations, scenario ids
    Tidy,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().chore {
        Chore::Certs(arguments) => certs::run(&arguments),
        Chore::Mistakes(arguments) => mistakes::run(&arguments),
        Chore::Schema(arguments) => schema::run(&arguments),
        Chore::Tidy => tidy::run(),
    }
}
