//! `mtaspec schema`: the JSON Schema of scenario files, for editors.

use std::process::ExitCode;

use clap::Args;
use mtaspec_judge::scenario::schema;

use crate::output::say_line;
use crate::trouble::Trouble;

/// Print the JSON Schema of scenario files
#[derive(Debug, Args)]
pub(crate) struct Schema {}

impl Schema {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let text = serde_json::to_string_pretty(&schema())
            .map_err(|error| Trouble::run(format!("the schema cannot be printed: {error}")))?;
        say_line(&text);
        Ok(ExitCode::SUCCESS)
    }
}
