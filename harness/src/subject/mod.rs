//! Station 4: the subject. What it is told, what it is asked, and how a message is handed over to it.
//!
//! A subject is a black box: it gets DNS, SMTP and HTTPS, and a message. The built-in engine is one among others.

mod contract;
pub(crate) mod dkim;
mod elsewhere;
mod envelope;
mod external;
mod hand_over;
mod injection_command;
mod message;
mod process;
pub mod profile;
pub(crate) mod replies;
mod report;

mod silence;
mod smtp_client;
mod unanswered;
mod way_in;

pub use contract::{
    Briefing, Instructions, Listed, OwnIdentity, ReceiverPort, ReportKey, Running, Subject,
    SubjectError,
};
pub use elsewhere::RelayElsewhere;
pub(crate) use envelope::{mail_command, rcpt_command, stuffed};
pub use external::{RelayOfRun, Shift, relay_folder, tell_first_step};
pub use hand_over::{HandOver, InjectionError};
pub use injection_command::{CommandError, InjectionCommand, InjectionCommandError};
pub(crate) use message::compose;
pub use process::{Entry, ProcessSubject, Profile, Setup, Told};
pub use silence::Patience;
pub use smtp_client::DialogueError;
pub use unanswered::tell_unanswered;
pub use way_in::{Injection, Limits, Login, Means, WayIn};
