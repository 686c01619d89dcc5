//! The resolvers asked over real sockets.

mod bench;
mod denial;
mod dnssec;
mod faults;
mod limits;
mod questions;
mod robustness;
mod signatures;
mod validator;
mod whole_world;
