//! A world with one sender, an engine in it, and the outcome as it is seen from outside.

use std::time::Duration;

use mtaspec_engine::address::DomainName;
use mtaspec_engine::settings::{AddressList, Rule, Settings, Switches};
use mtaspec_engine::{Engine, Options, Running};

use crate::peer::{Host, Message, inject};
use crate::tls::Identity;
use crate::world::World;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Over `tls` or `plain`.
    Delivered(&'static str),
    /// The notice had this status.
    Bounced(String),
    /// It waits; the status is what a notice would say now.
    Deferred,
    /// Taken, then nowhere.
    Lost,
}

pub(crate) fn delivered(how: &'static str) -> Outcome {
    Outcome::Delivered(how)
}

pub(crate) fn bounced(status: &str) -> Outcome {
    Outcome::Bounced(status.into())
}

/// The status is said for the reader, and compared when the message expires (`queue.rs`).
pub(crate) fn deferred(_status: &str) -> Outcome {
    Outcome::Deferred
}

/// A world for one message.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) mx: Host,
    pub(crate) home: Host,
    identity: Identity,
}

impl Scene {
    /// `example.test` with a host that has a good certificate.
    pub(crate) fn new(host: impl FnOnce(&Identity) -> Host) -> Self {
        Self::with_certificate("good", host)
    }

    /// `example.test` with a host that shows a certificate with a fault.
    pub(crate) fn with_certificate(fault: &str, host: impl FnOnce(&Identity) -> Host) -> Self {
        let identity = Identity::new("mx.example.test", fault);
        let (mx, home) = (host(&identity), Host::plain());
        let world = World::new(mx.clone(), home.clone());
        Self {
            world,
            mx,
            home,
            identity,
        }
    }

    /// A rule with some switches: `t` TLS, `c` CA, `n` name.
    pub(crate) fn rule(entry: &str, switches: &str) -> Rule {
        let mut rule = Rule::new("secure", AddressList::parse([entry]).unwrap());
        rule.switches = Switches {
            require_tls: switches.contains('t'),
            require_ca_signed: switches.contains('c'),
            validate_hostname: switches.contains('n'),
        };
        rule
    }

    /// An engine with rules for these entries, all switches on.
    pub(crate) async fn start(&self, entries: &[&str]) -> Running {
        self.start_with(|settings| {
            settings
                .rules
                .extend(entries.iter().map(|entry| Self::rule(entry, "tcn")));
        })
        .await
    }

    /// An engine with changed settings.
    pub(crate) async fn start_with(&self, change: impl FnOnce(&mut Settings)) -> Running {
        let settings = self.settings(change);
        Engine::start(settings, self.world.outside(), Options::default())
            .await
            .unwrap()
    }

    /// An engine without rules that draws from a seed.
    pub(crate) async fn start_from(&self, seed: u64) -> Running {
        let options = Options {
            seed,
            ..Options::default()
        };
        Engine::start(self.settings(|_| {}), self.world.outside(), options)
            .await
            .unwrap()
    }

    /// Changed settings.
    pub(crate) fn settings(&self, change: impl FnOnce(&mut Settings)) -> Settings {
        let hostname = DomainName::parse("subject.home.test").unwrap();
        let mut settings = Settings::new(hostname, vec!["192.0.2.53:53".parse().unwrap()]);
        settings.trust.push(self.identity.root.clone());
        change(&mut settings);
        settings
    }

    /// A message to these recipients, each with parameters behind `>` if need be.
    pub(crate) async fn send(&self, engine: &Running, recipients: &[&str]) {
        let utf8 = recipients.iter().any(|recipient| !recipient.is_ascii());
        let mail = format!(
            "MAIL FROM:<sender@home.test>{}",
            if utf8 { " SMTPUTF8" } else { "" }
        );
        self.send_as(engine, &mail, recipients).await;
    }

    /// A message that may not be taken; the reply to its end.
    pub(crate) async fn offer(&self, engine: &Running, recipients: &[&str]) -> String {
        self.offer_as(engine, "MAIL FROM:<sender@home.test>", recipients)
            .await
    }

    /// The same with a MAIL command of its own.
    pub(crate) async fn send_as(&self, engine: &Running, mail: &str, recipients: &[&str]) {
        let reply = self.offer_as(engine, mail, recipients).await;
        assert!(reply.starts_with('2'), "{reply}");
    }

    async fn offer_as(&self, engine: &Running, mail: &str, recipients: &[&str]) -> String {
        let content = "From: sender@home.test\r\nSubject: canary\r\n\r\ncanary\r\n";
        let commands: Vec<String> = recipients
            .iter()
            .map(|recipient| match recipient.split_once('>') {
                Some((address, parameters)) => format!("RCPT TO:<{address}>{parameters}"),
                None => format!("RCPT TO:<{recipient}>"),
            })
            .collect();
        inject(
            engine
                .address_of(mtaspec_engine::Service::Injection)
                .unwrap(),
            mail,
            &commands,
            content,
        )
        .await
    }

    /// Lets the world go on until all recipients have been tried, and says what became of the first message.
    pub(crate) async fn outcome(&self, engine: &Running) -> Outcome {
        self.tried(engine).await;
        if let Some(message) = self.mx.messages().first() {
            return delivered(if message.tls { "tls" } else { "plain" });
        }
        let failure = |notice: &&Message| notice.content.contains("\nAction: failed");
        if let Some(notice) = self.home.messages().iter().find(failure) {
            let status = notice
                .content
                .lines()
                .find_map(|line| line.strip_prefix("Status: "));
            return bounced(status.unwrap_or("none"));
        }
        if engine.queue().is_empty() {
            Outcome::Lost
        } else {
            Outcome::Deferred
        }
    }

    /// Lets the world go on until nothing in the queue is due.
    pub(crate) async fn tried(&self, engine: &Running) {
        let hour = Duration::from_secs(3_600);
        let is_quiet = || {
            engine
                .queue()
                .iter()
                .all(|queued| queued.next_attempt > self.world.now_here())
        };
        assert!(
            self.world.until(hour, is_quiet).await,
            "a round takes more than an hour"
        );
    }
}
