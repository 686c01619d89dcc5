//! Namespaces of its own for a relay that cannot be told where the Internet is: it has ports 25, 53 and 443, a resolver, a
//! host name and folders to write to, and nothing of what it does reaches the machine or the world.
//!
//! Two processes stand between the caller and what runs inside. The *outer* one has one thread: it enters ([`enter`]),
//! starts the *guard* and waits ([`Entered::run`]). The guard ([`guard`]) is the first process of the PID namespace: when
//! it ends, for whatever reason, the kernel ends everything inside, daemons included. It ends with the command that it
//! started, and with the outer process. All that is written lies on file systems in memory that end with the last process,
//! so that nothing stays behind whatever dies.
//!
//! | namespace | why |
//! |---|---|
//! | user, unless root | the right to make the others; the user is mapped to itself, since Exim refuses to be root |
//! | network | ports and addresses of its own; no way out |
//! | mount | `/etc/resolv.conf`, spool folders, a file system that cannot be written to |
//! | process (PID) | nothing outlives the run |
//! | host name (UTS) | what the relay says in EHLO |
//! | IPC | no shared memory with a relay of the machine |

mod cut_off;
mod entering;
mod error;
mod guarding;
mod kind;
mod mount_table;
mod mounts;
mod network;
mod rtnetlink;
mod user;

pub use entering::{Entered, SCRATCH, Surroundings, enter};
pub use error::NamespaceError;
pub use guarding::{GUARD, GuardError, guard};
pub use kind::{Kind, try_making};
pub use network::{ADDRESS, IPV6_ADDRESS};
