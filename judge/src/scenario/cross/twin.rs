//! Whether a refusal has a twin that can prove something (SCENARIOS §10).

use super::super::resolve::refuses;
use super::super::{Case, Direction, Host, Message, Step, Switches};
use super::{Checks, Copy};
use crate::document::{Complaint, Node, Span, nearest};

impl Checks<'_> {
    pub(super) fn twin(self, copy: Copy<'_>, all: &[Copy<'_>]) {
        let Some(twin) = copy.tree.get("twin") else {
            let steps = copy.case.steps.iter().zip(copy.steps);
            for (_, tree) in
                steps.filter(|(step, _)| refuses(step) && demands_twin(copy.case, step))
            {
                let outcome = tree
                    .written
                    .tables("expect")
                    .find_map(|(_, table)| table.entry("outcome"));
                let complaint = Complaint::new("a healthy world would be refused too");
                let help = "say `twin`: the case that shows a good certificate";
                self.note(
                    outcome.map_or(copy.span, |entry| entry.key_span),
                    complaint.help(help),
                );
            }
            return;
        };
        let Some(name) = twin.text() else { return };
        let twins: Vec<&Copy<'_>> = all
            .iter()
            .filter(|other| other.name == Some(name))
            .collect();
        if twins.is_empty() {
            let complaint = Complaint::new(format!("no case of this file is called {name:?}"));
            let meant = nearest(name, all.iter().filter_map(|other| other.name));
            self.note(
                twin.span,
                match meant {
                    Some(meant) => complaint.help(format!("did you mean `{meant}`?")),
                    None => complaint.help("a twin is a case of the same file"),
                },
            );
        }
        if copy.case.steps.iter().any(refuses) {
            let most = twins.iter().map(|other| copy.shared_labels(other)).max();
            let closest = twins
                .into_iter()
                .filter(|other| Some(copy.shared_labels(other)) == most);
            closest.for_each(|other| self.proves(copy, other, name, twin.span));
        }
    }

    fn proves(self, copy: Copy<'_>, twin: &Copy<'_>, name: &str, span: Span) {
        let is_delivered = |node: &Node| {
            let words: Vec<_> = node.many().iter().filter_map(Node::text).collect();
            words == ["delivered"]
        };
        let mut outcomes = twin
            .tree
            .tables("expect")
            .filter_map(|(_, table)| table.get("outcome"));
        if !outcomes.any(is_delivered) {
            let complaint = Complaint::new(format!("its twin {name:?} expects no delivery"));
            self.note(span, complaint.help("a twin shows that mail can arrive"));
        }
        if let Some(further) = twin
            .case
            .capabilities
            .difference(&copy.case.capabilities)
            .next()
        {
            let message = format!("its twin {name:?} needs `{further}`, which this case does not");
            self.note(
                span,
                Complaint::new(message).help("a subject without it could prove nothing"),
            );
        }
    }
}

/// The id of the copy that `twin = "CASE"` means: the first of those that share most labels.
pub(crate) fn named_twin(copy: Copy<'_>, all: &[Copy<'_>]) -> Option<String> {
    let name = copy.tree.get("twin")?.text()?;
    let twins = all.iter().rev().filter(|other| other.name == Some(name));
    twins
        .max_by_key(|other| copy.shared_labels(other))
        .map(|twin| twin.case.id.clone())
}

/// Whether a healthy world would be refused as well.
fn demands_twin(case: &Case, step: &Step) -> bool {
    let world = &step.world;
    let asks_certificate =
        |switches: Switches| switches.require_ca_signed || switches.validate_hostname;
    let is_inbound = case.direction == Direction::Inbound;
    if is_inbound
        && world
            .rules
            .iter()
            .any(|rule| rule.inbound && asks_certificate(rule.switches))
    {
        return true;
    }
    let has_records = |host: &Host| host.tlsa.as_ref().is_some_and(|tlsa| !tlsa.is_empty());
    let is_mandatory = world.settings.dane.values().any(|word| word == "mandatory");
    if is_mandatory && !world.hosts.values().any(has_records) {
        return true;
    }
    if !world
        .settings
        .trust
        .iter()
        .any(|authority| authority == "root")
    {
        return true;
    }
    let authenticated = world
        .rules
        .iter()
        .flat_map(|rule| &rule.list)
        .any(|entry| entry.authenticated);
    let is_signed = |message: &Message| message.login || message.dkim == "valid";
    authenticated && (step.inject.is_empty() || !step.inject.iter().all(is_signed))
}
