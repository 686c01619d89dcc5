//! One handshake on its way, from the hello that was read to its end.
//!
//! The order of things: tell of the hello; the fault at `handshake`; what can be refused before a stack sees it (SNI,
//! version, no suite at all); a scripted hello; the stack, with the fault at `in-handshake`. Each end tells
//! `tls-established`, `tls-accepted` or `tls-failed`, and what of the fake's table was met.

use std::sync::Arc;

use mtaspec_certs::Minted;
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Deed, Difference, Fault, Moment, Shown};

use super::below::{self, AfterFlight, Below, Pieces};
use super::certificates::certificate_word;
use super::client_hello::ClientHello;
use super::deeds::{self, Effect, Ending, HandshakeDeeds};
use super::flight::Flight;
use super::names;
use super::scripted::{Reaction, Script};
use super::server::{HandshakeEnd, ServerTls, Tell, TlsFacts};
use super::stack::{Prepared, Shaken, Stack};
use super::suites::suite_name;
use crate::internet::wire::Wire;

/// One handshake on its way.
pub(super) struct Session<'a> {
    pub(super) server: &'a ServerTls,
    pub(super) deeds: HandshakeDeeds<'a>,
    pub(super) tell: Tell<'a>,
}

impl Session<'_> {
    /// Answers a hello; `flight` is what came, and how much of it is the hello.
    pub(super) async fn answer(
        &mut self,
        wire: Wire,
        hello: &ClientHello,
        (raw, length): (Vec<u8>, usize),
    ) -> HandshakeEnd {
        (self.tell)(hello.event());
        self.met(&self.server.setup.met_by_hello());
        let mut pieces = Pieces::Whole;
        if let Some(fault) = (self.deeds.look_up)(&Moment::Handshake) {
            match Effect::of(&fault.deed) {
                Effect::Ends(ending) => {
                    return self.end_by(wire, &fault, &ending, hello, None).await;
                }
                Effect::Waits(duration) => {
                    below::wait(&self.deeds.clock, &wire.ends(), duration).await;
                    self.met_fault(&fault);
                }
                Effect::Cuts(into) => {
                    pieces = into;
                    self.met_fault(&fault);
                }
                Effect::None => self.cannot(&fault.deed),
            }
        }
        let setup = &self.server.setup;
        let (shown, _) = setup.shown(hello.sni.as_deref());
        let Shown::Certificate(spec) = shown else {
            self.met(&setup.met_by_certificate(hello.sni.as_deref()));
            return self.refuse(wire, "unrecognized_name", hello).await;
        };
        if self.server.service.stack == Stack::Nothing {
            return self.refuse(wire, "handshake_failure", hello).await;
        }
        let (certificate, prepared) = &self.server.certificates[spec];
        let clock = Arc::clone(&self.deeds.clock);
        if let Some(only) = self.server.scripted_suite(hello) {
            let below = Below::new(wire, raw[length..].to_vec(), clock).cut_into(pieces);
            return self.recite(below, hello, certificate, only).await;
        }
        let spoken = self.server.versions_spoken();
        if !spoken
            .iter()
            .any(|version| hello.takes(names::version_number(*version)))
        {
            return self.refuse(wire, "protocol_version", hello).await;
        }
        let below = Below::new(wire, raw, clock).cut_into(pieces);
        self.shake(below, hello, certificate, prepared).await
    }

    /// Sends a scripted hello and looks at what comes back.
    async fn recite(
        &mut self,
        mut below: Below,
        hello: &ClientHello,
        certificate: &Minted,
        only: Option<u16>,
    ) -> HandshakeEnd {
        let Some(script) = Script::write(&self.server.setup, hello, certificate, only) else {
            return match below.take_wire() {
                Some(wire) => self.refuse(wire, "handshake_failure", hello).await,
                None => ended(By::Receiver),
            };
        };
        let (fault, effect) = self.fault_in_handshake();
        let sent = script.send(&mut below).await;
        self.shown(&below.flight(), hello);
        let reaction = match (&effect, sent) {
            (_, Err(_)) => Reaction::Closed,
            (Effect::Ends(_), Ok(())) => Reaction::Accepted,
            (Effect::Waits(duration), Ok(())) => {
                below.wait(*duration).await;
                script.reaction(&mut below).await
            }
            (_, Ok(())) => script.reaction(&mut below).await,
        };
        let Some(wire) = below.take_wire() else {
            return ended(By::Receiver);
        };
        let version = Some(script.version);
        if let (Some(fault), Effect::Ends(ending)) = (&fault, &effect) {
            return self.end_by(wire, fault, ending, hello, version).await;
        }
        if let (Some(fault), Effect::Waits(_)) = (&fault, &effect) {
            self.met_fault(fault);
        }
        let by = match reaction {
            Reaction::Accepted => {
                (self.tell)(What::TlsAccepted {
                    version: names::version_name(script.version),
                });
                By::Receiver
            }
            Reaction::Refused(alert) => {
                self.failed(By::Sender, Some(alert), version);
                By::Sender
            }
            Reaction::Closed => {
                self.failed(By::Sender, None, version);
                By::Sender
            }
        };
        deeds::close(wire).await;
        ended(by)
    }

    fn fault_in_handshake(&mut self) -> (Option<Fault>, Effect) {
        let fault = (self.deeds.look_up)(&Moment::InHandshake);
        let effect = match &fault {
            Some(fault) => Effect::of(&fault.deed),
            None => Effect::None,
        };
        if let (Some(fault), AfterFlight::GoOn) = (&fault, effect.after_flight()) {
            self.cannot(&fault.deed);
        }
        (fault, effect)
    }

    async fn shake(
        &mut self,
        below: Below,
        hello: &ClientHello,
        certificate: &Minted,
        prepared: &Prepared,
    ) -> HandshakeEnd {
        let (fault, effect) = self.fault_in_handshake();
        let below = below.after_flight(effect.after_flight());
        match prepared.accept(below).await {
            Ok(shaken) => {
                self.shown(&shaken.flight, hello);
                if let (Some(fault), Effect::Waits(_)) = (&fault, &effect) {
                    self.met_fault(fault);
                }
                self.established(shaken, hello, certificate)
            }
            Err(broken) => {
                self.shown(&broken.flight, hello);
                let version = broken.flight.version;
                let Some(wire) = broken.wire else {
                    (self.tell)(What::HarnessFailed {
                        reason: "OpenSSL could not begin a handshake".to_owned(),
                    });
                    return ended(broken.by);
                };
                if let (Some(fault), Effect::Ends(ending), true) = (&fault, &effect, broken.stopped)
                {
                    return self.end_by(wire, fault, ending, hello, version).await;
                }
                self.failed(broken.by, broken.alert, version);
                deeds::close(wire).await;
                ended(broken.by)
            }
        }
    }

    fn established(
        &mut self,
        shaken: Shaken,
        hello: &ClientHello,
        certificate: &Minted,
    ) -> HandshakeEnd {
        let facts = TlsFacts {
            version: names::version_name(shaken.flight.version.unwrap_or_default()),
            cipher: suite_name(shaken.flight.suite.unwrap_or_default()),
            group: shaken.flight.group,
            sni: hello.sni.clone(),
            certificate: certificate_word(&certificate.spec),
            key: certificate.key,
            client_chain: shaken.client_chain,
            resumed: shaken.resumed,
        };
        (self.tell)(facts.event());
        HandshakeEnd::Established {
            stream: shaken.stream,
            facts: Box::new(facts),
        }
    }

    /// Refuses a hello before a stack sees it.
    async fn refuse(&mut self, wire: Wire, alert: &str, hello: &ClientHello) -> HandshakeEnd {
        let number = names::alert_number(alert).unwrap_or_default();
        self.failed(By::Receiver, Some(number), None);
        let ending = Ending::Alert(number);
        deeds::end(wire, &ending, hello.legacy_version, &self.deeds.clock).await;
        ended(By::Receiver)
    }

    async fn end_by(
        &mut self,
        wire: Wire,
        fault: &Fault,
        ending: &Ending,
        hello: &ClientHello,
        version: Option<u16>,
    ) -> HandshakeEnd {
        self.met_fault(fault);
        let on_record = version.unwrap_or(hello.legacy_version);
        if *ending != Ending::Stall {
            let alert = match ending {
                Ending::Alert(number) => Some(*number),
                _ => None,
            };
            self.failed(By::Receiver, alert, version);
        }
        let by = deeds::end(wire, ending, on_record, &self.deeds.clock).await;
        if *ending == Ending::Stall {
            self.failed(by, None, version);
        }
        ended(by)
    }

    pub(super) fn failed(&mut self, by: By, alert: Option<u8>, version: Option<u16>) {
        (self.tell)(What::TlsFailed {
            by,
            alert: alert.map(names::alert_name),
            version: version.map(names::version_name),
        });
    }

    fn shown(&mut self, flight: &Flight, hello: &ClientHello) {
        if flight.certificate {
            self.met(&self.server.setup.met_by_certificate(hello.sni.as_deref()));
        }
    }

    fn met(&mut self, keys: &[&str]) {
        for key in keys {
            let difference = self.server.setup.difference(&self.server.name, key);
            (self.tell)(What::Met {
                what: difference.to_string(),
            });
        }
    }

    fn met_fault(&mut self, fault: &Fault) {
        (self.tell)(What::Met {
            what: Difference::Fault(fault.written.clone()).to_string(),
        });
    }

    fn cannot(&mut self, deed: &Deed) {
        (self.tell)(What::HarnessFailed {
            reason: format!("{deed:?} is no deed of a handshake"),
        });
    }
}

pub(super) fn ended(by: By) -> HandshakeEnd {
    HandshakeEnd::Ended { by, trouble: None }
}
