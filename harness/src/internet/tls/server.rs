//! The server's side of TLS for one fake: from the first byte of a handshake to a connection inside TLS, or its end.
//!
//! What was prepared stands here, and what becomes of a connection; the way of one handshake is in `session`.

use std::collections::HashMap;
use std::sync::Arc;

use mtaspec_certs::{CertificateSpec, Holder, KeyKind, Minted};
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Shown, TlsVersion};

use super::certificates::CertificateStore;
use super::client_hello::ClientHello;
use super::deeds::{self, Ending, HandshakeDeeds};
use super::names;
use super::record_reader::{HelloTrouble, Opening, read_first_flight};
use super::session::{Session, ended};
use super::setup::{Owner, TlsSetup};
use super::stack::{Prepared, Service, Stack, TlsSetupError};
use super::stream::TlsStream;
use super::suites::suite_number;
use crate::internet::wire::Wire;

/// Takes the events of one connection.
pub type Tell<'a> = &'a mut (dyn FnMut(What) + Send);

/// The TLS of one fake; made once, used for all its connections.
pub struct ServerTls {
    pub(super) setup: TlsSetup,
    /// The name under which it tells of itself.
    pub(super) name: String,
    pub(super) service: Service,
    pub(super) certificates: HashMap<CertificateSpec, (Arc<Minted>, Prepared)>,
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
    fn has_client_certificate(&self) -> bool {
        !self.client_chain.is_empty()
    }

    pub(super) fn event(&self) -> What {
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
                let certificate = match setup.owner {
                    Owner::Attacker => certificates.attackers_certificate(spec, &holder),
                    Owner::Host | Owner::Https => certificates.certificate(spec, &holder),
                };
                let certificate = certificate.map_err(TlsSetupError::Certificate)?;
                minted.insert(spec.clone(), certificate);
            }
        }
        let keys: Vec<KeyKind> = minted.values().map(|certificate| certificate.key).collect();
        let service = Service::choose(setup, &keys)?;
        let certificates = minted
            .into_iter()
            .map(|(spec, certificate)| {
                let prepared = service.prepare(setup, &certificate)?;
                Ok((spec, (certificate, prepared)))
            })
            .collect::<Result<_, TlsSetupError>>()?;
        Ok(Self {
            setup: setup.clone(),
            name: holder.host,
            service,
            certificates,
        })
    }

    /// The same, which tells of itself under this name: below TLS names are ASCII, events have them as the scenario does.
    #[must_use]
    pub fn told_as(self, shown_name: &str) -> Self {
        Self {
            name: shown_name.to_owned(),
            ..self
        }
    }

    /// All certificates that it may show.
    pub fn certificates(&self) -> impl Iterator<Item = &Arc<Minted>> {
        self.certificates
            .values()
            .map(|(certificate, _)| certificate)
    }

    /// The versions that a sender can really speak with it: none of a scripted hello, or without any suite.
    #[must_use]
    pub fn versions_spoken(&self) -> Vec<TlsVersion> {
        self.service.versions(&self.setup)
    }

    /// Whether this hello is answered by a script, and with which suite if only one will do.
    #[allow(
        clippy::option_option,
        reason = "a script that chooses is not the same as no script"
    )]
    pub(super) fn scripted_suite(&self, hello: &ClientHello) -> Option<Option<u16>> {
        if self.setup.is_scripted() || self.service.stack == Stack::Scripted {
            return Some(None);
        }
        let suites = self.setup.suites();
        let chosen = suites.iter().filter_map(|name| suite_number(name));
        let chosen = chosen
            .into_iter()
            .find(|suite| hello.suites.contains(suite))?;
        self.service
            .scripted
            .contains(&chosen)
            .then_some(Some(chosen))
    }

    /// Takes a connection from here to TLS. `early` is what was read beyond the command that began it.
    pub async fn accept(
        &self,
        mut wire: Wire,
        early: Vec<u8>,
        deeds: HandshakeDeeds<'_>,
        tell: Tell<'_>,
    ) -> Handshake {
        let Ok(first) = read_first_flight(&mut wire, early).await else {
            // A reset: there is nothing to tell but the end.
            tell(What::TlsFailed {
                by: By::Sender,
                alert: None,
                version: None,
            });
            return Handshake {
                plaintext: Vec::new(),
                end: ended(By::Sender),
            };
        };
        let mut session = Session {
            server: self,
            deeds,
            tell,
        };
        let end = match first.opening {
            Opening::Hello(hello) => {
                let flight = (first.raw, first.hello_length);
                session.answer(wire, &hello, flight).await
            }
            Opening::Alert(alert) => {
                session.failed(By::Sender, Some(alert), None);
                deeds::close(wire).await;
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
        Handshake {
            plaintext: first.plaintext,
            end,
        }
    }
}
