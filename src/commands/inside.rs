//! `mtaspec inside`: any command where relays run, to see what they see.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{self, ExitCode};

use clap::Args;
use mtaspec_harness::namespace::{Surroundings, enter};

use crate::trouble::Trouble;

/// Where `mtaspec run` has the resolver that does not validate.
const RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 0, 2));

/// Run a command in namespaces of its own, as relays are run
///
/// The command has a network without a way out, in which all of 198.18.0.0/15 and 2001:db8::/32 is this machine; a
/// file system that is read-only but for /dev/shm; and it takes everything that it leaves running with it. Its standard
/// input is empty.
#[derive(Debug, Args)]
pub(crate) struct Inside {
    /// The name of the machine inside
    #[arg(long, value_name = "NAME", default_value = "relay.test")]
    hostname: String,
    /// The resolver in /etc/resolv.conf
    #[arg(long, value_name = "ADDRESS", default_value_t = RESOLVER)]
    resolver: IpAddr,
    /// A folder that is empty inside, and in memory
    #[arg(long, value_name = "DIR")]
    private: Vec<PathBuf>,
    /// A folder that can be written to
    #[arg(long, value_name = "DIR")]
    writable: Vec<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Inside {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let surroundings = Surroundings {
            private: self.private,
            writable: self.writable,
            ..Surroundings::new(&self.hostname, self.resolver)
        };
        let entered = enter(&surroundings).map_err(|error| Trouble::with_cause(&error))?;
        let (program, arguments) = self
            .command
            .split_first()
            .expect("one word at least is asked for");
        let mut command = process::Command::new(program);
        command.args(arguments);
        entered
            .run(&command)
            .map_err(|error| Trouble::run(format!("the namespaces have no first process: {error}")))
    }
}
