//! The chores of mtaspec.

fn main() {}
