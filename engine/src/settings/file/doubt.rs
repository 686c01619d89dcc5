//! What can be used, and most likely does not mean what it says.

use crate::settings::{RouteUse, Rule};

use super::problem::Complaint;
use super::table::Table;
use super::whole::SettingsFile;

/// Notes what is doubtful about settings that could be read.
pub(super) fn doubts(table: &Table<'_>, file: &SettingsFile) {
    let settings = file.settings();
    let key_span = |kind: &'static str, name: &str| {
        let tables = table.named(kind);
        let found = tables.into_iter().find(|one| one.key.text == name);
        found.map_or(0..0, |one| one.key.span)
    };
    for list in file.lists() {
        if !file.rules().any(|(_, uses)| uses.contains(&list.name)) {
            let complaint = Complaint::new(format!("no rule uses list {:?}", list.name));
            let help = format!("name it in a rule: lists = [{:?}]", list.name);
            table
                .file
                .warn(key_span("list", &list.name), complaint.help(help));
        }
    }
    let asks_for_chain = |rule: &&Rule| rule.switches.require_ca_signed;
    if let Some(rule) = settings.rules.iter().find(asks_for_chain)
        && table.entry("trust").is_none()
    {
        let message = format!(
            "rule {:?} asks for trusted certificates, and no authority is trusted",
            rule.name
        );
        let complaint = Complaint::new(message).help("trust = \"FILE\", a PEM bundle");
        table.file.warn(key_span("rule", &rule.name), complaint);
    }
    for rule in &settings.rules {
        let routes_ask = settings
            .routes
            .iter()
            .any(|route| route.switches.require_tls);
        if rule.applies.secure_route && !routes_ask {
            let message = format!(
                "rule {:?} applies to secure routes, and no route requires TLS",
                rule.name
            );
            let complaint =
                Complaint::new(message).help("[route.\"DOMAIN\"] with require_tls = true");
            table.file.warn(key_span("rule", &rule.name), complaint);
        }
    }
    let is_alternate = |taken: RouteUse| taken == RouteUse::WhenSecure;
    if settings.rules.is_empty()
        && settings
            .routes
            .iter()
            .any(|route| is_alternate(route.taken))
    {
        let complaint =
            Complaint::new("no rule wants mail secure, so no alternate secure route is taken");
        let help = "write a rule, or a route for all mail";
        let span = table
            .entry("route")
            .map_or(0..0, |entry| entry.key.span.clone());
        table.file.warn(span, complaint.help(help));
    }
}
