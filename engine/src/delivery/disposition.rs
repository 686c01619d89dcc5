//! What becomes of a recipient after a round: its troubles → delivered, deferred or bounced.

use crate::smtp::Acceptance;

use super::trouble::Trouble;

/// Who took a message, and in which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handover {
    /// The host.
    pub(crate) host: String,
    /// What it said.
    pub(crate) acceptance: Acceptance,
}

/// What became of a message for one recipient in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// A receiver took it.
    Delivered(Handover),
    /// It is kept and tried again; the trouble tells why.
    Deferred(Trouble),
    /// It is given up; the trouble tells why.
    Bounced(Trouble),
}

/// Decides for a recipient whom no host served.
///
/// 1. A final word of a receiver about the recipient decides (RFC 5321 §4.2.1).
/// 2. A host that was reached and failed what a rule or the message demands decides for a bounce: a rule allows one round.
///    What the recipient's domain has published decides for another round: it may be satisfied, or published anew, later.
/// 3. Anything that may clear up decides for another round.
/// 4. Else nothing is left to hope for.
///
/// Choice: the second goes before the third, also where another host may have taken the message without saying so. No RFC
/// knows such rules; the sender hears at once that one of the hosts cannot be used as they ask.
///
/// Of several troubles of the deciding kind the last is told, the one at the host that was tried last.
#[must_use]
pub(super) fn undelivered(troubles: &[Trouble]) -> Option<Disposition> {
    let last = |is_meant: fn(&Trouble) -> bool| {
        troubles
            .iter()
            .rev()
            .find(|trouble| is_meant(trouble))
            .cloned()
    };
    last(|trouble| trouble.ends_round() && trouble.is_permanent())
        .map(Disposition::Bounced)
        .or_else(|| last(is_breach_for_good).map(Disposition::Bounced))
        .or_else(|| last(|trouble| !trouble.is_permanent()).map(Disposition::Deferred))
        .or_else(|| last(|_| true).map(Disposition::Bounced))
}

/// Whether a host was reached and failed a demand that allows one round.
fn is_breach_for_good(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Violated { breach, .. } if breach.by.bounces())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delivery::{Breach, Demander, Violation};
    use crate::route::{LookupFault, RouteFault};
    use crate::smtp::Refusal;

    fn violated(by: Demander) -> Trouble {
        Trouble::Violated {
            host: "mx.example.test".to_owned(),
            breach: Breach {
                by,
                violation: Violation::NotOffered,
            },
        }
    }

    /// Troubles by name, so that tables can be read.
    fn trouble(name: &str) -> Trouble {
        let host = || "mx.example.test".to_owned();
        let broken = |content_sent| Refusal::Broken {
            content_sent,
            malformed: false,
            text: name.into(),
        };
        match name {
            "unresolved" => Trouble::Unresolved {
                host: host(),
                fault: LookupFault::Silence,
            },
            "unreachable" => Trouble::Unreachable {
                host: host(),
                text: name.into(),
            },
            "no address" => Trouble::NoAddress { host: host() },
            "violated" => violated(Demander::Rule),
            "unsatisfied" => violated(Demander::Sts),
            "no domain" => Trouble::Route(RouteFault::NoDomain("example.test".into())),
            "broken" => Trouble::Refused {
                host: host(),
                refusal: broken(false),
            },
            _ => Trouble::Refused {
                host: host(),
                refusal: broken(true),
            },
        }
    }

    #[test]
    fn the_troubles_of_a_round_decide_together() {
        let bounced = |name| Some(Disposition::Bounced(trouble(name)));
        let deferred = |name| Some(Disposition::Deferred(trouble(name)));
        // (troubles, what becomes of the recipient)
        let cases: [(&[&str], Option<Disposition>); 13] = [
            (&[], None),
            (&["unreachable"], deferred("unreachable")),
            (&["unreachable", "unresolved"], deferred("unresolved")),
            (&["no address"], bounced("no address")),
            (&["no address", "unreachable"], deferred("unreachable")),
            (&["unreachable", "no address"], deferred("unreachable")),
            (&["no domain"], bounced("no domain")),
            (&["violated"], bounced("violated")),
            (&["violated", "unreachable"], bounced("violated")),
            (&["unreachable", "violated"], bounced("violated")),
            (&["no address", "unsatisfied"], deferred("unsatisfied")),
            (&["unsatisfied", "violated"], bounced("violated")),
            (&["broken", "content sent"], deferred("content sent")),
        ];
        for (names, want) in cases {
            let troubles: Vec<Trouble> = names.iter().map(|name| trouble(name)).collect();
            assert_eq!(undelivered(&troubles), want, "{names:?}");
        }
    }

    proptest! {
        #[test]
        fn a_host_that_was_reached_and_failed_the_obligation_always_decides(
            names in proptest::collection::vec(
                prop_oneof![Just("unresolved"), Just("unreachable"), Just("no address"), Just("broken"), Just("violated")],
                1..6,
            )
        ) {
            let troubles: Vec<Trouble> = names.iter().map(|name| trouble(name)).collect();
            let bounced = matches!(undelivered(&troubles), Some(Disposition::Bounced(_)));
            let hopeless = names.iter().all(|name| *name == "no address");
            prop_assert_eq!(bounced, names.contains(&"violated") || hopeless);
        }
    }
}
