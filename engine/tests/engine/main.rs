//! The engine as a whole, in a world of scripted peers that live in memory.

mod delivery;
mod peer;
mod world;
