//! A store in a folder: one file an entry, written beside its place, synced, and renamed into it.
//!
//! ```text
//! DIR/version         one line, `mtaspec-store 1`
//! DIR/lock            locked while a program has the store open
//! DIR/messages/NAME   the entries, a folder a kind
//! DIR/unfinished/     what was being written; swept when the store is opened
//! DIR/aside/          entries that could not be read, for a person to look at
//! ```
//!
//! File and folder are synced before `put` and `remove` return, so that what they did outlasts a loss of power too. Who
//! only looks (`look`) needs no lock: each file is whole at any moment.

mod layout;
mod store;

pub use layout::FolderError;
pub use store::FolderStore;
