//! Station 3: the fakes. DNS, SMTP and HTTPS servers that are healthy, or misbehave exactly as told.

pub mod dns;
pub mod faults;
pub mod smtp;
pub mod tls;
pub mod wire;
