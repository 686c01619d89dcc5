//! `expect` (SCENARIOS §9).

use super::super::reader::Reader;
use super::super::values;
use super::super::{
    Catalogue, Disclosure, Expect, Expectation, FieldPattern, Level, OutcomeWord, Pattern, Wanted,
};
use super::existence::Existing;
use super::seen;
use crate::document::{Entry, Node, Notes, Table};

/// The words for outcomes, as files write them.
pub(crate) const OUTCOMES: [(&str, OutcomeWord); 5] = [
    ("delivered", OutcomeWord::Delivered),
    ("deferred", OutcomeWord::Deferred),
    ("bounced", OutcomeWord::Bounced),
    ("rejected", OutcomeWord::Rejected),
    ("returned", OutcomeWord::Returned),
];

/// One table of expectations. `rows` are those of the case.
pub(super) fn expect(
    (node, table): (&Node, &Table),
    notes: &Notes<'_>,
    rows: &[String],
    catalogue: &Catalogue,
    existing: &Existing,
) -> Expect {
    let reader = Reader { table, notes };
    let requirements = reader
        .texts("requirements")
        .unwrap_or_else(|| rows.to_vec());
    let level = requirements
        .iter()
        .find_map(|id| catalogue.level(id))
        .unwrap_or(Level::Must);
    let spelled = |name: &String| existing.fake(name).map_or_else(|| name.clone(), Into::into);
    let expectation = |entry: &Entry| {
        let mut wanted = wanted(reader, entry)?;
        match &mut wanted {
            Wanted::Via(hosts) => hosts.iter_mut().for_each(|host| *host = spelled(host)),
            Wanted::Saw(patterns) | Wanted::Never(patterns) | Wanted::Order(patterns) => {
                patterns
                    .iter_mut()
                    .for_each(|pattern| spell(pattern, spelled));
            }
            _ => {}
        }
        let place = notes.source.place(entry.key_span.start);
        Some(Expectation {
            wanted,
            unsaid: false,
            place,
        })
    };
    Expect {
        place: notes.source.place(node.span.start),
        requirements,
        level,
        message: reader.text("message"),
        recipient: reader.text("recipient"),
        keys: table.entries.iter().filter_map(expectation).collect(),
    }
}

fn spell(pattern: &mut Pattern, spelled: impl Fn(&String) -> String) {
    if let Some(FieldPattern::Text(hosts)) = pattern.fields.get_mut("host") {
        hosts.iter_mut().for_each(|host| *host = spelled(host));
    }
}

fn wanted(reader: Reader<'_>, entry: &Entry) -> Option<Wanted> {
    let key = entry.key.as_str();
    let node = &entry.node;
    let texts = || reader.many(key, |text| Ok(text.into()));
    let table = |counts| {
        node.table()
            .map(|table| seen::fields(reader.inside(table), counts))
    };
    Some(match key {
        "outcome" => {
            let word = |node: &Node| OUTCOMES.iter().find(|(word, _)| Some(*word) == node.text());
            Wanted::Outcome(
                node.many()
                    .iter()
                    .filter_map(word)
                    .map(|(_, word)| *word)
                    .collect(),
            )
        }
        "status" => Wanted::Status(texts()?),
        "tls" => Wanted::Tls(reader.many(key, values::condition)?),
        "via" => Wanted::Via(reader.many(key, values::name)?),
        "rounds" => Wanted::Rounds(seen::count(reader, node)?),
        "attempts" => Wanted::Attempts(reader.parsed(key, values::bound)?),
        "leaked" => Wanted::Leaked(node.flag()?),
        "disclosed" => Wanted::Disclosed(reader.word(
            key,
            &[
                ("nothing", Disclosure::Nothing),
                ("envelope", Disclosure::Envelope),
                ("message", Disclosure::Message),
            ],
        )?),
        "notice" if node.flag() == Some(false) => Wanted::Notice(None),
        "notice" => Wanted::Notice(Some(table(&["count"])?)),
        "trace" => Wanted::Trace(table(&[])?),
        "report" if node.flag() == Some(false) => Wanted::Report(None),
        "report" => {
            let tables = node.many().iter().filter_map(Node::table);
            let counts = ["successful", "failed", "days"];
            Wanted::Report(Some(
                tables
                    .map(|table| seen::fields(reader.inside(table), &counts))
                    .collect(),
            ))
        }
        "answer" => Wanted::Answer(table(&[])?),
        "saw" => Wanted::Saw(seen::patterns(reader, node)),
        "never" => Wanted::Never(seen::patterns(reader, node)),
        "order" => Wanted::Order(seen::patterns(reader, node)),
        _ => return None,
    })
}
