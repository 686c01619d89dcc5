//! A case's own clock: it stands still while anybody computes and moves when all that the subject waits for is held.
//!
//! A case of weeks passes in milliseconds and always the same way, whatever the machine's load. Under one lock, after
//! every change, the clock jumps to the earliest armed deadline if, and only if,
//!
//! 1. **nobody is busy**: every task of the subject waits, and none of its wakers was called since;
//! 2. **something is open and everything open is held**: a dial goes to an address where nobody answers, or the fake
//!    at the other end of a connection has said that it will send nothing more, or nothing before it hears more;
//! 3. **nothing is in flight**: the subject has received what that fake has sent, and what it has sent itself is read
//!    by a fake that reads;
//! 4. **a deadline is armed**.
//!
//! Nothing open and nobody busy is *idle*: then only the story moves the clock, deadline by deadline.
//! The subject's tasks, dials, listeners and datagrams must all go through here, or the count lies. Fakes speak of their holds;
//! what they do between two holds takes no time at all on this clock.

mod case_clock;
mod patience;
mod rule;
mod stream;
mod task;

pub use case_clock::{CaseClock, Hold, Standstill};
pub use patience::Stuck;
pub use rule::Hearing;
pub use stream::{CountedListener, CountedStream, Expected, source_towards};

#[cfg(test)]
mod tests;
