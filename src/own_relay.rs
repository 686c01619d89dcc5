//! `mtaspec relay` as a subject: this program's own binary, started anew for each case.
//!
//! It is told everything by its settings file, as an administrator would tell it, and reaches the Internet of the case
//! through a proxy. It decides as the engine does that runs inside this process, so both have the same findings.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use mtaspec_certs::{Minted, pem};
use mtaspec_harness::subject::{
    Briefing, Entry, Instructions, Listed, ProcessSubject, Profile, ReceiverPort, Setup,
    Subject as _, SubjectError, Told,
};
use mtaspec_judge::scenario::{Route, Rule, Switches, TlsVersion};
use serde_json::Value as Json;
use toml::{Table, Value};

use crate::builtin::BuiltIn;

/// What the engine can do and a process of its own cannot: nobody moves its clock.
const NOT_BY_A_PROCESS: [&str; 1] = ["clock"];
/// How the words begin of what it can be asked; the relay takes no questions, `mtaspec probe` does.
const QUESTIONS: &str = "ask-";

/// `mtaspec relay`, run by a program.
#[derive(Debug, Clone)]
pub struct OwnRelay {
    program: PathBuf,
}

impl OwnRelay {
    /// The relay of this binary of mtaspec.
    #[must_use]
    pub fn of(program: PathBuf) -> ProcessSubject {
        ProcessSubject::new(Arc::new(Self { program }))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("relay").args(arguments);
        command
    }
}

impl Profile for OwnRelay {
    fn name(&self) -> &str {
        "relay"
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        let mut capabilities = BuiltIn.capabilities();
        capabilities.retain(|word| {
            !NOT_BY_A_PROCESS.contains(&word.as_str()) && !word.starts_with(QUESTIONS)
        });
        capabilities
    }

    fn files(
        &self,
        briefing: &Briefing,
        instructions: &Instructions,
    ) -> Result<Vec<(String, Vec<u8>)>, SubjectError> {
        let settings = settings(briefing, instructions)?;
        let own = &briefing.identity;
        let accounts = format!("{}:{}\n", own.user, own.password);
        let mut files = vec![
            ("settings.toml".to_owned(), settings.into_bytes()),
            ("accounts".to_owned(), accounts.into_bytes()),
        ];
        files.extend(pair("own", &own.certificate));
        if let Some(client) = &instructions.client_certificate {
            files.extend(pair("client", client));
        }
        let trust: String = (instructions.trust.iter())
            .map(|certificate| pem("CERTIFICATE", certificate))
            .collect();
        files.push(("trust.pem".to_owned(), trust.into_bytes()));
        Ok(files)
    }

    fn start(&self, setup: Setup<'_>) -> Command {
        let mut command = self.command(&["--json"]);
        for service in ["injection", "mx", "submission", "submissions"] {
            command.args(["--listen", &format!("{service}=127.0.0.1:0")]);
        }
        command
            .arg("--settings")
            .arg(setup.folder.join("settings.toml"))
            .arg("--store")
            .arg(setup.folder.join("store"))
            .args(["--resolver", &setup.resolver.to_string()])
            .args(["--socks5", &setup.proxy.to_string()]);
        command
    }

    fn understand(&self, line: &str) -> Option<Told> {
        let told: Json = serde_json::from_str(line).ok()?;
        if told["ready"] == true {
            let address = |service: &str| -> Option<SocketAddr> {
                let mut places = told["listen"].as_array()?.iter();
                let found = places.find(|place| place["service"] == service)?;
                found["address"].as_str()?.parse().ok()
            };
            let ports = [
                ("mx", ReceiverPort::Smtp),
                ("submission", ReceiverPort::Submission),
                ("submissions", ReceiverPort::Submissions),
            ];
            let receiver = ports
                .into_iter()
                .filter_map(|(service, port)| Some((port, address(service)?)));
            return Some(Told::Ready {
                injection: address("injection")?,
                receiver: receiver.collect::<BTreeMap<_, _>>(),
            });
        }
        match &told["reloaded"] {
            Json::Bool(true) => Some(Told::Done),
            Json::Bool(false) => Some(Told::Refused(told["reason"].to_string())),
            _ => told.get("retrying").map(|_| Told::Done),
        }
    }

    fn list_queue(&self, setup: Setup<'_>) -> Command {
        let mut command = self.command(&["queue", "--json", "--store"]);
        command.arg(setup.folder.join("store"));
        command
    }

    fn read_queue(&self, text: &str) -> Result<Vec<Entry>, String> {
        let listed: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let waiting = listed["waiting"].as_array();
        let waiting = waiting.ok_or_else(|| format!("no list in {text:?}"))?;
        let entry = |one: &Json| {
            Some(Entry {
                listed: Listed {
                    sender: one["from"].as_str()?.to_owned(),
                    recipient: one["to"].as_str()?.to_owned(),
                },
                is_due: one["due"].as_bool()?,
            })
        };
        (waiting.iter())
            .map(|one| entry(one).ok_or_else(|| format!("no entry: {one}")))
            .collect()
    }
}

// ---- the settings file

fn settings(briefing: &Briefing, told: &Instructions) -> Result<String, SubjectError> {
    let mut file = Table::new();
    let mut put = |key: &str, value: Value| file.insert(key.to_owned(), value);
    put("hostname", format!("subject.{}", briefing.home).into());
    let version = match told.settings.minimum_tls {
        TlsVersion::Ssl3 | TlsVersion::Tls10 => "1.0",
        TlsVersion::Tls11 => "1.1",
        TlsVersion::Tls12 => "1.2",
        TlsVersion::Tls13 => "1.3",
    };
    put("minimum_tls", version.into());
    if !told.trust.is_empty() {
        put("trust", vec!["trust.pem"].into());
    }
    if told.client_certificate.is_some() {
        put("client_certificate", pair_of("client"));
    }
    if !told.settings.resolver_validates {
        put("dnssec", "off".into());
    }
    let uses = told.settings.dane.iter();
    let uses: Table = uses
        .map(|(domain, word)| (domain.clone(), word.clone().into()))
        .collect();
    put("dane", uses.into());
    let lifetime = told.settings.queue_lifetime.as_secs().max(1);
    put(
        "queue",
        table([("lifetime", format!("{lifetime} s").into())]),
    );
    put(
        "receiving",
        table([
            ("domains", vec![briefing.home.clone()].into()),
            ("certificate", pair_of("own")),
            ("demand_tls", told.settings.demand_tls.into()),
            ("accounts", "accounts".into()),
        ]),
    );
    let (mut lists, mut rules) = (Table::new(), Table::new());
    for (index, rule) in told.rules.iter().enumerate() {
        let name = format!("number-{}", index + 1);
        if !rule.list.is_empty() {
            lists.insert(name.clone(), list(rule));
        }
        rules.insert(name.clone(), self::rule(rule, &name));
    }
    let aliases = told.settings.aliases.iter();
    let aliases: Table = aliases
        .map(|(address, members)| (address.clone(), members.clone().into()))
        .collect();
    put("aliases", aliases.into());
    put("list", lists.into());
    put("rule", rules.into());
    let routes = told.routes.iter();
    let routes: Table = routes
        .map(|(domain, one)| (domain.clone(), route(one)))
        .collect();
    put("route", routes.into());
    toml::to_string(&file).map_err(|error| SubjectError::Unsupported(error.to_string()))
}

fn list(rule: &Rule) -> Value {
    let entries: Vec<Value> = (rule.list.iter())
        .map(|entry| {
            table([
                ("entry", entry.entry.clone().into()),
                ("authenticated", entry.authenticated.into()),
            ])
        })
        .collect();
    table([("entries", entries.into())])
}

fn rule(rule: &Rule, list: &str) -> Value {
    let words = [
        (rule.outbound, "outbound"),
        (rule.inbound, "inbound"),
        (rule.secure_route, "secure-route"),
    ];
    let applies: Vec<&str> = (words.into_iter())
        .filter_map(|(applies, word)| applies.then_some(word))
        .collect();
    let mut table = switches(rule.switches);
    table.insert("applies".to_owned(), applies.into());
    if !rule.list.is_empty() {
        table.insert("lists".to_owned(), vec![list].into());
    }
    if let Some(unit) = &rule.unit {
        table.insert("unit".to_owned(), unit.clone().into());
    }
    table.into()
}

fn route(route: &Route) -> Value {
    let mut table = switches(route.switches);
    table.insert("host".to_owned(), route.host.clone().into());
    table.insert("mx_lookup".to_owned(), route.mx_lookup.into());
    table.insert("port".to_owned(), i64::from(route.port).into());
    if route.when_secure {
        self::table([("secure", table.into())])
    } else {
        table.into()
    }
}

fn switches(switches: Switches) -> Table {
    let flags = [
        ("require_tls", switches.require_tls),
        ("require_ca_signed", switches.require_ca_signed),
        ("validate_hostname", switches.validate_hostname),
    ];
    (flags.into_iter())
        .map(|(key, flag)| (key.to_owned(), flag.into()))
        .collect()
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let table: Table = (entries.into_iter())
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    table.into()
}

fn pair_of(name: &str) -> Value {
    table([
        ("chain", format!("{name}.pem").into()),
        ("key", format!("{name}.key").into()),
    ])
}

// ---- certificates as files

fn pair(name: &str, own: &Minted) -> [(String, Vec<u8>); 2] {
    [
        (format!("{name}.pem"), own.chain_pem().into_bytes()),
        (format!("{name}.key"), own.key_pem().into_bytes()),
    ]
}
