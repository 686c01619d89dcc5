//! The leaks that nobody wrote and everybody means (SCENARIOS §9, "Unsaid leaks").
//!
//! The first table of a step that rules delivery out has `leaked = false` and `disclosed = "nothing"`; the first
//! that demands TLS has `leaked = false`. Not so where it names a recipient, in inbound cases, and, for
//! `disclosed`, with a fault at `mail` or later: such a host was meant to be given the envelope.

use super::super::{
    Direction, Disclosure, Expect, Expectation, Moment, OutcomeWord, TlsCondition, Wanted, World,
};

/// Adds them to the tables of one step.
pub(super) fn add(tables: &mut [Expect], direction: Direction, world: &World) {
    if direction == Direction::Inbound {
        return;
    }
    if let Some(table) = tables.iter_mut().find(|table| rules_delivery_out(table)) {
        let mut wanted = vec![Wanted::Leaked(false)];
        if !world
            .faults
            .iter()
            .any(|fault| is_in_the_envelope(&fault.at))
        {
            wanted.push(Wanted::Disclosed(Disclosure::Nothing));
        }
        add_to(table, wanted);
    }
    if let Some(table) = tables.iter_mut().find(|table| demands_tls(table)) {
        add_to(table, vec![Wanted::Leaked(false)]);
    }
}

fn add_to(table: &mut Expect, wanted: Vec<Wanted>) {
    if table.recipient.is_some() {
        return;
    }
    for wanted in wanted {
        let is_said = table
            .keys
            .iter()
            .any(|key| std::mem::discriminant(&key.wanted) == std::mem::discriminant(&wanted));
        if !is_said {
            table.keys.push(Expectation {
                wanted,
                unsaid: true,
                place: table.place.clone(),
            });
        }
    }
}

fn rules_delivery_out(table: &Expect) -> bool {
    table.keys.iter().any(|key| match &key.wanted {
        Wanted::Outcome(words) => !words.contains(&OutcomeWord::Delivered),
        _ => false,
    })
}

fn demands_tls(table: &Expect) -> bool {
    table.keys.iter().any(|key| match &key.wanted {
        Wanted::Tls(conditions) => !conditions.contains(&TlsCondition::None),
        _ => false,
    })
}

fn is_in_the_envelope(moment: &Moment) -> bool {
    matches!(
        moment,
        Moment::Mail
            | Moment::Rcpt
            | Moment::Data
            | Moment::Content
            | Moment::EndOfData
            | Moment::Quit
    )
}
