//! Why a message is not taken, and the reply that says so (RFC 5321 §4.2, RFC 3463).

use std::fmt;

/// A message that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// What is wrong.
    pub(crate) reason: Reason,
    /// The rule that asks for it, by its name; for the log alone.
    pub(crate) rule: Option<String>,
}

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Reason {
    /// A rule wants TLS.
    Plaintext {
        /// For whose mail.
        sender: String,
    },
    /// A rule wants a certificate that leads to a trusted authority.
    Chain {
        /// For whose mail.
        sender: String,
        /// What is wrong with the chain.
        fault: String,
    },
    /// A rule wants a certificate that names the host.
    Name {
        /// For whose mail.
        sender: String,
        /// What is wrong with the name.
        fault: String,
    },
    /// The From field is so long that it is not read.
    Unreadable,
}

impl Rejection {
    /// Basic code and enhanced code.
    ///
    /// Choice: 5.7.1 where TLS is missing, since 5.7.10 stands for authentication and REQUIRETLS, and 5.7.5 where a
    /// certificate does not do; no code is registered for a rule of this kind.
    #[must_use]
    pub(crate) fn codes(&self) -> (u16, &'static str) {
        match &self.reason {
            Reason::Plaintext { .. } => (550, "5.7.1"),
            Reason::Chain { .. } | Reason::Name { .. } => (550, "5.7.5"),
            Reason::Unreadable => (550, "5.6.0"),
        }
    }
}

/// The line of the reply, without its end.
impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, enhanced) = self.codes();
        write!(formatter, "{code} {enhanced} {}", self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plaintext { sender } => write!(
                formatter,
                "Mail from {sender} is taken only over TLS, and this session is in plaintext: use STARTTLS"
            ),
            Self::Chain { sender, fault } => write!(
                formatter,
                "Mail from {sender} is taken only from a client with a trusted certificate: {fault}"
            ),
            Self::Name { sender, fault } => write!(
                formatter,
                "Mail from {sender} is taken only from a client whose certificate has its EHLO name: {fault}"
            ),
            Self::Unreadable => {
                formatter.write_str("The header is too long to tell whom the message is from")
            }
        }
    }
}
