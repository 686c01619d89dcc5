//! The sending side of SMTP, as little of it as a measured session needs (RFC 5321 §3).

use anyhow::{bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A stream of either kind, in plaintext or in TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Sends a line and awaits a reply that begins so.
pub(crate) async fn say(
    stream: &mut (impl Stream + ?Sized),
    line: &str,
    wanted: &str,
) -> anyhow::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await?;
    hear(stream, wanted).await
}

/// Awaits a reply that begins so, whole; nothing may follow it.
pub(crate) async fn hear(stream: &mut (impl Stream + ?Sized), wanted: &str) -> anyhow::Result<()> {
    let mut reply = Vec::with_capacity(512);
    while !is_whole(&reply) {
        if stream.read_buf(&mut reply).await? == 0 {
            bail!("the connection ended before the reply {wanted}");
        }
    }
    ensure!(
        reply.starts_with(wanted.as_bytes()),
        "{wanted} was wanted, not {:?}",
        String::from_utf8_lossy(&reply)
    );
    Ok(())
}

/// Ends it with a line whose code a space follows?
fn is_whole(reply: &[u8]) -> bool {
    let Some(lines) = reply.strip_suffix(b"\r\n") else {
        return false;
    };
    let last = lines.rsplit(|octet| *octet == b'\n').next();
    last.is_some_and(|last| last.get(3) == Some(&b' '))
}

/// From the greeting to the host's leave to begin TLS (RFC 3207 §4).
pub(crate) async fn ask_for_tls(stream: &mut impl Stream) -> anyhow::Result<()> {
    hear(stream, "220").await?;
    say(stream, "EHLO subject.test", "250").await?;
    say(stream, "STARTTLS", "220").await
}
