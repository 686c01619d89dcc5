//! A relay that runs already, here or on another machine, and that somebody else looks after.
//!
//! It was told its tables before (`mtaspec config`), takes messages, and shows what it does in the world alone: nobody can
//! look at its queue, move its clock, or tell it anything new. So a case ends when nothing new was seen of it for a while.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use mtaspec_judge::scenario::Ask;
use serde_json::{Map, Value};

use super::contract::{
    Briefing, Instructions, Listed, ReceiverPort, Running, Subject, SubjectError,
};
use super::silence::Patience;
use super::way_in::WayIn;
use crate::recorder::Recorder;

/// What can only be done to a subject that is ours, or learned of it.
const OUT_OF_REACH: [&str; 6] = [
    "clock",
    "inbound",
    "queue",
    "retry",
    "rule-change",
    "submission",
];
/// How the words begin of what a subject can be asked.
const QUESTIONS: &str = "ask-";

/// A relay that runs already.
#[derive(Clone)]
pub struct RelayElsewhere {
    name: String,
    address: SocketAddr,
    way: WayIn,
    capabilities: BTreeSet<String>,
    patience: Patience,
}

impl RelayElsewhere {
    /// The relay at this address, which takes messages so. Of its capabilities those count that show from outside.
    #[must_use]
    pub fn new(
        address: SocketAddr,
        way: WayIn,
        capabilities: BTreeSet<String>,
        patience: Patience,
    ) -> Self {
        let shows =
            |word: &String| !OUT_OF_REACH.contains(&word.as_str()) && !word.starts_with(QUESTIONS);
        Self {
            name: address.to_string(),
            address,
            way,
            capabilities: capabilities.into_iter().filter(shows).collect(),
            patience,
        }
    }
}

#[async_trait]
impl Subject for RelayElsewhere {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> String {
        "as it runs".to_owned()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        self.capabilities.clone()
    }

    fn keeps_real_time(&self) -> bool {
        true
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        Ok(Box::new(AtCase {
            relay: self.clone(),
            recorder: briefing.recorder,
        }))
    }
}

/// The relay as one case sees it.
struct AtCase {
    relay: RelayElsewhere,
    recorder: Recorder,
}

#[async_trait]
impl Running for AtCase {
    fn injection_address(&self) -> SocketAddr {
        self.relay.address
    }

    fn way_in(&self) -> WayIn {
        self.relay.way.clone()
    }

    fn receiver_address(&self, _: ReceiverPort) -> Option<SocketAddr> {
        None
    }

    async fn settle(&mut self) -> Result<(), SubjectError> {
        self.relay.patience.silence(&self.recorder).await;
        Ok(())
    }

    async fn advance(&mut self, duration: Duration) -> Result<(), SubjectError> {
        Err(SubjectError::Unsupported(format!(
            "to let {duration:?} pass"
        )))
    }

    async fn queue(&mut self) -> Option<Vec<Listed>> {
        None
    }

    async fn retry_now(&mut self) -> Result<(), SubjectError> {
        Err(SubjectError::Unsupported("to try again now".to_owned()))
    }

    async fn change(&mut self, _: Instructions) -> Result<(), SubjectError> {
        // What another world asks of its subject is nothing new: a case that has anything new needs `rule-change`.
        Ok(())
    }

    async fn ask(&mut self, _: &Ask) -> Option<Map<String, Value>> {
        None
    }

    async fn stop(self: Box<Self>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_shows_from_outside_counts() {
        let address: SocketAddr = "192.0.2.9:25".parse().unwrap();
        let words = ["dsn", "queue", "clock", "ask-probe", "tls-rule", "inbound"];
        let patience = Patience {
            quiet: Duration::ZERO,
            longest: Duration::ZERO,
        };
        let words = words.map(str::to_owned).into();
        let relay = RelayElsewhere::new(address, address.into(), words, patience);
        let shown: Vec<_> = relay.capabilities().into_iter().collect();
        assert_eq!(shown, ["dsn", "tls-rule"]);
        assert!(relay.keeps_real_time());
        assert_eq!(relay.name(), "192.0.2.9:25");
    }
}
