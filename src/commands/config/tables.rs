//! What a relay is told of cases: one row a domain, since no two cases have a domain in common.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mtaspec_harness::plan::PlannedCase;
use mtaspec_harness::subject::profile::{Alias, Data, Domain, NextHop, Sender};
use mtaspec_judge::scenario::{Rule, Switches, World};

/// No rule asks for anything.
const NOTHING: Switches = Switches {
    require_tls: false,
    require_ca_signed: false,
    validate_hostname: false,
};

/// The domain of a route that holds for all domains without one.
const ANY: &str = "*";

/// Adds what the first step of a case tells its subject.
pub(super) fn tell(planned: &PlannedCase, data: &mut Data) {
    let steps = &planned.labelled().steps;
    let Some(world) = steps.first().map(|step| &step.world) else {
        return;
    };
    let home = planned.names().labelled("home.test");
    let asked = switches_by_entry(world.rules.iter().filter(|rule| rule.outbound));
    let messages = steps.iter().flat_map(|step| &step.inject);
    let recipients = messages
        .flat_map(|message| &message.to)
        .filter_map(|address| Some(address.rsplit_once('@')?.1))
        .filter(|domain| !domain.starts_with('['));
    let mut names: BTreeSet<&str> = asked.keys().copied().collect();
    names.extend(world.domains.keys().map(String::as_str));
    names.extend(world.routes.keys().map(String::as_str));
    names.extend(world.settings.dane.keys().map(String::as_str));
    names.extend(recipients);
    names.retain(|name| *name != home && *name != ANY);
    data.domains.extend(names.into_iter().map(|name| {
        Domain {
            name: name.to_owned(),
            switches: asked.get(name).copied().unwrap_or(NOTHING),
            dane: world.settings.dane.get(name).cloned(),
            route: next_hop(world, name),
            mx: (world.domains.get(name).into_iter())
                .flat_map(|domain| &domain.mx)
                .map(|record| record.host.clone())
                .collect(),
        }
    }));
    let aliases = world.settings.aliases.iter();
    data.aliases.extend(aliases.map(|(address, members)| Alias {
        address: address.clone(),
        members: members.clone(),
    }));
    let inbound = switches_by_entry(world.rules.iter().filter(|rule| rule.inbound));
    data.senders
        .extend(inbound.into_iter().map(|(entry, switches)| Sender {
            entry: entry.to_owned(),
            switches,
        }));
    data.homes.push(home);
}

/// What rules ask for together, by the entries of their lists.
fn switches_by_entry<'r>(rules: impl Iterator<Item = &'r Rule>) -> BTreeMap<&'r str, Switches> {
    let mut asked: BTreeMap<&str, Switches> = BTreeMap::new();
    for rule in rules {
        for entry in &rule.list {
            let all = asked.entry(&entry.entry).or_insert(NOTHING);
            all.require_tls |= rule.switches.require_tls;
            all.require_ca_signed |= rule.switches.require_ca_signed;
            all.validate_hostname |= rule.switches.validate_hostname;
        }
    }
    asked
}

fn next_hop(world: &World, domain: &str) -> Option<NextHop> {
    let route = world.routes.get(domain).or_else(|| world.routes.get(ANY))?;
    let host = route.host.trim_matches(['[', ']']);
    Some(NextHop {
        host: host.to_owned(),
        is_address: host.parse::<IpAddr>().is_ok(),
        mx_lookup: route.mx_lookup,
        port: route.port,
        switches: route.switches,
    })
}

/// One line a domain, fields parted by tabs: for a program that makes a relay's tables of them.
pub(super) fn as_lines(data: &Data) -> String {
    let mut text = "#domain\trequired\tdane\tmx\troute\n".to_owned();
    for domain in &data.domains {
        let mut switches = domain.switches;
        if let Some(route) = &domain.route {
            switches.require_tls |= route.switches.require_tls;
            switches.require_ca_signed |= route.switches.require_ca_signed;
            switches.validate_hostname |= route.switches.validate_hostname;
        }
        let words = [
            (switches.require_tls, "tls"),
            (switches.require_ca_signed, "ca"),
            (switches.validate_hostname, "name"),
        ];
        let words: Vec<&str> = (words.iter())
            .filter(|(is_asked, _)| *is_asked)
            .map(|(_, word)| *word)
            .collect();
        let route = domain.route.as_ref().map(|route| {
            let mx = if route.mx_lookup { " mx" } else { "" };
            format!("{} {}{mx}", route.host, route.port)
        });
        let fields = [
            domain.name.clone(),
            words.join("+"),
            domain.dane.clone().unwrap_or_default(),
            domain.mx.join(","),
            route.unwrap_or_default(),
        ];
        let fields = fields.map(|field| {
            if field.is_empty() {
                "-".to_owned()
            } else {
                field
            }
        });
        text.push_str(&fields.join("\t"));
        text.push('\n');
    }
    text
}
