//! Who can read what: the canaries of a case, told as they come by on one channel of one connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mtaspec_judge::events::{Part, What};

use super::canary::{CanaryScanner, CanarySet};
use crate::plan::MailPlan;
use crate::recorder::{Recorder, Teller};

/// So much of a beginning is kept: what stands where a ClientHello should.
const KEPT: usize = 4 * 1024;

/// The canaries of a case and what each stands for.
#[derive(Debug)]
pub(super) struct Canaries {
    set: Arc<CanarySet>,
    meanings: Vec<(String, Part)>,
}

impl Canaries {
    /// Those of all messages.
    pub(super) fn of(mail: &MailPlan) -> Self {
        let mut canaries = HashMap::new();
        for planned in mail.mails() {
            let parts = [
                (token(&planned.sender).unwrap_or_default(), Part::Envelope),
                (&planned.header_canary, Part::Header),
                (&planned.body_canary, Part::Body),
            ];
            for (text, part) in parts.into_iter().filter(|(text, _)| !text.is_empty()) {
                canaries.insert(text.to_owned(), (planned.message.clone(), part));
            }
        }
        let (texts, meanings): (Vec<_>, _) = canaries.into_iter().unzip();
        Self {
            set: Arc::new(CanarySet::new(
                texts.into_iter().map(String::into_bytes).collect(),
            )),
            meanings,
        }
    }
}

/// The token of an envelope sender, with its plus sign.
fn token(sender: &str) -> Option<&str> {
    let (local, _) = sender.rsplit_once('@')?;
    Some(local[local.rfind('+')?..].trim_end_matches('"'))
}

/// Who can read a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Audience {
    /// It is not inside TLS.
    pub(super) plaintext: bool,
    /// An attacker in the path reads it.
    pub(super) attacker: bool,
}

/// Hears one channel of one connection; clones hear the same.
#[derive(Clone)]
pub(super) struct Listener {
    state: Arc<Mutex<State>>,
}

struct State {
    canaries: Arc<Canaries>,
    scanner: CanaryScanner,
    recorder: Recorder,
    teller: Teller,
    audience: Audience,
    stopped: bool,
    kept: Option<Vec<u8>>,
}

impl Listener {
    /// Begins to listen.
    pub(super) fn new(
        canaries: &Arc<Canaries>,
        recorder: Recorder,
        teller: Teller,
        audience: Audience,
    ) -> Self {
        let state = State {
            canaries: Arc::clone(canaries),
            scanner: CanaryScanner::new(Arc::clone(&canaries.set)),
            recorder,
            teller,
            audience,
            stopped: false,
            kept: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Takes what came next, and tells the canaries that are complete with it.
    pub(super) fn hear(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if state.stopped {
            return;
        }
        if let Some(kept) = &mut state.kept {
            let room = KEPT.saturating_sub(kept.len());
            kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        for index in state.scanner.scan(bytes) {
            let (message, part) = state.canaries.meanings[index].clone();
            let teller = Teller {
                message: Some(message),
                ..state.teller.clone()
            };
            let Audience {
                plaintext,
                attacker,
            } = state.audience;
            state.recorder.record(
                teller,
                What::Canary {
                    part,
                    plaintext,
                    attacker,
                },
            );
        }
    }

    /// Keeps what comes from now on.
    pub(super) fn keep(&self) {
        self.lock().kept = Some(Vec::new());
    }

    /// What was kept.
    pub(super) fn kept(&self) -> Vec<u8> {
        self.lock().kept.take().unwrap_or_default()
    }

    /// Hears nothing more: from here on the channel carries TLS alone.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
