//! The client's side of TLS, for the harness where it sends itself (SCENARIOS §8, `client`).
//!
//! As for hosts, rustls speaks where it knows all that is asked for, and OpenSSL (feature `legacy-tls`) elsewhere. What
//! was agreed on is read from the bytes of the server, whichever stack it was. No certificate is refused: what the
//! subject shows is for the verdict.

use std::sync::Arc;

use mtaspec_certs::{KeyKind, Minted};
use mtaspec_judge::events::By;
use mtaspec_judge::scenario::{Client, TlsVersion};

use super::below::Below;
use super::setup::TlsSetup;
use super::stack::TlsSetupError;
use super::stream::TlsStream;
use super::suites::suite_number;
use super::{names, rustls_stack};
use crate::internet::wire::Wire;

mod handshake;
#[cfg(feature = "legacy-tls")]
mod openssl_client;
mod rustls_client;
mod server_key;

pub use handshake::{ClientEnd, ClientHandshake};

/// How the harness does TLS as a client.
pub struct ClientTls {
    /// Versions, suites and groups; none of the rest counts.
    setup: TlsSetup,
    sni: Option<String>,
    /// What is shown when asked for.
    certificate: Option<Arc<Minted>>,
    /// What the subject was given to show: events call it by its word.
    known: Arc<Minted>,
    stack: Stack,
    /// The keys of `client` that are met by a hello.
    met_by_hello: Vec<&'static str>,
}

enum Stack {
    Rustls,
    #[cfg(feature = "legacy-tls")]
    OpenSsl,
}

/// What came of a handshake that was done.
struct Shaken {
    stream: Box<dyn TlsStream>,
    below: Passed,
    server_leaf: Option<Vec<u8>>,
    /// Whether the certificate was shown; none: the stack cannot tell.
    shown: Option<bool>,
}

/// What passed in a handshake.
struct Passed {
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Passed {
    fn of(below: &Below) -> Self {
        let (sent, received) = below.passed();
        Self {
            sent: sent.to_vec(),
            received: received.to_vec(),
        }
    }
}

/// What came of one that broke down.
struct Broken {
    /// The connection, if the stack left it.
    wire: Option<Wire>,
    passed: Passed,
    /// A fault stopped the stack.
    stopped: bool,
    /// Who ended it, in the words of mail: the client is the sender.
    by: By,
    alert: Option<u8>,
}

impl Broken {
    fn new(below: &mut Below, by: By, alert: Option<u8>) -> Self {
        Self {
            passed: Passed::of(below),
            stopped: below.was_stopped(),
            alert: alert.or(below.flight().alert),
            wire: below.take_wire(),
            by,
        }
    }
}

impl ClientTls {
    /// Prepares what `client` says. `subject` is the name that is asked for unless said otherwise; `certificate` what
    /// the scenario has the client show.
    ///
    /// # Errors
    /// When no stack of this build can do it.
    pub fn new(
        client: &Client,
        subject: &str,
        certificate: Option<Arc<Minted>>,
        known: Arc<Minted>,
    ) -> Result<Self, TlsSetupError> {
        let healthy = TlsSetup::default();
        let setup = TlsSetup {
            versions: client.tls.clone().unwrap_or(healthy.versions),
            ciphers: client.ciphers.clone(),
            ..TlsSetup::default()
        };
        let suites = setup.suites();
        if let Some(unknown) = suites.iter().find(|name| suite_number(name).is_none()) {
            return Err(TlsSetupError::UnknownSuite(unknown.clone()));
        }
        let keys = [
            (client.tls.is_some(), "tls"),
            (client.ciphers.is_some(), "ciphers"),
            (client.sni.is_some(), "sni"),
        ];
        let met_by_hello = keys
            .into_iter()
            .filter(|(said, _)| *said)
            .map(|(_, key)| key)
            .collect();
        let sni = match client.sni.as_deref() {
            None => Some(subject.to_owned()),
            Some("") => None,
            Some(name) => Some(name.to_owned()),
        };
        let keys: Vec<KeyKind> = certificate.iter().map(|shown| shown.key).collect();
        let stack = Self::choose(&setup, &suites, &keys)?;
        Ok(Self {
            setup,
            sni: sni.map(|name| crate::plan::ascii(&name)),
            certificate,
            known,
            stack,
            met_by_hello,
        })
    }

    #[cfg_attr(
        not(feature = "legacy-tls"),
        expect(unused_variables, reason = "only OpenSSL may lack a suite")
    )]
    fn choose(
        setup: &TlsSetup,
        suites: &[String],
        keys: &[KeyKind],
    ) -> Result<Stack, TlsSetupError> {
        let is_empty = setup.versions.is_empty();
        if is_empty || rustls_stack::serves(setup, keys) {
            return Ok(Stack::Rustls);
        }
        #[cfg(feature = "legacy-tls")]
        return match suites
            .iter()
            .find(|name| !super::openssl_stack::has_suite(name))
        {
            Some(missing) => Err(TlsSetupError::NotInThisBuild(missing.clone())),
            None if setup.versions.contains(&TlsVersion::Ssl3) => Err(
                TlsSetupError::NotInThisBuild("SSL 3.0 as a client".to_owned()),
            ),
            None => Ok(Stack::OpenSsl),
        };
        #[cfg(not(feature = "legacy-tls"))]
        Err(TlsSetupError::NotInThisBuild(format!(
            "{:?}",
            setup.versions
        )))
    }

    /// Whether TLS is wanted at all.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.setup.versions.is_empty()
    }

    /// The highest version that is spoken, as it stands on a record before one is agreed on.
    fn record_version(&self) -> u16 {
        let versions = self.setup.versions.iter().copied();
        versions
            .map(names::version_number)
            .max()
            .unwrap_or(0x0303)
            .min(0x0303)
    }

    async fn connect(&self, below: Below) -> Result<Shaken, Broken> {
        match self.stack {
            Stack::Rustls => rustls_client::connect(self, below).await,
            #[cfg(feature = "legacy-tls")]
            Stack::OpenSsl => openssl_client::connect(self, below).await,
        }
    }
}
