//! What a host may be used for, once it has shown something: obligation × what was shown → next step.
//!
//! | shown | no obligation | an obligation |
//! |---|---|---|
//! | lists STARTTLS | STARTTLS | STARTTLS |
//! | does not list it, or refuses it | plaintext in this session | violated: TLS not offered |
//! | refuses it with 421, so that the session ends | plaintext in a new session | violated: TLS not offered |
//! | the handshake fails | plaintext in a new session | violated: handshake |
//! | the certificate fails what is asked | used | violated: certificate |

use crate::obligation::Obligation;
use crate::tls::{ChainFault, HandshakeFault, NameFault, Verification};

/// How a session goes on after the EHLO answer in plaintext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With STARTTLS.
    Tls,
    /// As it is: the host has no TLS, and nothing obliges.
    Plaintext,
}

/// How a host failed the obligation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// It does not list STARTTLS.
    #[error("it does not offer TLS")]
    NotOffered,
    /// It lists STARTTLS, and refused it.
    #[error("it refused to start TLS: {0}")]
    Refused(String),
    /// No handshake came about.
    #[error("the TLS handshake failed: {0}")]
    Handshake(HandshakeFault),
    /// The certificate is not trusted.
    #[error("{0}")]
    Chain(ChainFault),
    /// The certificate is another host's.
    #[error("{0}")]
    Name(NameFault),
}

impl Violation {
    /// The enhanced status code of a notice: 5.7.4 where TLS was not to be had, 5.7.5 where it failed (RFC 3463 §3.8).
    #[must_use]
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self::NotOffered | Self::Refused(_) => "5.7.4",
            Self::Handshake(_) | Self::Chain(_) | Self::Name(_) => "5.7.5",
        }
    }

    /// The failure type (RFC 8460 §4.3).
    #[must_use]
    pub(crate) fn failure_type(&self) -> &'static str {
        match self {
            Self::NotOffered | Self::Refused(_) => "starttls-not-supported",
            Self::Handshake(_) => "validation-failure",
            Self::Chain(ChainFault::Expired) => "certificate-expired",
            Self::Chain(_) => "certificate-not-trusted",
            Self::Name(_) => "certificate-host-mismatch",
        }
    }
}

/// After the EHLO answer in plaintext.
pub(crate) fn after_hello(
    obligation: Obligation,
    lists_starttls: bool,
) -> Result<Start, Violation> {
    match (lists_starttls, obligation.requires_tls()) {
        (true, _) => Ok(Start::Tls),
        (false, false) => Ok(Start::Plaintext),
        (false, true) => Err(Violation::NotOffered),
    }
}

/// After an answer to STARTTLS that is not 220: may the session go on in plaintext?
///
/// Choice: under a rule any refusal counts as TLS not offered, 454 as well (RFC 3207 §4 leaves it to local policy). The
/// product page allows one attempt; without an obligation the mail goes on in plaintext at once.
pub(crate) fn after_refused_starttls(
    obligation: Obligation,
    told: String,
) -> Result<(), Violation> {
    if obligation.requires_tls() {
        Err(Violation::Refused(told))
    } else {
        Ok(())
    }
}

/// After a handshake that failed: may the sender come back to the host in plaintext?
///
/// Choice: without an obligation it comes back at once, to the same host, before the next one. RFC 3207 §4.1 leaves it to the
/// sender, and RFC 7435 §3 prefers mail in plaintext to none; a host whose TLS is broken would otherwise get none at all.
pub(crate) fn after_failed_handshake(
    obligation: Obligation,
    fault: HandshakeFault,
) -> Result<(), Violation> {
    if obligation.requires_tls() {
        Err(Violation::Handshake(fault))
    } else {
        Ok(())
    }
}

/// After a handshake that succeeded: is it enough? An opportunistic sender takes any certificate (RFC 7435 §4).
pub(crate) fn after_handshake(
    obligation: Obligation,
    verification: &Verification,
) -> Result<(), Violation> {
    match verification {
        Verification {
            chain: Err(fault), ..
        } if obligation.requires_chain() => Err(Violation::Chain(fault.clone())),
        Verification {
            name: Err(fault), ..
        } if obligation.requires_name() => Err(Violation::Name(fault.clone())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{DomainName, Mailbox};
    use crate::settings::{AddressList, Rule, Settings, Switches};

    /// Letters for the switches: `t` TLS, `c` chain, `n` name.
    fn obligation(letters: &str) -> Obligation {
        let mut settings =
            Settings::new(DomainName::parse("subject.home.test").unwrap(), Vec::new());
        let mut rule = Rule::new("secure", AddressList::parse(["example.test"]).unwrap());
        rule.switches = Switches {
            require_tls: letters.contains('t'),
            require_ca_signed: letters.contains('c'),
            validate_hostname: letters.contains('n'),
        };
        settings.rules.push(rule);
        let recipient = Mailbox::parse("user@example.test").unwrap();
        Obligation::and_next_hop(&settings, None, &recipient).1
    }

    #[test]
    fn without_starttls_only_an_obligation_keeps_mail_back() {
        // (obligation, is STARTTLS listed?, next step)
        let cases = [
            ("", true, Ok(Start::Tls)),
            ("", false, Ok(Start::Plaintext)),
            ("t", true, Ok(Start::Tls)),
            ("t", false, Err(Violation::NotOffered)),
            ("tcn", false, Err(Violation::NotOffered)),
            ("c", false, Err(Violation::NotOffered)),
        ];
        for (letters, listed, want) in cases {
            assert_eq!(
                after_hello(obligation(letters), listed),
                want,
                "{letters} {listed}"
            );
        }
    }

    #[test]
    fn a_refused_starttls_or_failed_handshake_is_as_good_as_none() {
        let told = "454 4.7.0 not now".to_owned();
        let fault = HandshakeFault("alert".into());
        assert_eq!(
            after_refused_starttls(Obligation::default(), told.clone()),
            Ok(())
        );
        assert_eq!(
            after_refused_starttls(obligation("t"), told.clone()),
            Err(Violation::Refused(told))
        );
        assert_eq!(
            after_failed_handshake(Obligation::default(), fault.clone()),
            Ok(())
        );
        assert_eq!(
            after_failed_handshake(obligation("t"), fault.clone()),
            Err(Violation::Handshake(fault))
        );
    }

    #[test]
    fn chain_and_name_count_only_where_they_are_asked_for() {
        let untrusted = || Err(ChainFault::UnknownIssuer);
        let misnamed = || Err(NameFault::Mismatch("mx.example.test".into()));
        // (obligation, chain, name, next step)
        let leave_chain = Err(Violation::Chain(ChainFault::UnknownIssuer));
        let leave_name = Err(Violation::Name(NameFault::Mismatch(
            "mx.example.test".into(),
        )));
        let cases = [
            ("", untrusted(), misnamed(), Ok(())),
            ("t", untrusted(), misnamed(), Ok(())),
            ("tc", untrusted(), Ok(()), leave_chain.clone()),
            ("tc", Ok(()), misnamed(), Ok(())),
            ("tn", Ok(()), misnamed(), leave_name.clone()),
            ("tn", untrusted(), Ok(()), Ok(())),
            ("tcn", untrusted(), misnamed(), leave_chain),
            ("tcn", Ok(()), misnamed(), leave_name),
            ("tcn", Ok(()), Ok(()), Ok(())),
        ];
        for (letters, chain, name, want) in cases {
            let verification = Verification { chain, name };
            assert_eq!(
                after_handshake(obligation(letters), &verification),
                want,
                "{letters} {verification:?}"
            );
        }
    }
}
