//! Settings as a file again: one normal form, which reads back the same.
//!
//! Long lists are imported from files beside it. Certificates, keys and accounts stand in files beside it, as they must: the main file
//! has no secret.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::address::Mailbox;
use crate::settings::{
    Account, Alias, Applies, Dnssec, ListEntry, OwnCertificate, Receiving, Reporting, Route,
    RouteUse, Rule, Settings, Switches,
};

use super::duration;
use super::list::NamedList;
use super::whole::SettingsFile;

/// A list with more entries than this stands in a file of its own.
const LONG_LIST: usize = 200;

/// A settings file and the files that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file itself.
    pub text: String,
    /// The others by name; some of them are secret.
    pub beside: BTreeMap<String, Vec<u8>>,
}

impl SettingsFile {
    /// As a file.
    #[must_use]
    pub fn write(&self) -> Written {
        let mut written = Written {
            text: String::new(),
            beside: BTreeMap::new(),
        };
        written.general(self.settings());
        for list in self.lists() {
            written.list(list);
        }
        for (rule, uses) in self.rules() {
            written.rule(rule, uses);
        }
        for route in &self.settings().routes {
            written.route(route);
        }
        written.receiving(&self.settings().receiving);
        if let Some(reporting) = &self.settings().reporting {
            written.reporting(reporting);
        }
        written
    }
}

impl Written {
    fn general(&mut self, settings: &Settings) {
        let Settings {
            hostname,
            addresses,
            resolvers,
            dnssec,
            dane,
            rules: _,
            routes: _,
            aliases,
            receiving: _,
            reporting: _,
            minimum_tls,
            trust,
            client_certificate,
            queue_lifetime,
            delay_notice_after,
            retry,
        } = settings;
        self.line("hostname", &quoted(hostname.as_str()));
        if !addresses.is_empty() {
            self.many("addresses", addresses);
        }
        self.many("resolvers", resolvers);
        self.line("dnssec", &quoted(dnssec.word()));
        if let Dnssec::Validate(anchors) = dnssec
            && !anchors.records().is_empty()
        {
            self.many("dnssec_anchors", anchors.records());
        }
        self.line("minimum_tls", &quoted(minimum_tls.word()));
        if !trust.is_empty() {
            self.line("trust", &quoted("trust.pem"));
            self.keep("trust.pem", pem_chain(trust));
        }
        if let Some(own) = client_certificate {
            self.own("client_certificate", "client", own);
        }
        self.table(&["queue"]);
        let time = |time| quoted(&duration::print_duration(time));
        self.line("lifetime", &time(*queue_lifetime));
        self.line("first_wait", &time(retry.first()));
        self.line("longest_wait", &time(retry.longest()));
        let delay = delay_notice_after.map_or_else(|| quoted("never"), time);
        self.line("delay_notice_after", &delay);
        if !dane.is_empty() {
            self.table(&["dane"]);
        }
        for (domain, told) in dane {
            self.line(&quoted(domain.as_str()), &quoted(told.word()));
        }
        if !aliases.entries().is_empty() {
            self.table(&["aliases"]);
        }
        for Alias { address, members } in aliases.entries() {
            self.many(
                &quoted(address.as_str()),
                members.iter().map(Mailbox::as_str),
            );
        }
    }

    fn list(&mut self, NamedList { name, list }: &NamedList) {
        self.table(&["list", name]);
        let entries = list.entries();
        let is_plain = |entry: &ListEntry| {
            let text = entry.to_string();
            !text.starts_with('#') && !text.contains([' ', '\t', ',', ';', '"'])
        };
        if entries.len() > LONG_LIST && entries.iter().all(is_plain) {
            let line = |entry: &ListEntry| match entry.authenticated {
                true => format!("{entry},yes\n"),
                false => format!("{entry}\n"),
            };
            let file = format!("list-{}.csv", self.beside.len() + 1);
            self.line("import", &quoted(&file));
            let lines: String = entries.iter().map(line).collect();
            self.keep(&file, format!("address,authenticated\n{lines}"));
        } else {
            let entries: Vec<String> = entries.iter().map(entry).collect();
            let entries = entries.join(",\n    ");
            self.line("entries", &format!("[\n    {entries},\n]"));
        }
    }

    fn rule(&mut self, rule: &Rule, uses: &[String]) {
        let Rule {
            name,
            list: _,
            applies,
            switches,
            unit,
        } = rule;
        self.table(&["rule", name]);
        if !uses.is_empty() {
            self.many("lists", uses);
        }
        self.many("applies", applies_to(*applies));
        if let Some(unit) = unit {
            self.line("unit", &quoted(unit.as_str()));
        }
        self.switches(*switches);
    }

    fn route(&mut self, route: &Route) {
        let Route {
            domain,
            host,
            mx_lookup,
            port,
            switches,
            taken,
        } = route;
        let domain = domain.as_ref().map_or("*".to_owned(), ToString::to_string);
        match taken {
            RouteUse::Always => self.table(&["route", &domain]),
            RouteUse::WhenSecure => self.table(&["route", &domain, "secure"]),
        }
        self.line("host", &quoted(&host.to_string()));
        self.line("mx_lookup", &mx_lookup.to_string());
        self.line("port", &port.to_string());
        self.switches(*switches);
    }

    fn receiving(&mut self, receiving: &Receiving) {
        let Receiving {
            domains,
            certificate,
            demand_tls,
            accounts,
        } = receiving;
        self.table(&["receiving"]);
        self.many("domains", domains);
        if let Some(own) = certificate {
            self.own("certificate", "server", own);
        }
        self.line("demand_tls", &demand_tls.to_string());
        if !accounts.is_empty() {
            self.line("accounts", &quoted("accounts"));
            let lines = |Account { user, password }: &Account| format!("{user}:{password}\n");
            self.keep("accounts", accounts.iter().map(lines).collect());
        }
    }

    fn reporting(&mut self, reporting: &Reporting) {
        let Reporting {
            organization,
            contact,
            sender,
            dkim,
        } = reporting;
        self.table(&["reporting"]);
        self.line("organization", &quoted(organization));
        self.line("contact", &quoted(contact.mailbox().as_str()));
        if let Some(sender) = sender {
            self.line("sender", &quoted(sender.mailbox().as_str()));
        }
        if let Some(dkim) = dkim {
            let value = format!(
                "{{ domain = {}, selector = {}, key = {} }}",
                quoted(dkim.domain().as_str()),
                quoted(dkim.selector().as_str()),
                quoted("dkim.key"),
            );
            self.line("dkim", &value);
            self.keep("dkim.key", pem_key(dkim.key()));
        }
    }

    fn switches(&mut self, switches: Switches) {
        for (key, is_on) in switch_words(switches) {
            self.line(key, &is_on.to_string());
        }
    }

    fn own(&mut self, key: &str, name: &str, own: &OwnCertificate) {
        let (chain, private) = (format!("{name}.pem"), format!("{name}.key"));
        let value = format!(
            "{{ chain = {}, key = {} }}",
            quoted(&chain),
            quoted(&private)
        );
        self.line(key, &value);
        self.keep(&chain, pem_chain(&own.chain));
        self.keep(&private, pem_key(&own.key));
    }

    fn table(&mut self, path: &[&str]) {
        let path: Vec<String> = path.iter().map(|part| key(part)).collect();
        self.text += &format!("\n[{}]\n", path.join("."));
    }

    fn line(&mut self, key: &str, value: &str) {
        self.text += &format!("{key} = {value}\n");
    }

    /// A list of texts on one line.
    fn many(&mut self, key: &str, items: impl IntoIterator<Item: ToString>) {
        let items = items.into_iter().map(|item| quoted(&item.to_string()));
        let items: Vec<String> = items.collect();
        self.line(key, &format!("[{}]", items.join(", ")));
    }

    fn keep(&mut self, name: &str, content: String) {
        self.beside.insert(name.to_owned(), content.into_bytes());
    }
}

/// An entry of a list; the short form would be parted at its blanks.
fn entry(entry: &ListEntry) -> String {
    let text = entry.to_string();
    let is_parted = text.contains(|c: char| c.is_whitespace() || c == ',');
    match (entry.authenticated, is_parted) {
        (false, false) => quoted(&text),
        (false, true) => format!("{{ entry = {} }}", quoted(&text)),
        (true, _) => format!("{{ entry = {}, authenticated = true }}", quoted(&text)),
    }
}

/// The words for the mail that a rule speaks of.
pub(in crate::settings) fn applies_to(applies: Applies) -> Vec<&'static str> {
    let words = [
        (applies.outbound, "outbound"),
        (applies.inbound, "inbound"),
        (applies.secure_route, "secure-route"),
    ];
    let said = words.into_iter().filter(|(is_said, _)| *is_said);
    said.map(|(_, word)| word).collect()
}

/// The switches by their keys.
pub(in crate::settings) fn switch_words(switches: Switches) -> [(&'static str, bool); 3] {
    [
        ("require_tls", switches.require_tls),
        ("require_ca_signed", switches.require_ca_signed),
        ("validate_hostname", switches.validate_hostname),
    ]
}

/// A key of TOML.
pub(in crate::settings) fn key(text: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_bare) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A basic string of TOML.
fn pem_key(key: &PrivateKeyDer<'_>) -> String {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    pem(label, key.secret_der())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                // Writing to a text cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn pem_chain(chain: &[CertificateDer<'_>]) -> String {
    chain.iter().map(|der| pem("CERTIFICATE", der)).collect()
}

/// A block in PEM form (RFC 7468 §2).
fn pem(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(48) {
        for three in line.chunks(3) {
            let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for at in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
                text.push(if at > three.len() {
                    '='
                } else {
                    char::from(digit)
                });
            }
        }
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}
