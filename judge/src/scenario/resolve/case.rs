//! A merged and expanded tree becomes a case.

use std::time::Duration;

use super::super::capabilities::capabilities;
use super::super::legacy;
use super::super::reader::Reader;
use super::super::values;
use super::super::{
    Ask, Case, Catalogue, Client, Direction, Message, OutcomeWord, Step, Twin, Wanted, World,
};
use super::existence::{self, Existing};
use super::story::{self, StepTree};
use super::{expect, message, unsaid, world};
use crate::document::{Node, Notes, Span, Table};

/// What a case is read with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) notes: &'a Notes<'a>,
    pub(crate) catalogue: &'a Catalogue,
}

/// The case of a tree, with the names that exist in it. Its twin is settled later, with all cases of the file at
/// hand: here it is the healthy one where one is needed.
pub(crate) fn resolve(
    context: Context<'_>,
    id: String,
    span: Span,
    tree: &Table,
    steps: &[StepTree<'_>],
) -> (Case, Existing) {
    let notes = context.notes;
    let reader = Reader { table: tree, notes };
    let direction = match reader.text("direction").as_deref() {
        Some("inbound") => Direction::Inbound,
        _ => Direction::Outbound,
    };
    let changes = story::changes_records(steps);
    let ttl = Duration::from_secs(if changes { 0 } else { 3600 });
    let mut worlds: Vec<World> = steps
        .iter()
        .map(|step| {
            world::world(
                Reader {
                    table: &step.world,
                    notes,
                },
                ttl,
            )
        })
        .collect();
    let asks: Vec<Option<Ask>> = steps.iter().map(|step| ask(step, notes)).collect();
    let messages = messages(steps, notes, direction);
    let all_messages: Vec<&Message> = messages.iter().flatten().collect();
    let all_asks: Vec<&Ask> = asks.iter().flatten().collect();
    let existing = existence::complete(&mut worlds, &all_messages, &all_asks, ttl);

    let rows = reader.texts("requirements").unwrap_or_default();
    let stories = steps.iter().zip(worlds).zip(messages).zip(asks).enumerate();
    let steps: Vec<Step> = stories
        .map(|(index, (((step, world), inject), ask))| {
            let reader = Reader {
                table: step.written,
                notes,
            };
            let tables = step.written.tables("expect");
            let mut expect: Vec<_> = tables
                .map(|table| expect::expect(table, notes, &rows, context.catalogue, &existing))
                .collect();
            unsaid::add(&mut expect, direction, &world);
            let moves = ["inject", "ask", "after", "lasts"];
            Step {
                after: reader
                    .parsed("after", values::duration)
                    .filter(|_| index > 0),
                world,
                inject,
                ask,
                makes_due: index > 0 && !moves.iter().any(|key| step.written.has(key)),
                lasts: reader.parsed("lasts", values::duration),
                expect,
            }
        })
        .collect();
    let client = reader
        .table("client")
        .map(message::client)
        .unwrap_or_default();
    let case = Case {
        id,
        title: reader.text("title").unwrap_or_default(),
        why: reader.text("why").unwrap_or_default(),
        place: notes.source.place(span.start),
        direction,
        twin: if steps.iter().any(refuses) {
            Twin::Healthy
        } else {
            Twin::NotNeeded
        },
        capabilities: capabilities(tree),
        needs_legacy_tls: needs_legacy_tls(&steps, &client),
        client,
        steps,
    };
    (case, existing)
}

fn ask(step: &StepTree<'_>, notes: &Notes<'_>) -> Option<Ask> {
    Reader {
        table: step.written,
        notes,
    }
    .table("ask")
    .and_then(message::ask)
}

/// The messages of each step. Without `inject` the first step has the healthy one, unless it asks a question.
fn messages(steps: &[StepTree<'_>], notes: &Notes<'_>, direction: Direction) -> Vec<Vec<Message>> {
    let mut place = 0;
    let mut all = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let mut messages = Vec::new();
        match step.written.get("inject").map(Node::many) {
            Some(tables) => {
                for table in tables.iter().filter_map(Node::table) {
                    messages.push(message::message(Reader { table, notes }, direction, place));
                    place += 1;
                }
            }
            None if index == 0 && !step.written.has("ask") => {
                messages.push(message::healthy(direction, place));
                place += 1;
            }
            None => {}
        }
        all.push(messages);
    }
    all
}

/// Whether a step accepts anything but a delivery.
pub(crate) fn refuses(step: &Step) -> bool {
    let keys = step.expect.iter().flat_map(|table| &table.keys);
    keys.into_iter().any(|key| match &key.wanted {
        Wanted::Outcome(words) => words.iter().any(|word| *word != OutcomeWord::Delivered),
        _ => false,
    })
}

pub(crate) fn needs_legacy_tls(steps: &[Step], client: &Client) -> bool {
    steps.iter().any(|step| legacy::world(&step.world)) || legacy::client(client)
}
