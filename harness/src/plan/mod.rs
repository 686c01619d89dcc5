//! Station 2: the cases of a run, with names, addresses and messages of their own, what is skipped and why.
//!
//! Scenario files write plain names under `.test`; the plan puts each case below a label of its own, gives every host
//! logical addresses and every message an envelope sender of its own. Nothing here opens a socket.

mod addresses;
mod label;
mod literals;
mod messages;
mod names;
mod order;
mod planned;
mod pool;
mod prefix;
mod story_addresses;
pub(crate) mod warm_up;

pub use addresses::{AddressBook, AddressError, AddressMode};
pub use label::Label;
pub use literals::Literals;
pub use messages::{MailPlan, PlannedMail, without_tokens};
pub use names::{Names, ascii};
pub use order::{Order, Shard, ShardError, Skip, Skipped, is_in_build};
#[cfg(test)]
pub(crate) use planned::healthy_case;
pub use planned::{PlanError, PlanOptions, PlannedCase};
pub use pool::{Pool, PoolError, Pools, Ports};
pub use prefix::{Prefix, PrefixError};
pub use story_addresses::HostAddresses;
