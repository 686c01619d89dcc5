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

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod entering;
mod error;
#[cfg(target_os = "linux")]
mod guarding;
mod kind;
#[cfg(target_os = "linux")]
mod making;
#[cfg(target_os = "linux")]
mod mount_table;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod rtnetlink;
mod surroundings;
mod user;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Entered, enter, guard, try_making};
#[cfg(target_os = "linux")]
pub use entering::{Entered, enter};
pub use error::{GuardError, NamespaceError};
#[cfg(target_os = "linux")]
pub use guarding::guard;
pub use kind::Kind;
#[cfg(target_os = "linux")]
pub use making::try_making;
pub use surroundings::{ADDRESS, GUARD, IPV6_ADDRESS, SCRATCH, Surroundings, TEMPORARY};
pub use user::{is_root, open_files, user_name};
