//! The few words of SMTP that hand a message over (RFC 5321 §3.3). Our own and small: what the engine reads is written
//! by other hands than the engine's.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::envelope::stuffed;

/// The longest line of a reply, and the most lines of one.
const LINE_LIMIT: u64 = 4096;
const LINES_LIMIT: usize = 200;
/// The subject has so much real time for each reply.
const PATIENCE: Duration = Duration::from_secs(30);

/// A reply: the code, and its lines without the code, parted by `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) text: String,
}

impl Reply {
    /// Taken, or to go on with.
    pub(super) fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// The service is closing, or this cannot be done just now (RFC 5321 §4.2.3).
    pub(super) fn is_for_later(&self) -> bool {
        self.code == 421 || (450..460).contains(&self.code)
    }
}

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
    stream: BufReader<TcpStream>,
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
            stream: BufReader::new(stream),
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
        match tokio::time::timeout(self.patience, read_reply(&mut self.stream)).await {
            Ok(reply) => reply,
            Err(_) => Err(DialogueError::Silent),
        }
    }
}

async fn read_reply(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Reply, DialogueError> {
    let mut texts = Vec::new();
    loop {
        let mut line = Vec::new();
        let read = stream.take(LINE_LIMIT).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Err(DialogueError::Closed);
        }
        let line = String::from_utf8_lossy(&line);
        let nonsense = || DialogueError::Nonsense(line.chars().take(80).collect());
        let whole = line.strip_suffix('\n').ok_or_else(nonsense)?;
        let whole = whole.strip_suffix('\r').unwrap_or(whole);
        let code = whole.get(..3).ok_or_else(nonsense)?;
        let code: u16 = code.parse().map_err(|_| nonsense())?;
        let rest = whole.get(3..).ok_or_else(nonsense)?;
        let (more, text) = match rest.chars().next() {
            None => (false, rest),
            Some(' ') => (false, &rest[1..]),
            Some('-') => (true, &rest[1..]),
            Some(_) => return Err(nonsense()),
        };
        texts.push(text.to_owned());
        if !more {
            let text = texts.join("\n");
            return Ok(Reply { code, text });
        }
        if texts.len() == LINES_LIMIT {
            return Err(nonsense());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Reply, DialogueError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(read_reply(&mut BufReader::new(bytes)))
    }

    #[test]
    fn replies_of_one_and_several_lines_are_read_and_others_named() {
        let reply = |code, text: &str| {
            Some(Reply {
                code,
                text: text.into(),
            })
        };
        let cases = [
            ("250 ok\r\n", reply(250, "ok")),
            ("250\r\n", reply(250, "")),
            ("250-a\r\n250-b\n250 c\r\n", reply(250, "a\nb\nc")),
            ("250 cut", None),
            ("25", None),
            ("hello\r\n", None),
            ("250_a\r\n", None),
            ("", None),
        ];
        for (bytes, want) in cases {
            assert_eq!(read(bytes.as_bytes()).ok(), want, "{bytes:?}");
        }
        assert!(read("250-a\r\n".repeat(300).as_bytes()).is_err());
        assert!(read("2".repeat(9000).as_bytes()).is_err());
    }

    #[tokio::test]
    async fn a_subject_that_never_answers_is_given_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let connected = SmtpClient::connect_with(to, Duration::ZERO).await;
        let error = connected.map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "the subject said nothing for 30 s");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read(&bytes);
        }
    }
}
