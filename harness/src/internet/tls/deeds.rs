//! Faults of the handshake: what a fake does instead of going on (SCENARIOS §6).
//!
//! `handshake` comes when the hello was read and nothing was sent, `in-handshake` when the fake's hello and
//! certificate are out. Which fault acts, and how often, the caller looks up.

use std::io;
use std::sync::Arc;

use mtaspec_judge::events::By;
use mtaspec_judge::scenario::{Deed, Fault, Moment};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::below::{AfterFlight, Pieces};
use super::names;
use crate::clock::{CaseClock, Hearing};
use crate::internet::wire::Wire;

/// Bytes that are no TLS record, whatever is expected.
const GARBAGE: &[u8] = b"\x7f\x00\xffthese bytes are no record of TLS\x00\xfe\r\n";
const FATAL: u8 = 2;

/// Where the faults of a handshake come from.
#[derive(Clone)]
pub struct HandshakeDeeds<'a> {
    /// The clock of the case.
    pub clock: Arc<CaseClock>,
    /// The fault that acts at this moment; asking counts as the moment having come.
    pub look_up: &'a (dyn Fn(&Moment) -> Option<Fault> + Send + Sync),
}

/// How a deed cuts a handshake short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    Close,
    Reset,
    Stall,
    Garbage,
    Alert(u8),
}

/// What a deed means for a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Ends(Ending),
    Waits(std::time::Duration),
    Cuts(Pieces),
    /// No deed of a handshake: the checker of scenarios lets none through.
    None,
}

impl Effect {
    pub(super) fn of(deed: &Deed) -> Self {
        match deed {
            Deed::Close | Deed::Refuse => Self::Ends(Ending::Close),
            Deed::Reset => Self::Ends(Ending::Reset),
            Deed::Stall => Self::Ends(Ending::Stall),
            Deed::Garbage => Self::Ends(Ending::Garbage),
            Deed::Alert(name) => match names::alert_number(name) {
                Some(number) => Self::Ends(Ending::Alert(number)),
                None => Self::None,
            },
            Deed::Delay(duration) => Self::Waits(*duration),
            Deed::Drip(duration) => Self::Cuts(Pieces::Drip(*duration)),
            Deed::Split => Self::Cuts(Pieces::Bytes),
            _ => Self::None,
        }
    }

    /// For the moment `in-handshake`.
    pub(super) fn after_flight(&self) -> AfterFlight {
        match self {
            Self::Ends(_) => AfterFlight::Stop,
            Self::Waits(duration) => AfterFlight::Wait(*duration),
            Self::Cuts(_) | Self::None => AfterFlight::GoOn,
        }
    }
}

/// Ends a connection so; ready when nothing of it is left. Tells who ended it.
pub(super) async fn end(
    mut wire: Wire,
    ending: &Ending,
    version: u16,
    clock: &Arc<CaseClock>,
) -> By {
    let sent = match ending {
        Ending::Close => Ok(()),
        Ending::Reset => {
            wire.reset();
            return By::Receiver;
        }
        Ending::Stall => {
            let ends = wire.ends();
            let _hold = clock.hold(ends.client, ends.server, ends.sent(), Hearing::InVain);
            until_closed(&mut wire).await;
            return By::Sender;
        }
        Ending::Garbage => write(&mut wire, GARBAGE).await,
        Ending::Alert(number) => write(&mut wire, &alert(*number, version)).await,
    };
    if sent.is_ok() {
        close(wire).await;
    }
    By::Receiver
}

/// Ends a connection in order: what the sender still sends is read, since unread bytes would make it a reset.
pub(super) async fn close(mut wire: Wire) {
    if wire.shutdown().await.is_ok() {
        until_closed(&mut wire).await;
    }
}

/// A fatal alert in a record of this version (RFC 8446 §6).
pub(super) fn alert(number: u8, version: u16) -> [u8; 7] {
    let [major, minor] = version.clamp(0x0300, 0x0303).to_be_bytes();
    [21, major, minor, 0, 2, FATAL, number]
}

async fn write(wire: &mut Wire, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}

/// Reads to the end of the stream: what the sender wrote before it left is heard, however late it is read.
async fn until_closed(wire: &mut Wire) {
    let mut buffer = [0; 1024];
    while matches!(wire.read(&mut buffer).await, Ok(read) if read > 0) {}
}
