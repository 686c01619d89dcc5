//! Why a command ends early: one sentence with the remedy, and the exit code.

use std::fmt;
use std::process::ExitCode;

use mtaspec_engine::settings::SavedError;
use mtaspec_judge::scenario::Problems;

/// The end of a command that could not do its work.
#[derive(Debug)]
pub(crate) struct Trouble {
    code: u8,
    /// What was found, each with its place.
    details: String,
    message: String,
}

impl Trouble {
    /// Bad usage, a bad file, or nothing to do.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self {
            code: 2,
            details: String::new(),
            message: message.to_string(),
        }
    }

    /// Bad files: every problem on lines of its own, so that editors find the places, and a sentence about all.
    pub(crate) fn files(problems: &Problems) -> Self {
        let count = match problems.len() {
            1 => "1 problem".to_owned(),
            many => format!("{many} problems"),
        };
        Self {
            code: 2,
            details: format!("{problems}\n"),
            message: format!("{count} in scenario files"),
        }
    }

    /// A bad profile of a relay.
    pub(crate) fn profile(problems: &Problems) -> Self {
        let count = match problems.len() {
            1 => "1 problem".to_owned(),
            many => format!("{many} problems"),
        };
        Self {
            message: format!("{count} in the profile"),
            ..Self::files(problems)
        }
    }

    /// A bad list of known failures.
    pub(crate) fn known_failures(problems: &Problems) -> Self {
        Self {
            message: "this is no list of known failures".to_owned(),
            ..Self::files(problems)
        }
    }

    /// Bad settings: every problem on lines of its own, and a sentence about all.
    pub(crate) fn settings(problems: &mtaspec_engine::settings::file::Problems) -> Self {
        let count = match problems.iter().count() {
            1 => "1 problem".to_owned(),
            many => format!("{many} problems"),
        };
        Self {
            code: 2,
            details: problems
                .iter()
                .map(|problem| format!("{problem}\n"))
                .collect(),
            message: format!("{count} in settings"),
        }
    }

    /// Saved settings that cannot be read or written.
    pub(crate) fn saved_settings(error: SavedError) -> Self {
        match error {
            SavedError::Problems(problems) => Self::settings(&problems),
            SavedError::Broken { .. } => Self::run(error),
            other => match std::error::Error::source(&other) {
                // The disk, most likely.
                Some(source) => Self::run(format!("{other}: {source}")),
                None => Self::usage(other),
            },
        }
    }

    /// The run could not start, or went wrong.
    pub(crate) fn run(message: impl fmt::Display) -> Self {
        Self {
            code: 3,
            details: String::new(),
            message: message.to_string(),
        }
    }

    /// The run could not start, or went wrong, with what lies behind it in the same sentence.
    pub(crate) fn with_cause(error: &dyn std::error::Error) -> Self {
        match error.source() {
            Some(cause) => Self::run(format!("{error}: {cause}")),
            None => Self::run(error),
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}mtaspec: {}",
            self.details,
            self.message.trim_end()
        )
    }
}
