//! The kinds of namespaces.

use std::fmt;

/// A kind of namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Users and rights.
    User,
    /// Interfaces, addresses and ports.
    Network,
    /// What is mounted where.
    Mount,
    /// Processes.
    Process,
    /// The name of the machine.
    HostName,
    /// Shared memory and queues of messages.
    Ipc,
}

impl Kind {
    /// All of them, in the order in which they are made: the first gives the right to the others.
    pub const ALL: [Self; 6] = [
        Self::User,
        Self::Network,
        Self::Mount,
        Self::Process,
        Self::HostName,
        Self::Ipc,
    ];

    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Network => "network",
            Self::Mount => "mount",
            Self::Process => "process",
            Self::HostName => "host name",
            Self::Ipc => "IPC",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}
