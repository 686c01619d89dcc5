//! A whole settings file: text in, settings with their names out, or every problem of it.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use toml::de::DeTable;

use crate::address::DomainName;
use crate::outside::{Beside, SystemBeside};
use crate::settings::{RetrySchedule, Rule, Settings, TlsVersion};

use super::list::{self, NamedList};
use super::nesting;
use super::problem::{Complaint, Notes, Problems, Severity, Source};
use super::rule::ReadRule;
use super::table::{File, Table};
use super::{alias, dnssec, doubt, duration, pem, receiving, reporting, rule};

/// The longest file, in octets. Long lists are imported.
const LONGEST: usize = 4 * 1_024 * 1_024;
/// The most characters of the name of a list or rule.
const LONGEST_NAME: usize = 100;

/// Settings as a file says them: with the lists under their names.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingsFile {
    settings: Settings,
    lists: Vec<NamedList>,
    /// The lists of each rule.
    uses: Vec<Vec<String>>,
}

/// What was read, and what most likely does not mean what it says.
#[derive(Debug, Clone)]
pub struct Read {
    /// The settings.
    pub file: SettingsFile,
    /// Warnings alone.
    pub warnings: Problems,
}

impl SettingsFile {
    /// Reads a file, and those that it names, from the disk.
    ///
    /// # Errors
    /// Every problem, warnings among them, when one of them is an error.
    pub fn load(path: &Path) -> Result<Read, Problems> {
        let beside = SystemBeside::of(path);
        let shown = path.display().to_string();
        let name = path.file_name().unwrap_or_default();
        let bytes = match name.to_str() {
            Some(name) => beside.file(name),
            None => Err(std::io::ErrorKind::InvalidFilename.into()),
        };
        let text = bytes
            .map_err(|error| error.to_string())
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
        match text {
            Ok(text) => Self::read(&shown, &text, &beside),
            Err(error) => {
                let notes = Notes::default();
                let complaint =
                    Complaint::new(format!("this settings file cannot be read: {error}"));
                notes.error(&Source::new(shown, ""), 0..0, complaint);
                Err(notes.into_problems())
            }
        }
    }

    /// Reads the text of a file; `name` is what it is called where something is wrong.
    ///
    /// # Errors
    /// Every problem, warnings among them, when one of them is an error.
    pub fn read(name: &str, text: &str, beside: &dyn Beside) -> Result<Read, Problems> {
        let source = Source::new(name, text);
        let notes = Notes::default();
        let read = parse(&source, &notes, beside);
        let problems = notes.into_problems();
        match read {
            Some(file) if problems.of(Severity::Error).next().is_none() => Ok(Read {
                file,
                warnings: problems,
            }),
            _ => Err(problems),
        }
    }

    /// Settings that were made elsewhere; each rule has a list of its own, under its name. Of rules with one name the
    /// later get a number.
    #[must_use]
    pub fn of(mut settings: Settings) -> Self {
        let mut taken = std::collections::BTreeSet::new();
        for rule in &mut settings.rules {
            let first = rule.name.clone();
            let mut number = 1;
            while !taken.insert(rule.name.to_lowercase()) {
                number += 1;
                rule.name = format!("{first}-{number}");
            }
        }
        let with_list = |rule: &&Rule| !rule.list.entries().is_empty();
        let lists = (settings.rules.iter().filter(with_list))
            .map(|rule| NamedList {
                name: rule.name.clone(),
                list: rule.list.clone(),
            })
            .collect();
        let uses = (settings.rules.iter())
            .map(|rule| Some(rule).filter(with_list).map(|rule| rule.name.clone()))
            .map(|name| name.into_iter().collect())
            .collect();
        Self {
            settings,
            lists,
            uses,
        }
    }

    /// What the engine is told.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The lists, in the order of the file.
    #[must_use]
    pub fn lists(&self) -> &[NamedList] {
        &self.lists
    }

    /// The rules, each with the names of its lists, in the order of the file.
    pub fn rules(&self) -> impl Iterator<Item = (&Rule, &[String])> {
        let uses = self.uses.iter().map(Vec::as_slice);
        self.settings.rules.iter().zip(uses)
    }
}

fn parse(source: &Source<'_>, notes: &Notes, beside: &dyn Beside) -> Option<SettingsFile> {
    let file = File { source, notes };
    if source.text.len() > LONGEST {
        let complaint = Complaint::new(format!("the file has {} octets", source.text.len()));
        file.error(0..0, complaint.help("at most 4 MiB; import long lists"));
        return None;
    }
    if let Some(at) = nesting::too_deep(source.text) {
        let complaint = Complaint::new("this is nested too deep");
        let help = format!("at most {} levels; settings need four", nesting::DEEPEST);
        file.error(at..at + 1, complaint.help(help));
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(source.text);
    // What stands beside broken syntax is told too, and nothing is made of it.
    let read = whole(Table::whole(file, table.get_ref()), beside);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        // What follows from it is no problem of its own.
        notes.forget_line_of(source, span.start);
        let message = error.message().replace('\n', ", ");
        let complaint = Complaint::new(message.clone());
        file.error(
            span,
            match message.as_str() {
                "duplicate key" => {
                    complaint.help("each name stands once; take one away, or rename it")
                }
                _ => complaint,
            },
        );
    }
    errors.is_empty().then_some(read).flatten()
}

fn whole(table: Table<'_>, beside: &dyn Beside) -> Option<SettingsFile> {
    let hostname = table.parsed("hostname", |text| {
        DomainName::parse(text).map_err(|error| {
            Complaint::new(error.to_string())
                .help("the name of this server, as in mail.example.test")
        })
    });
    if table.entry("hostname").is_none() {
        table.missing(
            "hostname",
            "the name of this server: hostname = \"mail.example.test\"",
        );
    }
    let resolvers = table
        .many("resolvers", resolver)
        .unwrap_or_else(|| vec![(IpAddr::from([127, 0, 0, 1]), 53).into()]);
    if resolvers.is_empty()
        && table
            .entry("resolvers")
            .is_some_and(|entry| entry.span().len() <= 4)
    {
        let span = table.place("resolvers");
        let complaint = Complaint::new("nobody is there to ask for names");
        table
            .file
            .error(span, complaint.help("resolvers = [\"127.0.0.1\"]"));
    }
    let mut settings = Settings::new(
        hostname
            .clone()
            .unwrap_or_else(|| DomainName::parse("unknown").expect("a name")),
        resolvers,
    );
    settings.addresses = table.many("addresses", own_address).unwrap_or_default();
    settings.dnssec = dnssec::read(&table);
    if let Some(uses) = table.table("dane") {
        settings.dane = dnssec::read_uses(&uses);
    }
    settings.minimum_tls = minimum_tls(&table).unwrap_or(settings.minimum_tls);
    settings.trust = pem::trust(&table, beside);
    settings.client_certificate = pem::own(&table, "client_certificate", beside);
    let lists: Vec<NamedList> = once_each(&table, "list")
        .into_iter()
        .map(|table| list::read(table, beside))
        .collect();
    let mut uses = Vec::new();
    let rules = once_each(&table, "rule");
    for one in rules {
        let ReadRule { rule, uses: used } = rule::read(one, &lists);
        settings.rules.push(rule);
        uses.push(used);
    }
    for route in table.named("route") {
        settings
            .routes
            .extend(rule::read_routes(route, hostname.as_ref()));
    }
    if let Some(aliases) = table.table("aliases") {
        settings.aliases = alias::read(&aliases);
    }
    if let Some(queue) = table.table("queue") {
        read_queue(queue, &mut settings);
    }
    if let Some(receiving) = table.table("receiving") {
        settings.receiving = receiving::read(receiving, beside);
    }
    if let Some(reporting) = table.table("reporting") {
        settings.reporting = reporting::read(reporting, beside);
    }
    let file = SettingsFile {
        settings,
        lists,
        uses,
    };
    doubt::doubts(&table, &file);
    table.close();
    hostname.is_some().then_some(file)
}

/// The tables below a key, whose names must differ in more than letter case.
fn once_each<'a>(table: &Table<'a>, key: &'static str) -> Vec<Table<'a>> {
    let tables = table.named(key);
    let mut seen: Vec<(String, String)> = Vec::new();
    for one in &tables {
        let name = one.key.text;
        let refuse = |message: String, help: String| {
            let complaint = Complaint::new(message).help(help);
            table.file.error(one.key.span.clone(), complaint);
        };
        if name.trim().is_empty()
            || name.chars().count() > LONGEST_NAME
            || name.chars().any(char::is_control)
        {
            let help = format!("from 1 to {LONGEST_NAME} characters on one line");
            refuse(format!("{name:?} is no name of a {key}"), help);
        }
        let lower = name.to_lowercase();
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == lower) {
            let message = format!("there are two {key}s of one name: {first:?} and {name:?}");
            refuse(
                message,
                "names are unique, whatever their letter case".to_owned(),
            );
        }
        seen.push((lower, name.to_owned()));
    }
    tables
}

fn own_address(text: &str) -> Result<IpAddr, Complaint> {
    text.trim_matches(['[', ']']).parse().map_err(|_| {
        Complaint::new(format!("{text:?} is no IP address"))
            .help("an address at which others reach this server, as in \"192.0.2.25\"")
    })
}

fn resolver(text: &str) -> Result<SocketAddr, Complaint> {
    let bare = text.trim_matches(['[', ']']);
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(address);
    }
    bare.parse::<IpAddr>()
        .map(|address| (address, 53).into())
        .map_err(|_| {
            Complaint::new(format!("{text:?} is not the address of a resolver")).help(
                "an IP address, with a port if it is not 53, as in \"127.0.0.1\" or \"[::1]:5353\"",
            )
        })
}

fn minimum_tls(table: &Table<'_>) -> Option<TlsVersion> {
    let version = table.parsed("minimum_tls", |text| {
        let known = TlsVersion::ALL
            .iter()
            .find(|version| version.word() == text);
        known.copied().ok_or_else(|| {
            Complaint::new(format!("{text:?} is no TLS version that can be the oldest"))
                .help("\"1.0\", \"1.1\", \"1.2\" or \"1.3\"")
        })
    })?;
    let span = table.place("minimum_tls");
    if version < TlsVersion::Tls12 {
        let complaint = Complaint::new(format!(
            "TLS {} must not be used any more (RFC 8996)",
            version.word()
        ));
        let help = "\"1.2\", unless a server that you have to reach has nothing newer";
        if cfg!(feature = "legacy-tls") {
            table.file.warn(span, complaint.help(help));
        } else {
            let complaint = Complaint::new("this build speaks TLS 1.2 and 1.3 alone");
            table.file.error(span, complaint.help("\"1.2\" or \"1.3\""));
        }
    }
    Some(version)
}

fn read_queue(queue: Table<'_>, settings: &mut Settings) {
    let time = |key| queue.parsed(key, duration::parse);
    if let Some(lifetime) = time("lifetime") {
        settings.queue_lifetime = lifetime;
    }
    let delay = queue.parsed("delay_notice_after", |text| match text {
        "never" => Ok(None),
        time => duration::parse(time).map(Some),
    });
    settings.delay_notice_after = delay.unwrap_or(settings.delay_notice_after);
    let first = time("first_wait").unwrap_or(settings.retry.first());
    let longest = time("longest_wait").unwrap_or(settings.retry.longest().max(first));
    settings.retry = RetrySchedule::new(first, longest);
    let place = |key| queue.place(key);
    if longest < first {
        let complaint = Complaint::new("the longest wait is shorter than the first");
        let help = format!("at least {:?}", duration::print_duration(first));
        queue
            .file
            .error(place("longest_wait"), complaint.help(help));
    }
    if first > settings.queue_lifetime {
        let complaint = Complaint::new("a message is returned before it is tried again");
        let help = "make `lifetime` longer than `first_wait`";
        let key = if queue.entry("lifetime").is_some() {
            "lifetime"
        } else {
            "first_wait"
        };
        queue.file.warn(place(key), complaint.help(help));
    } else if first < Duration::from_secs(60) {
        let complaint = Complaint::new(format!(
            "{} is a short wait",
            duration::print_duration(first)
        ));
        let help = "RFC 5321 §4.5.4.1 wants at least 30 min";
        queue.file.warn(place("first_wait"), complaint.help(help));
    }
    queue.close();
}
