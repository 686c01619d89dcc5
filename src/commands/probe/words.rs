//! A connection test, told to a person.

use std::fmt::Write as _;

use mtaspec_engine::probe::{
    AddressProbe, Asker, Carriage, Cover, Demand, Hop, HostProbe, Probe, Shown, TlsSession, Trouble,
};
use mtaspec_engine::settings::Switches;
use time::OffsetDateTime;

use super::json::pem;
use super::policy;

/// Everything that was met, host by host, and the result.
pub(super) fn told(probe: &Probe, with_pem: bool) -> String {
    let mut text = format!("{}\n", probe.about);
    for demand in &probe.demands {
        line(&mut text, 2, &of_demand(demand));
    }
    if !probe.is_asked_by_setting() {
        let without = "no setting asks anything of all its mail; it is tested as a rule would ask";
        line(
            &mut text,
            2,
            &format!("{without}: {}", of_switches(probe.asked())),
        );
    }
    for (indent, words) in policy::lines(probe) {
        line(&mut text, indent, &words);
    }
    for host in &probe.hosts {
        text.push('\n');
        of_host(&mut text, probe, host, with_pem);
    }
    text.push('\n');
    text.push_str(&result(probe));
    text
}

fn line(text: &mut String, indent: usize, words: &str) {
    writeln!(text, "{:indent$}{words}", "").expect("text takes text");
}

fn of_demand(demand: &Demand) -> String {
    let asked = of_switches(demand.switches);
    let by = by(&demand.by);
    match &demand.cover {
        Cover::All => format!("{by} asks: {asked}"),
        Cover::Unit(unit) => format!("{by} asks of mail from {unit} alone: {asked}"),
        Cover::Addresses(addresses) => {
            format!(
                "{by} asks of mail to {} alone: {asked}",
                addresses.join(", ")
            )
        }
    }
}

fn by(asker: &Asker) -> String {
    match asker {
        Asker::Rule(name) => format!("rule {name:?}"),
        Asker::Route(host) => format!("the route to {host}"),
    }
}

fn of_switches(switches: Switches) -> String {
    let words = [
        (switches.require_tls, "TLS"),
        (switches.require_ca_signed, "a trusted certificate"),
        (switches.validate_hostname, "the host's name on it"),
    ];
    let asked: Vec<&str> = (words.iter().filter(|(is_asked, _)| *is_asked))
        .map(|(_, word)| *word)
        .collect();
    if asked.is_empty() {
        "nothing".to_owned()
    } else {
        asked.join(", ")
    }
}

fn of_host(text: &mut String, probe: &Probe, host: &HostProbe, with_pem: bool) {
    match host.preference {
        Some(preference) => line(text, 0, &format!("MX {preference} {}", host.name)),
        None => line(text, 0, &format!("host {}", host.name)),
    }
    if let Some(trouble) = &host.trouble {
        line(text, 2, &format!("{}: {}", trouble.at.told(), trouble.text));
    }
    if let Some(asked) = host.dane.told() {
        line(text, 2, &format!("DANE: {asked}"));
        let base = host.dane.base().unwrap_or_default();
        for record in host.dane.records() {
            line(text, 4, &format!("{base}: {record}"));
        }
    }
    for address in &host.addresses {
        of_address(text, address, with_pem);
    }
    if let Some(words) = policy::of_host(host) {
        line(text, 2, &words);
    }
    if !probe.is_asked_by_setting() {
        let becomes = of_carriage(&host.under(Switches::OFF));
        line(text, 2, &format!("without a rule: {becomes}"));
    }
    for demand in &probe.demands {
        let becomes = of_carriage(&host.under(demand.switches));
        line(text, 2, &format!("under {}: {becomes}", by(&demand.by)));
    }
}

fn of_address(text: &mut String, address: &AddressProbe, with_pem: bool) {
    line(text, 2, &address.address.to_string());
    match &address.shown {
        Shown::Unreached(trouble) => field(text, trouble.at.told(), &trouble.text),
        Shown::NoStartTls => field(text, "STARTTLS", "not offered"),
        Shown::StartTlsRefused(told) => field(text, "STARTTLS", &format!("refused: {told}")),
        Shown::HandshakeFailed(fault) => {
            field(text, "STARTTLS", "offered");
            field(text, "TLS handshake", &format!("failed: {fault}"));
        }
        Shown::Tls(session) => {
            field(text, "STARTTLS", "offered");
            of_session(text, session, with_pem);
        }
        _ => field(text, "shown", "something that has no words yet"),
    }
}

fn of_session(text: &mut String, session: &TlsSession, with_pem: bool) {
    field(
        text,
        "TLS",
        &format!("{} {}", session.version(), session.cipher()),
    );
    if let Some(fault) = &session.unproven {
        field(text, "proof of key", &format!("failed: {fault}"));
    }
    if let Some(leaf) = &session.leaf {
        let or_none = |words: &str| {
            if words.is_empty() {
                "(none)".to_owned()
            } else {
                words.to_owned()
            }
        };
        field(text, "certificate", &or_none(&leaf.subject));
        field(text, "names on it", &or_none(&leaf.names.join(", ")));
        field(text, "issued by", &or_none(&leaf.issuer));
        let (from, until) = (day(leaf.not_before), day(leaf.not_after));
        field(text, "valid", &format!("{from} to {until}"));
        field(
            text,
            "key",
            leaf.key.as_deref().unwrap_or("of a kind that is not known"),
        );
    }
    let count = session.chain().len();
    let sent = if count == 1 {
        "1 certificate was sent"
    } else {
        &format!("{count} certificates were sent")
    };
    let trusted = session
        .chain_fault()
        .unwrap_or_else(|| "trusted".to_owned());
    field(text, "chain", &format!("{trusted} ({sent})"));
    let named = session.name_fault().unwrap_or_else(|| "fits".to_owned());
    field(text, "name", &named);
    if session.is_judged_by_tlsa() {
        let fits = session.tlsa_fault().unwrap_or_else(|| "fits".to_owned());
        field(text, "TLSA records", &fits);
    }
    if let Some(trouble) = &session.afterwards {
        field(text, trouble.at.told(), &trouble.text);
    }
    if with_pem {
        for certificate in session.chain() {
            text.push_str(&pem(certificate));
        }
    }
}

fn field(text: &mut String, name: &str, value: &str) {
    line(text, 4, &format!("{name:<16}{value}"));
}

fn day(at: OffsetDateTime) -> String {
    at.date().to_string()
}

fn of_carriage(carriage: &Carriage) -> String {
    match carriage {
        Carriage::Tls => "mail goes over TLS".to_owned(),
        Carriage::Plaintext => "mail goes in plaintext".to_owned(),
        Carriage::Refused(trouble) => {
            format!("mail is returned: {}", trouble.text)
        }
        Carriage::LeftOut(trouble) => {
            format!(
                "the host is left out, and mail waits if there is no other: {}",
                trouble.text
            )
        }
        Carriage::Unreached(trouble) => {
            format!(
                "mail waits for the host: {}: {}",
                trouble.at.told(),
                trouble.text
            )
        }
    }
}

/// The last lines: passed or not, at which hop, and the padlock.
fn result(probe: &Probe) -> String {
    let mut text = String::new();
    match probe.first_trouble(probe.asked()) {
        None => line(&mut text, 0, "passed: every host takes mail as is asked"),
        Some((host, trouble)) => {
            let place = host.map_or_else(|| probe.about.to_string(), str::to_owned);
            let failure = failure(&trouble);
            let words = format!(
                "failed{} at {place}, {}: {}{failure}",
                if is_of_rule_alone(probe) {
                    " as a rule would ask"
                } else {
                    ""
                },
                trouble.at.told(),
                trouble.text
            );
            line(&mut text, 0, &words);
            if trouble.at == Hop::Certificate && is_refused(probe, host) {
                let words = "The certificate could not be validated. A rule may be saved all the same; mail under it is \
                             then returned to its senders.";
                line(&mut text, 0, words);
            }
        }
    }
    let padlock = match probe.padlock(true) {
        Some(_) => "yes: mail goes over TLS",
        None => "no",
    };
    line(&mut text, 0, &format!("padlock: {padlock}"));
    text
}

/// Whether only a rule would fail that nobody has made yet.
fn is_of_rule_alone(probe: &Probe) -> bool {
    !probe.is_asked_by_setting() && probe.passes(Switches::OFF)
}

/// Whether a host fails what a rule asks, so that mail under it is returned.
fn is_refused(probe: &Probe, name: Option<&str>) -> bool {
    let mut hosts = probe
        .hosts
        .iter()
        .filter(|host| Some(host.name.as_str()) == name);
    hosts.any(|host| matches!(host.under(probe.asked()), Carriage::Refused(_)))
}

fn failure(trouble: &Trouble) -> String {
    trouble
        .failure
        .map_or_else(String::new, |failure| format!(" ({failure})"))
}
