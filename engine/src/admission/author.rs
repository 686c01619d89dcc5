//! Whether a message comes from whom its From field names (RFC 6376, RFC 7208, RFC 4954).
//!
//! A sender is authenticated by his login, by a DKIM signature of his domain, or by the SPF record of his domain when he
//! uses it in the envelope too.
//!
//! Choice: the domain that DKIM or SPF vouches for has to be that of the From field itself, and none above or below it
//! (the strict alignment of RFC 7489 §3.1). What belongs together otherwise is told by a list of public suffixes that
//! changes from month to month.

use std::time::Duration;

use crate::address::{DomainName, MailDomain, Mailbox};
use crate::delivery::Workshop;
use crate::dkim;
use crate::spf::{self, Identity, Outcome};

use super::session::{Envelope, SessionFacts};

/// How long the DNS is asked for a message's sake, with each of the two (RFC 7208 §4.6.4 wants twenty seconds at least); the
/// sender waits for ten minutes (RFC 5321 §4.5.3.2.6).
const PATIENCE: Duration = Duration::from_secs(60);

/// What is known of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// He is the one he says he is.
    Authenticated,
    /// Nothing shows it.
    Unauthenticated,
    /// The DNS did not tell; it may do so later.
    Unknown,
}

/// What vouches for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evidence {
    has_login: bool,
    /// What became of the signatures; none: there was no time to verify them.
    signed: Option<Vec<dkim::Verdict>>,
    host: Option<(DomainName, Outcome)>,
}

impl Evidence {
    /// Gathers it. Who has logged in needs no more; otherwise the DNS is asked.
    pub(super) async fn gather(
        workshop: &Workshop,
        session: &SessionFacts,
        envelope: Envelope<'_>,
        content: &[u8],
    ) -> Self {
        if session.user.is_some() {
            return Self {
                has_login: true,
                signed: None,
                host: None,
            };
        }
        let outside = &workshop.outside;
        let signed = dkim::verify(content, "email", &workshop.resolver, outside.clock.now());
        Self {
            has_login: false,
            signed: outside.within(PATIENCE, signed).await.ok(),
            host: host(workshop, session, envelope).await,
        }
    }

    /// What it says of a From sender, if there is one.
    #[must_use]
    pub(super) fn standing(&self, sender: Option<&Mailbox>) -> Standing {
        if self.has_login {
            return Standing::Authenticated;
        }
        let Some(MailDomain::Name(domain)) = sender.map(Mailbox::domain) else {
            return Standing::Unauthenticated;
        };
        let signatures = || {
            let is_his = |verdict: &&dkim::Verdict| verdict.domain.as_ref() == Some(domain);
            self.signed.iter().flatten().filter(is_his)
        };
        let host = self
            .host
            .as_ref()
            .filter(|(of, _)| of == domain)
            .map(|(_, outcome)| *outcome);
        if signatures().any(|verdict| verdict.result.is_ok()) || host == Some(Outcome::Pass) {
            return Standing::Authenticated;
        }
        let is_open =
            |verdict: &dkim::Verdict| matches!(&verdict.result, Err(fault) if fault.is_temporary());
        if self.signed.is_none() || signatures().any(is_open) || host == Some(Outcome::TempError) {
            return Standing::Unknown;
        }
        Standing::Unauthenticated
    }
}

/// What SPF says of the envelope sender's domain, or of the greeting where there is none (RFC 7208 §2.4).
async fn host(
    workshop: &Workshop,
    session: &SessionFacts,
    envelope: Envelope<'_>,
) -> Option<(DomainName, Outcome)> {
    let (local_part, domain) = match envelope.sender {
        Some(sender) => match sender.domain() {
            MailDomain::Name(name) => (sender.local_part(), name.clone()),
            MailDomain::Literal(_) => return None,
        },
        None => ("postmaster", DomainName::parse(&session.greeted_as).ok()?),
    };
    let identity = Identity {
        address: session.peer,
        local_part,
        domain: domain.as_str(),
        greeting: &session.greeted_as,
    };
    let evaluated = spf::evaluate(identity, &workshop.resolver);
    let evaluated = workshop.outside.within(PATIENCE, evaluated).await;
    let outcome = evaluated.unwrap_or(Outcome::TempError);
    tracing::debug!(%domain, ?outcome, "sender policy");
    Some((domain, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::LookupFault;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    fn signed(domain: &str, result: Result<(), dkim::Fault>) -> dkim::Verdict {
        dkim::Verdict {
            domain: Some(name(domain)),
            result,
        }
    }

    /// What is known of ann@partner.test.
    fn standing(
        has_login: bool,
        signed: Vec<dkim::Verdict>,
        host: Option<(&str, Outcome)>,
    ) -> Standing {
        let evidence = Evidence {
            has_login,
            signed: Some(signed),
            host: host.map(|(domain, outcome)| (name(domain), outcome)),
        };
        evidence.standing(Some(&Mailbox::parse("ann@partner.test").unwrap()))
    }

    #[test]
    fn only_a_signature_of_the_from_domain_itself_vouches_for_it() {
        let silence = || dkim::Fault::Lookup {
            domain: name("partner.test"),
            source: LookupFault::Silence,
        };
        let partner = |result| signed("partner.test", result);
        let cases = [
            (vec![], Standing::Unauthenticated),
            (vec![partner(Ok(()))], Standing::Authenticated),
            (
                vec![signed("sub.partner.test", Ok(()))],
                Standing::Unauthenticated,
            ),
            (vec![signed("test", Ok(()))], Standing::Unauthenticated),
            (
                vec![partner(Err(dkim::Fault::Mismatch))],
                Standing::Unauthenticated,
            ),
            (vec![partner(Err(silence()))], Standing::Unknown),
            (
                vec![signed("other.test", Err(silence()))],
                Standing::Unauthenticated,
            ),
            (
                vec![partner(Err(silence())), partner(Ok(()))],
                Standing::Authenticated,
            ),
        ];
        for (signed, want) in cases {
            assert_eq!(standing(false, signed.clone(), None), want, "{signed:?}");
            assert_eq!(standing(true, signed, None), Standing::Authenticated);
        }
    }

    #[test]
    fn signatures_that_there_was_no_time_for_leave_it_open() {
        let evidence = Evidence {
            has_login: false,
            signed: None,
            host: None,
        };
        let ann = Mailbox::parse("ann@partner.test").unwrap();
        assert_eq!(evidence.standing(Some(&ann)), Standing::Unknown);
    }

    #[test]
    fn only_a_pass_of_the_from_domain_itself_vouches_for_it() {
        let cases = [
            ("partner.test", Outcome::Pass, Standing::Authenticated),
            ("other.test", Outcome::Pass, Standing::Unauthenticated),
            ("sub.partner.test", Outcome::Pass, Standing::Unauthenticated),
            ("partner.test", Outcome::None, Standing::Unauthenticated),
            ("partner.test", Outcome::Neutral, Standing::Unauthenticated),
            ("partner.test", Outcome::SoftFail, Standing::Unauthenticated),
            ("partner.test", Outcome::Fail, Standing::Unauthenticated),
            (
                "partner.test",
                Outcome::PermError,
                Standing::Unauthenticated,
            ),
            ("partner.test", Outcome::TempError, Standing::Unknown),
            ("other.test", Outcome::TempError, Standing::Unauthenticated),
        ];
        for (domain, outcome, want) in cases {
            let host = Some((domain, outcome));
            assert_eq!(standing(false, vec![], host), want, "{host:?}");
            let signed = vec![signed("partner.test", Ok(()))];
            assert_eq!(standing(false, signed, host), Standing::Authenticated);
        }
    }
}
