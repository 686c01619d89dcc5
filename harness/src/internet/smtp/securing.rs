//! From plaintext to TLS (RFC 3207 §4.2): hands the connection to `tls` and begins the session anew.

use std::sync::Arc;

use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Difference, Moment};

use super::attacker;
use super::command::Command;
use super::connection::Session;
use super::deeds::fault;
use super::keywords::Keywords;
use super::session::State;
use crate::internet::channel::{Ended, Talk};
use crate::internet::tls::{ClientHello, HandshakeDeeds, HandshakeEnd, Opening, read_first_flight};

impl Session {
    /// Takes the connection inside TLS; all that was said before is forgotten.
    pub(super) async fn begin_tls(&mut self) -> Talk<()> {
        let mut wire = self.talk.channel.take_wire().ok_or(Ended::BySender)?;
        let mut early = self.talk.input.take_all();
        let heard_before = early.clone();
        self.talk.plaintext.keep();
        let tls = Arc::clone(&self.tls);
        let setup = Arc::clone(&self.talk.setup);
        if let Some(attacker) = attacker::weakening(setup.attacker.as_ref()) {
            let first = read_first_flight(&mut wire, early).await;
            let first = first.map_err(|_| Ended::BySender)?;
            if let Opening::Hello(hello) = &first.opening
                && !attacker::lets_through(attacker, hello)
            {
                self.talk.channel.put_back(wire);
                self.cut_off(hello);
                return Err(Ended::ByReset);
            }
            early = [first.plaintext, first.raw].concat();
        }
        let handshake = {
            let teller = self.talk.teller();
            let look_up = |moment: &Moment| fault(&setup, moment);
            let deeds = HandshakeDeeds {
                clock: Arc::clone(&setup.clock),
                look_up: &look_up,
            };
            let mut tell = |what| {
                setup.recorder.record(teller.clone(), what);
            };
            tls.accept(wire, early, deeds, &mut tell).await
        };
        let mut plaintext = heard_before;
        plaintext.extend(self.talk.plaintext.kept());
        match handshake.end {
            HandshakeEnd::Established { stream, facts } => {
                self.tell_lines(&handshake.plaintext);
                self.talk.go_inside_tls(stream, facts.version.clone());
                self.state = State::Start;
                self.keywords = Keywords::default();
                self.transaction = None;
                self.talk.message = None;
                self.talk
                    .pass(&Moment::AfterHandshake, "after-handshake")
                    .await?;
                Ok(())
            }
            HandshakeEnd::Ended { by, trouble } => {
                if trouble.is_some() {
                    self.tell_lines(&plaintext);
                } else {
                    self.tell_lines(&handshake.plaintext);
                    let shaken = plaintext.strip_prefix(handshake.plaintext.as_slice());
                    self.tell_lines(behind_records(shaken.unwrap_or_default()));
                }
                Err(match by {
                    By::Sender => Ended::BySender,
                    By::Receiver => Ended::ByReceiver,
                })
            }
        }
    }

    /// The attacker cuts the connection of a sender that offers too much.
    fn cut_off(&self, hello: &ClientHello) {
        self.talk.tell(hello.event());
        let name = self.talk.setup.shown_name.clone();
        self.talk.met(&Difference::Attacker(name, "tls".into()));
        self.talk.tell(What::TlsFailed {
            by: By::Receiver,
            alert: None,
            version: None,
        });
    }

    /// Tells of the commands that came in plaintext where TLS should have begun, or after it failed.
    fn tell_lines(&mut self, bytes: &[u8]) {
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let is_text = line
                .iter()
                .all(|byte| (b' '..=b'~').contains(byte) || *byte == b'\t');
            if !line.is_empty() && is_text {
                self.talk.tell_command(&Command::parse(line), false);
            }
        }
    }
}

/// What stands behind whole TLS records: a sender that goes on in plaintext after a failed handshake.
fn behind_records(mut bytes: &[u8]) -> &[u8] {
    while let [20..=23, 3, _, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        bytes = rest.get(length..).unwrap_or_default();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_behind_whole_records_is_plaintext() {
        // (bytes, what stands behind the records)
        let cases: [(&[u8], &[u8]); 6] = [
            (b"", b""),
            (b"\x16\x03\x01\0\x02ab", b""),
            (b"\x16\x03\x01\0\x02ab\x15\x03\x03\0\x02\x02\x28", b""),
            (b"\x16\x03\x01\0\x02abMAIL\r\n", b"MAIL\r\n"),
            (b"\x16\x03\x01\0\x09ab", b""),
            (b"RSET\r\n", b"RSET\r\n"),
        ];
        for (bytes, want) in cases {
            assert_eq!(behind_records(bytes), want, "{bytes:?}");
        }
    }
}
