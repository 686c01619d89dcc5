//! What a host may be used for, once it has shown something: obligation × what was shown → next step.
//!
//! | shown | no obligation | an obligation |
//! |---|---|---|
//! | lists STARTTLS | STARTTLS | STARTTLS |
//! | does not list it, or refuses it | plaintext in this session | violated: TLS not offered |
//! | the handshake fails | plaintext in a new session | violated: handshake |
//! | the certificate fails what is asked | used | violated: certificate |

use crate::obligation::Obligation;
use crate::tls::{ChainFault, HandshakeFault, NameFault, Verification};

/// How a session goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// STARTTLS is sent.
    StartTls,
    /// The message goes out in this session as it is.
    Transaction,
    /// The session is given up; a new one to the same host stays in plaintext.
    ComeBackInPlaintext,
    /// The host is not used.
    Leave(Violation),
}

/// How a host failed the obligation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// It does not list STARTTLS.
    #[error("the host does not offer TLS")]
    NotOffered,
    /// It lists STARTTLS, and refused it.
    #[error("the host refused to start TLS: {0}")]
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
}

/// After the EHLO answer in plaintext.
#[must_use]
pub(super) fn after_hello(obligation: Obligation, lists_starttls: bool) -> Step {
    match (lists_starttls, obligation.requires_tls()) {
        (true, _) => Step::StartTls,
        (false, false) => Step::Transaction,
        (false, true) => Step::Leave(Violation::NotOffered),
    }
}

/// After an answer to STARTTLS that is not 220.
///
/// Choice: under a rule any refusal counts as TLS not offered, 454 as well (RFC 3207 §4 leaves it to local policy). The
/// product page allows one attempt; without an obligation the mail goes on in plaintext at once.
#[must_use]
pub(super) fn after_refused_starttls(obligation: Obligation, told: String) -> Step {
    if obligation.requires_tls() {
        Step::Leave(Violation::Refused(told))
    } else {
        Step::Transaction
    }
}

/// After a handshake that failed.
#[must_use]
pub(super) fn after_failed_handshake(obligation: Obligation, fault: HandshakeFault) -> Step {
    if obligation.requires_tls() {
        Step::Leave(Violation::Handshake(fault))
    } else {
        Step::ComeBackInPlaintext
    }
}

/// After a handshake that succeeded. An opportunistic sender takes any certificate (RFC 7435 §4).
#[must_use]
pub(super) fn after_handshake(obligation: Obligation, verification: &Verification) -> Step {
    match verification {
        Verification {
            chain: Err(fault), ..
        } if obligation.requires_chain() => Step::Leave(Violation::Chain(fault.clone())),
        Verification {
            name: Err(fault), ..
        } if obligation.requires_name() => Step::Leave(Violation::Name(fault.clone())),
        _ => Step::Transaction,
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
        settings.rules.push(Rule {
            list: AddressList::parse(["example.test"]).unwrap(),
            switches: Switches {
                require_tls: letters.contains('t'),
                require_ca_signed: letters.contains('c'),
                validate_hostname: letters.contains('n'),
            },
            unit: None,
        });
        Obligation::of(
            &settings,
            None,
            &Mailbox::parse("user@example.test").unwrap(),
        )
    }

    #[test]
    fn without_starttls_only_an_obligation_keeps_mail_back() {
        // (obligation, is STARTTLS listed?, next step)
        let cases = [
            ("", true, Step::StartTls),
            ("", false, Step::Transaction),
            ("t", true, Step::StartTls),
            ("t", false, Step::Leave(Violation::NotOffered)),
            ("tcn", false, Step::Leave(Violation::NotOffered)),
            ("c", false, Step::Leave(Violation::NotOffered)),
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
            after_refused_starttls(Obligation::NONE, told.clone()),
            Step::Transaction
        );
        assert_eq!(
            after_refused_starttls(obligation("t"), told.clone()),
            Step::Leave(Violation::Refused(told))
        );
        assert_eq!(
            after_failed_handshake(Obligation::NONE, fault.clone()),
            Step::ComeBackInPlaintext
        );
        assert_eq!(
            after_failed_handshake(obligation("t"), fault.clone()),
            Step::Leave(Violation::Handshake(fault))
        );
    }

    #[test]
    fn chain_and_name_count_only_where_they_are_asked_for() {
        let untrusted = || Err(ChainFault::UnknownIssuer);
        let misnamed = || Err(NameFault::Mismatch("mx.example.test".into()));
        // (obligation, chain, name, next step)
        let leave_chain = Step::Leave(Violation::Chain(ChainFault::UnknownIssuer));
        let leave_name = Step::Leave(Violation::Name(NameFault::Mismatch(
            "mx.example.test".into(),
        )));
        let cases = [
            ("", untrusted(), misnamed(), Step::Transaction),
            ("t", untrusted(), misnamed(), Step::Transaction),
            ("tc", untrusted(), Ok(()), leave_chain.clone()),
            ("tc", Ok(()), misnamed(), Step::Transaction),
            ("tn", Ok(()), misnamed(), leave_name.clone()),
            ("tn", untrusted(), Ok(()), Step::Transaction),
            ("tcn", untrusted(), misnamed(), leave_chain),
            ("tcn", Ok(()), misnamed(), leave_name),
            ("tcn", Ok(()), Ok(()), Step::Transaction),
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
