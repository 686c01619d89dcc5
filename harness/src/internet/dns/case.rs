//! What the resolvers know of one case: where its questions are recorded, its faults, and the connections on which it
//! is kept waiting.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use hickory_proto::rr::{Name, RecordType};
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Fault, World};
use tokio::task::AbortHandle;

use super::answer::Answer;
use super::name::Spellings;
use crate::clock::{CaseClock, Hearing, Hold};
use crate::internet::faults::FaultBook;
use crate::recorder::{Recorder, Teller};

/// What a case brings with it.
pub struct CaseDnsSetup {
    /// Its faults, of which those of DNS count here.
    pub faults: Arc<FaultBook>,
    /// Where its questions are told.
    pub recorder: Recorder,
    /// Its clock.
    pub clock: Arc<CaseClock>,
}

/// One case, for as long as its world lives.
pub struct CaseDns {
    setup: CaseDnsSetup,
    spellings: Spellings,
    lines: Mutex<BTreeMap<(SocketAddr, SocketAddr), Line>>,
}

/// A connection (or a port, over UDP) of the subject, until it is dropped.
struct Line {
    sent: u64,
    hold: Option<Hold>,
    watch: AbortHandle,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl CaseDns {
    /// A case whose story has these worlds, their names labelled.
    #[must_use]
    pub fn new<'a>(setup: CaseDnsSetup, worlds: impl IntoIterator<Item = &'a World>) -> Arc<Self> {
        Arc::new(Self {
            setup,
            spellings: Spellings::of(worlds),
            lines: Mutex::default(),
        })
    }

    pub(super) fn clock(&self) -> &Arc<CaseClock> {
        &self.setup.clock
    }

    /// The fault that meets this question.
    pub(super) fn fault_on(&self, name: &Name, kind: RecordType, tcp: bool) -> Option<Fault> {
        let faults = &self.setup.faults;
        faults.question(&kind.to_string(), &self.spellings.of_name(name), tcp)
    }

    /// Tells a question with what it is answered, and what is shown by that.
    pub(super) fn record(&self, asked: &Asked, answer: &Answer) {
        let recorder = &self.setup.recorder;
        recorder.record(
            Teller::default(),
            What::DnsQuery {
                name: self.spellings.of_name(&asked.name),
                kind: asked.kind.to_string(),
                answer: answer.word().to_owned(),
                state: answer.state.as_str().to_owned(),
                dnssec_ok: asked.dnssec_ok,
                transport: if asked.tcp { "tcp" } else { "udp" }.to_owned(),
            },
        );
        for difference in &answer.shown {
            let what = difference.to_string();
            recorder.record(Teller::default(), What::Met { what });
        }
    }

    /// The subject waits here for good: until it drops its end, asks again from it, or the world ends.
    pub(super) fn stall(self: &Arc<Self>, client: SocketAddr, server: SocketAddr) {
        let mut lines = self.lines();
        let line = self.line(&mut lines, client, server);
        line.hold = Some(
            self.setup
                .clock
                .hold(client, server, line.sent, Hearing::InVain),
        );
    }

    /// A question has come on this line: nobody is kept waiting on it any longer. Gives the bytes sent on it so far.
    pub(super) fn resume(
        self: &Arc<Self>,
        client: SocketAddr,
        server: SocketAddr,
        tcp: bool,
    ) -> u64 {
        let mut lines = self.lines();
        if !tcp {
            lines.remove(&(client, server));
            return 0;
        }
        let line = self.line(&mut lines, client, server);
        line.hold = None;
        line.sent
    }

    /// So many bytes go out over TCP.
    pub(super) fn sends(self: &Arc<Self>, client: SocketAddr, server: SocketAddr, bytes: u64) {
        let mut lines = self.lines();
        self.line(&mut lines, client, server).sent += bytes;
    }

    fn line<'lines>(
        self: &Arc<Self>,
        lines: &'lines mut BTreeMap<(SocketAddr, SocketAddr), Line>,
        client: SocketAddr,
        server: SocketAddr,
    ) -> &'lines mut Line {
        lines.entry((client, server)).or_insert_with(|| {
            let case = Arc::downgrade(self);
            let clock = Arc::clone(&self.setup.clock);
            let watch = tokio::spawn(async move {
                clock.closed(client, server).await;
                if let Some(case) = Weak::upgrade(&case) {
                    case.lines().remove(&(client, server));
                }
            });
            Line {
                sent: 0,
                hold: None,
                watch: watch.abort_handle(),
            }
        })
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<(SocketAddr, SocketAddr), Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question, as far as it is told.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) name: Name,
    pub(super) kind: RecordType,
    /// Signatures are wanted.
    pub(super) dnssec_ok: bool,
    /// The resolver validates.
    pub(super) validating: bool,
    /// The asker validates for himself.
    pub(super) checking_disabled: bool,
    pub(super) tcp: bool,
}

impl Asked {
    /// Are bogus answers kept from the asker?
    pub(super) fn is_validated(&self) -> bool {
        self.validating && !self.checking_disabled
    }
}
