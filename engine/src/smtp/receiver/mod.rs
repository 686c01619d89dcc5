//! The receiver: it takes messages over (RFC 5321 §4.1.4), from everybody for the engine's own domains and from those who may
//! send through it for all.
//!
//! A session (`session`) reads commands and carries them out; `securing` has STARTTLS and what is demanded before it
//! (RFC 3207), `login` AUTH (RFC 4954), `transaction` MAIL and RCPT, `content` what comes behind DATA. What a session
//! knows of the other side is in `other_side`.

mod content;
mod login;
mod other_side;
mod sasl;
mod securing;
mod session;
mod transaction;

pub(crate) use content::Taken;
pub(crate) use session::{Host, Receiver};
