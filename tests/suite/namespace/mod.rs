//! What a relay finds in the namespaces, and that nothing of it is left: as root, and as an ordinary user.
//!
//! A test that looks at things from inside starts itself there: [`inside::Inside::tests`].

mod ending;
mod inside;
mod machine;
mod missing;
