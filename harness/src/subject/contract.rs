//! The contract: briefing in, message in; where its capabilities say so also questions, changes and looks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use mtaspec_certs::Minted;
use mtaspec_judge::events::SubjectName;
use mtaspec_judge::scenario::{Ask, Route, Rule, Settings};
use rustls_pki_types::CertificateDer;
use serde_json::{Map, Value};

use super::way_in::WayIn;
use crate::clock::{CaseClock, Stuck};
use crate::internet::dns::TrustAnchor;
use crate::plan::{AddressBook, HostAddresses, MailPlan};
use crate::recorder::Recorder;

/// An implementation under test.
#[async_trait]
pub trait Subject: Send + Sync {
    /// As `--subject` has it.
    fn name(&self) -> &str;

    /// As it prints it.
    fn version(&self) -> String;

    /// What it can do, in the words of SCENARIOS §10.
    fn capabilities(&self) -> BTreeSet<String>;

    /// Whether the time of its cases is the world's, which nobody moves.
    fn keeps_real_time(&self) -> bool {
        false
    }

    /// How long it really keeps a message, where that is shorter than cases say, so that a run ends.
    fn gives_up_after(&self) -> Option<Duration> {
        None
    }

    /// What recordings and reports say of it.
    fn told(&self) -> SubjectName {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        SubjectName {
            name: self.name().to_owned(),
            version: self.version(),
            capabilities: self.capabilities(),
            gives_up_after: self.gives_up_after().map(milliseconds),
        }
    }

    /// Makes it ready for one case.
    ///
    /// # Errors
    /// Says what went wrong.
    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError>;
}

/// What a subject is given for one case. Names are labelled.
#[derive(Clone)]
pub struct Briefing {
    /// The resolver that does not validate; a real address.
    pub resolver: SocketAddr,
    /// The resolver that validates; a real address.
    pub validating_resolver: SocketAddr,
    /// The key of the signed root, for a subject that validates for itself.
    pub trust_anchor: TrustAnchor,
    /// Rules, routes and settings.
    pub instructions: Instructions,
    /// The subject's own domain.
    pub home: String,
    /// The label in all names of the case.
    pub label: String,
    /// The messages of the case, and whose they are by their envelope senders.
    pub mail: Arc<MailPlan>,
    /// Logical addresses and the real ones behind them, as they stand now and later.
    pub addresses: Arc<AddressBook>,
    /// The time of the case.
    pub clock: Arc<CaseClock>,
    /// The run's instant that counts as "now".
    pub now: SystemTime,
    /// What the subject shows and whom it lets in, where mail comes to it.
    pub identity: OwnIdentity,
    /// Takes what only the subject's side sees: connections that nobody answered.
    pub recorder: Recorder,
}

/// What a subject is told and may be told anew.
#[derive(Debug, Clone)]
pub struct Instructions {
    /// Compliance rules.
    pub rules: Vec<Rule>,
    /// Routes by domain.
    pub routes: BTreeMap<String, Route>,
    /// The rest.
    pub settings: Settings,
    /// The authorities of the trust store, as `settings.trust` names them.
    pub trust: Vec<CertificateDer<'static>>,
    /// What `settings.client_certificate` names, made for the subject.
    pub client_certificate: Option<Arc<Minted>>,
    /// The logical addresses of each host of the world as it now stands.
    pub hosts: HostAddresses,
}

impl Instructions {
    /// The host that has this logical address, and which of its addresses this is, from 1.
    #[must_use]
    pub fn host_at(&self, logical: IpAddr) -> Option<(&str, usize)> {
        self.hosts.iter().find_map(|(name, addresses)| {
            let index = addresses.iter().position(|address| *address == logical)?;
            Some((name.as_str(), index + 1))
        })
    }
}

/// What a subject has of its own as a receiver; the same for all cases of a run.
#[derive(Clone)]
pub struct OwnIdentity {
    /// Its certificate, for `subject.home.test`.
    pub certificate: Arc<Minted>,
    /// Who may log in at its submission ports.
    pub user: String,
    /// With which password.
    pub password: String,
    /// Signs the TLS reports that it sends by mail.
    pub report_key: ReportKey,
}

/// What a subject signs its TLS reports with (RFC 8460 §3). Its record is published below the subject's own domain, for
/// the service `tlsrpt`.
#[derive(Clone)]
pub struct ReportKey {
    /// The record stands at `SELECTOR._domainkey`.
    pub selector: String,
    /// RSA, in PKCS#8.
    pub private_key: Vec<u8>,
}

/// A port of the subject that takes mail from others (SCENARIOS §8, `client.port`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReceiverPort {
    /// The public MX host.
    Smtp,
    /// Submission, with STARTTLS.
    Submission,
    /// Submission, TLS from the first byte.
    Submissions,
}

/// A recipient that a subject still has in its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The reverse-path as it was injected; empty is null.
    pub sender: String,
    /// The recipient.
    pub recipient: String,
}

/// A subject at work on one case.
#[async_trait]
pub trait Running: Send {
    /// Where it takes messages; a real address.
    fn injection_address(&self) -> SocketAddr;

    /// How messages go in: in clear and without limits, unless it says otherwise.
    fn way_in(&self) -> WayIn {
        self.injection_address().into()
    }

    /// Where it takes mail from others; a real address. None: it does not.
    fn receiver_address(&self, port: ReceiverPort) -> Option<SocketAddr>;

    /// Waits until it does nothing more of its own accord at this moment of the case's clock.
    ///
    /// # Errors
    /// When that does not come.
    async fn settle(&mut self) -> Result<(), SubjectError>;

    /// The same behind the messages of the warm-up (SCENARIOS §3), which are there for the policies that are met on the way:
    /// one that was tried and waits need not be waited for.
    ///
    /// # Errors
    /// When that does not come.
    async fn settle_warm_up(&mut self) -> Result<(), SubjectError> {
        self.settle().await
    }

    /// Lets so much time of the case pass.
    ///
    /// # Errors
    /// When the subject does not come to rest on the way.
    async fn advance(&mut self, duration: Duration) -> Result<(), SubjectError>;

    /// What waits in its queue; none: it cannot tell.
    async fn queue(&mut self) -> Option<Vec<Listed>>;

    /// Makes everything that waits due now.
    ///
    /// # Errors
    /// When it cannot.
    async fn retry_now(&mut self) -> Result<(), SubjectError>;

    /// Tells it rules, routes and settings anew.
    ///
    /// # Errors
    /// When it cannot.
    async fn change(&mut self, instructions: Instructions) -> Result<(), SubjectError>;

    /// Asks it something. None: it has no answer.
    async fn ask(&mut self, question: &Ask) -> Option<Map<String, Value>>;

    /// Ends it and all that it has open.
    async fn stop(self: Box<Self>);
}

/// What can go wrong with a subject: the fault is ours or its program's, and the case is an `error`.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// It could not be started.
    #[error("the subject could not be started: {0}")]
    Start(String),
    /// It cannot be told this.
    #[error("the subject cannot be told {0}")]
    Unsupported(String),
    /// It waits for ever.
    #[error(transparent)]
    Stuck(#[from] Stuck),
}
