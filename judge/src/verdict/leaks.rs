//! What of a message could be read, and who was given it: the canary's trail.
//!
//! Home and the collectors of reports are aside: what is given to them is on its way back.

use std::collections::BTreeSet;

use super::evidence::{Evidence, is_home};
use super::messages::Sent;
use super::wildcard::{domain_of, fits_name, same_name};
use crate::events::{Event, Part, What};
use crate::scenario::{Disclosure, World};

/// Canary bytes of these messages that were readable in plaintext or by an attacker in a step.
pub(crate) fn leaked(evidence: &Evidence<'_>, sent: &[&Sent<'_>], step: usize) -> Vec<usize> {
    canaries(evidence, sent, step)
        .filter(|(_, event)| {
            matches!(
                event.what,
                What::Canary { plaintext, attacker, .. } if plaintext || attacker
            )
        })
        .map(|(index, _)| index)
        .collect()
}

/// The most that anybody was given who is not meant to have it, and the events that show it.
///
/// Meant are the hosts that `via` names, or else those that took the message. An attacker never is.
pub(crate) fn disclosed(
    evidence: &Evidence<'_>,
    sent: &[&Sent<'_>],
    step: usize,
    via: Option<&[String]>,
) -> (Disclosure, Vec<usize>) {
    let mut most = (Disclosure::Nothing, Vec::new());
    for (index, event) in canaries(evidence, sent, step) {
        let What::Canary { part, attacker, .. } = event.what else {
            continue;
        };
        let host = event.host.as_deref().unwrap_or_default();
        if !attacker && is_meant(evidence, event, host, via) {
            continue;
        }
        let given = match part {
            Part::Envelope => Disclosure::Envelope,
            Part::Header | Part::Body => Disclosure::Message,
        };
        if given > most.0 {
            most = (given, Vec::new());
        }
        if given == most.0 {
            most.1.push(index);
        }
    }
    most
}

fn is_meant(evidence: &Evidence<'_>, event: &Event, host: &str, via: Option<&[String]>) -> bool {
    if let Some(via) = via {
        return via.iter().any(|name| fits_name(name, host));
    }
    let took = |other: &Event| {
        matches!(other.what, What::MessageAccepted { .. })
            && other.step <= event.step
            && other
                .host
                .as_deref()
                .is_some_and(|took| same_name(took, host))
    };
    match &event.message {
        Some(name) => evidence.events_that_name(name).any(took),
        None => evidence.recording.events.iter().any(took),
    }
}

fn canaries<'e>(
    evidence: &Evidence<'e>,
    sent: &[&Sent<'_>],
    step: usize,
) -> impl Iterator<Item = (usize, &'e Event)> {
    let world = evidence.world(step);
    let of_all = sent.is_empty();
    let own: BTreeSet<usize> = sent.iter().flat_map(|one| one.events.clone()).collect();
    evidence
        .events(step..=step)
        .filter(|(_, event)| matches!(event.what, What::Canary { .. }))
        .filter(move |(_, event)| !is_aside(world, event.host.as_deref().unwrap_or_default()))
        .filter(move |(index, event)| of_all || event.message.is_none() || own.contains(index))
}

fn is_aside(world: &World, host: &str) -> bool {
    is_home(host) || collectors(world).any(|collector| same_name(&collector, host))
}

/// Hosts that take reports: of `https:` URIs the host, of `mailto:` URIs the MX hosts of the domain.
fn collectors(world: &World) -> impl Iterator<Item = String> {
    world
        .domains
        .values()
        .filter_map(|domain| domain.tlsrpt.as_ref())
        .flat_map(|tlsrpt| &tlsrpt.rua)
        .flat_map(|uri| match uri.split_once(':') {
            Some(("mailto", address)) => super::rounds::hosts_of(world, domain_of(address)),
            Some(("https", rest)) => rest
                .trim_start_matches('/')
                .split(['/', ':'])
                .next()
                .map(str::to_owned)
                .into_iter()
                .collect(),
            _ => Vec::new(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::TlsRpt;
    use crate::verdict::testing::{accepted, at_host, case, of, recording};

    fn canary(host: &str, part: Part, plaintext: bool, attacker: bool) -> Event {
        let what = What::Canary {
            part,
            plaintext,
            attacker,
        };
        of("first", at_host(host, 1, what))
    }

    #[test]
    fn leaked_is_what_was_readable_on_the_way() {
        let mx = "mx.example.test";
        // (host, plaintext, attacker, leaked?)
        let cases = [
            (mx, true, false, true),
            (mx, false, true, true),
            (mx, false, false, false),
            ("mx.home.test", true, false, false),
            ("mx.reports.test", true, false, false),
        ];
        for (host, plaintext, attacker, want) in cases {
            let mut case = case();
            case.steps[0]
                .world
                .domains
                .get_mut("example.test")
                .unwrap()
                .tlsrpt = Some(TlsRpt::default());
            case.steps[0].world.domains.insert(
                "reports.test".into(),
                crate::scenario::Domain {
                    mx: vec![crate::scenario::MxRecord {
                        preference: 10,
                        host: "mx.reports.test".into(),
                    }],
                    ..crate::scenario::Domain::default()
                },
            );
            let recording = recording(case, vec![canary(host, Part::Body, plaintext, attacker)]);
            let evidence = Evidence::new(&recording);
            let sent: Vec<&Sent<'_>> = evidence.sent_until(1).iter().collect();
            assert_eq!(!leaked(&evidence, &sent, 1).is_empty(), want, "{host}");
            assert!(leaked(&evidence, &sent, 2).is_empty(), "another step");
        }
    }

    #[test]
    fn disclosed_is_the_most_that_somebody_else_was_given() {
        let (mx, other) = ("mx.example.test", "other.example.test");
        let took = || accepted(mx, 1, "first", "user@example.test", "1.3");
        let via = [other.to_owned()];
        let cases = [
            (
                vec![canary(mx, Part::Body, false, false), took()],
                None,
                Disclosure::Nothing,
            ),
            (
                vec![canary(mx, Part::Body, false, false)],
                None,
                Disclosure::Message,
            ),
            (
                vec![canary(mx, Part::Envelope, false, false)],
                None,
                Disclosure::Envelope,
            ),
            (
                vec![canary(mx, Part::Envelope, false, false), took()],
                Some(&via[..]),
                Disclosure::Envelope,
            ),
            (
                vec![canary(other, Part::Header, false, false)],
                Some(&via[..]),
                Disclosure::Nothing,
            ),
            (
                vec![canary(mx, Part::Body, true, true), took()],
                None,
                Disclosure::Message,
            ),
            (vec![], None, Disclosure::Nothing),
        ];
        for (events, via, want) in cases {
            let recording = recording(case(), events);
            let evidence = Evidence::new(&recording);
            let sent: Vec<&Sent<'_>> = evidence.sent_until(1).iter().collect();
            let found = disclosed(&evidence, &sent, 1, via);
            assert_eq!(found.0, want, "{:?}", recording.events);
            assert_eq!(found.1.is_empty(), want == Disclosure::Nothing);
        }
    }

    #[test]
    fn a_later_delivery_does_not_excuse_what_was_given_before() {
        let mx = "mx.example.test";
        let case = crate::verdict::testing::case_of(vec![
            crate::verdict::testing::step(Vec::new()),
            crate::verdict::testing::step(Vec::new()),
        ]);
        let later = Event {
            step: 2,
            ..accepted(mx, 2, "first", "user@example.test", "1.3")
        };
        let recording = recording(case, vec![canary(mx, Part::Body, false, false), later]);
        let evidence = Evidence::new(&recording);
        let sent: Vec<&Sent<'_>> = evidence.sent_until(1).iter().collect();
        assert_eq!(disclosed(&evidence, &sent, 1, None).0, Disclosure::Message);
    }
}
