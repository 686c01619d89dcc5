//! STARTTLS, and what a session may do before it and when it has brought too little (RFC 3207 §4).

use std::time::Duration;

use crate::engine::Service;
use crate::tls::Accepted;

use super::super::lines::Lines;
use super::other_side::OtherSide;
use super::session::{End, Session};

/// How long the other side has for the handshake: like a command (RFC 5321 §4.5.3.2.7).
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(5 * 60);
/// The bits of strength that a session must have where TLS is demanded.
///
/// Choice: 128, below which RFC 9325 §4.1 wants no suite; Triple-DES with its 112 bits is too weak. Where nothing is demanded
/// it is still better than plaintext, and taken (RFC 9325 §5.2).
const STRENGTH: u16 = 128;

const MUST_START_TLS: &str = "530 5.7.0 Must issue a STARTTLS command first";
const TOO_WEAK: &str = "554 5.7.0 Refused: the protection of this session is too weak";
const REQUIRETLS_NEEDS_TLS: &str = "530 5.7.10 REQUIRETLS needs TLS: STARTTLS first";
const NO_REQUIRETLS: &str = "555 5.5.4 REQUIRETLS is not offered here";
const LOGIN_NEEDS_TLS: &str = "523 5.7.10 Logging in needs TLS: STARTTLS first";

impl Session<'_> {
    /// Whether STARTTLS would be carried out.
    pub(super) fn can_start_tls(&self) -> bool {
        self.other.tls.is_none() && self.receiver.workshop().acceptor.is_some()
    }

    /// The refusal of a command that is not carried out in a session as it stands, whatever it says.
    pub(super) fn demand(&self, line: &[u8]) -> Option<&'static str> {
        let verb = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        let is_one_of = |verbs: &[&str]| {
            verbs
                .iter()
                .any(|known| verb.eq_ignore_ascii_case(known.as_bytes()))
        };
        if !self.demands_tls() {
            return None;
        }
        match &self.other.tls {
            None if is_one_of(&["NOOP", "EHLO", "STARTTLS", "QUIT"]) => None,
            // Choice: of the two codes for a login outside TLS the one that is not kept for history alone
            // (RFC 5248 §2.4, RFC 4954 §6).
            None if is_one_of(&["AUTH"]) && self.other.is_submission() => Some(LOGIN_NEEDS_TLS),
            None => Some(MUST_START_TLS),
            Some(tls) if tls.suite.bits < STRENGTH && !is_one_of(&["QUIT"]) => Some(TOO_WEAK),
            Some(_) => None,
        }
    }

    /// A private server demands TLS if it is told to (RFC 3207 §4); a submission server always, since users log in there
    /// (RFC 8314 §3).
    fn demands_tls(&self) -> bool {
        match self.other.service {
            Service::Injection => false,
            Service::Mx => self.receiver.workshop().settings.receiving.demand_tls,
            Service::Submission | Service::Submissions => true,
        }
    }

    /// Whether a message may come with REQUIRETLS (RFC 8689 §2): inside TLS, as strong as where TLS is demanded.
    ///
    /// Choice: on the injection service also in plaintext. Whoever reaches its address is trusted as this machine is, and what
    /// the parameter asks begins where the message leaves it.
    pub(super) fn can_require_tls(&self) -> bool {
        match (&self.other.tls, self.other.service) {
            (Some(tls), _) => tls.suite.bits >= STRENGTH,
            (None, service) => service == Service::Injection,
        }
    }

    /// The refusal of REQUIRETLS in a session as it stands.
    ///
    /// Choice: 530 outside TLS, as for any command that needs STARTTLS first (RFC 3207 §4); RFC 8689 names no reply. Where no
    /// TLS is to be had the parameter is one that is not offered (RFC 5321 §4.1.1.11).
    pub(super) fn refusal_of_requiretls(&self) -> Option<&'static str> {
        if self.can_require_tls() {
            None
        } else if self.other.tls.is_some() {
            Some(TOO_WEAK)
        } else if self.can_start_tls() {
            Some(REQUIRETLS_NEEDS_TLS)
        } else {
            Some(NO_REQUIRETLS)
        }
    }

    /// STARTTLS.
    pub(super) async fn start_tls(&mut self) -> Result<(), End> {
        if self.other.tls.is_some() {
            return self.object("503 5.5.1 TLS is already there").await;
        }
        if !self.can_start_tls() {
            return self
                .object("502 5.5.1 This command is not known here")
                .await;
        }
        if self.other.greeting.is_none() {
            return self.object("503 5.5.1 STARTTLS comes after EHLO").await;
        }
        self.say("220 2.0.0 Ready to start TLS").await?;
        self.secure().await
    }

    /// Makes the handshake. What came in plaintext before it is never read as if it had come inside TLS (RFC 3207 §6), and
    /// nothing that was said before counts any more (RFC 3207 §4.2).
    pub(super) async fn secure(&mut self) -> Result<(), End> {
        let workshop = self.receiver.workshop();
        let Some(acceptor) = &workshop.acceptor else {
            tracing::error!(service = ?self.other.service, "there is no certificate to show");
            return Err(End::Gone);
        };
        let nothing = Lines::new(Box::new(tokio::io::empty()));
        let (stream, dropped) = std::mem::replace(&mut self.lines, nothing).into_stream();
        let from = self.other.from;
        if dropped > 0 {
            tracing::warn!(%from, dropped, "plaintext behind STARTTLS was thrown away");
        }
        let outside = &self.receiver.outside;
        let accepted = outside
            .within(HANDSHAKE_LIMIT, acceptor.accept(stream))
            .await;
        let Accepted { stream, facts } = match accepted {
            Ok(Ok(accepted)) => accepted,
            Ok(Err(fault)) => {
                tracing::info!(%from, %fault, "a handshake failed");
                return Err(End::Gone);
            }
            Err(limit) => {
                tracing::info!(%from, %limit, "a handshake failed");
                return Err(End::Gone);
            }
        };
        tracing::debug!(%from, cipher = facts.suite.registered, "TLS");
        self.lines = Lines::new(stream);
        self.transaction = None;
        self.other = OtherSide {
            tls: Some(facts),
            ..OtherSide::new(self.other.service, from)
        };
        Ok(())
    }
}
