//! `mtaspec doctor`: what this machine can and cannot do, and what follows for the subjects that can be run.

mod facts;
mod subjects;
mod words;

use std::process::ExitCode;

use clap::Args;
use mtaspec_harness::namespace::{Kind, try_making};

use self::facts::Facts;
use crate::output::{say, say_line};
use crate::trouble::Trouble;

/// The argument by which this command tries something in a process of its own.
const TRY: &str = "--try";

/// Tell what this machine can and cannot do, and which subjects can be run
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Make a namespace of this kind, and end
    #[arg(long = "try", hide = true, value_name = "KIND", value_parser = kind)]
    kind: Option<Kind>,
}

fn kind(word: &str) -> Result<Kind, String> {
    let found = Kind::ALL.into_iter().find(|kind| kind.word() == word);
    found.ok_or_else(|| "this is no kind of namespace".to_owned())
}

impl Doctor {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        if let Some(kind) = self.kind {
            return match try_making(kind) {
                Ok(()) => Ok(ExitCode::SUCCESS),
                Err(error) => Err(Trouble::with_cause(&error)),
            };
        }
        let facts = Facts::of_this_machine();
        if self.json {
            let text = serde_json::to_string(&facts).map_err(Trouble::run)?;
            say_line(&text);
        } else {
            say(&words::render(&facts));
        }
        Ok(match facts.inside.works {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(3),
        })
    }
}
