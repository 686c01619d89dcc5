//! The client's side by OpenSSL: whatever rustls does not speak.

use std::pin::Pin;

use mtaspec_judge::events::By;
use openssl::error::ErrorStack;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslSessionCacheMode, SslVerifyMode,
};
use tokio_openssl::SslStream;

use super::super::below::Below;
use super::super::openssl_stack;
use super::super::stream::Over;
use super::{Broken, ClientTls, Passed, Shaken};

/// Shakes hands.
pub(super) async fn connect(tls: &ClientTls, mut below: Below) -> Result<Shaken, Broken> {
    let ssl = match session(tls) {
        Ok(ssl) => ssl,
        Err(error) => {
            tracing::error!(%error, "OpenSSL cannot be set up as a client");
            return Err(Broken::new(&mut below, By::Sender, None));
        }
    };
    let mut stream = SslStream::new(ssl, below).expect("a session takes any stream");
    if let Err(error) = Pin::new(&mut stream).connect().await {
        // The words there are those of a server: the other side is the sender.
        let (by, alert) = match openssl_stack::blame(&error, None) {
            (By::Sender, alert) => (By::Receiver, alert),
            (By::Receiver, alert) => (By::Sender, alert),
        };
        stream.get_mut().finish_alert().await;
        return Err(Broken::new(stream.get_mut(), by, alert));
    }
    let passed = Passed::of(stream.get_ref());
    let leaf = stream.ssl().peer_certificate();
    let server_leaf = leaf.and_then(|leaf| leaf.to_der().ok());
    stream.get_mut().end_handshake();
    Ok(Shaken {
        stream: Box::new(Over::new(stream, Vec::new())),
        below: passed,
        server_leaf,
        shown: None,
    })
}

fn session(tls: &ClientTls) -> Result<Ssl, ErrorStack> {
    let context = context(tls)?;
    let mut ssl = Ssl::new(&context)?;
    if let Some(name) = &tls.sni {
        ssl.set_hostname(name)?;
    }
    Ok(ssl)
}

fn context(tls: &ClientTls) -> Result<SslContext, ErrorStack> {
    let mut builder = SslContextBuilder::new(SslMethod::tls_client())?;
    openssl_stack::speak(&mut builder, &tls.setup, &tls.setup.suites())?;
    openssl_stack::agree(&mut builder, &tls.setup)?;
    if let Some(certificate) = &tls.certificate {
        openssl_stack::show(&mut builder, certificate)?;
    }
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    Ok(builder.build())
}
