//! What a fault does at a moment of the client's, instead of its part (SCENARIOS §6). Those of a handshake are done by
//! `tls`.

use std::time::Duration;

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Deed, Difference, Fault, Moment};

use super::conversation::{Conversation, Ended, Talk};
use crate::subject::replies::Reply;

/// Octets that are no command.
const GARBAGE: &[u8] = b"\xff\x00\x13these bytes are no command of SMTP\x7f\r\n";

impl Conversation<'_> {
    /// Says a command, or does what a fault makes of it, and hears the answer.
    pub(super) async fn command(&mut self, moment: &Moment, line: &str) -> Talk<Reply> {
        self.hear_what_is_owed().await?;
        let healthy = format!("{line}\r\n");
        match self.client.fault(moment) {
            None => self.say(line).await?,
            Some(fault) => {
                let is_said = !matches!(fault.deed, Deed::Reply(_) | Deed::Garbage);
                if is_said && !ends_at_once(&fault.deed) {
                    self.tell_command(line);
                }
                self.do_instead(&fault, healthy.as_bytes()).await?;
            }
        }
        let verb = self.follows.clone();
        self.reply(&verb).await
    }

    /// A moment at which a healthy client says nothing.
    pub(super) async fn pass(&mut self, moment: &Moment) -> Talk<()> {
        match self.client.fault(moment) {
            None => Ok(()),
            Some(fault) => {
                self.do_instead(&fault, b"").await?;
                if matches!(fault.deed, Deed::Reply(_) | Deed::Garbage) {
                    self.owed += 1;
                }
                Ok(())
            }
        }
    }

    /// Does the deed of a fault; `healthy` is what would have been sent.
    pub(super) async fn do_instead(&mut self, fault: &Fault, healthy: &[u8]) -> Talk<()> {
        self.met(&Difference::Fault(fault.written.clone()));
        match &fault.deed {
            Deed::Reply(text) => self.say(text).await,
            Deed::Close => Err(Ended::BySender),
            Deed::Reset | Deed::Refuse => Err(Ended::ByReset),
            Deed::Stall => Err(self.stall().await),
            Deed::Garbage => {
                self.tell_command("\u{fffd}");
                self.write(GARBAGE).await
            }
            Deed::Delay(duration) => {
                self.wait(*duration).await?;
                self.write(healthy).await
            }
            Deed::Drip(wait) => self.write_bytes(healthy, Some(*wait)).await,
            Deed::Split => self.write_bytes(healthy, None).await,
            Deed::BareLf => {
                let bare: Vec<u8> = healthy
                    .iter()
                    .copied()
                    .filter(|byte| *byte != b'\r')
                    .collect();
                self.write(&bare).await
            }
            Deed::Inject { text, same_segment } => {
                // What came with STARTTLS is thrown away (RFC 3207 §6).
                if fault.at != Moment::Starttls {
                    self.owed += text.matches('\n').count();
                }
                if *same_segment {
                    return self.write(&[healthy, text.as_bytes()].concat()).await;
                }
                self.write(healthy).await?;
                self.write(text.as_bytes()).await
            }
            // No deeds of this moment: the checker of scenarios lets none through.
            Deed::Status(..) | Deed::Alert(_) | Deed::Endless | Deed::Pad(_) | Deed::Dns(_) => {
                self.write(healthy).await
            }
        }
    }

    async fn write_bytes(&mut self, bytes: &[u8], wait: Option<Duration>) -> Talk<()> {
        for (at, byte) in bytes.iter().enumerate() {
            if let (Some(wait), true) = (wait, at > 0) {
                self.wait(wait).await?;
            }
            self.write(&[*byte]).await?;
        }
        Ok(())
    }

    /// Notes that the client has done what differs from a healthy one.
    pub(super) fn met(&self, difference: &Difference) {
        self.tell(What::Met {
            what: difference.to_string(),
        });
    }
}

/// Nothing is said any more.
fn ends_at_once(deed: &Deed) -> bool {
    matches!(deed, Deed::Close | Deed::Reset | Deed::Refuse | Deed::Stall)
}
