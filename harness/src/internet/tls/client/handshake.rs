//! One handshake of the harness as client, and what is told of it.
//!
//! The moments are those of SCENARIOS §6 as a client comes to them: `handshake` before its hello, `in-handshake` when
//! the server's hello has come and the client would answer.

use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Deed, Difference, Fault, Moment};

use super::super::below::{self, Below, Pieces};
use super::super::certificates::certificate_word;
use super::super::deeds::{self, Effect, Ending, HandshakeDeeds};
use super::super::flight::{self, Flight};
use super::super::names;
use super::super::record_reader::{Opening, read_first_flight};
use super::super::server::Tell;
use super::super::stream::TlsStream;
use super::super::suites::suite_name;
use super::server_key::key_word;
use super::{ClientTls, Passed, Shaken};
use crate::internet::wire::Wire;

/// A handshake on its way.
pub struct ClientHandshake<'a> {
    /// What is spoken.
    pub tls: &'a ClientTls,
    /// What misbehaves.
    pub deeds: HandshakeDeeds<'a>,
    /// Takes the events.
    pub tell: Tell<'a>,
}

/// How it ended.
pub enum ClientEnd {
    /// The connection is inside TLS, of this version.
    Established(Box<dyn TlsStream>, String),
    /// The connection is over and nothing of it is left.
    Ended(By),
}

impl ClientHandshake<'_> {
    /// Shakes hands, or does what a fault says instead.
    pub async fn run(mut self, wire: Wire) -> ClientEnd {
        let mut pieces = Pieces::Whole;
        if let Some(fault) = (self.deeds.look_up)(&Moment::Handshake) {
            match Effect::of(&fault.deed) {
                Effect::Ends(ending) => return self.end_by(wire, &fault, &ending, None).await,
                Effect::Waits(duration) => {
                    self.met_fault(&fault);
                    below::wait(&self.deeds.clock, &wire.ends(), duration).await;
                }
                Effect::Cuts(into) => {
                    self.met_fault(&fault);
                    pieces = into;
                }
                Effect::None => self.cannot(&fault.deed),
            }
        }
        let fault = (self.deeds.look_up)(&Moment::InHandshake);
        let effect = fault
            .as_ref()
            .map_or(Effect::None, |fault| Effect::of(&fault.deed));
        let clock = std::sync::Arc::clone(&self.deeds.clock);
        let below = Below::of_client(wire, clock)
            .cut_into(pieces)
            .after_flight(effect.after_flight());
        match self.tls.connect(below).await {
            Ok(shaken) => {
                if let (Some(fault), Effect::Waits(_)) = (&fault, &effect) {
                    self.met_fault(fault);
                }
                self.established(shaken).await
            }
            Err(broken) => {
                self.offered(&broken.passed).await;
                let flight = Flight::read(&broken.passed.received);
                self.met_certificate(&broken.passed, None);
                let Some(wire) = broken.wire else {
                    return ClientEnd::Ended(broken.by);
                };
                if let (Some(fault), Effect::Ends(ending), true) = (&fault, &effect, broken.stopped)
                {
                    return self.end_by(wire, fault, ending, flight.version).await;
                }
                self.failed(broken.by, broken.alert, flight.version);
                deeds::close(wire).await;
                ClientEnd::Ended(broken.by)
            }
        }
    }

    async fn established(mut self, shaken: Shaken) -> ClientEnd {
        let sni = self.offered(&shaken.below).await;
        let flight = Flight::read(&shaken.below.received);
        let version = names::version_name(flight.version.unwrap_or_default());
        let client_certificate = self.met_certificate(&shaken.below, shaken.shown);
        let leaf = shaken.server_leaf.unwrap_or_default();
        let is_known = leaf == self.tls.known.leaf();
        (self.tell)(What::TlsEstablished {
            version: version.clone(),
            cipher: suite_name(flight.suite.unwrap_or_default()),
            group: flight.group,
            sni,
            certificate: if is_known {
                certificate_word(&self.tls.known.spec)
            } else {
                "other".to_owned()
            },
            key: key_word(&leaf),
            client_certificate,
            resumed: flight.resumed,
        });
        ClientEnd::Established(shaken.stream, version)
    }

    /// Tells of the hello as it went out; gives the name that it asked for.
    async fn offered(&mut self, passed: &Passed) -> Option<String> {
        let mut sent = passed.sent.as_slice();
        let first = read_first_flight(&mut sent, Vec::new()).await.ok()?;
        let Opening::Hello(hello) = first.opening else {
            return None;
        };
        (self.tell)(hello.event());
        for key in &self.tls.met_by_hello {
            self.met(key);
        }
        hello.sni
    }

    /// Whether the client's certificate went out; that it did is met.
    fn met_certificate(&mut self, passed: &Passed, shown: Option<bool>) -> bool {
        let is_shown = self.tls.certificate.is_some()
            && shown.unwrap_or_else(|| flight::shows_certificate(&passed.sent));
        if is_shown {
            self.met("certificate");
        }
        is_shown
    }

    async fn end_by(
        &mut self,
        wire: Wire,
        fault: &Fault,
        ending: &Ending,
        version: Option<u16>,
    ) -> ClientEnd {
        self.met_fault(fault);
        let alert = match ending {
            Ending::Alert(number) => Some(*number),
            _ => None,
        };
        let on_record = version.unwrap_or(self.tls.record_version());
        // The words of `deeds` are those of a server: what it calls the sender is the other side.
        let by = match deeds::end(wire, ending, on_record, &self.deeds.clock).await {
            By::Sender => By::Receiver,
            By::Receiver => By::Sender,
        };
        self.failed(by, alert, version);
        ClientEnd::Ended(by)
    }

    fn failed(&mut self, by: By, alert: Option<u8>, version: Option<u16>) {
        (self.tell)(What::TlsFailed {
            by,
            alert: alert.map(names::alert_name),
            version: version.map(names::version_name),
        });
    }

    fn met(&mut self, key: &str) {
        (self.tell)(What::Met {
            what: Difference::Client(key.to_owned()).to_string(),
        });
    }

    fn met_fault(&mut self, fault: &Fault) {
        (self.tell)(What::Met {
            what: Difference::Fault(fault.written.clone()).to_string(),
        });
    }

    fn cannot(&mut self, deed: &Deed) {
        (self.tell)(What::HarnessFailed {
            reason: format!("{deed:?} is no deed of a client's handshake"),
        });
    }
}
