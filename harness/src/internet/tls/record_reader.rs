//! The first flight of a sender, read from the raw connection before any TLS stack sees it (RFC 8446 §5.1).
//!
//! Handshake messages may be split over records and records over segments; both are joined here. Everything that
//! was read is kept as it came, so that it can be replayed to a stack. What is no ClientHello is named, without
//! waiting for more than its first bytes. What a hello says is read in `client_hello`.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::client_hello::{self, ClientHello};

/// The longest hello that is read.
const LONGEST_HELLO: usize = 64 * 1024;
/// The most plaintext that is kept.
const MOST_PLAINTEXT: usize = 256 * 1024;
/// RFC 8446 §5.1; longer plaintext records are not legal.
const LONGEST_RECORD: usize = 16 * 1024;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// What stood at the beginning of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstFlight {
    /// Lines in plaintext that stood before the handshake.
    pub plaintext: Vec<u8>,
    /// What followed.
    pub opening: Opening,
    /// The bytes of `opening` as they came, and what came with them.
    pub raw: Vec<u8>,
    /// How many of these are the ClientHello's.
    pub hello_length: usize,
}

/// What a sender began with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// A ClientHello.
    Hello(Box<ClientHello>),
    /// An alert, before anything else.
    Alert(u8),
    /// The connection ended first.
    Closed,
    /// Something else.
    Trouble(HelloTrouble),
}

/// What came instead of a ClientHello.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HelloTrouble {
    /// Text: SMTP or HTTP.
    #[error("plaintext instead of a ClientHello")]
    Plaintext,
    /// A hello in the form of SSL 2.0 (RFC 5246 §E.2).
    #[error("a hello in the form of SSL 2.0")]
    Ssl2Hello,
    /// Bytes of no protocol known here.
    #[error("bytes that are no TLS record")]
    NoRecord,
    /// A record without content.
    #[error("an empty record")]
    EmptyRecord,
    /// A record longer than is legal.
    #[error("an overlong record")]
    LongRecord,
    /// A record of another kind between those of the hello.
    #[error("a record of another kind")]
    OtherRecord,
    /// A handshake message that is no ClientHello.
    #[error("a handshake message other than ClientHello")]
    OtherMessage,
    /// It claims to be longer than any real one.
    #[error("an overlong ClientHello")]
    LongHello,
    /// Lengths that do not fit.
    #[error("a malformed ClientHello")]
    Malformed,
    /// The connection ended in the middle.
    #[error("a ClientHello that was cut off")]
    Cut,
}

impl HelloTrouble {
    /// The alert that answers it (RFC 8446 §6.2).
    #[must_use]
    pub fn alert(self) -> &'static str {
        match self {
            Self::Plaintext | Self::Ssl2Hello | Self::NoRecord | Self::EmptyRecord => {
                "protocol_version"
            }
            Self::LongRecord => "record_overflow",
            Self::OtherRecord | Self::OtherMessage => "unexpected_message",
            Self::LongHello => "illegal_parameter",
            Self::Malformed | Self::Cut => "decode_error",
        }
    }
}

/// Reads up to the end of the ClientHello. `early` is what had been read already: in it, whole lines of plaintext
/// may stand before the hello (RFC 3207 §4.2 has the receiver discard them).
///
/// # Errors
/// When the connection breaks; its orderly end is no error.
pub async fn read_first_flight<S: AsyncRead + Unpin>(
    stream: &mut S,
    early: Vec<u8>,
) -> io::Result<FirstFlight> {
    let mut reader = Reader {
        stream,
        bytes: early,
        hello_length: 0,
    };
    let plaintext = reader.take_pipelined_lines().await?;
    let opening = reader.read_opening().await?;
    Ok(FirstFlight {
        plaintext,
        opening,
        raw: reader.bytes,
        hello_length: reader.hello_length,
    })
}

struct Reader<'a, S> {
    stream: &'a mut S,
    bytes: Vec<u8>,
    hello_length: usize,
}

impl<S: AsyncRead + Unpin> Reader<'_, S> {
    /// Whether so many bytes are there, after reading as far as needed.
    async fn has(&mut self, wanted: usize) -> io::Result<bool> {
        while self.bytes.len() < wanted {
            let mut buffer = [0; 4096];
            let read = self.stream.read(&mut buffer).await?;
            if read == 0 {
                return Ok(false);
            }
            self.bytes.extend_from_slice(&buffer[..read]);
        }
        Ok(true)
    }

    /// Only what came together with STARTTLS may be plaintext; its last line may have been cut by a segment.
    async fn take_pipelined_lines(&mut self) -> io::Result<Vec<u8>> {
        let mut lines = Vec::new();
        while self.bytes.first().copied().is_some_and(is_text) {
            match self.bytes.iter().position(|byte| *byte == b'\n') {
                Some(end) => lines.extend(self.bytes.drain(..=end)),
                None => {
                    let length = self.bytes.len();
                    if length + lines.len() > MOST_PLAINTEXT || !self.has(length + 1).await? {
                        break;
                    }
                }
            }
        }
        Ok(lines)
    }

    async fn read_opening(&mut self) -> io::Result<Opening> {
        if !self.has(1).await? {
            return Ok(Opening::Closed);
        }
        let first = self.bytes[0];
        if is_text(first) {
            return Ok(Opening::Trouble(HelloTrouble::Plaintext));
        }
        if !self.has(5).await? {
            return Ok(Opening::Trouble(HelloTrouble::Cut));
        }
        if first & 0x80 != 0 && self.bytes[2] == 1 {
            return Ok(Opening::Trouble(HelloTrouble::Ssl2Hello));
        }
        if !matches!(first, 20..=24) || self.bytes[1] != 3 {
            return Ok(Opening::Trouble(HelloTrouble::NoRecord));
        }
        if first == ALERT {
            return Ok(if self.has(7).await? {
                Opening::Alert(self.bytes[6])
            } else {
                Opening::Trouble(HelloTrouble::Cut)
            });
        }
        self.read_hello().await
    }

    async fn read_hello(&mut self) -> io::Result<Opening> {
        let record_version = u16::from_be_bytes([self.bytes[1], self.bytes[2]]);
        let mut message = Vec::new();
        let (mut at, mut records) = (0, 0);
        loop {
            if !self.has(at + 5).await? {
                return Ok(Opening::Trouble(HelloTrouble::Cut));
            }
            let header = &self.bytes[at..at + 5];
            let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
            let trouble = match header[0] {
                HANDSHAKE if header[1] != 3 => Some(HelloTrouble::NoRecord),
                HANDSHAKE if length == 0 => Some(HelloTrouble::EmptyRecord),
                HANDSHAKE if length > LONGEST_RECORD => Some(HelloTrouble::LongRecord),
                HANDSHAKE => None,
                _ => Some(HelloTrouble::OtherRecord),
            };
            if let Some(trouble) = trouble {
                return Ok(Opening::Trouble(trouble));
            }
            // Type and length are enough to refuse a message; the rest of its record may never come.
            let missing = length.min(4_usize.saturating_sub(message.len()));
            if !self.has(at + 5 + missing).await? {
                return Ok(Opening::Trouble(HelloTrouble::Cut));
            }
            let mut start = message[..message.len().min(4)].to_vec();
            start.extend(&self.bytes[at + 5..at + 5 + missing]);
            if let Some(trouble) = refused(&start) {
                return Ok(Opening::Trouble(trouble));
            }
            if !self.has(at + 5 + length).await? {
                return Ok(Opening::Trouble(HelloTrouble::Cut));
            }
            message.extend_from_slice(&self.bytes[at + 5..at + 5 + length]);
            at += 5 + length;
            records += 1;
            self.hello_length = at;
            if let Some(end) = end_of_message(&message)
                && message.len() >= end
            {
                let hello = client_hello::parse(&message[4..end], record_version, records);
                return Ok(match hello {
                    Some(hello) if message.len() == end => Opening::Hello(Box::new(hello)),
                    _ => Opening::Trouble(HelloTrouble::Malformed),
                });
            }
        }
    }
}

/// Printable, or white space of a line.
fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')
}

fn end_of_message(message: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes([0, *message.get(1)?, *message.get(2)?, *message.get(3)?]);
    usize::try_from(length).ok().map(|length| length + 4)
}

fn refused(start: &[u8]) -> Option<HelloTrouble> {
    if *start.first()? != 1 {
        return Some(HelloTrouble::OtherMessage);
    }
    (end_of_message(start)? > LONGEST_HELLO).then_some(HelloTrouble::LongHello)
}
