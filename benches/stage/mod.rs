//! What benches of servers stand on: a fake MX host, certificates, and a client that speaks to both.

pub(crate) mod certificates;
pub(crate) mod mail_host;
pub(crate) mod talk;
pub(crate) mod tls_client;
