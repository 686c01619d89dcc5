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
    /// A rule wants the sender authenticated, and he is not.
    Unauthenticated {
        /// For whose mail.
        sender: String,
    },
    /// A rule wants the sender authenticated, and the DNS does not tell whether he is.
    Unknown {
        /// For whose mail.
        sender: String,
    },
    /// The sender's domain takes no mail (RFC 7505 §4.1).
    NullMx {
        /// The domain.
        domain: String,
    },
    /// The From field is so long that it is not read.
    Unreadable,
}

impl Rejection {
    /// Basic code and enhanced code.
    ///
    /// Choice: 5.7.1 where TLS is missing, since 5.7.10 stands for authentication and REQUIRETLS, and 5.7.5 where a
    /// certificate does not do; no code is registered for a rule of this kind. 5.7.26 is for a sender whom neither
    /// SPF nor DKIM shows to be the one he says he is (RFC 7372 §3.3).
    #[must_use]
    pub(crate) fn codes(&self) -> (u16, &'static str) {
        match &self.reason {
            Reason::Plaintext { .. } => (550, "5.7.1"),
            Reason::Chain { .. } | Reason::Name { .. } => (550, "5.7.5"),
            Reason::Unauthenticated { .. } => (550, "5.7.26"),
            Reason::Unknown { .. } => (451, "4.4.3"),
            Reason::NullMx { .. } => (550, "5.7.27"),
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
            Self::Unauthenticated { sender } => write!(
                formatter,
                "Mail from {sender} is taken only from authenticated senders, and neither SPF nor DKIM nor a login of this \
                 session speaks for this one"
            ),
            Self::Unknown { sender } => write!(
                formatter,
                "Mail from {sender} is taken only from authenticated senders, and the DNS does not answer now: try again \
                 later"
            ),
            Self::NullMx { domain } => write!(
                formatter,
                "Mail from {domain} is not taken, since that domain takes no mail itself"
            ),
            Self::Unreadable => {
                formatter.write_str("The header is too long to tell whom the message is from")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_plain_words_and_fits_a_reply_line() {
        let domain = || "partner.test".to_owned();
        let fault = || "no certificate was shown".to_owned();
        let reasons = [
            Reason::Plaintext { sender: domain() },
            Reason::Chain {
                sender: domain(),
                fault: fault(),
            },
            Reason::Name {
                sender: domain(),
                fault: fault(),
            },
            Reason::Unauthenticated { sender: domain() },
            Reason::Unknown { sender: domain() },
            Reason::NullMx { domain: domain() },
            Reason::Unreadable,
        ];
        let lines: Vec<String> = reasons
            .into_iter()
            .map(|reason| Rejection { reason, rule: None }.to_string())
            .collect();
        assert!(lines.iter().all(|line| line.len() + 2 <= 512), "{lines:?}");
        insta::assert_snapshot!(lines.join("\n"));
    }
}
