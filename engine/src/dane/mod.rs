//! DANE for SMTP (RFC 7672, with RFC 6698 and RFC 7671): what the TLSA records of a host ask of a session with it.
//!
//! `tlsa` reads one record, `association` says whether it is usable, `records` makes of a whole set what a host has to
//! show and judges the chain it showed, by `selection` (which bytes a record speaks of), `anchor` (usage 2) and the names
//! that `tls` reads. None of these looks anything up; `asked` does, by the security state that `route` tells of each
//! answer.

mod anchor;
mod asked;
#[cfg(test)]
mod asked_tests;
mod association;
mod fault;
mod records;
#[cfg(test)]
mod records_tests;
mod selection;
#[cfg(test)]
pub(crate) mod testing;
mod tlsa;

#[cfg(test)]
pub(crate) use asked::Published;
pub(crate) use asked::{Asked, asked_of};
pub(crate) use fault::{DaneFault, TlsaFault};
pub(crate) use records::Records;
pub(crate) use tlsa::Tlsa;
