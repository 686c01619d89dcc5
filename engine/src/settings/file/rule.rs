//! Rules and routes of a settings file.

use std::collections::HashSet;

use crate::address::{DomainName, MailDomain};
use crate::settings::{AddressList, Applies, Route, RouteUse, Rule, Switches};

use super::list::NamedList;
use super::problem::Complaint;
use super::spelling::nearest;
use super::table::{Table, Text};
use super::written::key;

/// A rule with the names of its lists, in the order in which it names them.
#[derive(Debug)]
pub(super) struct ReadRule {
    pub(super) rule: Rule,
    pub(super) uses: Vec<String>,
}

/// Reads `[rule.NAME]`.
pub(super) fn read(table: Table<'_>, lists: &[NamedList]) -> ReadRule {
    let mut rule = Rule::new(table.key.text, AddressList::default());
    if let Some(applies) = applies(&table) {
        rule.applies = applies;
    }
    let named = table.texts("lists");
    let mut uses: Vec<String> = Vec::new();
    for name in named.iter().flatten() {
        if lists.iter().any(|list| list.name == name.text) {
            if uses.iter().any(|used| used == name.text) {
                let complaint = Complaint::new(format!("{table} names {:?} twice", name.text));
                let help = complaint.help("once is enough");
                table.file.warn(name.span.clone(), help);
            } else {
                uses.push(name.text.to_owned());
            }
        } else {
            unknown_list(&table, name, lists);
        }
    }
    let speaks_of_lists = rule.applies.outbound || rule.applies.inbound;
    match &named {
        // A rule for inbound or outbound mail needs at least one list.
        None if speaks_of_lists && table.entry("lists").is_none() => {
            let help = "at least one address list says whom it speaks of: lists = [\"NAME\"], with [list.NAME]";
            table.missing("lists", help);
        }
        Some(names) if speaks_of_lists && names.is_empty() => {
            let complaint = Complaint::new(format!("{table} names no list"));
            let help = "at least one address list says whom it speaks of";
            let span = table.place("lists");
            table.file.error(span, complaint.help(help));
        }
        Some(names) if !speaks_of_lists && !names.is_empty() => {
            let complaint = Complaint::new(format!("{table} has lists and does not use them"));
            let help = "a rule for secure routes alone binds every recipient";
            table.file.warn(names[0].span.clone(), complaint.help(help));
        }
        _ => {}
    }
    rule.list = joined(&uses, lists);
    rule.unit = table.parsed("unit", |text| {
        DomainName::parse(text).map_err(|error| {
            Complaint::new(error.to_string())
                .help("the domain of the unit, as in sales.example.test")
        })
    });
    rule.switches = switches(&table, Switches::default());
    if rule.switches == Switches::OFF {
        let complaint = Complaint::new(format!(
            "{table} asks for nothing: all its switches are off"
        ));
        let help = "leave a switch on, or take the rule away";
        table
            .file
            .warn(table.key.span.clone(), complaint.help(help));
    }
    table.close();
    ReadRule { rule, uses }
}

/// The entries of several lists, each once.
fn joined(names: &[String], lists: &[NamedList]) -> AddressList {
    let used = names
        .iter()
        .filter_map(|name| lists.iter().find(|list| list.name == *name));
    let mut seen = HashSet::new();
    used.flat_map(|list| list.list.entries())
        .filter(|entry| seen.insert((entry.to_string(), entry.authenticated)))
        .cloned()
        .collect()
}

fn unknown_list(table: &Table<'_>, name: &Text<'_>, lists: &[NamedList]) {
    let complaint = Complaint::new(format!("there is no list {:?}", name.text));
    let names = || lists.iter().map(|list| list.name.as_str());
    let help = match nearest(name.text, names()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None if lists.is_empty() => format!("define it: [list.{}]", key(name.text)),
        None => {
            let known: Vec<&str> = names().collect();
            format!("define it, or name one of: {}", known.join(", "))
        }
    };
    table.file.error(name.span.clone(), complaint.help(help));
}

fn applies(table: &Table<'_>) -> Option<Applies> {
    let words = table.texts("applies")?;
    let mut applies = Applies {
        outbound: false,
        inbound: false,
        secure_route: false,
    };
    let mut is_right = true;
    for word in &words {
        match word.text {
            "outbound" => applies.outbound = true,
            "inbound" => applies.inbound = true,
            "secure-route" => applies.secure_route = true,
            other => {
                is_right = false;
                let complaint = Complaint::new(format!("a rule cannot apply to {other:?}"));
                let help = "any of outbound, inbound and secure-route";
                table.file.error(word.span.clone(), complaint.help(help));
            }
        }
    }
    if words.is_empty() && is_right {
        let span = table.entry("applies")?.span();
        let complaint = Complaint::new(format!("{table} applies to nothing"));
        let help = "any of outbound, inbound and secure-route";
        table.file.error(span, complaint.help(help));
    }
    // What was wrong is told; the rest of the rule is read as if it spoke of all mail.
    (is_right && !words.is_empty()).then_some(applies)
}

fn switches(table: &Table<'_>, unsaid: Switches) -> Switches {
    let flag = |key, unsaid| table.flag(key).unwrap_or(unsaid);
    Switches {
        require_tls: flag("require_tls", unsaid.require_tls),
        require_ca_signed: flag("require_ca_signed", unsaid.require_ca_signed),
        validate_hostname: flag("validate_hostname", unsaid.validate_hostname),
    }
}

/// Reads `[route."DOMAIN"]`: the route for all mail to a domain, the alternate secure one below it, or both. `"*"` is all
/// mail that leaves.
pub(super) fn read_routes(table: Table<'_>, hostname: Option<&DomainName>) -> Vec<Route> {
    let domain = match table.key.text {
        "*" => None,
        name => match mail_domain(name) {
            Ok(domain) => Some(domain),
            Err(complaint) => {
                let help =
                    complaint.help("a route stands under a domain, or under \"*\" for all mail");
                table.file.error(table.key.span.clone(), help);
                None
            }
        },
    };
    let mut routes = Vec::new();
    let secure = table.table("secure");
    if secure.is_none() || table.entry("host").is_some() {
        routes.extend(route(&table, domain.clone(), RouteUse::Always, hostname));
    }
    if let Some(secure) = secure {
        routes.extend(route(&secure, domain, RouteUse::WhenSecure, hostname));
        secure.close();
    }
    table.close();
    routes
}

fn route(
    table: &Table<'_>,
    domain: Option<MailDomain>,
    taken: RouteUse,
    hostname: Option<&DomainName>,
) -> Option<Route> {
    let host = table.parsed("host", mail_domain);
    if table.entry("host").is_none() {
        table.missing("host", "the next hop: a host name or an address");
    }
    let mx_lookup = table.flag("mx_lookup").unwrap_or(false);
    let port = table.number("port", 1..=u16::MAX).unwrap_or(25);
    let switches = switches(table, Switches::OFF);
    let route = Route {
        domain,
        host: host?,
        mx_lookup,
        port,
        switches,
        taken,
    };
    let place = table.place("host");
    if let (MailDomain::Name(host), Some(own)) = (&route.host, hostname)
        && host == own
        && route.port == 25
    {
        let complaint = Complaint::new(format!("this route leads back to this server, {own}"));
        let help = "the next hop is another host; mail would go round in circles";
        table.file.error(place.clone(), complaint.help(help));
    }
    if route.mx_lookup && matches!(route.host, MailDomain::Literal(_)) {
        let complaint = Complaint::new("an address has no MX records");
        let help = "give a domain, or leave `mx_lookup` out";
        table.file.error(place, complaint.help(help));
    }
    Some(route)
}

/// A domain, or an address with or without brackets.
fn mail_domain(text: &str) -> Result<MailDomain, Complaint> {
    if let Ok(address) = text.parse() {
        return Ok(MailDomain::Literal(address));
    }
    MailDomain::parse(text).map_err(|error| {
        Complaint::new(error.to_string())
            .help("a host name such as mx.example.test, or [192.0.2.1]")
    })
}
