//! The world of a step as its tables say; what they only mention is added by [`super::existence`].

use std::time::Duration;

use super::super::World;
use super::super::reader::Reader;
use super::{domain, fault, host, telling};

/// Everything that the tables of a step say.
pub(super) fn world(reader: Reader<'_>, ttl: Duration) -> World {
    World {
        domains: reader
            .named("domain")
            .map(|(entry, table)| (entry.key.clone(), domain::domain(&entry.key, table, ttl)))
            .collect(),
        hosts: reader
            .named("host")
            .map(|(entry, table)| (entry.key.clone(), host::host(table)))
            .collect(),
        https: reader
            .named("https")
            .map(|(entry, table)| (entry.key.clone(), host::https(table)))
            .collect(),
        attackers: reader
            .named("attacker")
            .map(|(entry, table)| (entry.key.clone(), host::attacker(table)))
            .collect(),
        faults: reader
            .tables("fault")
            .filter_map(|(_, table)| fault(table))
            .collect(),
        rules: reader
            .tables("rule")
            .map(|(_, table)| telling::rule(table))
            .collect(),
        routes: reader
            .named("route")
            .filter_map(|(entry, table)| Some((entry.key.clone(), telling::route(table)?)))
            .collect(),
        settings: reader
            .table("settings")
            .map(telling::settings)
            .unwrap_or_default(),
    }
}
