//! Expectations that cannot fail, cannot be met, or speak of nothing.

use std::collections::BTreeSet;

use super::super::name::{domain_of, is_same_name};
use super::super::resolve::SUBJECT;
use super::super::{Level, Message, Step};
use super::{Checks, Copy};
use crate::document::{Complaint, Entry, Node, Span, Table, nearest};

/// Where exact enhanced codes are registered: null MX and REQUIRETLS.
const EXACT: [&str; 2] = ["RFC7505", "RFC8689"];

/// A table of expectations with what surrounds it.
#[derive(Clone, Copy)]
struct Spoken<'a> {
    copy: Copy<'a>,
    index: usize,
    table: &'a Table,
    span: Span,
}

impl Checks<'_> {
    pub(super) fn expectations(self, copy: Copy<'_>) {
        let tables = copy.case.steps.iter().flat_map(|step| &step.expect);
        if !tables
            .into_iter()
            .any(|table| table.keys.iter().any(|key| !key.unsaid))
        {
            let who = copy
                .name
                .map_or("the file".into(), |name| format!("case `{name}`"));
            let complaint = Complaint::new(format!("{who} expects nothing"));
            self.note(
                copy.span,
                complaint.help("a case that cannot fail is not a test"),
            );
        }
        for (index, step) in copy.steps.iter().enumerate() {
            for (node, table) in step.written.tables("expect") {
                let spoken = Spoken {
                    copy,
                    index,
                    table,
                    span: node.span,
                };
                self.rows(spoken);
                self.delivery(spoken);
                self.status(spoken);
                self.names(spoken);
                self.subjects(spoken);
                self.reach(spoken);
            }
        }
    }

    fn rows(self, spoken: Spoken<'_>) {
        let said = spoken.table.get("requirements");
        let rows = said
            .or_else(|| spoken.copy.tree.get("requirements"))
            .and_then(Node::list);
        let rows: Vec<&str> = rows
            .unwrap_or_default()
            .iter()
            .filter_map(Node::text)
            .collect();
        if rows.is_empty() && !self.own_folder {
            let complaint = Complaint::new("this table has no `requirements`");
            self.note(
                spoken.span,
                complaint.help("the rows of the catalogue that it speaks for"),
            );
        }
        let levels: BTreeSet<Level> = rows
            .iter()
            .filter_map(|row| self.catalogue.level(row))
            .collect();
        if levels.len() > 1 {
            let words: Vec<&str> = levels.into_iter().map(word).collect();
            let complaint = Complaint::new(format!(
                "the rows of this table differ in level: {}",
                words.join(", ")
            ));
            let span = said.map_or(spoken.span, |node| node.span);
            self.note(span, complaint.help("make two tables, the must first"));
        }
    }

    /// What is asked of a delivery where there is none, and of a refusal where there is none.
    fn delivery(self, spoken: Spoken<'_>) {
        let Some(outcomes) = outcomes(spoken.table) else {
            return;
        };
        let with = |key: &str| spoken.table.entry(key);
        if !outcomes.contains(&"delivered") {
            for entry in ["via", "tls"].into_iter().filter_map(with) {
                let key = &entry.key;
                let complaint = Complaint::new(format!(
                    "`{key}` without delivery: nobody takes the message"
                ));
                self.note(
                    entry.key_span,
                    complaint.help(format!("drop `{key}`, or use `never`")),
                );
            }
        }
        if outcomes == ["delivered"] {
            if let Some(entry) = with("status") {
                let complaint = Complaint::new("`status` of a delivered message");
                self.note(
                    entry.key_span,
                    complaint.help("a status comes with a refusal or a notice"),
                );
            }
            if let Some(entry) = with("notice").filter(|entry| entry.node.table().is_some()) {
                let complaint = Complaint::new("a notice for a delivered message");
                self.note(
                    entry.key_span,
                    complaint.help("write `notice = false` if there must be none"),
                );
            }
        }
    }

    fn status(self, spoken: Spoken<'_>) {
        let said = spoken
            .table
            .get("requirements")
            .or_else(|| spoken.copy.tree.get("requirements"));
        let rows = said.and_then(Node::list).unwrap_or_default();
        let is_exact = |row: &Node| {
            row.text()
                .is_some_and(|row| EXACT.iter().any(|rfc| row.starts_with(rfc)))
        };
        if rows.iter().any(is_exact) {
            return;
        }
        let notice = spoken.table.get("notice").and_then(Node::table);
        for status in [Some(spoken.table), notice]
            .into_iter()
            .flatten()
            .filter_map(|t| t.get("status"))
        {
            for node in status.many() {
                if node.text().is_some_and(|text| !text.contains(['*', '?'])) {
                    let complaint = Complaint::new("no exact code is registered for this");
                    self.note(
                        node.span,
                        complaint.help("write `\"?.7.*\"`, in a table of its own"),
                    );
                }
            }
        }
    }

    /// Hosts that patterns and `via` name.
    fn names(self, spoken: Spoken<'_>) {
        let existing = spoken.copy.existing;
        for node in spoken.table.get("via").map_or(&[][..], Node::many) {
            if let Some(name) = node
                .text()
                .filter(|name| existing.hosts.spelled(name).is_none())
            {
                self.unknown(
                    node,
                    &format!("`via` names {name:?}"),
                    name,
                    existing.hosts.iter(),
                );
            }
        }
        for list in ["saw", "never", "order"] {
            for (_, pattern) in spoken.table.tables(list) {
                for node in pattern.get("host").map_or(&[][..], Node::many) {
                    let Some(name) = node.text() else { continue };
                    let is_known = name.contains(['*', '?'])
                        || existing.fake(name).is_some()
                        || is_same_name(name, SUBJECT);
                    if !is_known {
                        let fakes = existing.hosts.iter().chain(existing.https.iter());
                        self.unknown(node, &format!("a pattern speaks of {name:?}"), name, fakes);
                    }
                }
            }
        }
    }

    fn unknown<'a>(self, node: &Node, who: &str, name: &str, names: impl Iterator<Item = &'a str>) {
        let complaint = Complaint::new(format!("{who}, which nothing in this case leads to"));
        self.note(
            node.span,
            match nearest(name, names) {
                Some(meant) => complaint.help(format!("did you mean {meant:?}?")),
                None => complaint.help("give it a table, or an MX record that leads to it"),
            },
        );
    }

    /// Messages, recipients and questions that there are.
    fn subjects(self, spoken: Spoken<'_>) {
        let steps = &spoken.copy.case.steps[..=spoken.index];
        let messages = || steps.iter().flat_map(|step| &step.inject);
        if let Some(node) = spoken.table.get("message")
            && let Some(name) = node.text()
            && !messages().any(|message| message.name == name)
        {
            let complaint = Complaint::new(format!("no message so far is called {name:?}"));
            let meant = nearest(name, messages().map(|message| message.name.as_str()));
            let known = || {
                messages()
                    .map(|message| message.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            self.note(
                node.span,
                match meant {
                    Some(meant) => complaint.help(format!("did you mean {meant:?}?")),
                    None => complaint.help(format!("there are: {}", known())),
                },
            );
        }
        if let Some(node) = spoken.table.get("recipient")
            && let Some(address) = node.text()
            && !recipients(steps)
                .iter()
                .any(|known| is_same_address(known, address))
        {
            let complaint = Complaint::new(format!("no message so far goes to {address:?}"));
            self.note(
                node.span,
                complaint.help("one of the addresses in `to`, or of an alias"),
            );
        }
        if let Some(Entry { key_span, .. }) = spoken.table.entry("answer")
            && steps.iter().all(|step| step.ask.is_none())
        {
            let complaint = Complaint::new("`answer` without `ask`: nobody asks");
            self.note(*key_span, complaint.help("say what is asked"));
        }
    }

    /// TLS versions that no host of the way speaks.
    fn reach(self, spoken: Spoken<'_>) {
        if outcomes(spoken.table).as_deref() != Some(&["delivered"]) {
            return;
        }
        let Some(tls) = spoken.table.get("tls") else {
            return;
        };
        let wanted: Vec<&str> = tls.many().iter().filter_map(Node::text).collect();
        let is_exact = |text: &&str| text.starts_with("1.");
        let Step { world, .. } = &spoken.copy.case.steps[spoken.index];
        let is_plain = world.attackers.is_empty()
            && world.routes.is_empty()
            && world.settings.aliases.is_empty();
        if wanted.is_empty() || !wanted.iter().all(is_exact) || !is_plain {
            return;
        }
        let mut spoken_versions = BTreeSet::new();
        let mut names = BTreeSet::new();
        for to in messages_of(spoken).iter().flat_map(|message| &message.to) {
            let Some((_, domain)) = domain_of(to).and_then(|domain| world.domain(domain)) else {
                return;
            };
            for record in &domain.mx {
                let Some((name, host)) = world.host(&record.host) else {
                    return;
                };
                let (name, host) = match host.cname.as_deref().and_then(|cname| world.host(cname)) {
                    Some(target) => target,
                    None => (name, host),
                };
                names.insert(name);
                let hosts = std::iter::once(host).chain(&host.connections);
                spoken_versions.extend(hosts.flat_map(|host| host.tls.iter().copied()));
            }
            if domain.mx.is_empty() {
                return;
            }
        }
        let words: Vec<&str> = spoken_versions
            .iter()
            .map(|version| version.as_str())
            .collect();
        if names.is_empty()
            || words.is_empty()
            || wanted.iter().any(|version| words.contains(version))
        {
            return;
        }
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        let (verb, words) = (
            if names.len() > 1 { "speak" } else { "speaks" },
            words.join(" and "),
        );
        let complaint = Complaint::new(format!(
            "cannot be reached: {} {verb} TLS {words} alone",
            names.join(" and ")
        ));
        self.note(tls.span, complaint);
    }
}

/// The messages of the step, or of those before it where it has none.
fn messages_of(spoken: Spoken<'_>) -> Vec<&Message> {
    let steps = &spoken.copy.case.steps[..=spoken.index];
    let own = &steps[spoken.index].inject;
    if own.is_empty() {
        steps.iter().flat_map(|step| &step.inject).collect()
    } else {
        own.iter().collect()
    }
}

/// All addresses that messages of these steps go to, also through aliases.
fn recipients(steps: &[Step]) -> Vec<&str> {
    let to = steps
        .iter()
        .flat_map(|step| &step.inject)
        .flat_map(|message| &message.to);
    let aliases = steps
        .iter()
        .flat_map(|step| step.world.settings.aliases.values().flatten());
    to.chain(aliases).map(String::as_str).collect()
}

fn is_same_address(left: &str, right: &str) -> bool {
    match (left.rsplit_once('@'), right.rsplit_once('@')) {
        (Some((a, one)), Some((b, other))) => a == b && is_same_name(one, other),
        _ => left == right,
    }
}

/// The words of `outcome`, if it is said.
fn outcomes(table: &Table) -> Option<Vec<&str>> {
    Some(
        table
            .get("outcome")?
            .many()
            .iter()
            .filter_map(Node::text)
            .collect(),
    )
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::May => "may",
        Level::Documented => "documented",
    }
}
