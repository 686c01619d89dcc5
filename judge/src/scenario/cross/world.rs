//! Tables of the world, and what the subject is told, that contradict themselves.

use super::super::Direction;
use super::{Checks, Copy};
use crate::document::{Complaint, Node, Table};

impl Checks<'_> {
    pub(super) fn world(self, copy: Copy<'_>) {
        if let Some(client) = copy.tree.entry("client")
            && copy.case.direction == Direction::Outbound
        {
            let complaint = Complaint::new("`client` is for `direction = \"inbound\"`");
            self.note(
                client.key_span,
                complaint.help("to choose the message, use `inject`"),
            );
        }
        for step in copy.steps {
            for (_, host) in step.world.named("host") {
                self.host(host);
                host.tables("connection")
                    .for_each(|(_, connection)| self.host(connection));
            }
            for (_, https) in step.world.named("https") {
                self.versions(https);
            }
            for (node, rule) in step.world.tables("rule") {
                let applies = rule.get("applies").and_then(Node::list).unwrap_or_default();
                let words: Vec<_> = applies.iter().filter_map(Node::text).collect();
                if !rule.has("list") && words != ["secure-route"] {
                    let complaint = Complaint::new("a rule needs `list`");
                    self.note(
                        node.span,
                        complaint.help("whom it covers, as in `list = [\"example.test\"]`"),
                    );
                }
            }
            for (name, route) in step.world.named("route") {
                if !route.has("host") {
                    let complaint = Complaint::new(format!("route {:?} has no `host`", name.key));
                    self.note(
                        name.key_span,
                        complaint.help("the next hop instead of the domain's MX hosts"),
                    );
                }
            }
        }
    }

    fn host(self, host: &Table) {
        self.versions(host);
        let quirks = host.get("quirks").and_then(Node::list).unwrap_or_default();
        let has = |word: &str| quirks.iter().find(|quirk| quirk.text() == Some(word));
        let pairs = [
            (
                "no-renegotiation-info",
                "scripted-hello",
                "no stack leaves it out",
            ),
            (
                "early-data",
                "resumption",
                "early data come with a resumed session",
            ),
        ];
        for (quirk, needed, help) in pairs {
            if let (Some(node), None) = (has(quirk), has(needed)) {
                let complaint = Complaint::new(format!("`{quirk}` needs `{needed}`"));
                self.note(node.span, complaint.help(help));
            }
        }
    }

    fn versions(self, host: &Table) {
        let Some(node) = host.get("tls") else { return };
        let versions = node.list().unwrap_or_default();
        if versions.len() > 1
            && versions
                .iter()
                .any(|version| version.text() == Some("ssl3"))
        {
            let complaint = Complaint::new("`ssl3` stands alone");
            self.note(
                node.span,
                complaint.help("it is a scripted hello: write [\"ssl3\"]"),
            );
        }
    }
}
