//! AUTH (RFC 4954), with the mechanisms PLAIN (RFC 4616) and LOGIN, inside TLS alone.

use super::super::command::Secret;
use super::sasl;
use super::session::{End, Session};

/// The most octets of a line of the exchange (RFC 4954 §4).
const LINE_LIMIT: usize = 12_288;
/// The most logins of a session that fail.
const FAILURE_LIMIT: u32 = 3;

/// What LOGIN asks for: `Username:` and `Password:` in base64.
const LOGIN_USER: &str = "334 VXNlcm5hbWU6";
const LOGIN_PASSWORD: &str = "334 UGFzc3dvcmQ6";

/// Why an exchange has no credentials.
enum Broken {
    /// The other side sent `*`.
    Cancelled,
    /// Not what the mechanism wants.
    Malformed,
    /// The session ends.
    Ended(End),
}

impl From<End> for Broken {
    fn from(end: End) -> Self {
        Self::Ended(end)
    }
}

impl Session<'_> {
    /// Whether AUTH is listed: where users log in, inside TLS.
    pub(super) fn can_log_in(&self) -> bool {
        self.other.is_submission() && self.other.tls.is_some()
    }

    /// AUTH.
    pub(super) async fn auth(
        &mut self,
        mechanism: &str,
        initial: Option<Secret>,
    ) -> Result<(), End> {
        if !self.can_log_in() {
            return self
                .object("502 5.5.1 This command is not known here")
                .await;
        }
        if self.other.greeting.is_none() {
            return self.object("503 5.5.1 AUTH comes after EHLO").await;
        }
        if self.other.user.is_some() || self.transaction.is_some() {
            return self
                .object("503 5.5.1 AUTH comes once, and before MAIL")
                .await;
        }
        let credentials = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => self.plain(initial).await,
            "LOGIN" => self.login(initial).await,
            _ => {
                return self
                    .object("504 5.5.4 This mechanism is not known here")
                    .await;
            }
        };
        match credentials {
            Ok(credentials) => self.admit(&credentials).await,
            Err(Broken::Cancelled) => self.object("501 5.7.0 The login was cancelled").await,
            Err(Broken::Malformed) => {
                self.object("501 5.5.2 This is not what the mechanism wants")
                    .await
            }
            Err(Broken::Ended(end)) => Err(end),
        }
    }

    async fn admit(&mut self, credentials: &sasl::Credentials) -> Result<(), End> {
        let workshop = self.receiver.workshop();
        let from = self.other.from;
        if credentials.fit_one_of(&workshop.settings.receiving.accounts) {
            tracing::info!(%from, user = credentials.user, "logged in");
            self.other.user = Some(credentials.user.clone());
            return self.say("235 2.7.0 Logged in").await;
        }
        tracing::warn!(%from, "a login failed");
        self.failed_logins += 1;
        if self.failed_logins >= FAILURE_LIMIT {
            self.say("421 4.7.0 Too many failed logins").await?;
            return Err(End::Gone);
        }
        self.object("535 5.7.8 The credentials are wrong").await
    }

    async fn plain(&mut self, initial: Option<Secret>) -> Result<sasl::Credentials, Broken> {
        let response = self.response(initial, "334 ").await?;
        sasl::Credentials::of_plain(&response).ok_or(Broken::Malformed)
    }

    async fn login(&mut self, initial: Option<Secret>) -> Result<sasl::Credentials, Broken> {
        let user = self.response(initial, LOGIN_USER).await?;
        let password = self.response(None, LOGIN_PASSWORD).await?;
        sasl::Credentials::new(user, password).ok_or(Broken::Malformed)
    }

    /// What came with the command, or the answer to a challenge.
    async fn response(
        &mut self,
        initial: Option<Secret>,
        challenge: &str,
    ) -> Result<Vec<u8>, Broken> {
        let text = match initial {
            // An equals sign stands for an empty response (RFC 4954 §4).
            Some(Secret(text)) if text == "=" => return Ok(Vec::new()),
            Some(Secret(text)) => text.into_bytes(),
            None => {
                self.say(challenge).await?;
                self.next_line(LINE_LIMIT).await?
            }
        };
        if text == b"*" {
            return Err(Broken::Cancelled);
        }
        sasl::decoded(&text).ok_or(Broken::Malformed)
    }
}
