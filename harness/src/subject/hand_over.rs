//! Injection: one message goes into the subject, and every answer is noted.

use std::time::SystemTime;

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::Message;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::envelope::{mail_command, rcpt_command};
use super::injection_command::{CommandError, InjectionCommand};
use super::message::compose;
use super::replies::Reply;
use super::smtp_client::{DialogueError, SmtpClient};
use super::way_in::{Injection, Means, Open, WayIn};
use crate::plan::PlannedMail;
use crate::recorder::{Recorder, Teller};

/// How often a message that the subject does not want just now is offered.
const OFFERS: usize = 4;
/// The reply that speaks of the service, not of a message (RFC 5321 §3.8).
const NO_SERVICE: u16 = 421;

/// Hands messages over to a subject.
pub struct HandOver<'a> {
    /// How the subject takes messages.
    pub way: WayIn,
    /// The subject's own domain, labelled.
    pub home: &'a str,
    /// The time of the case, for the Date field.
    pub now: SystemTime,
    /// Takes the answers.
    pub recorder: &'a Recorder,
}

/// Why a message could not be handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InjectionError {
    /// The dialogue broke off.
    #[error("message `{message}` could not be injected")]
    Dialogue {
        /// Its name.
        message: String,
        /// How.
        #[source]
        source: DialogueError,
    },
    /// The command gave no answer.
    #[error("message `{message}` could not be injected")]
    Command {
        /// Its name.
        message: String,
        /// Why.
        #[source]
        source: CommandError,
    },
    /// A command has no place for it.
    #[error(
        "message `{message}` needs {what}, which no command can say; take away --inject-command, or the capability"
    )]
    Unsayable {
        /// Its name.
        message: String,
        /// The parameter.
        what: &'static str,
    },
    /// The subject had no time for anybody.
    #[error("message `{message}` was put off {OFFERS} times: {code} {text}")]
    PutOff {
        /// Its name.
        message: String,
        /// The last answer.
        code: u16,
        /// Its text.
        text: String,
    },
}

/// What became of one offer.
enum Offered {
    /// Every recipient has an answer; none of them asks to come back.
    Answered {
        /// None as the recipient: all of them.
        answers: Vec<(Option<String>, Reply)>,
        /// The connection, where there is still something to say on it.
        open: Option<Open>,
    },
    /// Come back later.
    Later(Reply),
}

impl HandOver<'_> {
    /// Hands over one message, or one copy of it. One that is put off each time was not taken, and its last answer counts.
    ///
    /// # Errors
    /// When the subject breaks off, or closes each time before it looks at the message.
    pub async fn inject(
        &self,
        message: &Message,
        mail: &PlannedMail,
    ) -> Result<(), InjectionError> {
        let mut last = None;
        for _ in 0..OFFERS {
            let _turn = self.way.turn().await;
            match self.offer(message, mail).await? {
                Offered::Answered { answers, open } => {
                    for (recipient, reply) in answers {
                        self.note(&mail.message, recipient, reply);
                    }
                    if let Some(open) = open {
                        self.way.leave(open).await;
                    }
                    return Ok(());
                }
                Offered::Later(reply) => last = Some(reply),
            }
        }
        let last = last.expect("there is at least one offer");
        if last.code != NO_SERVICE {
            self.note(&mail.message, None, last);
            return Ok(());
        }
        let Reply { code, text } = last;
        Err(InjectionError::PutOff {
            message: mail.message.clone(),
            code,
            text,
        })
    }

    fn note(&self, message: &str, recipient: Option<String>, reply: Reply) {
        let teller = Teller {
            message: Some(message.to_owned()),
            ..Teller::default()
        };
        let Reply { code, text } = reply;
        let what = What::Injected {
            recipient,
            code,
            text,
        };
        self.recorder.record(teller, what);
    }

    async fn offer(
        &self,
        message: &Message,
        mail: &PlannedMail,
    ) -> Result<Offered, InjectionError> {
        let content = compose(message, mail, self.home, &self.date());
        match self.way.means() {
            Means::Smtp(injection) => {
                let offered = self.offer_over(injection, message, mail, &content).await;
                offered.map_err(|source| InjectionError::Dialogue {
                    message: mail.message.clone(),
                    source,
                })
            }
            Means::Command(command) => offer_to(command, message, mail, &content).await,
        }
    }

    async fn offer_over(
        &self,
        injection: &Injection,
        message: &Message,
        mail: &PlannedMail,
        content: &[u8],
    ) -> Result<Offered, DialogueError> {
        let mail_from = mail_command(message, mail, content.len(), content.is_ascii());
        let (mut open, answer) = self.begin(injection, &mail_from).await?;
        let client = &mut open.client;
        if !answer.is_positive() {
            return Ok(if answer.is_for_later() {
                Offered::Later(answer)
            } else {
                Offered::Answered {
                    answers: vec![(None, answer)],
                    open: None,
                }
            });
        }
        let mut answers = Vec::new();
        let mut taken = Vec::new();
        for recipient in &message.to {
            let reply = client.command(&rcpt_command(message, recipient)).await?;
            if reply.is_for_later() {
                return Ok(Offered::Later(reply));
            }
            if reply.is_positive() {
                taken.push(recipient);
            } else {
                answers.push((Some(recipient.clone()), reply));
            }
        }
        if !taken.is_empty() {
            let mut reply = client.command("DATA").await?;
            if reply.is_positive() {
                reply = client.content(content).await?;
            }
            if reply.is_for_later() {
                return Ok(Offered::Later(reply));
            }
            let each = taken
                .into_iter()
                .map(|recipient| (Some(recipient.clone()), reply.clone()));
            answers.extend(each);
        }
        open.messages += 1;
        Ok(Offered::Answered {
            answers,
            open: Some(open),
        })
    }

    /// A connection on which MAIL is said, and the answer. One that an earlier message left may be over by now; then
    /// another is opened.
    async fn begin(
        &self,
        injection: &Injection,
        mail_from: &str,
    ) -> Result<(Open, Reply), DialogueError> {
        while let Some(mut open) = self.way.left_open() {
            if let Ok(answer) = open.client.command(mail_from).await
                && answer.code != NO_SERVICE
            {
                return Ok((open, answer));
            }
        }
        let name = format!("client.{}", self.home);
        let (mut client, mut answer) = SmtpClient::open(injection, &name).await?;
        if answer.is_positive() {
            answer = client.command(mail_from).await?;
        }
        Ok((
            Open {
                client,
                messages: 0,
            },
            answer,
        ))
    }

    fn date(&self) -> String {
        OffsetDateTime::from(self.now)
            .format(&Rfc2822)
            .expect("a date of our time can be written")
    }
}

/// Hands a message to a command. One answer speaks of all recipients.
async fn offer_to(
    command: &InjectionCommand,
    message: &Message,
    mail: &PlannedMail,
    content: &[u8],
) -> Result<Offered, InjectionError> {
    let parameters = [
        (message.requiretls, "REQUIRETLS"),
        (message.smtputf8, "SMTPUTF8"),
        (message.ret.is_some(), "RET"),
        (message.envid.is_some(), "ENVID"),
        (!message.notify.is_empty(), "NOTIFY"),
    ];
    if let Some((_, what)) = parameters.into_iter().find(|(is_said, _)| *is_said) {
        let message = mail.message.clone();
        return Err(InjectionError::Unsayable { message, what });
    }
    let answer = command.run(&mail.sender, &message.to, content).await;
    let reply = answer.map_err(|source| InjectionError::Command {
        message: mail.message.clone(),
        source,
    })?;
    if reply.is_for_later() {
        return Ok(Offered::Later(reply));
    }
    let each = message
        .to
        .iter()
        .map(|to| (Some(to.clone()), reply.clone()));
    Ok(Offered::Answered {
        answers: each.collect(),
        open: None,
    })
}

#[cfg(test)]
mod tests;
