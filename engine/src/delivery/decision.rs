//! What a host may be used for, once it has shown something: demand × what was shown → next step.
//!
//! | shown | no demand | a demand |
//! |---|---|---|
//! | not named by the policy in force | used | violated: not named, and not connected to |
//! | lists STARTTLS | STARTTLS | STARTTLS |
//! | does not list it, or refuses it | plaintext in this session | violated: TLS not offered |
//! | refuses it with 421, so that the session ends | plaintext in a new session | violated: TLS not offered |
//! | the handshake fails | plaintext in a new session | violated: handshake |
//! | the certificate fails what is asked | used | violated: certificate |
//! | does not list REQUIRETLS inside TLS | used | violated, if the message has it |

use crate::dane::TlsaFault;
use crate::tls::{ChainFault, HandshakeFault, NameFault};

use super::demand::{Breach, Demand, Demander, StsDemand};
use super::require_tls::{self, FoundBy};
use super::sight::Shown;

/// How a session goes on after the EHLO answer in plaintext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// With STARTTLS.
    Tls,
    /// As it is: the host has no TLS, and nothing obliges.
    Plaintext,
}

/// How a host failed a demand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    /// The domain's policy does not name it.
    #[error("the MTA-STS policy of the domain does not name it")]
    NotNamed,
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
    /// It does not fit its TLSA records.
    #[error("{0}")]
    Tlsa(TlsaFault),
    /// Its name may be forged (RFC 8689 §2).
    #[error("neither DNSSEC nor an MTA-STS policy backs its name")]
    UnbackedName,
    /// It does not list REQUIRETLS inside TLS (RFC 8689 §2).
    #[error("it does not support REQUIRETLS")]
    NoRequireTls,
}

impl Violation {
    /// Whether it was seen before the host was called, which then took no part.
    #[must_use]
    pub(crate) fn precedes_session(&self) -> bool {
        matches!(self, Self::NotNamed | Self::UnbackedName)
    }

    /// The failure type (RFC 8460 §4.3).
    #[must_use]
    pub(crate) fn failure_type(&self) -> &'static str {
        match self {
            Self::NotOffered | Self::Refused(_) => "starttls-not-supported",
            Self::NotNamed | Self::Handshake(_) | Self::UnbackedName | Self::NoRequireTls => {
                "validation-failure"
            }
            Self::Chain(ChainFault::Expired) => "certificate-expired",
            Self::Chain(_) => "certificate-not-trusted",
            Self::Name(_) => "certificate-host-mismatch",
            Self::Tlsa(fault) => fault.failure_type(),
        }
    }
}

/// Before a host is connected to: may it be?
pub(crate) fn before_connecting(
    demand: &Demand,
    found_by: FoundBy,
    is_named_by_policy: bool,
) -> Result<(), Breach> {
    if demand.require_tls {
        require_tls::name(found_by, is_named_by_policy)
            .map_err(|violation| breach(Demander::RequireTls, violation))?;
    }
    named_where_it_must_be(demand)
}

/// Whether the policy in force names the host, if there is one. A host that it does not name is as good as unreachable
/// (RFC 8461 §8.4).
pub(crate) fn named_where_it_must_be(demand: &Demand) -> Result<(), Breach> {
    match demand.sts {
        StsDemand::Enforce { names_host: false } => Err(breach(Demander::Sts, Violation::NotNamed)),
        StsDemand::Enforce { names_host: true } | StsDemand::Nothing => Ok(()),
    }
}

/// After the EHLO answer in plaintext.
pub(crate) fn after_hello(demand: &Demand, lists_starttls: bool) -> Result<Start, Breach> {
    match (lists_starttls, demand.tls_demander()) {
        (true, _) => Ok(Start::Tls),
        (false, None) => Ok(Start::Plaintext),
        (false, Some(by)) => Err(breach(by, Violation::NotOffered)),
    }
}

/// After an answer to STARTTLS that is not 220: may the session go on in plaintext?
///
/// Choice: where TLS is demanded any refusal counts as TLS not offered, 454 as well (RFC 3207 §4 leaves it to local policy).
/// The product page allows one attempt under a rule; without a demand the mail goes on in plaintext at once.
pub(crate) fn after_refused_starttls(demand: &Demand, told: String) -> Result<(), Breach> {
    match demand.tls_demander() {
        Some(by) => Err(breach(by, Violation::Refused(told))),
        None => Ok(()),
    }
}

/// After a handshake that failed: may the sender come back to the host in plaintext?
///
/// Choice: without a demand it comes back at once, to the same host, before the next one. RFC 3207 §4.1 leaves it to the
/// sender, and RFC 7435 §3 prefers mail in plaintext to none; a host whose TLS is broken would otherwise get none at all.
pub(crate) fn after_failed_handshake(demand: &Demand, fault: HandshakeFault) -> Result<(), Breach> {
    match demand.tls_demander() {
        Some(by) => Err(breach(by, Violation::Handshake(fault))),
        None => Ok(()),
    }
}

/// After the EHLO answer inside TLS.
pub(crate) fn after_hello_in_tls(demand: &Demand, lists_requiretls: bool) -> Result<(), Breach> {
    if demand.require_tls {
        require_tls::keywords(lists_requiretls)
            .map_err(|violation| breach(Demander::RequireTls, violation))?;
    }
    Ok(())
}

/// After a handshake that succeeded: is it enough? An opportunistic sender takes any certificate (RFC 7435 §4).
///
/// Demanders are asked in their order, so that one who decides for a bounce is heard first.
///
/// Choice: where usable TLSA records authenticate the host, an STS policy is not asked. RFC 8461 §2 only says that a policy must
/// not rescue a host that fails DANE; who publishes both has said by the stronger of them which keys are right.
pub(crate) fn after_handshake(demand: &Demand, shown: &Shown) -> Result<(), Breach> {
    let obligation = demand.obligation;
    by_authorities(
        Demander::Rule,
        obligation.requires_chain(),
        obligation.requires_name(),
        shown,
    )?;
    if demand.require_tls {
        let by_dane = demand.dane.authenticates() && shown.tlsa == Some(Ok(()));
        require_tls::certificate(by_dane, &shown.verification)
            .map_err(|violation| breach(Demander::RequireTls, violation))?;
    }
    if demand.dane.authenticates() {
        return match &shown.tlsa {
            Some(Ok(())) => Ok(()),
            Some(Err(fault)) => Err(breach(Demander::Dane, Violation::Tlsa(fault.clone()))),
            None => Err(breach(Demander::Dane, Violation::Tlsa(TlsaFault::Absent))),
        };
    }
    let by_policy = demand.sts != StsDemand::Nothing;
    by_authorities(Demander::Sts, by_policy, by_policy, shown)
}

/// Whether the trusted authorities vouch for as much as is asked.
fn by_authorities(by: Demander, chain: bool, name: bool, shown: &Shown) -> Result<(), Breach> {
    match &shown.verification.chain {
        Err(fault) if chain => return Err(breach(by, Violation::Chain(fault.clone()))),
        _ => {}
    }
    match &shown.verification.name {
        Err(fault) if name => Err(breach(by, Violation::Name(fault.clone()))),
        _ => Ok(()),
    }
}

fn breach(by: Demander, violation: Violation) -> Breach {
    Breach { by, violation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{DomainName, Mailbox};
    use crate::obligation::Obligation;
    use crate::settings::{AddressList, Rule, Settings, Switches, TlsVersion};
    use crate::sts::Policy;
    use crate::tls::{Suite, Verification};

    /// Letters for the switches: `t` TLS, `c` chain, `n` name.
    fn demand(letters: &str) -> Demand {
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
        Demand::of(Obligation::and_next_hop(&settings, None, &recipient).1)
    }

    fn shown(verification: Verification) -> Shown {
        Shown {
            version: TlsVersion::Tls13,
            suite: Suite::of(0x1301),
            chain: Vec::new(),
            verification,
            tlsa: None,
        }
    }

    fn by_rule<T>(violation: Violation) -> Result<T, Breach> {
        Err(breach(Demander::Rule, violation))
    }

    #[test]
    fn without_starttls_only_a_demand_keeps_mail_back() {
        // (rule, is STARTTLS listed?, next step)
        let cases = [
            ("", true, Ok(Start::Tls)),
            ("", false, Ok(Start::Plaintext)),
            ("t", true, Ok(Start::Tls)),
            ("t", false, by_rule(Violation::NotOffered)),
            ("tcn", false, by_rule(Violation::NotOffered)),
            ("c", false, by_rule(Violation::NotOffered)),
        ];
        for (letters, listed, want) in cases {
            assert_eq!(
                after_hello(&demand(letters), listed),
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
            after_refused_starttls(&Demand::default(), told.clone()),
            Ok(())
        );
        assert_eq!(
            after_refused_starttls(&demand("t"), told.clone()),
            by_rule(Violation::Refused(told))
        );
        assert_eq!(
            after_failed_handshake(&Demand::default(), fault.clone()),
            Ok(())
        );
        assert_eq!(
            after_failed_handshake(&demand("t"), fault.clone()),
            by_rule(Violation::Handshake(fault))
        );
    }

    #[test]
    fn chain_and_name_count_only_where_they_are_asked_for() {
        let untrusted = || Err(ChainFault::UnknownIssuer);
        let misnamed = || Err(NameFault::Mismatch("mx.example.test".into()));
        // (rule, chain, name, next step)
        let leave_chain = by_rule(Violation::Chain(ChainFault::UnknownIssuer));
        let leave_name = by_rule(Violation::Name(NameFault::Mismatch(
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
            let shown = shown(Verification { chain, name });
            assert_eq!(
                after_handshake(&demand(letters), &shown),
                want,
                "{letters} {shown:?}"
            );
        }
    }

    #[test]
    fn a_policy_that_is_enforced_asks_for_a_named_host_tls_chain_and_name() {
        let by_policy = |violation| Err(breach(Demander::Sts, violation));
        let policy = |mode: &str, mx: &str| {
            let text = format!("version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 60\n");
            let policy = Policy::parse(text.as_bytes()).unwrap();
            let host = DomainName::parse("mx.example.test").unwrap();
            Demand {
                sts: StsDemand::of(&policy, &host),
                ..demand("")
            }
        };
        let (named, other) = ("*.example.test", "mx.other.test");
        // (mode, MX pattern, may it be connected to?, and without STARTTLS?)
        let not_named = || by_policy(Violation::NotNamed);
        let not_offered = || Err(breach(Demander::Sts, Violation::NotOffered));
        let cases = [
            ("enforce", named, Ok(()), not_offered()),
            ("enforce", other, not_named(), not_offered()),
            ("testing", other, Ok(()), Ok(Start::Plaintext)),
            ("none", other, Ok(()), Ok(Start::Plaintext)),
        ];
        for (mode, mx, before, hello) in cases {
            let demand = policy(mode, mx);
            assert_eq!(named_where_it_must_be(&demand), before, "{mode} {mx}");
            assert_eq!(after_hello(&demand, false), hello, "{mode} {mx}");
        }
        let (enforce, testing) = (policy("enforce", named), policy("testing", named));
        let fault = || HandshakeFault("alert".into());
        assert_eq!(after_failed_handshake(&testing, fault()), Ok(()));
        assert_eq!(
            after_failed_handshake(&enforce, fault()),
            by_policy(Violation::Handshake(fault()))
        );
        let misnamed = NameFault::Mismatch("mx.example.test".into());
        let cases = [
            (Ok(()), Ok(()), Ok(())),
            (
                Err(ChainFault::Expired),
                Ok(()),
                by_policy(Violation::Chain(ChainFault::Expired)),
            ),
            (
                Ok(()),
                Err(misnamed.clone()),
                by_policy(Violation::Name(misnamed)),
            ),
        ];
        for (chain, name, want) in cases {
            let shown = shown(Verification { chain, name });
            assert_eq!(after_handshake(&enforce, &shown), want, "{shown:?}");
            assert_eq!(after_handshake(&testing, &shown), Ok(()), "{shown:?}");
        }
    }
}
