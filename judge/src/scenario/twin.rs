//! The healthy twin of a case, and what a case is by its content (SCENARIOS §10).
//!
//! A twin has the same rules, routes, settings and messages, a policy where the case has one, matching TLSA records
//! where it has some, and all else healthy. Equal twins have equal ids, so that each runs once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::resolve;
use super::{
    Case, Client, Direction, Domain, Expect, Expectation, Host, HttpsHost, Level, Message,
    OutcomeWord, Place, Step, Sts, Tlsa, TlsaData, Twin, Wanted, World,
};

impl Case {
    /// The twin of the step (from 0) that judges an outcome.
    #[must_use]
    pub fn healthy_twin(&self, step: usize) -> Self {
        let step = step.min(self.steps.len().saturating_sub(1));
        let inject = self.messages_of_twin(step);
        let world = self.world_of_twin(step, &inject);
        let expectation = Expectation {
            wanted: Wanted::Outcome(vec![OutcomeWord::Delivered]),
            unsaid: false,
            place: self.place.clone(),
        };
        let expect = Expect {
            place: self.place.clone(),
            requirements: Vec::new(),
            level: Level::Must,
            message: None,
            recipient: None,
            keys: vec![expectation],
        };
        // The port and what is said on it belong to how the message goes in.
        let client = Client {
            port: self.client.port.clone(),
            ..Client::default()
        };
        let steps = vec![Step {
            after: None,
            world,
            inject,
            ask: None,
            makes_due: false,
            lasts: None,
            expect: vec![expect],
        }];
        let mut twin = Self {
            id: String::new(),
            title: "The healthy twin is delivered".into(),
            why: "That nothing was delivered proves nothing while mail cannot arrive at all."
                .into(),
            place: self.place.clone(),
            direction: self.direction,
            needs_legacy_tls: resolve::needs_legacy_tls(&steps, &client),
            client,
            steps,
            twin: Twin::NotNeeded,
            capabilities: BTreeSet::new(),
        };
        twin.id = format!("twin/{}", label(&twin.digest()));
        twin
    }

    /// SHA-256 over the content, in hexadecimal digits; where it stands and what it is called do not count.
    #[must_use]
    pub fn hash(&self) -> String {
        self.digest()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn digest(&self) -> [u8; 32] {
        let mut value = serde_json::to_value(self).expect("a case has text keys alone");
        if let Value::Object(fields) = &mut value {
            fields.retain(|key, _| key != "title" && key != "why");
        }
        forget_places(&mut value);
        Sha256::digest(value.to_string().as_bytes()).into()
    }

    /// The messages of the step, or those that wait in it, named by their place so that equal twins are one.
    fn messages_of_twin(&self, step: usize) -> Vec<Message> {
        let told = self
            .steps
            .iter()
            .take(step + 1)
            .rev()
            .map(|step| &step.inject);
        let messages = told
            .into_iter()
            .find(|messages| !messages.is_empty())
            .cloned()
            .unwrap_or_default();
        let name = |(place, message)| Message {
            name: resolve::healthy_message(self.direction, place).name,
            ..message
        };
        let named: Vec<Message> = messages.into_iter().enumerate().map(name).collect();
        if named.is_empty() {
            vec![resolve::healthy_message(self.direction, 0)]
        } else {
            named
        }
    }

    fn world_of_twin(&self, step: usize, inject: &[Message]) -> World {
        let Some(old) = self.steps.get(step).map(|step| &step.world) else {
            return World::default();
        };
        let domain = |(name, domain): (&String, &Domain)| {
            let sts = domain.sts.as_ref().map(|_| Sts::default());
            (
                name.clone(),
                Domain {
                    sts,
                    ..resolve::healthy_domain(name)
                },
            )
        };
        let bare = World {
            domains: old
                .domains
                .iter()
                .filter(|(_, domain)| domain.sts.is_some())
                .map(domain)
                .collect(),
            rules: old.rules.clone(),
            routes: old.routes.clone(),
            settings: old.settings.clone(),
            hosts: BTreeMap::<String, Host>::new(),
            https: BTreeMap::<String, HttpsHost>::new(),
            ..World::default()
        };
        let mut world = resolve::complete_alone(bare, inject);
        let about_dane = |host: &Host| {
            host.tlsa
                .as_ref()
                .is_some_and(|records| !records.is_empty())
        };
        if self.direction == Direction::Outbound && old.hosts.values().any(about_dane) {
            let record = Tlsa::Record {
                usage: 3,
                selector: 1,
                matching: 1,
                data: TlsaData::Match,
            };
            for (name, host) in &mut world.hosts {
                if !name.ends_with("home.test") {
                    host.tlsa = Some(vec![record.clone()]);
                }
            }
        }
        world
    }
}

/// Eight base-32 characters (RFC 4648 §6, lower case) of a hash.
fn label(digest: &[u8; 32]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let start = digest
        .iter()
        .take(5)
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    (0..8)
        .rev()
        .map(|n| char::from(LETTERS[usize::from((start >> (5 * n)) as u8 & 31)]))
        .collect()
}

fn forget_places(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_place = |value: &Value| serde_json::from_value::<Place>(value.clone()).is_ok();
            fields.retain(|key, value| key != "place" || !is_place(value));
            fields.values_mut().for_each(forget_places);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_places),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Catalogue, read_text};
    use super::*;

    fn case(text: &str) -> Case {
        let text = format!("title = \"t\"\nwhy = \"w\"\n{text}");
        let (mut cases, problems) = read_text("a.toml", "a", &text, &Catalogue::default(), true);
        assert!(problems.is_empty(), "{problems}");
        cases.remove(0)
    }

    #[test]
    fn a_twin_has_the_same_rules_and_messages_in_a_healthy_world() {
        let case = case(
            "rule = { list = [\"example.test\"] }\n\
             host.\"mx.example.test\" = { starttls = \"absent\", tlsa = [\"3 1 1 mismatch\"] }\n\
             domain.\"example.test\".sts = { mode = \"testing\" }\n\
             inject = { name = \"late\", to = [\"a@example.test\"] }\n\
             expect = { outcome = \"deferred\" }",
        );
        let twin = case.healthy_twin(0);
        let world = &twin.steps[0].world;
        assert_eq!(world.rules, case.steps[0].world.rules);
        assert_eq!(
            world.hosts["mx.example.test"].starttls,
            super::super::StartTls::Offered
        );
        assert!(world.hosts["mx.example.test"].tlsa.is_some());
        assert!(world.hosts["mx.home.test"].tlsa.is_none());
        assert_eq!(world.domains["example.test"].sts, Some(Sts::default()));
        assert!(world.https.contains_key("mta-sts.example.test"));
        assert_eq!(twin.steps[0].inject[0].to, ["a@example.test"]);
        assert_eq!(twin.id.len(), "twin/".len() + 8);
    }

    #[test]
    fn twins_that_are_alike_are_one() {
        let absent = case(
            "host.\"mx.example.test\".starttls = \"absent\"\nexpect = { outcome = \"deferred\" }",
        );
        let expired = case(
            "host.\"mx.example.test\".certificate = \"expired\"\nexpect.outcome = \"returned\"",
        );
        let ruled =
            case("rule = { list = [\"example.test\"] }\nexpect = { outcome = \"returned\" }");
        assert_eq!(absent.healthy_twin(0).id, expired.healthy_twin(0).id);
        assert_ne!(absent.healthy_twin(0).id, ruled.healthy_twin(0).id);
    }

    #[test]
    fn the_hash_is_of_the_content_and_not_of_its_place() {
        let one = case("expect = { outcome = \"delivered\" }");
        let moved = case("\n\n# further down\nexpect = { outcome = \"delivered\" }");
        let other = case("expect = { outcome = \"delivered\", tls = \"any\" }");
        assert_eq!(one.hash(), moved.hash());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(one.hash().len(), 64);
    }
}
