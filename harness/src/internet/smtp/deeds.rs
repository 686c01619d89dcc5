//! What a fault does at a moment of the session, instead of the fake's part of it (SCENARIOS §6).
//!
//! Faults are looked up here, so that the session itself knows none. Those of a handshake are done by `tls`.

use std::time::Duration;

use mtaspec_judge::scenario::{Deed, Difference, Fault, FaultPlace, Moment};

use super::conversation::Conversation;
use super::fake::FakeSetup;
use super::replies::Reply;
use crate::internet::channel::{Ended, Talk};

/// Bytes that are no reply.
const GARBAGE: &[u8] = b"\xff\x00\x13these bytes are no reply of SMTP\x7f\r\n";

/// What was said at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// The code; 0 if it was none.
    pub(super) code: u16,
    /// It was the healthy reply, in whatever pieces.
    pub(super) healthy: bool,
}

/// How the octets of a reply go out.
enum Pieces {
    Whole,
    Each,
    Slowly(Duration),
}

/// The first fault that acts now: the attacker's, who comes before the host.
pub(super) fn fault(setup: &FakeSetup, moment: &Moment) -> Option<Fault> {
    let name = || setup.shown_name.clone();
    let attacker = setup.attacker.as_ref();
    attacker
        .and_then(|_| setup.faults.act(&FaultPlace::AttackerOf(name()), moment))
        .or_else(|| setup.faults.act(&FaultPlace::Host(name()), moment))
}

impl Conversation {
    /// The first fault that acts now.
    pub(super) fn fault(&self, moment: &Moment) -> Option<Fault> {
        fault(&self.setup, moment)
    }

    /// Says the healthy reply, or what a fault at one of these moments makes of it. A 421 ends the conversation.
    pub(super) async fn answer(
        &mut self,
        moments: &[Moment],
        answered: &str,
        healthy: &Reply,
    ) -> Talk<Said> {
        let said = match moments.iter().find_map(|moment| self.fault(moment)) {
            Some(fault) => self.do_instead(&fault, answered, Some(healthy)).await?,
            None => {
                self.say(answered, healthy).await?;
                Said {
                    code: healthy.code,
                    healthy: true,
                }
            }
        };
        if said.code == 421 {
            return Err(Ended::ByReceiver);
        }
        Ok(said)
    }

    /// A moment at which a healthy fake says nothing; the code of what a fault says nevertheless.
    pub(super) async fn pass(&mut self, moment: &Moment, name: &str) -> Talk<Option<u16>> {
        let Some(fault) = self.fault(moment) else {
            return Ok(None);
        };
        let said = self.do_instead(&fault, name, None).await?;
        if said.code == 421 {
            return Err(Ended::ByReceiver);
        }
        Ok((!said.healthy).then_some(said.code))
    }

    /// Does the deed of a fault.
    pub(super) async fn do_instead(
        &mut self,
        fault: &Fault,
        answered: &str,
        healthy: Option<&Reply>,
    ) -> Talk<Said> {
        self.met(&Difference::Fault(fault.written.clone()));
        match &fault.deed {
            Deed::Reply(text) => {
                let reply = Reply::scripted(text);
                self.say(answered, &reply).await?;
                Ok(Said {
                    code: reply.code,
                    healthy: false,
                })
            }
            Deed::Close => Err(Ended::ByReceiver),
            Deed::Refuse => Err(Ended::Refused),
            Deed::Reset => Err(Ended::ByReset),
            Deed::Stall => {
                let deaf = fault.at == Moment::Content;
                Err(self.channel.stall(deaf).await)
            }
            Deed::Garbage => {
                self.channel.write(GARBAGE).await?;
                Ok(Said {
                    code: 0,
                    healthy: false,
                })
            }
            Deed::Delay(duration) => {
                self.channel.wait(*duration).await?;
                self.say_so(answered, healthy, "\r\n", &Pieces::Whole, b"")
                    .await
            }
            Deed::Drip(wait) => {
                let pieces = Pieces::Slowly(*wait);
                self.say_so(answered, healthy, "\r\n", &pieces, b"").await
            }
            Deed::Split => {
                self.say_so(answered, healthy, "\r\n", &Pieces::Each, b"")
                    .await
            }
            Deed::BareLf => {
                self.say_so(answered, healthy, "\n", &Pieces::Whole, b"")
                    .await
            }
            Deed::Inject { text, same_segment } => {
                let (behind, next): (&[u8], &[u8]) = match same_segment {
                    true => (text.as_bytes(), b""),
                    false => (b"", text.as_bytes()),
                };
                let said = self
                    .say_so(answered, healthy, "\r\n", &Pieces::Whole, behind)
                    .await?;
                if !next.is_empty() {
                    self.channel.write(next).await?;
                }
                Ok(said)
            }
            // No deeds of this moment: the checker of scenarios lets none through.
            Deed::Status(..) | Deed::Alert(_) | Deed::Endless | Deed::Pad(_) | Deed::Dns(_) => {
                self.say_so(answered, healthy, "\r\n", &Pieces::Whole, b"")
                    .await
            }
        }
    }

    /// Says the healthy reply, if there is one, in an odd form and with octets behind it.
    async fn say_so(
        &mut self,
        answered: &str,
        healthy: Option<&Reply>,
        line_end: &str,
        pieces: &Pieces,
        behind: &[u8],
    ) -> Talk<Said> {
        let mut bytes = healthy
            .map(|reply| reply.bytes(line_end))
            .unwrap_or_default();
        bytes.extend_from_slice(behind);
        match pieces {
            Pieces::Whole => self.channel.write(&bytes).await?,
            Pieces::Each => {
                for byte in &bytes {
                    self.channel.write(&[*byte]).await?;
                }
            }
            Pieces::Slowly(wait) => self.channel.drip(&bytes, *wait).await?,
        }
        if let Some(reply) = healthy {
            self.tell_reply(answered, reply);
        }
        Ok(Said {
            code: healthy.map_or(0, |reply| reply.code),
            healthy: true,
        })
    }
}
