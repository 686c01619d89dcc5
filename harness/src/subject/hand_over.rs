//! Injection: one message goes into the subject, and every answer is noted.

use std::net::SocketAddr;
use std::time::SystemTime;

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::Message;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::envelope::{mail_command, rcpt_command};
use super::message::compose;
use super::replies::Reply;
use super::smtp_client::{DialogueError, SmtpClient};
use crate::plan::PlannedMail;
use crate::recorder::{Recorder, Teller};

/// How often a message that the subject does not want just now is offered.
const OFFERS: usize = 4;

/// Hands messages over to a subject.
pub struct HandOver<'a> {
    /// Where the subject takes messages.
    pub address: SocketAddr,
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
    /// The subject put it off each time.
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
        client: Option<SmtpClient>,
    },
    /// Come back later.
    Later(Reply),
}

impl HandOver<'_> {
    /// Hands over one message, or one copy of it.
    ///
    /// # Errors
    /// When the subject breaks off or puts it off each time.
    pub async fn inject(
        &self,
        message: &Message,
        mail: &PlannedMail,
    ) -> Result<(), InjectionError> {
        let mut last = None;
        for _ in 0..OFFERS {
            let offered = self.offer(message, mail).await;
            let offered = offered.map_err(|source| InjectionError::Dialogue {
                message: mail.message.clone(),
                source,
            })?;
            match offered {
                Offered::Answered { answers, client } => {
                    for (recipient, reply) in answers {
                        self.note(&mail.message, recipient, reply);
                    }
                    if let Some(mut client) = client {
                        // The message is answered for; how the subject says goodbye does not matter.
                        let _ = client.command("QUIT").await;
                    }
                    return Ok(());
                }
                Offered::Later(reply) => last = Some(reply),
            }
        }
        let Reply { code, text } = last.expect("there is at least one offer");
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

    async fn offer(&self, message: &Message, mail: &PlannedMail) -> Result<Offered, DialogueError> {
        let content = compose(message, mail, self.home, &self.date());
        let (mut client, greeting) = SmtpClient::connect(self.address).await?;
        let mut answer = greeting;
        if answer.is_positive() {
            answer = client
                .command(&format!("EHLO client.{}", self.home))
                .await?;
        }
        if answer.is_positive() {
            let mail_from = mail_command(message, mail, content.len(), content.is_ascii());
            answer = client.command(&mail_from).await?;
        }
        if !answer.is_positive() {
            return Ok(if answer.is_for_later() {
                Offered::Later(answer)
            } else {
                Offered::Answered {
                    answers: vec![(None, answer)],
                    client: None,
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
                reply = client.content(&content).await?;
            }
            if reply.is_for_later() {
                return Ok(Offered::Later(reply));
            }
            let each = taken
                .into_iter()
                .map(|recipient| (Some(recipient.clone()), reply.clone()));
            answers.extend(each);
        }
        Ok(Offered::Answered {
            answers,
            client: Some(client),
        })
    }

    fn date(&self) -> String {
        OffsetDateTime::from(self.now)
            .format(&Rfc2822)
            .expect("a date of our time can be written")
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;
    use crate::clock::CaseClock;

    /// A receiver that answers line by line from a script and keeps what it was told.
    async fn receiver(
        scripts: Vec<Vec<&'static str>>,
    ) -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut heard = Vec::new();
            for script in scripts {
                let (tcp, _) = listener.accept().await.unwrap();
                let mut tcp = BufReader::new(tcp);
                for reply in script {
                    tcp.write_all(format!("{reply}\r\n").as_bytes())
                        .await
                        .unwrap();
                    let in_data = reply.starts_with("354");
                    let mut line = String::new();
                    while tcp.read_line(&mut line).await.unwrap() > 0 {
                        if !in_data {
                            heard.push(line.trim_end().to_owned());
                        }
                        if !in_data || line == ".\r\n" {
                            break;
                        }
                        line.clear();
                    }
                }
            }
            heard
        });
        (address, task)
    }

    async fn injected(
        message: Message,
        scripts: Vec<Vec<&'static str>>,
    ) -> (Result<(), InjectionError>, Vec<String>, Vec<String>) {
        let (address, task) = receiver(scripts).await;
        let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
        let recorder = Recorder::new(clock, "abcdefg2");
        let mail = PlannedMail {
            message: "first".into(),
            copy: 1,
            sender: "sender+mtabcdefghij@home.test".into(),
            header_canary: "mtaspec-header-abcdefghij".into(),
            body_canary: "mtaspec-body-abcdefghij".into(),
        };
        let hand_over = HandOver {
            address,
            home: "home.test",
            now: SystemTime::UNIX_EPOCH,
            recorder: &recorder,
        };
        let result = hand_over.inject(&message, &mail).await;
        let noted = recorder
            .events()
            .into_iter()
            .map(|event| match event.what {
                What::Injected {
                    recipient, code, ..
                } => format!("{recipient:?} {code}"),
                other => format!("{other:?}"),
            })
            .collect();
        (result, task.await.unwrap(), noted)
    }

    #[tokio::test]
    async fn the_parameters_of_a_message_are_said_and_each_recipient_has_its_answer() {
        let message = Message {
            to: vec!["a@example.test".into(), "b@example.test".into()],
            ret: Some("full".into()),
            envid: Some("a+b c".into()),
            notify: vec!["success".into(), "failure".into()],
            requiretls: true,
            size: 10,
            ..Message::default()
        };
        let script = vec![
            "220 hi",
            "250 ok",
            "250 ok",
            "550 no",
            "250 ok",
            "354 go",
            "250 taken",
            "221 bye",
        ];
        let (result, heard, noted) = injected(message, vec![script]).await;
        result.unwrap();
        insta::assert_snapshot!(heard.join("\n"), @r"
        EHLO client.home.test
        MAIL FROM:<sender+mtabcdefghij@home.test> SIZE=229 RET=FULL ENVID=a+2Bb+20c REQUIRETLS
        RCPT TO:<a@example.test> NOTIFY=SUCCESS,FAILURE
        RCPT TO:<b@example.test> NOTIFY=SUCCESS,FAILURE
        DATA
        QUIT
        ");
        assert_eq!(
            noted,
            [
                r#"Some("a@example.test") 550"#,
                r#"Some("b@example.test") 250"#
            ]
        );
    }

    #[tokio::test]
    async fn a_message_that_is_put_off_is_offered_four_times() {
        let put_off = || vec!["421 later"];
        let (result, _, noted) = injected(
            Message::default(),
            vec![put_off(), put_off(), put_off(), put_off()],
        )
        .await;
        assert_eq!(
            result.unwrap_err().to_string(),
            "message `first` was put off 4 times: 421 later"
        );
        assert_eq!(noted, [""; 0]);
        let taken = vec![
            "220 hi",
            "250 ok",
            "250 ok",
            "250 ok",
            "354 go",
            "250 taken",
            "221 bye",
        ];
        let (result, _, noted) = injected(
            Message::default(),
            vec![vec!["220 hi", "250 ok", "451 later"], taken],
        )
        .await;
        result.unwrap();
        assert_eq!(noted, [r#"Some("user@example.test") 250"#]);
    }

    #[tokio::test]
    async fn a_refusal_of_the_reverse_path_speaks_of_all_recipients() {
        let (result, _, noted) = injected(
            Message::default(),
            vec![vec!["220 hi", "250 ok", "550 5.7.1 no"]],
        )
        .await;
        result.unwrap();
        assert_eq!(noted, ["None 550"]);
    }

    #[tokio::test]
    async fn nonsense_and_a_closed_connection_are_errors() {
        for script in [vec!["hello"], vec!["220 hi"]] {
            let (result, _, _) = injected(Message::default(), vec![script]).await;
            assert!(result.is_err());
        }
    }
}
