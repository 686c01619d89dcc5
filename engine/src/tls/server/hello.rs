//! The ClientHello, read before the stack reads it (RFC 8446 §4.1.2).
//!
//! Two things are wanted of it: the newest version that is offered, since a hello below the floor is answered with the
//! alert that says so (RFC 8996 §5) whatever a stack would say, and the name that SNI carries (RFC 6066 §3). What cannot
//! be read is left to the stack, which answers it with the right alert.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::outside::Stream;

/// The most bytes that a hello may take.
const LIMIT: usize = 32_768;
/// The most bytes of a name (RFC 1035 §2.3.4).
const NAME_LIMIT: usize = 253;

/// What a hello says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Hello {
    /// The newest version that is offered, as its number in TLS; none if the hello cannot be read.
    pub(super) newest: Option<u16>,
    /// The name that is asked for.
    pub(super) name: Option<String>,
}

/// Reads a hello, and gives it back in front of what follows.
///
/// # Errors
/// What the connection says; `UnexpectedEof` when it ends before the hello does.
pub(super) async fn read(mut stream: Box<dyn Stream>) -> io::Result<(Hello, Replayed)> {
    let mut bytes = Vec::new();
    loop {
        match parse(&bytes) {
            Parsed::Hello(hello) => return Ok((hello, Replayed::new(bytes, stream))),
            Parsed::Incomplete if bytes.len() < LIMIT => {}
            Parsed::Incomplete | Parsed::Unreadable => {
                return Ok((Hello::default(), Replayed::new(bytes, stream)));
            }
        }
        let mut chunk = [0; 4_096];
        match stream.read(&mut chunk).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}

enum Parsed {
    Hello(Hello),
    Incomplete,
    Unreadable,
}

/// Joins the handshake records and reads the message in them.
fn parse(bytes: &[u8]) -> Parsed {
    let mut message = Vec::new();
    let mut rest = bytes;
    while let Some((kind, behind)) = rest.split_first() {
        if *kind != 22 {
            // A hello of SSL 2.0 has a length with its first bit set, and asks for the version behind its type.
            return match bytes {
                [0x80..=0xFF, _, 1, major, minor, ..] => Parsed::Hello(Hello {
                    newest: Some(u16::from_be_bytes([*major, *minor]).min(0x0300)),
                    name: None,
                }),
                [0x80..=0xFF, ..] if bytes.len() < 5 => Parsed::Incomplete,
                _ => Parsed::Unreadable,
            };
        }
        let mut record = Taker(behind);
        let Some(body) = record.bytes(2).and_then(|_| record.vector(2)) else {
            break;
        };
        message.extend_from_slice(body);
        rest = record.0;
    }
    let mut taker = Taker(&message);
    match taker.number(1) {
        None => return Parsed::Incomplete,
        Some(1) => {}
        Some(_) => return Parsed::Unreadable,
    }
    match taker.vector(3) {
        None if message.len() < LIMIT => Parsed::Incomplete,
        Some(body) => hello(body).map_or(Parsed::Unreadable, Parsed::Hello),
        None => Parsed::Unreadable,
    }
}

fn hello(body: &[u8]) -> Option<Hello> {
    let mut taker = Taker(body);
    let mut newest = u16::try_from(taker.number(2)?).ok()?;
    taker.bytes(32)?;
    taker.vector(1)?;
    taker.vector(2)?;
    taker.vector(1)?;
    let mut name = None;
    if !taker.0.is_empty() {
        let mut extensions = Taker(taker.vector(2)?);
        while !extensions.0.is_empty() {
            let kind = extensions.number(2)?;
            let data = extensions.vector(2)?;
            match kind {
                0 => name = server_name(data),
                43 => newest = supported(data).unwrap_or(newest),
                _ => {}
            }
        }
    }
    Some(Hello {
        newest: Some(newest),
        name,
    })
}

/// The newest version of a list (RFC 8446 §4.2.1); numbers that are no version of TLS are there to be passed over.
fn supported(data: &[u8]) -> Option<u16> {
    let list = Taker(data).vector(1)?;
    list.chunks_exact(2)
        .map(|two| u16::from_be_bytes([two[0], two[1]]))
        .filter(|version| (0x0300..=0x0304).contains(version))
        .max()
}

/// The host name of the extension, in printable ASCII.
fn server_name(data: &[u8]) -> Option<String> {
    let mut list = Taker(Taker(data).vector(2)?);
    (list.number(1)? == 0).then_some(())?;
    let name = list.vector(2)?;
    let is_name = name.len() <= NAME_LIMIT && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| String::from_utf8_lossy(name).into_owned())
}

/// Takes pieces off the front, never more than there is.
struct Taker<'b>(&'b [u8]);

impl<'b> Taker<'b> {
    fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, octets: usize) -> Option<usize> {
        let bytes = self.bytes(octets)?;
        Some(
            bytes
                .iter()
                .fold(0, |number, byte| number << 8 | usize::from(*byte)),
        )
    }

    /// As many bytes as the number before them says.
    fn vector(&mut self, octets: usize) -> Option<&'b [u8]> {
        let count = self.number(octets)?;
        self.bytes(count)
    }
}

/// A connection with bytes in front that were read before.
pub(super) struct Replayed {
    first: Vec<u8>,
    at: usize,
    inner: Box<dyn Stream>,
}

impl Replayed {
    fn new(first: Vec<u8>, inner: Box<dyn Stream>) -> Self {
        Self {
            first,
            at: 0,
            inner,
        }
    }
}

impl AsyncRead for Replayed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.at < self.first.len() {
            let count = buffer.remaining().min(self.first.len() - self.at);
            buffer.put_slice(&self.first[self.at..self.at + count]);
            self.at += count;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Replayed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A hello with a version of its own, and extensions.
    fn made(version: u16, extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0xC0, 0x2F, 1, 0]);
        let mut list = Vec::new();
        for (kind, data) in extensions {
            list.extend(kind.to_be_bytes());
            list.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            list.extend(data);
        }
        if !list.is_empty() {
            body.extend(u16::try_from(list.len()).unwrap().to_be_bytes());
            body.extend(list);
        }
        let mut message = vec![1, 0];
        message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        message.extend(body);
        message
    }

    /// The message in records of at most so many bytes.
    fn records(message: &[u8], most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for piece in message.chunks(most) {
            bytes.extend([22, 3, 1]);
            bytes.extend(u16::try_from(piece.len()).unwrap().to_be_bytes());
            bytes.extend(piece);
        }
        bytes
    }

    fn read_of(bytes: &[u8]) -> Option<Hello> {
        match parse(bytes) {
            Parsed::Hello(hello) => Some(hello),
            Parsed::Incomplete | Parsed::Unreadable => None,
        }
    }

    #[test]
    fn a_hello_says_its_newest_version_and_its_name() {
        let name = b"\x00\x12\x00\x00\x0fmx.example.test".to_vec();
        let versions = vec![6, 0x7A, 0x7A, 3, 4, 3, 3];
        // (hello, newest version, name)
        let cases = [
            (made(0x0303, &[]), 0x0303, None),
            (
                made(0x0301, &[(0, name.clone())]),
                0x0301,
                Some("mx.example.test"),
            ),
            (
                made(0x0303, &[(43, versions), (0, name)]),
                0x0304,
                Some("mx.example.test"),
            ),
            (
                made(0x0303, &[(0, b"\x00\x04\x00\x00\x01\xFC".to_vec())]),
                0x0303,
                None,
            ),
        ];
        for (message, newest, name) in cases {
            for most in [1, 40, 16_384] {
                let bytes = records(&message, most);
                let want = Hello {
                    newest: Some(newest),
                    name: name.map(str::to_owned),
                };
                assert_eq!(read_of(&bytes), Some(want));
                assert!(matches!(
                    parse(&bytes[..bytes.len() - 1]),
                    Parsed::Incomplete
                ));
            }
        }
        let old = [0x80, 0x2E, 1, 3, 1, 0, 0];
        assert_eq!(read_of(&old).and_then(|hello| hello.newest), Some(0x0300));
        assert!(matches!(parse(b"EHLO a.test\r\n"), Parsed::Unreadable));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&records(&bytes, 50));
            let _ = hello(&bytes);
        }
    }
}
