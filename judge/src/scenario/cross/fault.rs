//! Faults on fakes that are not there, or that never come to that moment.

use super::super::Direction;
use super::super::name::ascii_form;
use super::super::problem::Complaint;
use super::super::spelling::nearest;
use super::super::tree::{Node, Table};
use super::{Checks, Copy};

/// Moments that an HTTPS host has.
const OF_HTTPS: [&str; 5] = ["connect", "handshake", "in-handshake", "response", "body"];

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
        let is_https = copy.existing.https.spelled(on).is_some();
        let is_smtp = copy.existing.hosts.spelled(on).is_some();
        if is_https && !is_smtp && !OF_HTTPS.contains(&at) {
            let complaint = Complaint::new(format!("an HTTPS host has no moment {at:?}"));
            self.note(node.span, complaint.help(OF_HTTPS.join(", ")));
        }
        if is_smtp && !is_https && ["response", "body"].contains(&at) {
            let complaint = Complaint::new(format!("an SMTP host has no moment {at:?}"));
            self.note(node.span, complaint.help("it is one of HTTPS hosts"));
        }
    }
}
