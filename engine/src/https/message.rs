//! A request and what comes back for it.

use std::time::Duration;

use crate::tls::{PeerName, Trust};

/// A request.
pub(crate) struct Request<'r> {
    /// Whose server is asked; SNI and the certificate carry this name.
    pub(crate) host: &'r PeerName,
    /// Its port.
    pub(crate) port: u16,
    /// Path and query, beginning with a slash.
    pub(crate) target: &'r str,
    /// What is sent along; none makes it a GET, else it is a POST.
    pub(crate) body: Option<Body>,
    /// What the server must show.
    pub(crate) proof: Proof<'r>,
    /// How much the server may take.
    pub(crate) limits: Limits,
}

/// What a POST carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    /// The media type.
    pub(crate) media_type: &'static str,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
}

/// What a server must show before the request is sent.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'t> {
    /// A certificate that names it and leads to one of these authorities.
    Certificate(&'t Trust),
    /// Nothing: any certificate will do.
    Nothing,
}

/// How much time and space an exchange may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// For a connection to one address.
    pub(crate) connect: Duration,
    /// For everything together, lookups too.
    pub(crate) total: Duration,
    /// Octets of the body; none: nobody wants it, and it is not read.
    pub(crate) body: Option<usize>,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// The status code.
    pub(crate) status: u16,
    /// The field `Content-Type`, as it stands; none: there is none, or not in ASCII, or more than one.
    pub(crate) content_type: Option<String>,
    /// The body, if it was wanted and the status is 2xx.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Whether the request succeeded (RFC 9110 §15.3).
    #[must_use]
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
