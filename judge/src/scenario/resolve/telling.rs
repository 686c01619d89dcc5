//! What the subject is told: `rule`, `route`, `settings` (SCENARIOS §7).

use std::collections::BTreeMap;

use super::super::reader::{Reader, set};
use super::super::values;
use super::super::{ListEntry, Route, Rule, Settings, Switches};
use super::certificate;
use crate::document::Node;

pub(super) fn rule(reader: Reader<'_>) -> Rule {
    let applies = reader
        .texts("applies")
        .unwrap_or_else(|| vec!["outbound".into(), "inbound".into()]);
    let covers = |word: &str| applies.iter().any(|applied| applied == word);
    let list = reader.node("list").and_then(Node::list).unwrap_or_default();
    Rule {
        list: list.iter().filter_map(|node| entry(reader, node)).collect(),
        outbound: covers("outbound"),
        inbound: covers("inbound"),
        secure_route: covers("secure-route"),
        switches: switches(reader, true),
        unit: reader.parsed("unit", values::name),
    }
}

fn entry(reader: Reader<'_>, node: &Node) -> Option<ListEntry> {
    let Some(table) = node.table() else {
        let entry = reader.parse(node, values::name_or_address)?;
        return Some(ListEntry {
            entry,
            authenticated: false,
        });
    };
    let table = Reader::new(table, reader.notes);
    Some(ListEntry {
        entry: table.parsed("entry", values::name_or_address)?,
        authenticated: table.flag("authenticated").unwrap_or(false),
    })
}

fn switches(reader: Reader<'_>, unsaid: bool) -> Switches {
    let switch = |key| reader.flag(key).unwrap_or(unsaid);
    Switches {
        require_tls: switch("require_tls"),
        require_ca_signed: switch("require_ca_signed"),
        validate_hostname: switch("validate_hostname"),
    }
}

pub(super) fn route(reader: Reader<'_>) -> Option<Route> {
    Some(Route {
        host: reader.parsed("host", values::name)?,
        mx_lookup: reader.flag("mx_lookup").unwrap_or(false),
        port: reader.number("port").unwrap_or(25),
        switches: switches(reader, false),
        when_secure: reader.text("when").is_some_and(|when| when == "secure"),
    })
}

pub(super) fn settings(reader: Reader<'_>) -> Settings {
    let mut settings = Settings::default();
    set(
        &mut settings.minimum_tls,
        reader.parsed("minimum_tls", values::version),
    );
    settings.dane = by_name(reader, "dane", |node| node.text().map(Into::into));
    set(&mut settings.trust, reader.texts("trust"));
    settings.aliases = by_name(reader, "aliases", |node| {
        let list = node.list()?.iter();
        Some(
            list.filter_map(|item| reader.parse(item, values::address))
                .collect(),
        )
    });
    set(
        &mut settings.queue_lifetime,
        reader.parsed("queue_lifetime", values::duration),
    );
    set(&mut settings.demand_tls, reader.flag("demand_tls"));
    settings.client_certificate = certificate(reader, "client_certificate");
    settings.resolver_validates = reader
        .text("resolver")
        .is_none_or(|word| word == "validating");
    settings
}

fn by_name<T>(
    reader: Reader<'_>,
    key: &str,
    value: impl Fn(&Node) -> Option<T>,
) -> BTreeMap<String, T> {
    let entries = reader.table(key).map(|table| table.table.entries.iter());
    let entries = entries.into_iter().flatten();
    entries
        .filter_map(|entry| Some((entry.key.clone(), value(&entry.node)?)))
        .collect()
}
