//! Whether a notice says what the world has seen: of whom it speaks, what became of the message, which host said what, and
//! whether there was anything that its status could stand for (RFC 3464 §2.3, RFC 3463 §3).

use super::evidence::{ArrivedNotice, Evidence, is_home};
use super::messages::Sent;
use super::notice::NoticeRecipient;
use super::rounds::hosts_of_name;
use super::status_code;
use super::tls_report::{has_any_trouble, hosts_said_no};
use super::wildcard::{domain_of, same_address, same_name};
use crate::events::What;

/// What the notices of a recording say that the world did not see, each with the index of the notice's event.
pub(crate) fn lies(evidence: &Evidence<'_>) -> Vec<(usize, String)> {
    // Inbound, what comes back is the harness's own message.
    if evidence.is_inbound() {
        return Vec::new();
    }
    let steps = evidence.case().steps.len();
    let mut lies = Vec::new();
    for arrived in &evidence.notices {
        let sent = evidence.sent_until(steps).iter();
        let Some(sent) = sent.into_iter().find(|sent| sent.name == arrived.message) else {
            continue;
        };
        for block in &arrived.notice.recipients {
            let about = About {
                evidence,
                arrived,
                sent,
                block,
            };
            let of_block = [
                about.recipient(),
                about.action(),
                about.host(),
                about.reply(),
                about.status(),
            ];
            lies.extend(
                of_block
                    .into_iter()
                    .flatten()
                    .map(|lie| (arrived.event, lie)),
            );
        }
    }
    lies
}

/// One recipient of one notice.
struct About<'e, 'a> {
    evidence: &'e Evidence<'a>,
    arrived: &'e ArrivedNotice,
    sent: &'e Sent<'a>,
    block: &'e NoticeRecipient,
}

impl About<'_, '_> {
    /// The recipient, as it was said last.
    fn name(&self) -> &str {
        let named = self
            .block
            .recipient
            .as_deref()
            .or(self.block.original.as_deref());
        named.unwrap_or_default()
    }

    /// It was one of the message, or stands for one.
    fn recipient(&self) -> Option<String> {
        let settings = &self.evidence.world(self.arrived.step).settings;
        let known = self.sent.message.to.iter().any(|to| {
            let mut whom = settings.stands_for(to);
            whom.push(to.clone());
            let own = [&self.block.recipient, &self.block.original];
            let mut own = own.into_iter().flatten();
            own.any(|own| {
                whom.iter()
                    .any(|one| same_address(one, own) || one.eq_ignore_ascii_case(own))
            })
        });
        (!known).then(|| format!("{} was no recipient of {}", self.name(), self.sent.name))
    }

    /// Given up is what nobody took; delayed what nobody had taken yet; relayed and delivered what somebody had.
    fn action(&self) -> Option<String> {
        let mut taken = self
            .evidence
            .recording
            .events
            .iter()
            .enumerate()
            .filter(|(_, event)| {
                let is_away = event.host.as_deref().is_some_and(|host| !is_home(host));
                let is_of = event.message.as_deref() == Some(self.sent.name.as_str());
                is_away
                    && is_of
                    && matches!(&event.what, What::MessageAccepted { to, .. }
                    if to.iter().any(|to| same_address(to, self.name())))
            });
        let first = taken.next().map(|(index, _)| index);
        let action = self.block.action.as_deref()?;
        let is_true = match action {
            "failed" => first.is_none(),
            "delayed" => first.is_none_or(|first| first > self.arrived.event),
            "relayed" | "delivered" => first.is_some_and(|first| first < self.arrived.event),
            _ => true,
        };
        let seen = if first.is_some() {
            "taken"
        } else {
            "never taken"
        };
        (!is_true).then(|| format!("{} is {action}, and the message was {seen}", self.name()))
    }

    /// The host was called.
    fn host(&self) -> Option<String> {
        let host = self.block.remote_mta.as_deref()?;
        let named = host.trim_matches(['[', ']']);
        // Of an alias the host is called that it leads to.
        let targets = hosts_of_name(self.evidence.world(self.arrived.step), named);
        let before = &self.evidence.recording.events[..self.arrived.event];
        let was_called = before.iter().any(|event| {
            let at = event.host.as_deref().unwrap_or_default();
            matches!(event.what, What::Connect { .. })
                && targets.iter().any(|name| same_name(name, at))
        });
        let is_address = named.parse::<std::net::IpAddr>().is_ok();
        (!was_called && !is_address).then(|| format!("{host} is named, and was never called"))
    }

    /// The words of a host were said by it.
    fn reply(&self) -> Option<String> {
        let diagnostic = self.block.diagnostic.as_deref()?;
        let (kind, text) = diagnostic.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("smtp") {
            return None;
        }
        let told = words(text);
        let code: u16 = told.get(..3)?.parse().ok()?;
        let rest = told[3..].trim_start_matches([' ', '-']);
        let before = &self.evidence.recording.events[..self.arrived.event];
        let was_said = before.iter().any(|event| match &event.what {
            What::SmtpReply {
                code: said, text, ..
            } => {
                let said_text = words(text);
                *said == code && (said_text.starts_with(rest) || rest.starts_with(&said_text))
            }
            _ => false,
        });
        (!was_said).then(|| format!("{told:?} is quoted, and no host has said it"))
    }

    /// A status of the family X.7 says that something was not secure enough, or that a host did not want it.
    fn status(&self) -> Option<String> {
        let status = self.block.status.as_deref()?;
        let is_of_security = status.split('.').nth(1) == Some("7");
        if !is_of_security || !status_code::is_code(status) {
            return None;
        }
        let domain = domain_of(self.name());
        let until = self.arrived.event;
        let has_cause = has_any_trouble(self.evidence, domain, until)
            || hosts_said_no(self.evidence, until)
            || self.lacks_requiretls(until);
        (!has_cause).then(|| {
            format!(
                "{} has status {status}, and the world saw no cause",
                self.name()
            )
        })
    }

    /// A message that requires TLS on its way, and a host that does not know the keyword (RFC 8689 §4.1), or is not known
    /// to be the right one.
    fn lacks_requiretls(&self, until: usize) -> bool {
        let wants = self.sent.message.requiretls;
        let before = &self.evidence.recording.events[..until];
        let mut answers = before.iter().filter_map(|event| match &event.what {
            What::SmtpReply {
                verb,
                text,
                tls: true,
                ..
            } if verb == "EHLO" => Some(text),
            _ => None,
        });
        let lists = |text: &String| {
            text.lines()
                .any(|line| line.trim().eq_ignore_ascii_case("REQUIRETLS"))
        };
        let mut states = before.iter().filter_map(|event| match &event.what {
            What::DnsQuery { state, .. } => Some(state),
            _ => None,
        });
        wants && (answers.any(|text| !lists(text)) || states.any(|state| state != "secure"))
    }
}

fn words(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::untruths;
    use crate::events::Event;
    use crate::scenario::{Host, StartTls, World};

    const MX: &str = "mx.example.test";
    const USER: &str = "user@example.test";

    /// What of this notice, behind these events, the world did not see.
    fn lies_in(change: impl FnOnce(&mut World), events: &[Event], block: &str) -> Vec<String> {
        let mut case = case();
        change(&mut case.steps[0].world);
        let content = dsn("failed", "5.7.4", USER);
        let begin = content.find("Final-Recipient").unwrap();
        let end = begin + content[begin..].find("\r\n\r\n").unwrap() + 2;
        let content = format!(
            "{}{}{}",
            &content[..begin],
            block.replace('|', "\r\n"),
            &content[end..]
        );
        let mut all = vec![injected("first", 250, "ok")];
        all.extend_from_slice(events);
        all.push(notice("first", &content));
        let told = untruths(&recording(case, all));
        told.into_iter().map(|one| one.text).collect()
    }

    /// A host without STARTTLS.
    fn plain() -> Vec<Event> {
        vec![
            connect(MX, 1, false),
            reply(MX, 1, "EHLO", 250, "mx.example.test\nPIPELINING"),
        ]
    }

    #[test]
    fn a_notice_tells_what_was_seen() {
        let refused = || {
            let said = reply(MX, 1, "MAIL", 550, "5.7.1 We do not want\nthis");
            [plain(), vec![said]].concat()
        };
        let delivered = || [plain(), vec![accepted(MX, 1, "first", USER, "none")]].concat();
        let failed = "Final-Recipient: rfc822; user@example.test|Action: failed|";
        // (what was seen, the block of the recipient, the lie)
        let cases = [
            (plain(), format!("{failed}Status: 5.7.4|"), ""),
            (
                plain(),
                format!("{failed}Status: 5.7.4|Remote-MTA: dns; MX.example.test|"),
                "",
            ),
            (
                plain(),
                format!("{failed}Status: 5.7.4|Remote-MTA: dns; b.test|"),
                "b.test is named, and was never called",
            ),
            (
                plain(),
                failed.replace("user@", "other@") + "Status: 5.7.4|",
                "other@example.test was no recipient of first",
            ),
            (
                delivered(),
                format!("{failed}Status: 5.7.4|"),
                "is failed, and the message was taken",
            ),
            (
                delivered(),
                failed.replace("failed", "delayed") + "Status: 4.7.0|",
                "is delayed, and the message was taken",
            ),
            (
                delivered(),
                failed.replace("failed", "relayed") + "Status: 2.0.0|",
                "",
            ),
            (
                plain(),
                failed.replace("failed", "relayed") + "Status: 2.0.0|",
                "is relayed, and the message was never taken",
            ),
            (
                refused(),
                format!(
                    "{failed}Status: 5.7.1|Diagnostic-Code: smtp; 550 5.7.1 We do not want this|"
                ),
                "",
            ),
            (
                refused(),
                format!(
                    "{failed}Status: 5.7.1|Diagnostic-Code: smtp; 554 5.7.1 We do not want this|"
                ),
                "no host has said it",
            ),
            (
                refused(),
                format!("{failed}Status: 5.7.1|Diagnostic-Code: smtp; 550 5.7.1 Go away|"),
                "no host has said it",
            ),
            (
                plain(),
                format!("{failed}Status: 5.7.4|Diagnostic-Code: x-own; no TLS|"),
                "",
            ),
        ];
        for (events, block, lie) in cases {
            let lies = lies_in(|_| {}, &events, &block).join("; ");
            assert_eq!(lies.is_empty(), lie.is_empty(), "{block}: {lies}");
            assert!(lies.contains(lie), "{block}: {lies}");
        }
    }

    #[test]
    fn a_status_about_security_has_its_cause_in_the_world() {
        let block = format!("Final-Recipient: rfc822; {USER}|Action: failed|Status: 5.7.5|");
        let healthy = vec![
            connect(MX, 1, false),
            reply(MX, 1, "EHLO", 250, "mx.example.test\nSTARTTLS"),
            established(MX, 1, "1.3", "valid"),
            reply(MX, 1, "RCPT", 550, "5.1.1 Nobody"),
        ];
        let lie = ["user@example.test has status 5.7.5, and the world saw no cause"];
        assert_eq!(lies_in(|_| {}, &healthy, &block), lie);
        assert!(lies_in(|_| {}, &plain(), &block).is_empty());
        let expired = |world: &mut World| {
            let host = Host {
                starttls: StartTls::Offered,
                certificate: crate::scenario::Shown::Certificate(
                    mtaspec_certs::Word::Expired.into(),
                ),
                ..Host::default()
            };
            world.hosts.insert(MX.into(), host);
        };
        assert!(lies_in(expired, &healthy, &block).is_empty());
    }
}
