//! Bytes that were read before their reader was there: it gets them first.

use tokio::io::ReadBuf;

/// What was read ahead, and how much of it was given away.
pub(super) struct Ahead {
    bytes: Vec<u8>,
    at: usize,
}

impl Ahead {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    /// Gives as much as fits. False: nothing is left, and the connection is to be read.
    pub(super) fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let left = &self.bytes[self.at..];
        let length = buffer.remaining().min(left.len());
        buffer.put_slice(&left[..length]);
        self.at += length;
        !left.is_empty()
    }
}
