//! The reference enforcement engine.

pub mod outside;
