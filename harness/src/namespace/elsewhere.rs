//! The same on systems that have no such namespaces: everything says so.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, ExitCode};

use super::{GuardError, Kind, NamespaceError, Surroundings};

/// Cannot be done here.
///
/// # Errors
/// Always.
pub fn enter(_: &Surroundings) -> Result<Entered, NamespaceError> {
    Err(NamespaceError::NotLinux)
}

/// A process that has entered: here there is none.
#[derive(Debug)]
pub struct Entered(Infallible);

impl Entered {
    /// Nobody can call it.
    ///
    /// # Errors
    /// Never.
    pub fn run(self, _: &Command) -> io::Result<ExitCode> {
        match self.0 {}
    }
}

/// Cannot be done here.
///
/// # Errors
/// Always.
pub fn guard(_: &OsStr, _: &[OsString]) -> Result<u8, GuardError> {
    Err(GuardError::NotFirst)
}

/// Cannot be done here.
///
/// # Errors
/// Always.
pub fn try_making(_: Kind) -> Result<(), NamespaceError> {
    Err(NamespaceError::NotLinux)
}
