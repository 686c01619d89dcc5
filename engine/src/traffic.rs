//! How much mail came and went in TLS, in which version and with which suite, and how much in plaintext.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::settings::TlsVersion;
use crate::tls::Suite;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It was taken over.
    Inbound,
    /// A receiver took it over.
    Outbound,
}

/// What TLS a message went in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spoken {
    /// The version.
    pub version: TlsVersion,
    /// The cipher suite, as it is registered.
    pub cipher: &'static str,
}

/// How many messages went one way alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Traffic {
    /// Which way.
    pub direction: Direction,
    /// In what TLS; none is plaintext.
    pub tls: Option<Spoken>,
    /// How many. A message that went to several hosts counts at each.
    pub messages: u64,
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        })
    }
}

/// One line of a report: `inbound TLSv1.3 TLS_AES_128_GCM_SHA256 12`.
impl fmt::Display for Traffic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (direction, messages) = (self.direction, self.messages);
        match self.tls {
            Some(Spoken { version, cipher }) => {
                write!(formatter, "{direction} {version} {cipher} {messages}")
            }
            None => write!(formatter, "{direction} plaintext {messages}"),
        }
    }
}

impl Spoken {
    pub(crate) fn new(version: TlsVersion, suite: Suite) -> Self {
        Self {
            version,
            cipher: suite.registered,
        }
    }
}

/// Counts messages. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Counts>>);

/// Messages, by how they went.
type Counts = BTreeMap<(Direction, Option<Spoken>), u64>;

impl Meter {
    /// One message more.
    pub(crate) fn count(&self, direction: Direction, tls: Option<Spoken>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((direction, tls)).or_insert(0) += 1;
    }

    /// All that was counted, in a fixed order.
    pub(crate) fn read(&self) -> Vec<Traffic> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((direction, tls), messages)| Traffic {
                direction: *direction,
                tls: *tls,
                messages: *messages,
            })
            .collect()
    }
}
