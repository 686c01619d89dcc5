//! What a subject must be able to do, derived from the keys that a case uses (SCENARIOS §10).
//!
//! It is read off the merged tree, not off the resolved case: what counts is that a file says something, even where
//! it says what is healthy.

use std::collections::BTreeSet;

use super::keys::{ASK, Kind, SETTINGS};
use crate::document::{Node, Table};

/// What is derived from more than the name of one key.
const WORDS: [&str; 28] = [
    "alternate-route",
    "clock",
    "dane",
    "dsn",
    "inbound",
    "ipv6",
    "mta-sts",
    "other-port",
    "queue",
    "requiretls",
    "retry",
    "route",
    "rule-change",
    "secure-route",
    "sender-authentication",
    "smtputf8",
    "sts-at-once",
    "submission",
    "tls-rule",
    "tls-rule-address",
    "tls-rule-ca",
    "tls-rule-ca-without-hostname",
    "tls-rule-hostname",
    "tls-rule-hostname-without-ca",
    "tls-rule-inbound",
    "tls-rule-inbound-certificate",
    "tlsrpt",
    "units",
];

/// All words for what a subject can do.
#[must_use]
pub fn all_capabilities() -> BTreeSet<String> {
    let words = WORDS.into_iter().map(str::to_owned);
    let settings = SETTINGS.iter().filter(|key| key.name != "dane");
    let settings = settings.map(|key| setting(key.name));
    let asked = match ASK.key("what").map(|key| &key.kind) {
        Some(Kind::Word(words)) => *words,
        _ => &[],
    };
    words
        .chain(settings)
        .chain(asked.iter().map(|what| ask(what)))
        .collect()
}

fn setting(key: &str) -> String {
    format!("setting-{}", key.replace('_', "-"))
}

fn ask(what: &str) -> String {
    format!("ask-{what}")
}

/// The capabilities that a merged case needs.
pub(crate) fn capabilities(case: &Table) -> BTreeSet<String> {
    let inbound = case.get("direction").and_then(Node::text) == Some("inbound");
    let mut needed = Needed {
        found: BTreeSet::new(),
        inbound,
    };
    if inbound {
        needed.add("inbound");
    }
    needed.table(case);
    for step in case.get("step").and_then(Node::list).unwrap_or_default() {
        let Some(step) = step.table() else { continue };
        if step.has("rule") {
            needed.add("rule-change");
        }
        if !["after", "lasts", "inject", "ask"]
            .iter()
            .any(|key| step.has(key))
        {
            needed.add("retry");
        }
        needed.table(step);
    }
    needed.found
}

struct Needed {
    found: BTreeSet<String>,
    inbound: bool,
}

impl Needed {
    fn add(&mut self, capability: impl Into<String>) {
        self.found.insert(capability.into());
    }

    fn add_if(&mut self, is_needed: bool, capability: &str) {
        if is_needed {
            self.add(capability);
        }
    }

    fn table(&mut self, table: &Table) {
        table.tables("rule").for_each(|(_, rule)| self.rule(rule));
        for (_, route) in table.named("route") {
            self.add("route");
            self.add_if(is(route, "require_tls"), "secure-route");
            self.add_if(
                route.get("when").and_then(Node::text) == Some("secure"),
                "alternate-route",
            );
        }
        self.add_if(
            table.named("domain").any(|(_, domain)| domain.has("sts")),
            "mta-sts",
        );
        for (_, host) in table.named("host") {
            self.host(host);
        }
        for (_, host) in table.named("https") {
            self.addresses(host);
        }
        for entry in table
            .get("settings")
            .and_then(Node::table)
            .iter()
            .flat_map(|t| &t.entries)
        {
            match entry.key.as_str() {
                "dane" => self.add("dane"),
                key => self.add(setting(key)),
            }
        }
        table
            .tables("inject")
            .for_each(|(_, message)| self.message(message));
        let client = table.get("client").and_then(Node::table);
        let port = client.and_then(|client| client.get("port")?.text());
        self.add_if(port.is_some_and(|port| port != "smtp"), "submission");
        self.add_if(table.has("after") || table.has("lasts"), "clock");
        if let Some(what) = table
            .get("ask")
            .and_then(|ask| ask.table()?.get("what")?.text())
        {
            self.add(ask(what));
        }
        self.add_if(
            table
                .tables("expect")
                .any(|(_, expect)| expect.has("report")),
            "tlsrpt",
        );
        let unnotified = table
            .tables("inject")
            .any(|(_, message)| wants_no_notice(message));
        let judged = table
            .tables("expect")
            .any(|(_, expect)| expect.has("outcome"));
        self.add_if(unnotified && judged, "queue");
    }

    fn rule(&mut self, rule: &Table) {
        let switch = |key: &str| rule.get(key).and_then(Node::flag).unwrap_or(true);
        let (authority, host) = (switch("require_ca_signed"), switch("validate_hostname"));
        if self.inbound {
            self.add("tls-rule-inbound");
            self.add_if(authority || host, "tls-rule-inbound-certificate");
        } else {
            self.add("tls-rule");
            self.add_if(authority, "tls-rule-ca");
            self.add_if(host, "tls-rule-hostname");
            self.add_if(authority && !host, "tls-rule-ca-without-hostname");
            self.add_if(host && !authority, "tls-rule-hostname-without-ca");
        }
        for entry in rule.get("list").and_then(Node::list).unwrap_or_default() {
            let address = match entry.table() {
                Some(table) => {
                    self.add_if(is(table, "authenticated"), "sender-authentication");
                    table.get("entry").and_then(Node::text)
                }
                None => entry.text(),
            };
            self.add_if(
                address.is_some_and(|entry| entry.contains('@')),
                "tls-rule-address",
            );
        }
        self.add_if(rule.has("unit"), "units");
        let applies = rule.get("applies").and_then(Node::list).unwrap_or_default();
        self.add_if(
            applies
                .iter()
                .any(|word| word.text() == Some("secure-route")),
            "secure-route",
        );
    }

    fn host(&mut self, host: &Table) {
        self.add_if(host.has("tlsa"), "dane");
        self.addresses(host);
        let port = host.get("port").and_then(Node::number);
        self.add_if(port.is_some_and(|port| port != 25), "other-port");
    }

    fn addresses(&mut self, host: &Table) {
        let addresses = host
            .get("addresses")
            .and_then(Node::list)
            .unwrap_or_default();
        let is_six = |node: &Node| node.text().is_some_and(|text| text.starts_with("ipv6"));
        self.add_if(addresses.iter().any(is_six), "ipv6");
    }

    fn message(&mut self, message: &Table) {
        let headers = message
            .get("headers")
            .and_then(Node::list)
            .unwrap_or_default();
        let is_tls_required = |node: &Node| {
            node.text()
                .is_some_and(|line| line.to_ascii_lowercase().starts_with("tls-required"))
        };
        self.add_if(
            is(message, "requiretls") || headers.iter().any(is_tls_required),
            "requiretls",
        );
        self.add_if(is(message, "smtputf8"), "smtputf8");
        self.add_if(
            ["ret", "notify", "envid"]
                .iter()
                .any(|key| message.has(key)),
            "dsn",
        );
        self.add_if(is(message, "login"), "submission");
    }
}

fn is(table: &Table, key: &str) -> bool {
    table.get(key).and_then(Node::flag) == Some(true)
}

fn wants_no_notice(message: &Table) -> bool {
    let is_null = message.get("from").and_then(Node::text) == Some("");
    let notify = message.get("notify").and_then(Node::list);
    is_null || notify.is_some_and(|words| words.len() == 1 && words[0].text() == Some("never"))
}
