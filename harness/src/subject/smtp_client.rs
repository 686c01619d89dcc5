//! The few words of SMTP that hand a message over (RFC 5321 §3.3). Our own and small: what the engine reads is written
//! by other hands than the engine's. What a reply is, `replies` says.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::envelope::stuffed;
use super::replies::{Front, Reply, take};

/// The subject has so much real time for each reply.
const PATIENCE: Duration = Duration::from_secs(30);

/// What went wrong on the way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialogueError {
    /// The connection broke.
    #[error("the connection to the subject broke")]
    Io(#[from] std::io::Error),
    /// It closed without a word.
    #[error("the subject closed the connection")]
    Closed,
    /// It said nothing for too long.
    #[error("the subject said nothing for {} s", PATIENCE.as_secs())]
    Silent,
    /// What it said is no SMTP.
    #[error("the subject answered {0:?}, which is no SMTP reply")]
    Nonsense(String),
}

/// A connection to the subject.
pub(super) struct SmtpClient {
    stream: TcpStream,
    input: Vec<u8>,
    patience: Duration,
}

impl SmtpClient {
    /// Connects and reads the greeting.
    pub(super) async fn connect(to: SocketAddr) -> Result<(Self, Reply), DialogueError> {
        Self::connect_with(to, PATIENCE).await
    }

    async fn connect_with(
        to: SocketAddr,
        patience: Duration,
    ) -> Result<(Self, Reply), DialogueError> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            stream,
            input: Vec::new(),
            patience,
        };
        let greeting = client.reply().await?;
        Ok((client, greeting))
    }

    /// Says a line and hears the answer.
    pub(super) async fn command(&mut self, line: &str) -> Result<Reply, DialogueError> {
        self.write(format!("{line}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// Sends a message, dot-stuffed, with its final dot (RFC 5321 §4.5.2).
    pub(super) async fn content(&mut self, message: &[u8]) -> Result<Reply, DialogueError> {
        self.write(&stuffed(message)).await?;
        self.reply().await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), DialogueError> {
        match tokio::time::timeout(self.patience, self.stream.write_all(bytes)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(DialogueError::Silent),
        }
    }

    async fn reply(&mut self) -> Result<Reply, DialogueError> {
        match tokio::time::timeout(self.patience, self.next_reply()).await {
            Ok(reply) => reply,
            Err(_) => Err(DialogueError::Silent),
        }
    }

    async fn next_reply(&mut self) -> Result<Reply, DialogueError> {
        loop {
            match take(&mut self.input) {
                Front::Reply(reply) => return Ok(reply),
                Front::Nonsense(line) => return Err(DialogueError::Nonsense(line)),
                Front::Incomplete => {}
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(DialogueError::Closed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subject_that_never_answers_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let connected = SmtpClient::connect_with(to, Duration::ZERO).await;
        let error = connected.map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "the subject said nothing for 30 s");
    }
}
