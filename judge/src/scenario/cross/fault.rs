//! Faults on fakes that are not there, that never come to that moment, or that can do nothing then.

use super::super::Direction;
use super::super::name::ascii_form;
use super::{Checks, Copy};
use crate::document::{Complaint, Node, Table, nearest};

/// Moments that an HTTPS host has.
const OF_HTTPS: [&str; 5] = ["connect", "handshake", "in-handshake", "response", "body"];
/// Those of them that nobody else has.
const OF_BODIES: [&str; 2] = ["response", "body"];

/// What can be done at every moment of a connection.
const EVERYWHERE: [&str; 5] = ["close", "reset", "stall", "delay", "garbage"];
/// What stands for deeds that are more than a word.
const ALERT: &str = "`alert NAME`";
const REPLY: &str = "a reply";
const STATUS: &str = "a status";

impl Checks<'_> {
    pub(super) fn faults(self, copy: Copy<'_>) {
        for step in copy.steps {
            for (_, fault) in step.world.tables("fault") {
                self.fault_place(copy, fault);
                self.fault_moment(copy, fault, &step.world);
            }
        }
    }

    fn fault_place(self, copy: Copy<'_>, fault: &Table) {
        let Some((node, on)) = fault.get("on").and_then(|node| Some((node, node.text()?))) else {
            return;
        };
        let existing = copy.existing;
        let exists = match (on, on.strip_prefix("attacker of ")) {
            ("dns", _) => true,
            ("client", _) => {
                if copy.case.direction == Direction::Outbound {
                    let complaint =
                        Complaint::new("a fault on `client` is for `direction = \"inbound\"`");
                    self.note(node.span, complaint.help("the harness as sender"));
                }
                true
            }
            (_, Some(host)) => existing.attackers.spelled(host).is_some(),
            _ => existing.fake(on).is_some(),
        };
        if exists {
            return;
        }
        let attackers: Vec<String> = existing
            .attackers
            .iter()
            .map(|name| format!("attacker of {name}"))
            .collect();
        let fakes = existing.hosts.iter().chain(existing.https.iter());
        let meant = nearest(on, fakes.chain(attackers.iter().map(String::as_str)));
        let complaint = Complaint::new(format!(
            "a fault on {on:?}, which nothing in this case leads to"
        ));
        self.note(
            node.span,
            match meant {
                Some(meant) => complaint.help(format!("did you mean {meant:?}?")),
                None => complaint.help("give it a table, or an MX record that leads to it"),
            },
        );
    }

    fn fault_moment(self, copy: Copy<'_>, fault: &Table, world: &Table) {
        let text = |key: &str| fault.get(key).and_then(Node::text);
        let (Some(on), Some(at), Some(node)) = (text("on"), text("at"), fault.get("at")) else {
            return;
        };
        let wanted = ascii_form(on);
        let host = world
            .named("host")
            .find(|(name, _)| ascii_form(&name.key) == wanted);
        let starttls = host.and_then(|(_, host)| host.get("starttls")?.text());
        if at == "starttls" && starttls == Some("absent") {
            let complaint =
                Complaint::new("a fault at `starttls` of a host that refuses the command");
            self.note(node.span, complaint.help("leave one of the two out"));
        }
        let fakes = Fake::of(copy, on);
        if !fakes.is_empty() && !fakes.iter().any(|fake| fake.has(at)) {
            let complaint = Complaint::new(format!("{} has no moment {at:?}", fakes[0].name()));
            let help = match fakes[0] {
                Fake::Https => OF_HTTPS.join(", "),
                _ => "it is one of HTTPS hosts".into(),
            };
            return self.note(node.span, complaint.help(help));
        }
        let Some((node, deed)) = fault.get("do").and_then(|node| Some((node, node.text()?))) else {
            return;
        };
        if !fakes.is_empty() && !fakes.iter().any(|fake| fake.can(at, deed)) {
            let fake = fakes[0].name();
            let complaint = Complaint::new(format!("`{deed}` does nothing at `{at}` of {fake}"));
            let able = fakes[0].deeds(at).join(", ");
            self.note(
                node.span,
                complaint.help(format!("what can be done there: {able}")),
            );
        }
    }
}

/// What a connection leads to, or comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fake {
    Smtp,
    Https,
    Client,
}

impl Fake {
    /// Those that a fault is on: a name may be a host of both kinds.
    fn of(copy: Copy<'_>, on: &str) -> Vec<Self> {
        if on == "client" {
            return vec![Self::Client];
        }
        let existing = copy.existing;
        let host = on.strip_prefix("attacker of ");
        let is_smtp = host.is_some() || existing.hosts.spelled(on).is_some();
        let is_https = host.is_none() && existing.https.spelled(on).is_some();
        let both = [(is_smtp, Self::Smtp), (is_https, Self::Https)];
        let there = both.into_iter().filter(|(is_there, _)| *is_there);
        there.map(|(_, fake)| fake).collect()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Smtp => "an SMTP host",
            Self::Https => "an HTTPS host",
            Self::Client => "the harness as sender",
        }
    }

    fn has(self, at: &str) -> bool {
        (self == Self::Https && OF_HTTPS.contains(&at))
            || (self != Self::Https && !OF_BODIES.contains(&at))
    }

    /// Whether a deed shows at a moment. One that changes what is said needs a moment at which the fake says something.
    fn can(self, at: &str, deed: &str) -> bool {
        let word = match deed {
            _ if deed.starts_with("alert ") => ALERT,
            _ if deed.starts_with(|first: char| first.is_ascii_digit()) && self == Self::Https => {
                STATUS
            }
            _ if deed.starts_with(|first: char| first.is_ascii_digit()) => REPLY,
            word => word,
        };
        self.deeds(at).contains(&word)
    }

    /// What can be done at a moment.
    fn deeds(self, at: &str) -> Vec<&'static str> {
        let further: &[&str] = match (self, at) {
            (Self::Https, "connect") => &["refuse"],
            (_, "handshake") => &[ALERT, "drip", "split"],
            (_, "in-handshake") => &[],
            (Self::Https, "response") => &[STATUS, "drip"],
            (Self::Https, _) => &["drip", "endless", "pad"],
            (_, "connect") => &["refuse", REPLY, "inject"],
            // What a server says, and a client does not, is the greeting; content is the other way about.
            (_, "after-handshake") | (Self::Client, "greeting") | (Self::Smtp, "content") => {
                &[REPLY, "inject"]
            }
            _ => &[REPLY, "drip", "split", "bare-lf", "inject"],
        };
        [&EVERYWHERE, further].concat()
    }
}
