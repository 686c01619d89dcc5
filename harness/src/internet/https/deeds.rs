//! What a fault does to an answer, instead of the fake's part of it (SCENARIOS §6): at `response` to all of it, at `body`
//! to what stands behind the head.

use mtaspec_judge::scenario::{Deed, Difference, Moment};

use super::answer::Answer;
use super::visit::{Reply, Visit};
use crate::internet::channel::{Ended, Talk};

/// Bytes that are neither HTTP nor a policy nor TLS.
pub(super) const GARBAGE: &[u8] = b"\xff\x00\x13these bytes are no answer\x7f\x80\r\n";

/// A comment of a policy: a field of an extension that nobody knows (RFC 8461 §3.2).
const COMMENT: &str = "x-comment: this field says nothing, and there are many like it\r\n";

/// A body without end goes so far, and then nothing more comes of it.
const ENDLESS: u64 = 16 << 20;

/// Octets of one write of a long body.
const PIECE: usize = 16 * 1024;

impl Visit {
    /// Answers, or does what a fault at this moment wants.
    pub(super) async fn answer(&mut self, mut reply: Reply) -> Talk<()> {
        if let Some(fault) = self.fault(&Moment::Response) {
            let difference = Difference::Fault(fault.written.clone());
            match &fault.deed {
                // The healthy body stays, so that whoever does not look at the status takes it.
                Deed::Status(status, location) => {
                    self.met(&difference);
                    reply.answer.status = *status;
                    let location = location.iter().map(|uri| format!("Location: {uri}"));
                    reply.answer.fields.extend(location);
                }
                Deed::Delay(duration) => {
                    let waited = self.channel.wait(*duration).await;
                    self.met(&difference);
                    if let Err(ended) = waited {
                        self.tell_answer(&reply, 0);
                        return Err(ended);
                    }
                }
                Deed::Drip(wait) => {
                    self.met(&difference);
                    self.finish(&mut reply);
                    self.shown(&reply);
                    let head = reply.answer.head(Some(reply.answer.length()));
                    let whole = [head, reply.answer.body].concat();
                    return self.channel.drip(&whole, *wait).await;
                }
                deed => {
                    self.met(&difference);
                    self.tell_answer(&reply, 0);
                    return self.instead(deed, "response").await;
                }
            }
        }
        self.finish(&mut reply);
        self.body(reply).await
    }

    /// The whole answer, where the body may meet a fault.
    async fn body(&mut self, mut reply: Reply) -> Talk<()> {
        let fault = self.fault(&Moment::Body);
        let Some(fault) = fault else {
            self.shown(&reply);
            return self.send(&reply.answer).await;
        };
        self.met(&Difference::Fault(fault.written.clone()));
        let healthy = reply.answer.length();
        match &fault.deed {
            Deed::Delay(duration) => {
                self.head(&reply.answer, Some(healthy)).await?;
                self.channel.wait(*duration).await?;
                self.shown(&reply);
                self.channel.write(&reply.answer.body).await
            }
            Deed::Drip(wait) => {
                self.head(&reply.answer, Some(healthy)).await?;
                self.shown(&reply);
                self.channel.drip(&reply.answer.body, *wait).await
            }
            Deed::Garbage => {
                reply.answer.body = GARBAGE.to_vec();
                self.send(&reply.answer).await
            }
            Deed::Pad(size) => {
                let filling = comments(size.saturating_sub(healthy));
                self.head(&reply.answer, Some(healthy + filling.len() as u64))
                    .await?;
                self.shown(&reply);
                self.channel.write(&reply.answer.body).await?;
                self.write_long(&filling).await
            }
            Deed::Endless => {
                self.head(&reply.answer, None).await?;
                self.shown(&reply);
                self.channel.write(&reply.answer.body).await?;
                let filling = comments(PIECE as u64);
                let mut sent = 0;
                while sent < ENDLESS {
                    self.channel.write(&filling).await?;
                    sent += filling.len() as u64;
                }
                Err(self.channel.stall(false).await)
            }
            deed => {
                self.head(&reply.answer, Some(healthy)).await?;
                self.instead(deed, "body").await
            }
        }
    }

    /// Deeds that leave nothing of the healthy part.
    async fn instead(&mut self, deed: &Deed, moment: &str) -> Talk<()> {
        match deed {
            Deed::Close => Err(Ended::ByReceiver),
            Deed::Reset => Err(Ended::ByReset),
            Deed::Stall => Err(self.channel.stall(false).await),
            Deed::Garbage => {
                self.channel.write(GARBAGE).await?;
                Err(Ended::ByReceiver)
            }
            deed => {
                self.cannot(deed, moment);
                Err(Ended::ByReceiver)
            }
        }
    }

    /// Adds what every answer of this host has, and tells of the answer.
    fn finish(&self, reply: &mut Reply) {
        let host = &self.setup().host;
        if !host.content_type.is_empty() {
            let field = format!("Content-Type: {}", host.content_type);
            reply.answer.fields.push(field);
        }
        reply.answer.fields.extend(host.headers.iter().cloned());
        self.tell_answer(reply, reply.answer.status);
        self.met_by_answer();
    }

    fn shown(&self, reply: &Reply) {
        if reply.answer.may_have_body() {
            for difference in &reply.shown {
                self.met(difference);
            }
        }
    }

    async fn head(&mut self, answer: &Answer, length: Option<u64>) -> Talk<()> {
        self.channel.write(&answer.head(length)).await
    }

    async fn send(&mut self, answer: &Answer) -> Talk<()> {
        let mut whole = answer.head(Some(answer.length()));
        if answer.may_have_body() {
            whole.extend_from_slice(&answer.body);
        }
        self.channel.write(&whole).await
    }

    async fn write_long(&mut self, bytes: &[u8]) -> Talk<()> {
        for piece in bytes.chunks(PIECE) {
            self.channel.write(piece).await?;
        }
        Ok(())
    }
}

/// So many octets of comments, the last of them no shorter than a field can be.
fn comments(octets: u64) -> Vec<u8> {
    let octets = usize::try_from(octets).unwrap_or(usize::MAX);
    let mut text = Vec::with_capacity(octets.min(1 << 20));
    while text.len() + 2 * COMMENT.len() <= octets {
        text.extend_from_slice(COMMENT.as_bytes());
    }
    let left = octets - text.len();
    if let Some(filling) = left.checked_sub(COMMENT.len()) {
        text.extend_from_slice(&COMMENT.as_bytes()[..COMMENT.len() - 2]);
        text.extend(std::iter::repeat_n(b'.', filling));
        text.extend_from_slice(b"\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_fill_a_policy_to_the_octet_with_whole_lines() {
        for octets in [0, 10, 70, 100, 1_000, 65_536] {
            let text = String::from_utf8(comments(octets)).unwrap();
            let shortest = COMMENT.len() as u64;
            assert_eq!(
                text.len() as u64,
                if octets < shortest { 0 } else { octets }
            );
            assert!(text.lines().all(|line| line.starts_with("x-comment: ")));
            assert!(text.is_empty() || text.ends_with("\r\n"));
        }
    }
}
