//! `mtaspec settings show`: what holds, in words or as JSON.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use mtaspec_engine::settings::file::{SettingsFile, print_duration};
use mtaspec_engine::settings::{
    ListEntry, Receiving, Reporting, Route, RouteUse, Rule, Saved, Settings, Standing, Switches,
    certificate, print_instant,
};
use serde_json::{Map, Value, json};

use crate::engine_settings::taken;
use crate::output::say_line;
use crate::trouble::Trouble;

/// So many entries of a list are shown in words; `--json` has all.
const SHOWN: usize = 20;

/// Tell what holds, in words
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A settings file, or a folder of saved settings
    path: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self) -> Result<ExitCode, Trouble> {
        let standing = match self.path.is_dir() {
            true => Standing::of(&self.path, SystemTime::now()).map_err(Trouble::saved_settings)?,
            false => Standing::default(),
        };
        // A folder in which nothing holds yet may have settings that wait.
        let file = match &standing {
            Standing {
                in_force: None,
                pending: Some(_),
            } => None,
            Standing {
                in_force: Some(saved),
                ..
            } => Some(saved.file.clone()),
            _ => Some(taken(&self.path)?),
        };
        if self.json {
            say_line(&as_json(file.as_ref(), &standing).to_string());
        } else {
            say_line(&in_words(file.as_ref(), &standing));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(file: Option<&SettingsFile>, standing: &Standing) -> String {
    let mut text = String::new();
    if let Some(Saved { stamp, .. }) = &standing.in_force {
        let (who, since) = (&stamp.who, print_instant(stamp.effective));
        text += &format!(
            "settings {}, applied by {who}, in force since {since}\n",
            stamp.number
        );
        for warning in &stamp.warnings {
            text += &format!("warning: saved in spite of it: {warning}\n");
        }
    }
    if let Some(Saved { stamp, .. }) = &standing.pending {
        let (who, from) = (&stamp.who, print_instant(stamp.effective));
        text += &format!(
            "pending: settings {}, applied by {who}, in force from {from}\n",
            stamp.number
        );
    }
    let Some(file) = file else {
        return text + "nothing is in force yet";
    };
    if !text.is_empty() {
        text.push('\n');
    }
    general(&mut text, file.settings());
    as_receiver(&mut text, &file.settings().receiving);
    if let Some(reporting) = &file.settings().reporting {
        as_reporter(&mut text, reporting);
    }
    for (rule, uses) in file.rules() {
        rule_in_words(&mut text, rule, uses);
    }
    if file.settings().rules.is_empty() {
        text += "\nno rules: TLS is used wherever the other side offers it\n";
    }
    for route in &file.settings().routes {
        route_in_words(&mut text, route);
    }
    text
}

fn general(text: &mut String, settings: &Settings) {
    let mut line = |what: &str, value: String| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{what:<18} {value}");
    };
    let joined = |items: Vec<String>| items.join(", ");
    line("server", settings.hostname.to_string());
    if !settings.addresses.is_empty() {
        line(
            "own addresses",
            joined(settings.addresses.iter().map(ToString::to_string).collect()),
        );
    }
    line(
        "resolvers",
        joined(settings.resolvers.iter().map(ToString::to_string).collect()),
    );
    line("DNSSEC", settings.dnssec.word().to_owned());
    for (domain, told) in &settings.dane {
        line("DANE", format!("{} for {domain}", told.word()));
    }
    line("oldest TLS version", settings.minimum_tls.word().to_owned());
    let trust = match settings.trust.len() {
        0 => "nobody".to_owned(),
        1 => certificate(&settings.trust[0]),
        many => format!("{many} authorities"),
    };
    line("trusts", trust);
    if let Some(leaf) = settings
        .client_certificate
        .as_ref()
        .and_then(|own| own.chain.first())
    {
        line("shows as a sender", certificate(leaf));
    }
    let retry = &settings.retry;
    let waits = [retry.first(), retry.longest()].map(print_duration);
    let queue = format!(
        "tries for {}, waits {} and then longer, up to {}",
        print_duration(settings.queue_lifetime),
        waits[0],
        waits[1]
    );
    line("queue", queue);
    let delay = settings
        .delay_notice_after
        .map_or("never".to_owned(), |after| {
            format!("after {}", print_duration(after))
        });
    line("tells of a delay", delay);
    for alias in settings.aliases.entries() {
        let members = alias
            .members
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect();
        line(
            "alias",
            format!("{} stands for {}", alias.address.as_str(), joined(members)),
        );
    }
}

/// What others must know of who reports: without the record that is shown they ignore its mail (RFC 8460 §3).
fn as_reporter(text: &mut String, reporting: &Reporting) {
    let Reporting {
        organization,
        contact,
        dkim,
        ..
    } = reporting;
    let contact = contact.mailbox().as_str();
    text.push_str(&format!("{:<18} {organization}, {contact}\n", "reports as"));
    let publish = match dkim {
        Some(key) => format!("{} TXT {}", key.record_name(), key.record()),
        None => "nothing: without a key no report is mailed".to_owned(),
    };
    text.push_str(&format!("{:<18} {publish}\n", "has to publish"));
}

fn as_receiver(text: &mut String, receiving: &Receiving) {
    let mut line = |what: &str, value: String| {
        let _ = writeln!(text, "{what:<18} {value}");
    };
    let joined = |items: Vec<String>| items.join(", ");
    if !receiving.domains.is_empty() {
        line(
            "takes mail for",
            joined(receiving.domains.iter().map(ToString::to_string).collect()),
        );
    }
    if let Some(leaf) = receiving
        .certificate
        .as_ref()
        .and_then(|own| own.chain.first())
    {
        line("shows as receiver", certificate(leaf));
    }
    if receiving.demand_tls {
        line("takes mail", "inside TLS alone".to_owned());
    }
    if !receiving.accounts.is_empty() {
        line(
            "may log in",
            joined(
                receiving
                    .accounts
                    .iter()
                    .map(|one| one.user.clone())
                    .collect(),
            ),
        );
    }
}

fn rule_in_words(text: &mut String, rule: &Rule, uses: &[String]) {
    text.push_str(&format!("\nrule {}\n", rule.name));
    let mut line = |what: &str, value: &str| {
        let _ = writeln!(text, "  {what:<8} {value}");
    };
    let of_unit = rule
        .unit
        .as_ref()
        .map(|unit| format!("; only of the unit {unit}"));
    let binds = format!("{}{}", rule.applies.in_words(), of_unit.unwrap_or_default());
    line("binds", &binds);
    line("asks", &rule.switches.in_words());
    if !uses.is_empty() {
        line("lists", &uses.join(", "));
    }
    let entries = rule.list.entries();
    for entry in entries.iter().take(SHOWN) {
        line("", &entry_in_words(entry));
    }
    if entries.len() > SHOWN {
        line("", &format!("and {} more", entries.len() - SHOWN));
    }
}

pub(super) fn entry_in_words(entry: &ListEntry) -> String {
    match entry.authenticated {
        true => format!("{entry}, if its sender is authenticated"),
        false => entry.to_string(),
    }
}

fn route_in_words(text: &mut String, route: &Route) {
    let domain = route
        .domain
        .as_ref()
        .map_or("all mail".to_owned(), ToString::to_string);
    let which = match route.taken {
        RouteUse::Always => "",
        RouteUse::WhenSecure => ", if a rule wants it secure",
    };
    let via = if route.mx_lookup {
        "the MX hosts of "
    } else {
        ""
    };
    let asks = route.switches.in_words();
    let Route { host, port, .. } = route;
    text.push_str(&format!(
        "\nroute for {domain}{which}\n  goes to  {via}{host}, port {port}\n  asks     {asks}\n"
    ));
}

fn as_json(file: Option<&SettingsFile>, standing: &Standing) -> Value {
    let stamp = |saved: &Option<Saved>| {
        let stamp = saved.as_ref().map(|saved| &saved.stamp);
        stamp.and_then(|stamp| serde_json::to_value(stamp).ok())
    };
    let Some(file) = file else {
        return json!({ "version": 1, "in_force": null, "pending": stamp(&standing.pending) });
    };
    let settings = file.settings();
    let entries = |entries: &[ListEntry]| -> Vec<Value> {
        let entry = |entry: &ListEntry| json!({ "entry": entry.to_string(), "authenticated": entry.authenticated });
        entries.iter().map(entry).collect()
    };
    let lists: Vec<Value> = (file.lists().iter())
        .map(|list| json!({ "name": list.name, "entries": entries(list.list.entries()) }))
        .collect();
    let rules: Vec<Value> = (file.rules())
        .map(|(rule, uses)| {
            json!({
                "name": rule.name,
                "lists": uses,
                "entries": entries(rule.list.entries()),
                "outbound": rule.applies.outbound,
                "inbound": rule.applies.inbound,
                "secure_route": rule.applies.secure_route,
                "unit": rule.unit.as_ref().map(ToString::to_string),
                "switches": switches(rule.switches),
            })
        })
        .collect();
    let routes: Vec<Value> = (settings.routes.iter())
        .map(|route| {
            json!({
                "domain": route.domain.as_ref().map(ToString::to_string),
                "host": route.host.to_string(),
                "port": route.port,
                "mx_lookup": route.mx_lookup,
                "when_secure": route.taken == RouteUse::WhenSecure,
                "switches": switches(route.switches),
            })
        })
        .collect();
    json!({
        "version": 1,
        "in_force": stamp(&standing.in_force),
        "pending": stamp(&standing.pending),
        "hostname": settings.hostname.to_string(),
        "addresses": settings.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dnssec": settings.dnssec.word(),
        "dane": (settings.dane.iter())
            .map(|(domain, told)| (domain.to_string(), told.word().into()))
            .collect::<Map<String, Value>>(),
        "reporting": settings.reporting.as_ref().map(|reporting| json!({
            "organization": reporting.organization,
            "contact": reporting.contact.mailbox().as_str(),
            "dkim_record": reporting.dkim.as_ref().map(|key| json!({
                "name": key.record_name(),
                "text": key.record(),
            })),
        })),
        "minimum_tls": settings.minimum_tls.word(),
        "trust": settings.trust.iter().map(|der| certificate(der)).collect::<Vec<_>>(),
        "queue_lifetime_seconds": settings.queue_lifetime.as_secs(),
        "lists": lists,
        "rules": rules,
        "routes": routes,
    })
}

pub(super) fn switches(switches: Switches) -> Value {
    json!({
        "require_tls": switches.require_tls,
        "require_ca_signed": switches.require_ca_signed,
        "validate_hostname": switches.validate_hostname,
    })
}
