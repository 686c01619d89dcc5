//! Who is tested: the engine in this process, the same as a program, or a relay that a profile tells of.

use std::str::FromStr;
use std::sync::Arc;

use mtaspec::builtin::BuiltIn;
use mtaspec::own_relay::OwnRelay;
use mtaspec_harness::plan::{AddressMode, Pools};
use mtaspec_harness::subject::profile::Profile;
use mtaspec_harness::subject::{RelayOfRun, Subject};
use mtaspec_judge::verdict::KnownFailure;

use crate::external::External;
use crate::relays::profile_folder;
use crate::trouble::Trouble;

/// A subject as it is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SubjectWord {
    /// The built-in engine, in this process and by a clock of its own.
    Engine,
    /// The same as `mtaspec relay`, a process for each case.
    Relay,
    /// A relay with a profile, by name or by folder.
    Profile(String),
}

impl FromStr for SubjectWord {
    type Err = std::convert::Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "engine" => Self::Engine,
            "relay" => Self::Relay,
            other => Self::Profile(other.to_owned()),
        })
    }
}

/// Whoever is tested, ready to be.
pub(crate) enum Tested {
    /// One that is made anew for each case.
    Anew(Arc<dyn Subject>),
    /// One that serves all cases of the run.
    Relay(Arc<RelayOfRun>),
}

impl Tested {
    /// Where the fakes listen that it calls.
    pub(crate) fn addresses(&self) -> AddressMode {
        match self {
            Self::Anew(_) => AddressMode::Apart,
            Self::Relay(_) => AddressMode::Real(Pools::NAMESPACE),
        }
    }

    /// What it is known to fail.
    pub(crate) fn known_failures(&self) -> Vec<KnownFailure> {
        match self {
            Self::Anew(_) => Vec::new(),
            Self::Relay(relay) => {
                let known = relay.profile().known_failures.iter();
                known.cloned().collect()
            }
        }
    }

    /// As a subject like any other.
    pub(crate) fn subject(&self) -> Arc<dyn Subject> {
        match self {
            Self::Anew(subject) => Arc::clone(subject),
            Self::Relay(relay) => Arc::clone(relay) as Arc<dyn Subject>,
        }
    }
}

impl SubjectWord {
    /// The relay of a profile; none for those that need no profile.
    pub(crate) fn external(&self) -> Result<Option<External>, Trouble> {
        match self {
            Self::Engine | Self::Relay => Ok(None),
            Self::Profile(word) => Ok(Some(External::new(load(word)?))),
        }
    }

    /// Those that need no profile.
    pub(crate) fn made_anew(&self) -> Result<Tested, Trouble> {
        match self {
            Self::Relay => {
                let program = std::env::current_exe().map_err(|error| {
                    Trouble::run(format!("this program cannot tell where it is: {error}"))
                })?;
                Ok(Tested::Anew(Arc::new(OwnRelay::of(program))))
            }
            _ => Ok(Tested::Anew(Arc::new(BuiltIn))),
        }
    }
}

fn load(word: &str) -> Result<Profile, Trouble> {
    Profile::load(&profile_folder(word)?).map_err(|problems| Trouble::profile(&problems))
}
