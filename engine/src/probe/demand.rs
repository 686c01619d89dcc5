//! What the settings ask of mail to somebody, setting by setting.

use crate::route::{NextHop, route_for};
use crate::settings::{Listed, Rule, Settings, Switches};

use super::walk::About;

/// What a rule or a route asks of the mail in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Who asks.
    pub by: Asker,
    /// What is asked.
    pub switches: Switches,
    /// Of which of the mail.
    pub cover: Cover,
}

/// A setting that asks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// The rule of this name.
    Rule(String),
    /// The route to this host.
    Route(String),
}

/// How much of the mail in question a setting covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover {
    /// All of it.
    All,
    /// Mail from this organisational unit alone.
    Unit(String),
    /// Mail to these addresses alone.
    Addresses(Vec<String>),
}

/// What the demands that cover all of the mail ask together.
pub(super) fn together(demands: &[Demand]) -> Switches {
    demands
        .iter()
        .filter(|demand| demand.cover == Cover::All)
        .fold(Switches::OFF, |sum, demand| sum.and(demand.switches))
}

/// What the settings ask of mail to somebody.
#[must_use]
pub fn demands(settings: &Settings, about: &About) -> Vec<Demand> {
    next_hop_and_demands(settings, about).1
}

/// Where mail goes next, and what is asked of it on that way.
///
/// A host that is asked about by itself stands for the mail that comes to it: rules about a domain of its name hold, routes
/// do not.
pub(super) fn next_hop_and_demands(settings: &Settings, about: &About) -> (NextHop, Vec<Demand>) {
    let rules = settings.rules.iter();
    let mut demands: Vec<Demand> = rules
        .clone()
        .filter_map(|rule| Some(of_rule(rule, cover(rule, about)?)))
        .collect();
    if let About::Host(host) = about {
        return (NextHop::of_host(host), demands);
    }
    let wanted_secure = together(&demands) != Switches::OFF;
    let next_hop = NextHop::of(settings, about.domain(), wanted_secure);
    let route = route_for(settings, about.domain(), wanted_secure)
        .filter(|route| route.switches != Switches::OFF);
    if let Some(route) = route {
        demands.push(Demand {
            by: Asker::Route(route.host.to_string()),
            switches: route.switches,
            cover: Cover::All,
        });
        let secure = rules.filter(|rule| rule.applies.secure_route);
        demands.extend(secure.map(|rule| of_rule(rule, of_unit(rule))));
    }
    (next_hop, demands)
}

fn of_rule(rule: &Rule, cover: Cover) -> Demand {
    Demand {
        by: Asker::Rule(rule.name.clone()),
        switches: rule.switches,
        cover,
    }
}

fn of_unit(rule: &Rule) -> Cover {
    match &rule.unit {
        None => Cover::All,
        Some(unit) => Cover::Unit(unit.to_string()),
    }
}

/// How much of the mail a rule for mail that leaves covers by its list; none: nothing of it.
fn cover(rule: &Rule, about: &About) -> Option<Cover> {
    if !rule.applies.outbound {
        return None;
    }
    let mut addresses = Vec::new();
    for entry in rule.list.entries() {
        match (&entry.who, about) {
            (_, About::Recipient(mailbox)) if entry.names(mailbox) => return Some(of_unit(rule)),
            (Listed::Domain(domain), _) if domain == about.domain() => return Some(of_unit(rule)),
            (Listed::Mailbox(mailbox), About::Domain(domain) | About::Host(domain))
                if mailbox.domain() == domain =>
            {
                addresses.push(mailbox.as_str().to_owned());
            }
            _ => {}
        }
    }
    (!addresses.is_empty()).then_some(Cover::Addresses(addresses))
}
