//! What the harness has to know of a kind of program to have it as a subject.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::super::contract::{Briefing, Instructions, Listed, ReceiverPort, SubjectError};

/// Where a program finds what it needs.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// A folder of its own, in which its files are.
    pub folder: &'a Path,
    /// The SOCKS5 proxy through which it connects.
    pub proxy: SocketAddr,
    /// The resolver that it asks.
    pub resolver: SocketAddr,
}

/// What a program said on its standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It takes mail.
    Ready {
        /// Where messages are handed over.
        injection: SocketAddr,
        /// Where it takes mail from others.
        receiver: BTreeMap<ReceiverPort, SocketAddr>,
    },
    /// What a signal asked for is done.
    Done,
    /// It cannot be done.
    Refused(String),
}

/// A recipient in the queue of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub listed: Listed,
    /// It is tried now, or about to be.
    pub is_due: bool,
}

/// A kind of program.
pub trait Profile: Send + Sync {
    /// As `--subject` has it.
    fn name(&self) -> &str;

    /// As the program prints it.
    fn version(&self) -> String;

    /// What it can do, in the words of SCENARIOS §10.
    fn capabilities(&self) -> BTreeSet<String>;

    /// The files that it is told by: names in its folder, and their content.
    ///
    /// # Errors
    /// When it cannot be told something.
    fn files(
        &self,
        briefing: &Briefing,
        instructions: &Instructions,
    ) -> Result<Vec<(String, Vec<u8>)>, SubjectError>;

    /// How it is started. It runs until it is killed, and says on standard output what `understand` reads.
    fn start(&self, setup: Setup<'_>) -> Command;

    /// What a line of its standard output says; none: nothing that matters.
    fn understand(&self, line: &str) -> Option<Told>;

    /// How its queue is listed while it runs.
    fn list_queue(&self, setup: Setup<'_>) -> Command;

    /// Reads the list. An error says what is wrong with it.
    ///
    /// # Errors
    /// Says what cannot be read.
    fn read_queue(&self, text: &str) -> Result<Vec<Entry>, String>;
}
