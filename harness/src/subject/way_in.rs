//! How messages go into a subject: by SMTP, in clear or inside TLS, logged in or not; or by a command.
//!
//! A relay of one's own takes whatever comes at once. One that others look after limits how many connections it takes and
//! how many messages on each; what is too much for it must wait here, or its refusals would be taken for verdicts.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::injection_command::InjectionCommand;
use super::smtp_client::{DialogueError, SmtpClient};

/// Where and how a subject takes messages; clones have the same limits in common.
#[derive(Clone)]
pub struct WayIn {
    means: Means,
    limits: Limits,
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Open>>>,
}

/// What a message goes in by.
#[derive(Debug, Clone)]
pub enum Means {
    /// A connection.
    Smtp(Injection),
    /// A program on this machine, with the message as its standard input.
    Command(InjectionCommand),
}

/// How a connection for injection begins.
#[derive(Debug, Clone)]
pub struct Injection {
    /// Where.
    pub address: SocketAddr,
    /// Whether it goes on inside TLS.
    pub starttls: bool,
    /// Who logs in.
    pub login: Option<Login>,
}

/// Who logs in, and with what (RFC 4954).
#[derive(Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password; it is never printed.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Login")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// How much goes in at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections, or programs, at a time.
    pub at_once: NonZeroUsize,
    /// Messages on one connection.
    pub messages_per_connection: NonZeroUsize,
}

impl Limits {
    /// As many as come, with a connection for each message.
    pub const NONE: Self = Self {
        at_once: NonZeroUsize::new(Semaphore::MAX_PERMITS).expect("a semaphore has permits"),
        messages_per_connection: NonZeroUsize::MIN,
    };
}

/// A connection that can take another message, and how many it took.
pub(super) struct Open {
    pub(super) client: SmtpClient,
    pub(super) messages: usize,
}

impl WayIn {
    /// By these means, within these limits.
    #[must_use]
    pub fn new(means: Means, limits: Limits) -> Self {
        let at_once = limits.at_once.get().min(Semaphore::MAX_PERMITS);
        Self {
            means,
            limits,
            turns: Arc::new(Semaphore::new(at_once)),
            idle: Arc::default(),
        }
    }

    /// What a message goes in by.
    #[must_use]
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// Waits until one more may go in.
    pub(super) async fn turn(&self) -> OwnedSemaphorePermit {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        turn.expect("nobody closes the semaphore")
    }

    /// A connection that was left open by an earlier message.
    pub(super) fn left_open(&self) -> Option<Open> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    /// Leaves a connection to the next message if it may take one more, and ends it in order otherwise.
    pub(super) async fn leave(&self, mut open: Open) {
        let may_go_on = open.messages < self.limits.messages_per_connection.get();
        if may_go_on
            && matches!(open.client.command("RSET").await, Ok(reply) if reply.is_positive())
        {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            return idle.push(open);
        }
        // The message is answered for; how the subject says goodbye does not matter.
        let _: Result<_, DialogueError> = open.client.command("QUIT").await;
    }
}

impl From<SocketAddr> for WayIn {
    /// In clear, without logging in and without limits.
    fn from(address: SocketAddr) -> Self {
        let injection = Injection {
            address,
            starttls: false,
            login: None,
        };
        Self::new(Means::Smtp(injection), Limits::NONE)
    }
}
