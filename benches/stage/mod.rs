//! What benches of servers stand on: a fake MX host, certificates, a client, and the measure of its and their work.

pub(crate) mod certificates;
pub(crate) mod mail_host;
pub(crate) mod processor_time;
pub(crate) mod talk;
pub(crate) mod tls_client;
