//! A connection test, for programs.

use mtaspec_engine::probe::{
    AddressProbe, Asker, Carriage, Cover, Demand, HostProbe, Probe, Shown, TlsSession, Trouble,
};
use mtaspec_engine::settings::Switches;
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::policy;

/// The version of the form.
const VERSION: u32 = 1;

/// Everything that was met, as one object on one line.
pub(super) fn told(probe: &Probe, with_pem: bool) -> String {
    let trouble = probe.first_trouble(probe.asked());
    let hosts: Vec<Value> = (probe.hosts.iter())
        .map(|host| of_host(probe, host, with_pem))
        .collect();
    let told = json!({
        "version": VERSION,
        "about": probe.about.to_string(),
        "passed": probe.passed(),
        "failed_at": trouble.map(|(host, trouble)| {
            let mut value = of_trouble(&trouble);
            value["host"] = json!(host);
            value
        }),
        "padlock": probe.padlock(true).is_some(),
        "asked": of_switches(probe.asked()),
        "asked_by": probe.demands.iter().map(of_demand).collect::<Vec<_>>(),
        "mta_sts": policy::json_of_domain(&probe.sts),
        "hosts": hosts,
    });
    format!("{told}\n")
}

fn of_switches(switches: Switches) -> Value {
    json!({
        "require_tls": switches.require_tls,
        "require_ca_signed": switches.require_ca_signed,
        "validate_hostname": switches.validate_hostname,
    })
}

fn of_demand(demand: &Demand) -> Value {
    let (kind, name) = by(&demand.by);
    let (unit, addresses) = match &demand.cover {
        Cover::All => (None, None),
        Cover::Unit(unit) => (Some(unit), None),
        Cover::Addresses(addresses) => (None, Some(addresses)),
    };
    json!({
        kind: name,
        "switches": of_switches(demand.switches),
        "covers_all": demand.cover == Cover::All,
        "unit": unit,
        "addresses": addresses,
    })
}

fn by(asker: &Asker) -> (&'static str, &str) {
    match asker {
        Asker::Rule(name) => ("rule", name),
        Asker::Route(host) => ("route", host),
    }
}

pub(super) fn of_trouble(trouble: &Trouble) -> Value {
    json!({ "hop": trouble.at.word(), "text": trouble.text, "failure": trouble.failure })
}

fn of_host(probe: &Probe, host: &HostProbe, with_pem: bool) -> Value {
    let addresses: Vec<Value> = (host.addresses.iter())
        .map(|address| of_address(address, with_pem))
        .collect();
    let under: Vec<Value> = (probe.demands.iter())
        .map(|demand| {
            let (kind, name) = by(&demand.by);
            let mut becomes = of_carriage(&host.under(demand.switches));
            becomes[kind] = json!(name);
            becomes
        })
        .collect();
    json!({
        "name": host.name,
        "preference": host.preference,
        "trouble": host.trouble.as_ref().map(of_trouble),
        "dane": {
            "records": host.dane.word(),
            "base": host.dane.base(),
            "published": host.dane.records(),
        },
        "mta_sts": policy::json_of_host(host),
        "addresses": addresses,
        "without_rule": of_carriage(&host.under(Switches::OFF)),
        "under": under,
    })
}

fn of_carriage(carriage: &Carriage) -> Value {
    let mail = match carriage {
        Carriage::Tls => "tls",
        Carriage::Plaintext => "plaintext",
        Carriage::Refused(_) => "returned",
        Carriage::LeftOut(_) | Carriage::Unreached(_) => "waits",
    };
    json!({ "mail": mail, "trouble": carriage.trouble().map(of_trouble) })
}

fn of_address(address: &AddressProbe, with_pem: bool) -> Value {
    let (starttls, tls, trouble) = match &address.shown {
        Shown::Unreached(trouble) => (None, None, Some(of_trouble(trouble))),
        Shown::NoStartTls => (Some("absent"), None, None),
        Shown::StartTlsRefused(told) => (
            Some("refused"),
            None,
            Some(json!({ "hop": "starttls", "text": told, "failure": null })),
        ),
        Shown::HandshakeFailed(fault) => (
            Some("offered"),
            None,
            Some(json!({ "hop": "handshake", "text": fault, "failure": null })),
        ),
        Shown::Tls(session) => (
            Some("offered"),
            Some(of_session(session, with_pem)),
            session.afterwards.as_ref().map(of_trouble),
        ),
        _ => (None, None, None),
    };
    json!({
        "address": address.address.ip().to_string(),
        "port": address.address.port(),
        "starttls": starttls,
        "tls": tls,
        "trouble": trouble,
    })
}

fn of_session(session: &TlsSession, with_pem: bool) -> Value {
    let leaf = session.leaf.as_ref().map(|leaf| {
        json!({
            "subject": leaf.subject,
            "issuer": leaf.issuer,
            "names": leaf.names,
            "not_before": leaf.not_before.format(&Rfc3339).ok(),
            "not_after": leaf.not_after.format(&Rfc3339).ok(),
            "key": leaf.key,
        })
    });
    json!({
        "version": session.version(),
        "cipher": session.cipher(),
        "certificate": leaf,
        "certificates_sent": session.chain().len(),
        "trusted": session.chain_fault().is_none(),
        "chain_fault": session.chain_fault(),
        "named": session.name_fault().is_none(),
        "name_fault": session.name_fault(),
        "fits_tlsa": session.is_judged_by_tlsa().then(|| session.tlsa_fault().is_none()),
        "tlsa_fault": session.tlsa_fault(),
        "proof_of_key_fault": session.unproven,
        "pem": with_pem.then(|| session.chain().iter().map(|one| pem(one)).collect::<Vec<_>>()),
    })
}

/// A certificate in PEM form (RFC 7468 §5.1).
pub(super) fn pem(certificate: &CertificateDer<'_>) -> String {
    let base64 = data_encoding::BASE64.encode(certificate);
    let lines: Vec<&str> = (base64.as_bytes().chunks(64))
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}
