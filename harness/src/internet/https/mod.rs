//! HTTPS fakes: policy hosts (RFC 8461 §3.3) and those that take TLS reports by POST (RFC 8460 §5.4).
//!
//! `fake` listens. `visit` takes one connection through TLS, its request and the answer; `deeds` does what faults say
//! of the answer. `site` knows what stands under which name and path, `policy` the text of a policy as published.
//! `request` and `answer` are HTTP/1.1 (RFC 9112) as far as a fetch and a POST need it. What was posted, `collectors` unpacks.

mod fake;

mod deeds;
mod visit;

mod answer;
mod policy;
mod request;
mod site;

pub use fake::{HttpsFake, HttpsSetup};
pub use site::Site;

/// Where an HTTPS host listens.
pub(super) const PORT: u16 = 443;
