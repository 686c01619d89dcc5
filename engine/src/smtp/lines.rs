//! Lines from a connection, each with a limit, and bytes to it.
//!
//! Choice: a line ends at LF, with or without CR before it. RFC 5321 §2.3.8 wants both; a receiver that leaves CR out is
//! understood all the same, since nothing else could be meant by it in a reply.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::outside::Stream;

/// The most bytes that are read at once.
const CHUNK: usize = 4_096;

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LineFault {
    /// The other side closed the connection.
    #[error("the connection was closed")]
    Closed,
    /// The line has no end within the limit.
    #[error("a line is longer than {0} octets")]
    TooLong(usize),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
}

/// A connection, read line by line.
pub(crate) struct Lines {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
}

impl Lines {
    /// Nothing is read yet.
    #[must_use]
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// The next line without its end; at most `limit` octets.
    ///
    /// # Errors
    /// `LineFault` when there is none.
    pub(crate) async fn next(&mut self, limit: usize) -> Result<Vec<u8>, LineFault> {
        let mut searched = 0;
        loop {
            let end = self.buffer[searched..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(end) = end.map(|found| searched + found) {
                let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return if line.len() > limit {
                    Err(LineFault::TooLong(limit))
                } else {
                    Ok(line)
                };
            }
            searched = self.buffer.len();
            if searched > limit + 1 {
                return Err(LineFault::TooLong(limit));
            }
            let mut chunk = [0; CHUNK];
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err(LineFault::Closed),
                Ok(read) => self.buffer.extend_from_slice(&chunk[..read]),
                Err(error) => return Err(LineFault::Broken(error)),
            }
        }
    }

    /// The content of a message, up to the line that is a dot, with doubled dots undone (RFC 5321 §4.5.2). Only CRLF
    /// ends a line here: a dot between other line ends is content, or two receivers could see two messages where a third
    /// sees one.
    ///
    /// # Errors
    /// `LineFault` when the connection ends before the content, or there is more than `limit` of it.
    pub(crate) async fn until_dot(&mut self, limit: usize) -> Result<Vec<u8>, LineFault> {
        let mut searched = 0;
        loop {
            let end = if self.buffer.starts_with(b".\r\n") {
                Some(0)
            } else {
                let found = self.buffer[searched..]
                    .windows(5)
                    .position(|five| five == b"\r\n.\r\n");
                found.map(|found| searched + found + 2)
            };
            if let Some(end) = end {
                let rest = self.buffer.split_off(end + 3);
                let mut raw = std::mem::replace(&mut self.buffer, rest);
                raw.truncate(end);
                return if raw.len() > limit {
                    Err(LineFault::TooLong(limit))
                } else {
                    Ok(undotted(&raw))
                };
            }
            if self.buffer.len() > limit + 5 {
                return Err(LineFault::TooLong(limit));
            }
            searched = self.buffer.len().saturating_sub(4);
            let mut chunk = [0; CHUNK];
            match self.stream.read(&mut chunk).await {
                Ok(0) => return Err(LineFault::Closed),
                Ok(read) => self.buffer.extend_from_slice(&chunk[..read]),
                Err(error) => return Err(LineFault::Broken(error)),
            }
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// What the connection says.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Ends the connection in order; inside TLS with a `close_notify`.
    ///
    /// # Errors
    /// What the connection says.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// The connection itself, for a handshake, and how many bytes were thrown away that had been read beyond the last
    /// line: what came in plaintext is never read as if it had come inside TLS (RFC 3207 §6).
    #[must_use]
    pub(crate) fn into_stream(self) -> (Box<dyn Stream>, usize) {
        (self.stream, self.buffer.len())
    }
}

/// Takes away the first dot of each line that begins with one.
fn undotted(raw: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(raw.len());
    let mut begins_line = true;
    for piece in raw.split_inclusive(|byte| *byte == b'\n') {
        let has_dot = begins_line && piece.starts_with(b".");
        content.extend_from_slice(&piece[usize::from(has_dot)..]);
        begins_line = piece.ends_with(b"\r\n");
    }
    content
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::smtp::content::stuffed;

    async fn lines_of(bytes: &[u8], limit: usize) -> Vec<Result<Vec<u8>, String>> {
        let (mut here, there) = tokio::io::duplex(64 * 1024);
        here.write_all(bytes).await.unwrap();
        drop(here);
        let mut lines = Lines::new(Box::new(there));
        let mut found = Vec::new();
        loop {
            let next = lines.next(limit).await.map_err(|fault| fault.to_string());
            let ended = next.is_err();
            found.push(next);
            if ended {
                return found;
            }
        }
    }

    #[tokio::test]
    async fn a_line_ends_at_lf_and_has_a_limit() {
        let found = lines_of(b"250 one\r\n250 two\n12345\r\n123456\r\n", 7).await;
        let want = [
            Ok(b"250 one".to_vec()),
            Ok(b"250 two".to_vec()),
            Ok(b"12345".to_vec()),
            Ok(b"123456".to_vec()),
        ];
        assert_eq!(found[..4], want);
        assert_eq!(found[4], Err("the connection was closed".into()));
        let endless = lines_of(&[b'x'; 10_000], 512).await;
        assert_eq!(endless, [Err("a line is longer than 512 octets".into())]);
    }

    fn content_of(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (mut here, there) = tokio::io::duplex(bytes.len() + 1);
            here.write_all(bytes).await.unwrap();
            drop(here);
            Lines::new(Box::new(there))
                .until_dot(1_000)
                .await
                .map_err(|fault| fault.to_string())
        })
    }

    type Case = (&'static [u8], Result<Vec<u8>, String>);

    #[test]
    fn content_ends_at_a_dot_between_two_crlf_and_nowhere_else() {
        // (bytes, content)
        let closed = || Err("the connection was closed".to_owned());
        let cases: [Case; 7] = [
            (b".\r\n", Ok(b"".to_vec())),
            (b"a\r\n.\r\nQUIT\r\n", Ok(b"a\r\n".to_vec())),
            (b"..a\r\n..\r\n.\r\n", Ok(b".a\r\n.\r\n".to_vec())),
            (b"a\n.\nb\r\n.\r\n", Ok(b"a\n.\nb\r\n".to_vec())),
            (b"a\r\n.\nb\r\n.\r\n", Ok(b"a\r\n\nb\r\n".to_vec())),
            (b"a\n.\r\n", closed()),
            (
                &[b'x'; 2_000],
                Err("a line is longer than 1000 octets".into()),
            ),
        ];
        for (bytes, want) in cases {
            assert_eq!(content_of(bytes), want, "{bytes:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn content_that_was_written_is_read(lines in proptest::collection::vec("[.a]{0,4}", 0..8)) {
            let content: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            prop_assert_eq!(content_of(&stuffed(content.as_bytes())), Ok(content.into_bytes()));
        }
    }
}
