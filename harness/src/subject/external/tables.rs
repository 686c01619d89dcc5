//! What a relay is told of all cases at once: one row a domain, since no two cases have a domain in common.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mtaspec_judge::scenario::{Route, Rule, Settings, Switches, World};

use crate::plan::PlannedCase;
use crate::subject::profile::{Alias, Data, Domain, NextHop, Sender};

/// No rule asks for anything.
const NOTHING: Switches = Switches {
    require_tls: false,
    require_ca_signed: false,
    validate_hostname: false,
};

/// The domain of a route that holds for all domains without one.
const ANY: &str = "*";

/// A case as its relay is told of it, whatever its steps change.
#[derive(Debug, Clone)]
pub(super) struct ToldCase {
    /// The world of its first step.
    world: World,
    /// The subject's own domain in it.
    home: String,
    /// The domains of all recipients.
    recipients: BTreeSet<String>,
}

impl ToldCase {
    /// The case as it was planned.
    pub(super) fn of(planned: &PlannedCase) -> Self {
        let steps = &planned.labelled().steps;
        let messages = steps.iter().flat_map(|step| &step.inject);
        let addresses = messages.flat_map(|message| &message.to);
        Self {
            world: steps[0].world.clone(),
            home: planned.names().labelled("home.test"),
            recipients: addresses
                .filter_map(|address| Some(address.rsplit_once('@')?.1.to_owned()))
                .filter(|domain| !domain.starts_with('['))
                .collect(),
        }
    }

    /// What it tells the relay at first.
    pub(super) fn at_first(&self) -> CaseTables {
        let World {
            rules,
            routes,
            settings,
            ..
        } = &self.world;
        self.tables(rules, routes, settings)
    }

    /// What it tells the relay with these rules, routes and settings.
    pub(super) fn tables(
        &self,
        rules: &[Rule],
        routes: &BTreeMap<String, Route>,
        settings: &Settings,
    ) -> CaseTables {
        let asked = switches_by_entry(rules.iter().filter(|rule| rule.outbound));
        let mut names: BTreeSet<String> = asked.keys().cloned().collect();
        names.extend(self.world.domains.keys().cloned());
        names.extend(routes.keys().cloned());
        names.extend(settings.dane.keys().cloned());
        names.extend(self.recipients.iter().cloned());
        names.remove(&self.home);
        // The route of whatever has none of its own; to other cases it means nothing.
        names.remove(ANY);
        let domain = |name: String| Domain {
            switches: asked.get(&name).copied().unwrap_or(NOTHING),
            dane: settings.dane.get(&name).cloned(),
            route: next_hop(rules, routes, &name),
            mx: (self.world.domains.get(&name).into_iter())
                .flat_map(|domain| &domain.mx)
                .map(|record| record.host.clone())
                .collect(),
            name,
        };
        let aliases = settings.aliases.iter();
        let inbound = rules.iter().filter(|rule| rule.inbound);
        CaseTables {
            domains: names.into_iter().map(domain).collect(),
            aliases: aliases
                .map(|(address, members)| Alias {
                    address: address.clone(),
                    members: members.clone(),
                })
                .collect(),
            senders: (switches_by_entry(inbound).into_iter())
                .map(|(entry, switches)| Sender { entry, switches })
                .collect(),
            home: self.home.clone(),
        }
    }
}

/// Adds what the first step of a case tells its relay to what templates see.
pub fn tell_first_step(planned: &PlannedCase, data: &mut Data) {
    ToldCase::of(planned).at_first().add_to(data);
}

/// What the relay is told of one case.
#[derive(Debug, Clone, Default)]
pub(super) struct CaseTables {
    domains: Vec<Domain>,
    aliases: Vec<Alias>,
    senders: Vec<Sender>,
    home: String,
}

impl CaseTables {
    /// Adds them to what templates see.
    pub(super) fn add_to(&self, data: &mut Data) {
        data.domains.extend(self.domains.iter().cloned());
        data.aliases.extend(self.aliases.iter().cloned());
        data.senders.extend(self.senders.iter().cloned());
        data.homes.push(self.home.clone());
    }
}

/// What rules ask for together, by the entries of their lists.
fn switches_by_entry<'r>(rules: impl Iterator<Item = &'r Rule>) -> BTreeMap<String, Switches> {
    let mut asked: BTreeMap<String, Switches> = BTreeMap::new();
    for rule in rules {
        for entry in &rule.list {
            let all = asked.entry(entry.entry.clone()).or_insert(NOTHING);
            add(all, rule.switches);
        }
    }
    asked
}

/// What either asks for.
fn add(all: &mut Switches, more: Switches) {
    all.require_tls |= more.require_tls;
    all.require_ca_signed |= more.require_ca_signed;
    all.validate_hostname |= more.validate_hostname;
}

/// Where mail for a domain goes instead; a rule for secure routes is one for each route that requires TLS.
fn next_hop(rules: &[Rule], routes: &BTreeMap<String, Route>, domain: &str) -> Option<NextHop> {
    let route = routes.get(domain).or_else(|| routes.get(ANY))?;
    let host = route.host.trim_matches(['[', ']']);
    let mut switches = route.switches;
    if switches.require_tls {
        let of_secure_routes = rules.iter().filter(|rule| rule.secure_route);
        of_secure_routes.for_each(|rule| add(&mut switches, rule.switches));
    }
    Some(NextHop {
        host: host.to_owned(),
        is_address: host.parse::<IpAddr>().is_ok(),
        mx_lookup: route.mx_lookup,
        port: route.port,
        switches,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mtaspec_judge::scenario::{Catalogue, read_text};

    use super::*;
    use crate::plan::{AddressBook, AddressMode, PlanOptions};

    const FILE: &str = r#"
title = "a relay is told"
why   = "it must know"
rule  = [
  { list = ["example.test"], require_ca_signed = false, validate_hostname = false },
  { list = ["example.test"], require_ca_signed = true, validate_hostname = false },
  { applies = ["inbound"], list = ["partner.test"], require_ca_signed = false, validate_hostname = false },
]
route = { "*" = { host = "smart.test" }, "other.test" = { host = "[relay.test]", port = 2525 } }
settings = { dane = { "other.test" = "off" }, aliases = { "all@home.test" = ["user@example.test"] } }
inject = { to = ["user@example.test", "user@third.test"] }
expect = { outcome = "delivered" }
"#;

    #[test]
    fn rules_and_routes_stand_beside_the_domains_that_mail_goes_to() {
        let nothing = Catalogue::default();
        let (cases, problems) = read_text("a.toml", "a", FILE, &nothing, true);
        assert!(problems.is_empty(), "{problems}");
        let book = AddressBook::new(AddressMode::Mapped);
        let case = Arc::new(cases.into_iter().next().unwrap());
        let planned = PlannedCase::new(case, &PlanOptions::default(), &book).unwrap();
        let tables = ToldCase::of(&planned).at_first();
        let label = format!(".{}.test", planned.label().as_str());
        let plain = |value: &dyn std::fmt::Debug| format!("{value:?}").replace(&label, ".test");
        let rows: Vec<String> = (tables.domains.iter())
            .map(|domain| {
                let Switches {
                    require_tls,
                    require_ca_signed,
                    validate_hostname,
                } = domain.switches;
                let route = domain.route.as_ref();
                let route = route.map(|route| (&route.host, route.is_address, route.port));
                let asked = [require_tls, require_ca_signed, validate_hostname];
                plain(&(&domain.name, asked, &domain.dane, route, &domain.mx))
            })
            .collect();
        insta::assert_snapshot!(rows.join("\n"), @r#"
        ("example.test", [true, true, false], None, Some(("smart.test", false, 25)), ["mx.example.test"])
        ("other.test", [false, false, false], Some("off"), Some(("198.18.0.5", true, 2525)), [])
        ("third.test", [false, false, false], None, Some(("smart.test", false, 25)), ["mx.third.test"])
        "#);
        let aliases = tables.aliases.iter();
        let aliases: Vec<_> = aliases
            .map(|alias| (&alias.address, &alias.members))
            .collect();
        assert_eq!(
            plain(&aliases),
            r#"[("all@home.test", ["user@example.test"])]"#
        );
        let senders: Vec<_> = (tables.senders.iter())
            .map(|sender| (&sender.entry, sender.switches.require_tls))
            .collect();
        assert_eq!(
            plain(&senders),
            r#"[("example.test", true), ("partner.test", true)]"#
        );
        assert_eq!(plain(&tables.home), r#""home.test""#);
    }
}
