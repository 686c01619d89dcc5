//! What differs between two states of the settings, and the records that tell it.
//!
//! Each change makes one record: who made it, when, what, before and after. A rule, list or route that is new or gone is
//! one change; of those that stay, each key that differs is one. Nothing secret is told: of accounts the names, of keys
//! the certificates that belong to them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use crate::address::{DomainName, Mailbox};

use super::file::{SettingsFile, applies_to, key, print_duration, switch_words};
use super::instant;
use super::{
    AddressList, DaneUse, Dnssec, OwnCertificate, Receiving, Reporting, Route, RouteUse, Rule,
    Settings, Switches,
};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was changed, as a path in the settings file: `rule.partners.require_tls`.
    pub what: String,
    /// What it was; none: it was not there. Of a list the entries that are gone.
    pub before: Option<String>,
    /// What it is now; none: it is gone. Of a list the entries that are new.
    pub after: Option<String>,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When it was applied.
    #[serde(with = "instant")]
    pub when: SystemTime,
    /// By whom.
    pub who: String,
    /// The number of the settings that brought it.
    pub settings: u64,
    /// From when on it holds.
    #[serde(with = "instant")]
    pub effective: SystemTime,
    /// What was changed.
    #[serde(flatten)]
    pub change: Change,
}

/// A line of the audit log, read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditLine {
    /// A record.
    Record(AuditRecord),
    /// What can be none: cut short, most likely, when the machine stopped.
    Broken(String),
}

/// Reads an audit log; what cannot be read is told, not lost.
#[must_use]
pub fn audit_lines(log: &str) -> Vec<AuditLine> {
    log.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| match serde_json::from_str(line) {
            Ok(record) => AuditLine::Record(record),
            Err(_) => AuditLine::Broken(line.to_owned()),
        })
        .collect()
}

/// What differs; in the order of the paths.
#[must_use]
pub fn changes(before: Option<&SettingsFile>, after: &SettingsFile) -> Vec<Change> {
    let old = before.map(parts).unwrap_or_default();
    let new = parts(after);
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for name in names {
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => changes.extend(differing(name, old, new)),
            (old, new) => changes.push(Change {
                what: name.clone(),
                before: old.map(Part::told),
                after: new.map(Part::told),
            }),
        }
    }
    changes
}

fn differing(name: &str, old: &Part, new: &Part) -> Vec<Change> {
    let keys: BTreeSet<&str> = old.0.keys().chain(new.0.keys()).copied().collect();
    let path = |key: &str| match key {
        "" => name.to_owned(),
        key => format!("{name}.{key}"),
    };
    keys.into_iter()
        .filter(|key| old.0.get(key) != new.0.get(key))
        .map(|key| {
            let (before, after) = told_apart(old.0.get(key), new.0.get(key));
            Change {
                what: path(key),
                before,
                after,
            }
        })
        .collect()
}

/// A thing that can be there or not, with its values by key; the key of a thing that is one value is empty.
#[derive(Default)]
struct Part(BTreeMap<&'static str, Value>);

#[derive(PartialEq)]
enum Value {
    One(String),
    /// Only what differs is told of them.
    Many(Vec<String>),
    /// What is told of it, and what is not.
    Secret(String, String),
}

impl Part {
    fn one(value: impl ToString) -> Self {
        Self(BTreeMap::from([("", Value::One(value.to_string()))]))
    }

    fn many(items: impl IntoIterator<Item: ToString>) -> Self {
        let items = items.into_iter().map(|item| item.to_string());
        Self(BTreeMap::from([("", Value::Many(items.collect()))]))
    }

    /// Nothing at all, as of a trust bundle that is not there.
    fn is_empty(&self) -> bool {
        matches!(self.0.get(""), Some(Value::Many(items)) if items.is_empty())
    }

    fn told(&self) -> String {
        let values = self.0.iter().map(|(key, value)| {
            let value = match value {
                Value::One(text) | Value::Secret(text, _) => text.clone(),
                Value::Many(items) => items.join(", "),
            };
            match *key {
                "" => value,
                key => format!("{key}: {value}"),
            }
        });
        values.collect::<Vec<_>>().join("; ")
    }
}

fn told_apart(old: Option<&Value>, new: Option<&Value>) -> (Option<String>, Option<String>) {
    if let (Some(Value::Many(old)), Some(Value::Many(new))) = (old, new) {
        let without = |these: &[String], those: &[String]| {
            let those: BTreeSet<&String> = those.iter().collect();
            let left: Vec<&str> = (these.iter())
                .filter(|item| !those.contains(item))
                .map(String::as_str)
                .collect();
            (!left.is_empty()).then(|| left.join(", "))
        };
        return (without(old, new), without(new, old));
    }
    let told = |value: &Value| match value {
        Value::One(text) | Value::Secret(text, _) => text.clone(),
        Value::Many(items) => items.join(", "),
    };
    let (before, after) = (old.map(told), new.map(told));
    match (&before, &after) {
        (Some(before), Some(after)) if before == after => (
            Some(before.clone()),
            Some(format!("{after}, with another secret")),
        ),
        _ => (before, after),
    }
}

/// All that settings say, by path.
type Parts = BTreeMap<String, Part>;

fn parts(file: &SettingsFile) -> Parts {
    // Whatever is added to the settings has to be told of.
    let Settings {
        hostname,
        addresses,
        resolvers,
        dnssec,
        dane,
        rules: _,
        routes,
        aliases,
        receiving,
        reporting,
        minimum_tls,
        trust,
        client_certificate,
        queue_lifetime,
        delay_notice_after,
        retry,
    } = file.settings();
    let mut parts = Parts::new();
    let mut say = |path: &str, part: Part| {
        if !part.is_empty() {
            parts.insert(path.to_owned(), part);
        }
    };
    say("hostname", Part::one(hostname));
    say("addresses", Part::many(addresses));
    say("resolvers", Part::many(resolvers));
    for (path, part) in secure_names(dnssec, dane) {
        say(&path, part);
    }
    say("minimum_tls", Part::one(minimum_tls.word()));
    say(
        "trust",
        Part::many(trust.iter().map(|der| certificate(der))),
    );
    if let Some(own) = client_certificate {
        say("client_certificate", own_certificate(own));
    }
    say("queue.lifetime", Part::one(print_duration(*queue_lifetime)));
    say("queue.first_wait", Part::one(print_duration(retry.first())));
    say(
        "queue.longest_wait",
        Part::one(print_duration(retry.longest())),
    );
    let delay = delay_notice_after.map_or("never".to_owned(), print_duration);
    say("queue.delay_notice_after", Part::one(delay));
    for alias in aliases.entries() {
        let path = format!("aliases.{}", key(alias.address.as_str()));
        say(&path, Part::many(alias.members.iter().map(Mailbox::as_str)));
    }
    for route in routes {
        let domain = route
            .domain
            .as_ref()
            .map_or("*".to_owned(), ToString::to_string);
        let alternate = match route.taken {
            RouteUse::Always => "",
            RouteUse::WhenSecure => ".secure",
        };
        say(
            &format!("route.{}{alternate}", key(&domain)),
            of_route(route),
        );
    }
    for list in file.lists() {
        let entries = Value::Many(entries(&list.list));
        let path = format!("list.{}", key(&list.name));
        say(&path, Part(BTreeMap::from([("entries", entries)])));
    }
    for (rule, uses) in file.rules() {
        say(&format!("rule.{}", key(&rule.name)), of_rule(rule, uses));
    }
    of_receiving(receiving, &mut parts);
    if let Some(reporting) = reporting {
        parts.insert("reporting".to_owned(), of_reporting(reporting));
    }
    parts
}

/// What is said of DNSSEC and DANE.
fn secure_names(dnssec: &Dnssec, dane: &BTreeMap<DomainName, DaneUse>) -> Vec<(String, Part)> {
    let mut told = vec![("dnssec".to_owned(), Part::one(dnssec.word()))];
    if let Dnssec::Validate(anchors) = dnssec {
        told.push(("dnssec_anchors".to_owned(), Part::many(anchors.records())));
    }
    told.extend(dane.iter().map(|(domain, wanted)| {
        let path = format!("dane.{}", key(domain.as_str()));
        (path, Part::one(wanted.word()))
    }));
    told
}

fn of_rule(rule: &Rule, uses: &[String]) -> Part {
    let mut part = switches(rule.switches);
    let applies = applies_to(rule.applies).join(", ");
    part.0.insert("applies", Value::One(applies));
    part.0.insert("lists", Value::Many(uses.to_vec()));
    if let Some(unit) = &rule.unit {
        part.0.insert("unit", Value::One(unit.to_string()));
    }
    part
}

fn of_route(route: &Route) -> Part {
    let mut part = switches(route.switches);
    part.0.insert("host", Value::One(route.host.to_string()));
    part.0.insert("port", Value::One(route.port.to_string()));
    part.0
        .insert("mx_lookup", Value::One(route.mx_lookup.to_string()));
    part
}

fn of_receiving(receiving: &Receiving, parts: &mut Parts) {
    let Receiving {
        domains,
        certificate,
        demand_tls,
        accounts,
    } = receiving;
    let mut say = |path: &str, part: Part| {
        if !part.is_empty() {
            parts.insert(format!("receiving.{path}"), part);
        }
    };
    say("domains", Part::many(domains));
    say("demand_tls", Part::one(demand_tls));
    if let Some(own) = certificate {
        say("certificate", own_certificate(own));
    }
    for account in accounts {
        let value = Value::Secret("may log in".to_owned(), account.password.clone());
        let path = format!("accounts.{}", key(&account.user));
        say(&path, Part(BTreeMap::from([("", value)])));
    }
}

fn of_reporting(reporting: &Reporting) -> Part {
    let Reporting {
        organization,
        contact,
        sender,
        dkim,
    } = reporting;
    let text = |text: &str| Value::One(text.to_owned());
    let mut part = Part(BTreeMap::from([
        ("organization", text(organization)),
        ("contact", text(contact.mailbox().as_str())),
    ]));
    if let Some(sender) = sender {
        part.0.insert("sender", text(sender.mailbox().as_str()));
    }
    if let Some(dkim) = dkim {
        let value = Value::Secret(dkim.record_name(), hexadecimal(dkim.key().secret_der()));
        part.0.insert("dkim", value);
    }
    part
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entries(list: &AddressList) -> Vec<String> {
    let told = |entry: &super::ListEntry| match entry.authenticated {
        true => format!("{entry} (authenticated)"),
        false => entry.to_string(),
    };
    list.entries().iter().map(told).collect()
}

fn switches(switches: Switches) -> Part {
    let values = switch_words(switches);
    Part(
        values
            .map(|(key, is_on)| (key, Value::One(is_on.to_string())))
            .into(),
    )
}

fn own_certificate(own: &OwnCertificate) -> Part {
    let chain: Vec<String> = own.chain.iter().map(|der| certificate(der)).collect();
    let key = hexadecimal(own.key.secret_der());
    Part(BTreeMap::from([("", Value::Secret(chain.join(", "), key))]))
}

/// Whom a certificate speaks of, and what makes it this one.
#[must_use]
pub fn certificate(der: &CertificateDer<'_>) -> String {
    match x509_parser::parse_x509_certificate(der) {
        Ok((_, certificate)) => {
            let subject = certificate.subject().to_string();
            let until = certificate.validity().not_after.to_datetime().date();
            let serial = certificate.raw_serial_as_string().replace(':', "");
            let subject = if subject.is_empty() {
                "no subject"
            } else {
                &subject
            };
            format!("{subject} (serial {serial}, until {until})")
        }
        Err(_) => "an unreadable certificate".to_owned(),
    }
}
