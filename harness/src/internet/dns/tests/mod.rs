//! The resolvers asked over real sockets.

mod bench;
mod faults;
mod questions;
mod robustness;
mod whole_world;
