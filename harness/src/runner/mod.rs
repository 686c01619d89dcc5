//! Cases through the stations: each is played in a world of its own and recorded, and judged when its twins are too.

mod at_once;
mod case;
mod causes;
mod controls;
mod inbound;
mod run;
mod schedule;
mod warm_up;

pub use at_once::{RelayRunError, play_at_once, play_first, tell_relay};
pub use case::Player;
pub use causes::with_causes;
pub use controls::{Misconfigured, control_failed, controls};
pub use run::{Stop, play_all};
pub use schedule::{Evidence, twins_beside};
