//! A subject that is a program: started for one case, told by files and signals, watched through a proxy.
//!
//! All that it connects to goes through a SOCKS5 proxy of the case (`proxy`), which knows the logical addresses, records
//! dials that nobody answers, and tells when nothing is open. `program` is the running program, `profile` what is known
//! of a kind of program, `at_work` both together as a subject. The time of such a case is the world's: nothing here can
//! move it.

mod at_work;
mod profile;
mod program;
mod proxy;

pub use at_work::ProcessSubject;
pub use profile::{Entry, Profile, Setup, Told};
