//! One request, from lookup to the end of the answer.
//!
//! No task is left behind: the connection is driven beside the request and ends with it.

use std::net::{IpAddr, SocketAddr};

use futures_util::future::{Either, select};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;

use crate::outside::{Outside, Stream};
use crate::route::{self, Resolver};
use crate::tls::{PeerName, Stack};

use super::fault::HttpsFault;
use super::message::{Proof, Request, Response};

/// The most octets of a status line with its header.
const HEADER_LIMIT: usize = 16 * 1_024;
/// The most fields of a header.
const FIELD_LIMIT: usize = 100;
/// The port that an address need not name.
const USUAL_PORT: u16 = 443;

/// Asks web servers.
pub(crate) struct Client<'c> {
    /// Time and network.
    pub(crate) outside: &'c Outside,
    /// DNS.
    pub(crate) resolver: &'c Resolver,
    /// Handshakes, of `Stack::for_web`.
    pub(crate) stack: &'c Stack,
}

impl Client<'_> {
    /// Sends a request and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// `HttpsFault` when there is none.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Response, HttpsFault> {
        let limit = request.limits.total;
        self.outside.within(limit, self.exchange(request)).await?
    }

    async fn exchange(&self, request: Request<'_>) -> Result<Response, HttpsFault> {
        let message = message(&request)?;
        let stream = self.protected(&request).await?;
        let broken = |error: hyper::Error| HttpsFault::Broken(told(&error));
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HEADER_LIMIT)
            .max_headers(FIELD_LIMIT)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let answer = std::pin::pin!(async {
            let answer = sender.send_request(message).await.map_err(broken)?;
            read(answer, request.limits.body).await
        });
        match select(answer, std::pin::pin!(connection)).await {
            Either::Left((answer, _)) => answer,
            // The connection has ended: what it brought is there, and what it did not bring fails now.
            Either::Right((_, answer)) => answer.await,
        }
    }

    /// A connection inside TLS, with a server that has shown what it must.
    async fn protected(&self, request: &Request<'_>) -> Result<Box<dyn Stream>, HttpsFault> {
        let stream = self.connected(request).await?;
        let authenticates = matches!(request.proof, Proof::Certificate(_));
        let protected = self
            .stack
            .handshake(stream, request.host, authenticates)
            .await
            .map_err(|fault| HttpsFault::Handshake(fault.0))?;
        if let Proof::Certificate(trust) = request.proof {
            let now = self.outside.clock.now();
            let verification = trust.judge(&protected.chain, request.host, now);
            verification.chain.map_err(HttpsFault::Chain)?;
            verification.name.map_err(HttpsFault::Name)?;
        }
        Ok(protected.stream)
    }

    /// A connection to the first address that answers.
    async fn connected(&self, request: &Request<'_>) -> Result<Box<dyn Stream>, HttpsFault> {
        let mut fault = HttpsFault::NoAddress(request.host.to_string());
        for address in self.addresses(request.host).await? {
            let to = SocketAddr::new(address, request.port);
            let connecting = self.outside.network.connect(to);
            match self
                .outside
                .within(request.limits.connect, connecting)
                .await
            {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => fault = HttpsFault::Unreachable(error.to_string()),
                Err(limit) => fault = HttpsFault::Unreachable(limit.to_string()),
            }
        }
        Err(fault)
    }

    async fn addresses(&self, host: &PeerName) -> Result<Vec<IpAddr>, HttpsFault> {
        match host {
            PeerName::Address(address) => Ok(vec![*address]),
            PeerName::Host(name) => {
                let found = route::addresses(self.resolver, name).await;
                found.map_err(|fault| HttpsFault::Lookup {
                    host: name.to_string(),
                    fault,
                })
            }
        }
    }
}

/// The request as it is sent.
fn message(request: &Request<'_>) -> Result<hyper::Request<Full<Bytes>>, HttpsFault> {
    let wrong = || HttpsFault::Target(request.target.to_owned());
    if !request.target.starts_with('/') {
        return Err(wrong());
    }
    let name = match request.host {
        PeerName::Address(IpAddr::V6(address)) => format!("[{address}]"),
        PeerName::Address(IpAddr::V4(address)) => address.to_string(),
        PeerName::Host(name) => name.to_string(),
    };
    let host = match request.port {
        USUAL_PORT => name,
        port => format!("{name}:{port}"),
    };
    let builder = hyper::Request::builder()
        .uri(request.target)
        .header(HOST, host)
        .header(USER_AGENT, concat!("mtaspec/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close");
    let (builder, bytes) = match &request.body {
        None => (builder.method(hyper::Method::GET), Bytes::new()),
        Some(body) => (
            (builder.method(hyper::Method::POST)).header(CONTENT_TYPE, body.media_type),
            Bytes::from(body.bytes.clone()),
        ),
    };
    builder.body(Full::new(bytes)).map_err(|_| wrong())
}

/// Reads what is wanted of an answer.
async fn read(
    answer: hyper::Response<Incoming>,
    limit: Option<usize>,
) -> Result<Response, HttpsFault> {
    let mut types = answer.headers().get_all(CONTENT_TYPE).iter();
    let content_type = match (types.next(), types.next()) {
        (Some(one), None) => one.to_str().ok().map(str::to_owned),
        _ => None,
    };
    let mut response = Response {
        status: answer.status().as_u16(),
        content_type,
        body: Vec::new(),
    };
    if let (Some(limit), true) = (limit, response.is_success()) {
        let body = Limited::new(answer.into_body(), limit).collect().await;
        response.body = match body {
            Ok(body) => body.to_bytes().to_vec(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(HttpsFault::TooLong(limit));
            }
            Err(error) => return Err(HttpsFault::Broken(told(error.as_ref()))),
        };
    }
    Ok(response)
}

/// An error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
