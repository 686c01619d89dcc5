//! Cases through the stations: each is played in a world of its own and recorded, and judged when its twins are too.

mod case;
mod causes;
mod inbound;
mod run;
mod schedule;
mod warm_up;

pub use case::Player;
pub use causes::with_causes;
pub use run::{Stop, play_all};
pub use schedule::{Evidence, twins_beside};
