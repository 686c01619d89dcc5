//! What differs from the healthy twin, by name: the words in which fakes say what they have shown (`met`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One thing that differs from the twin. `Display` gives the text of a `met` event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// A fault, as [`super::Fault::written`] has it.
    Fault(String),
    /// `domain."NAME".KEY` (`mx`, `cname`, `records`, `dnssec`, `denial`, `sts.mode`, ...).
    Domain(String, String),
    /// `host."NAME".KEY`; of several connections one is enough.
    Host(String, String),
    /// `https."NAME".KEY`.
    Https(String, String),
    /// `attacker."NAME".KEY`.
    Attacker(String, String),
    /// `client.KEY`.
    Client(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(written) => write!(formatter, "fault {written}"),
            Self::Domain(name, key) => write!(formatter, "domain.\"{name}\".{key}"),
            Self::Host(name, key) => write!(formatter, "host.\"{name}\".{key}"),
            Self::Https(name, key) => write!(formatter, "https.\"{name}\".{key}"),
            Self::Attacker(name, key) => write!(formatter, "attacker.\"{name}\".{key}"),
            Self::Client(key) => write!(formatter, "client.{key}"),
        }
    }
}
