//! The server's side of TLS for one fake: from the first byte of a handshake to a connection inside TLS, or its end.
//!
//! The order of things: read the hello and tell of it; the fault at `handshake`; what can be refused before a stack
//! sees it (no TLS, SNI, version, no suite at all); a scripted hello; the stack, with the fault at `in-handshake`.
//! Each end tells `tls-established`, `tls-accepted` or `tls-failed`, and what of the fake's table was met.

use std::collections::HashMap;
use std::sync::Arc;

use mtaspec_certs::{CertificateSpec, KeyKind};
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Deed, Difference, Fault, Moment, Shown, TlsVersion};

use super::below::{AfterFlight, Below, Pieces};
use super::certificates::{CertificateStore, Holder, Minted, certificate_word};
use super::client_hello::ClientHello;
use super::deeds::{self, Effect, Ending, HandshakeDeeds};
use super::flight::Flight;
use super::names;
use super::record_reader::{HelloTrouble, Opening, read_first_flight};
use super::setup::TlsSetup;
use super::stack::{Prepared, Shaken, Stack, TlsSetupError};
use super::stream::TlsStream;
use super::suites::suite_name;
use crate::internet::wire::Wire;

/// Takes the events of one connection.
pub type Tell<'a> = &'a mut (dyn FnMut(What) + Send);

/// The TLS of one fake; made once, used for all its connections.
pub struct ServerTls {
    setup: TlsSetup,
    name: String,
    stack: Stack,
    certificates: HashMap<CertificateSpec, (Arc<Minted>, Prepared)>,
}

/// What came of the beginning of TLS.
pub struct Handshake {
    /// Plaintext lines that stood between the command and the hello (RFC 3207 §4.2): readable by anybody.
    pub plaintext: Vec<u8>,
    /// How it ended.
    pub end: HandshakeEnd,
}

/// How the beginning of TLS ended.
pub enum HandshakeEnd {
    /// The connection is inside TLS.
    Established {
        /// To speak on.
        stream: Box<dyn TlsStream>,
        /// What was agreed on.
        facts: Box<TlsFacts>,
    },
    /// The connection is over and nothing of it is left; a stall ends so too, when the sender has gone.
    Ended {
        /// Who ended it.
        by: By,
        /// What came instead of a ClientHello, if that was the reason.
        trouble: Option<HelloTrouble>,
    },
}

/// What was agreed on in a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// As `1.3`.
    pub version: String,
    /// IANA name.
    pub cipher: String,
    /// As `x25519`; none for key transport, and for a resumed session of TLS 1.2.
    pub group: Option<String>,
    /// What the sender asked for.
    pub sni: Option<String>,
    /// The word (or `table`) of the certificate shown.
    pub certificate: String,
    /// As `ecdsa-p256`.
    pub key: KeyKind,
    /// What the sender showed, leaf first, in DER.
    pub client_chain: Vec<Vec<u8>>,
    /// The session was resumed.
    pub resumed: bool,
}

impl TlsFacts {
    /// The sender showed a certificate.
    #[must_use]
    pub fn has_client_certificate(&self) -> bool {
        !self.client_chain.is_empty()
    }

    fn event(&self) -> What {
        What::TlsEstablished {
            version: self.version.clone(),
            cipher: self.cipher.clone(),
            group: self.group.clone(),
            sni: self.sni.clone(),
            certificate: self.certificate.clone(),
            key: self.key.to_string(),
            client_certificate: self.has_client_certificate(),
            resumed: self.resumed,
        }
    }
}

impl ServerTls {
    /// Prepares everything that a handshake needs. `holder` names the fake, and its addresses; the kind of key is
    /// chosen here.
    ///
    /// # Errors
    /// When the scenario asks for what no stack of this build can do.
    pub fn new(
        setup: &TlsSetup,
        certificates: &CertificateStore,
        holder: &Holder,
    ) -> Result<Self, TlsSetupError> {
        let holder = Holder {
            default_key: setup.default_key(),
            ..holder.clone()
        };
        let mut minted = HashMap::new();
        for shown in setup.all_shown() {
            if let Shown::Certificate(spec) = shown {
                let certificate = certificates
                    .certificate(spec, &holder)
                    .map_err(TlsSetupError::Certificate)?;
                minted.insert(spec.clone(), certificate);
            }
        }
        let keys: Vec<KeyKind> = minted.values().map(|certificate| certificate.key).collect();
        let stack = Stack::choose(setup, &keys)?;
        let certificates = minted
            .into_iter()
            .map(|(spec, certificate)| {
                let prepared = stack.prepare(setup, &certificate)?;
                Ok((spec, (certificate, prepared)))
            })
            .collect::<Result<_, TlsSetupError>>()?;
        Ok(Self {
            setup: setup.clone(),
            name: holder.host,
            stack,
            certificates,
        })
    }

    /// The versions that a sender can really speak with it: none of a scripted hello, or without any suite.
    #[must_use]
    pub fn versions_spoken(&self) -> Vec<TlsVersion> {
        match self.stack {
            Stack::Nothing | Stack::Scripted => Vec::new(),
            Stack::Rustls => self.setup.versions.clone(),
        }
    }

    /// Takes a connection from here to TLS. `early` is what was read beyond the command that began it.
    pub async fn accept(
        &self,
        mut wire: Wire,
        early: Vec<u8>,
        deeds: HandshakeDeeds<'_>,
        tell: Tell<'_>,
    ) -> Handshake {
        let (plaintext, opening, raw) = match read_first_flight(&mut wire, early).await {
            Ok(first) => (first.plaintext, first.opening, first.raw),
            // A reset: nothing that could be told of but the end.
            Err(_) => (Vec::new(), Opening::Closed, Vec::new()),
        };
        let mut session = Session {
            server: self,
            deeds,
            tell,
        };
        let end = match opening {
            Opening::Hello(hello) => session.answer(wire, &hello, raw).await,
            Opening::Alert(alert) => {
                session.failed(By::Sender, Some(alert), None);
                deeds::close(wire, &session.deeds.clock).await;
                ended(By::Sender)
            }
            Opening::Closed => {
                session.failed(By::Sender, None, None);
                ended(By::Sender)
            }
            Opening::Trouble(trouble) => {
                let alert = names::alert_number(trouble.alert()).unwrap_or_default();
                session.failed(By::Receiver, Some(alert), None);
                let ending = Ending::Alert(alert);
                deeds::end(wire, &ending, 0x0301, &session.deeds.clock).await;
                HandshakeEnd::Ended {
                    by: By::Receiver,
                    trouble: Some(trouble),
                }
            }
        };
        Handshake { plaintext, end }
    }
}

fn ended(by: By) -> HandshakeEnd {
    HandshakeEnd::Ended { by, trouble: None }
}

/// One handshake on its way.
struct Session<'a> {
    server: &'a ServerTls,
    deeds: HandshakeDeeds<'a>,
    tell: Tell<'a>,
}

impl Session<'_> {
    async fn answer(&mut self, wire: Wire, hello: &ClientHello, raw: Vec<u8>) -> HandshakeEnd {
        (self.tell)(hello.event());
        self.met(&self.server.setup.met_by_hello());
        let mut pieces = Pieces::Whole;
        if let Some(fault) = (self.deeds.look_up)(&Moment::Handshake) {
            match Effect::of(&fault.deed) {
                Effect::Ends(ending) => {
                    return self.end_by(wire, &fault, &ending, hello, None).await;
                }
                Effect::Waits(duration) => {
                    let ends = wire.ends();
                    let (client, server, sent) = (ends.client, ends.server, ends.sent());
                    self.deeds.clock.delay(client, server, sent, duration).await;
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
        let common = setup
            .versions
            .iter()
            .any(|version| hello.takes(names::version_number(*version)));
        if !common && self.server.stack != Stack::Scripted {
            return self.refuse(wire, "protocol_version", hello).await;
        }
        if self.server.stack == Stack::Nothing {
            return self.refuse(wire, "handshake_failure", hello).await;
        }
        let (certificate, prepared) = &self.server.certificates[spec];
        let below = Below::new(wire, raw, Arc::clone(&self.deeds.clock)).cut_into(pieces);
        self.shake(below, hello, certificate, prepared.clone())
            .await
    }

    async fn shake(
        &mut self,
        below: Below,
        hello: &ClientHello,
        certificate: &Minted,
        prepared: Prepared,
    ) -> HandshakeEnd {
        let fault = (self.deeds.look_up)(&Moment::InHandshake);
        let effect = fault
            .as_ref()
            .map_or(Effect::None, |fault| Effect::of(&fault.deed));
        let after = effect.after_flight();
        if let (Some(fault), AfterFlight::GoOn) = (&fault, after) {
            self.cannot(&fault.deed);
        }
        match prepared.accept(below.after_flight(after)).await {
            Ok(shaken) => {
                self.shown(&shaken.flight, hello);
                if let Some(fault) = &fault {
                    self.met_fault(fault);
                }
                self.established(shaken, hello, certificate)
            }
            Err(mut broken) => {
                let flight = broken.below.flight();
                self.shown(&flight, hello);
                let stopped = broken.below.was_stopped();
                let (by, alert, wire) = (broken.by, broken.alert, broken.below.take_wire());
                drop(broken);
                let Some(wire) = wire else {
                    return ended(by);
                };
                match (&fault, &effect) {
                    (Some(fault), Effect::Ends(ending)) if stopped => {
                        self.end_by(wire, fault, ending, hello, flight.version)
                            .await
                    }
                    _ => self.broke(wire, by, alert, &flight).await,
                }
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

    async fn broke(
        &mut self,
        wire: Wire,
        by: By,
        alert: Option<u8>,
        flight: &Flight,
    ) -> HandshakeEnd {
        self.failed(by, alert, flight.version);
        deeds::close(wire, &self.deeds.clock).await;
        ended(by)
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

    fn failed(&mut self, by: By, alert: Option<u8>, version: Option<u16>) {
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
