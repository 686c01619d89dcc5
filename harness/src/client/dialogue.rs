//! The dialogue of a healthy sender with one message (RFC 5321 §3, RFC 3207 §4, RFC 4954 §4).
//!
//! A sender that is to use TLS sends nothing without it, and none comes back after a refusal.

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Difference, Moment};

use super::conversation::{Conversation, Ended, Talk};
use super::sender::Letter;
use crate::base64::encoded;
use crate::subject::replies::Reply;
use crate::subject::{ReceiverPort, mail_command, rcpt_command, stuffed};

/// How far the dialogue came: the sender goes on, or has been refused and leaves.
pub(super) enum Went {
    On,
    NoFurther,
}

impl Conversation<'_> {
    /// Delivers a message, as far as the subject lets it.
    pub(super) async fn deliver(&mut self, letter: Letter<'_>) -> Ended {
        match self.session(letter).await {
            Ok(()) => Ended::BySender,
            Err(ended) => ended,
        }
    }

    async fn session(&mut self, letter: Letter<'_>) -> Talk<()> {
        if let Went::On = self.greeted().await?
            && let Went::On = self.secure().await?
            && let Went::On = self.log_in(letter).await?
        {
            self.transaction(letter).await?;
        }
        self.command(&Moment::Quit, "QUIT").await?;
        Ok(())
    }

    /// The connection, TLS where it comes first, and the greeting.
    pub(super) async fn greeted(&mut self) -> Talk<Went> {
        self.pass(&Moment::Connect).await?;
        if self.client.setup.port == ReceiverPort::Submissions {
            self.begin_tls().await?;
            self.pass(&Moment::AfterHandshake).await?;
        }
        let greeting = self.reply("greeting").await?;
        self.pass(&Moment::Greeting).await?;
        Ok(if greeting.code == 220 {
            Went::On
        } else {
            Went::NoFurther
        })
    }

    async fn hello(&mut self) -> Talk<Reply> {
        let client = self.client;
        let name = &client.setup.ehlo;
        let moment = if self.tls {
            Moment::EhloAfterTls
        } else {
            Moment::Ehlo
        };
        let mut reply = self.command(&moment, &format!("EHLO {name}")).await?;
        if client.setup.told.ehlo.is_some() {
            self.met(&Difference::Client("ehlo".to_owned()));
        }
        if (500..600).contains(&reply.code) {
            reply = self.command(&Moment::Helo, &format!("HELO {name}")).await?;
        }
        Ok(reply)
    }

    async fn secure(&mut self) -> Talk<Went> {
        let mut heard = self.hello().await?;
        if !heard.is_positive() {
            return Ok(Went::NoFurther);
        }
        let wants_tls = self.client.setup.tls.is_wanted();
        if self.tls || !wants_tls {
            if !wants_tls {
                self.met(&Difference::Client("tls".to_owned()));
            }
            return Ok(Went::On);
        }
        if !heard.lists("STARTTLS") {
            return Ok(Went::NoFurther);
        }
        if self.command(&Moment::Starttls, "STARTTLS").await?.code != 220 {
            return Ok(Went::NoFurther);
        }
        self.begin_tls().await?;
        self.pass(&Moment::AfterHandshake).await?;
        heard = self.hello().await?;
        Ok(if heard.is_positive() {
            Went::On
        } else {
            Went::NoFurther
        })
    }

    async fn log_in(&mut self, letter: Letter<'_>) -> Talk<Went> {
        if !letter.message.login {
            return Ok(Went::On);
        }
        let account = &self.client.setup.account;
        let credentials = format!("\0{}\0{}", account.user, account.password);
        self.say(&format!("AUTH PLAIN {}", encoded(credentials.as_bytes())))
            .await?;
        let reply = self.reply("AUTH").await?;
        if reply.is_positive() {
            return Ok(Went::On);
        }
        self.note(None, &reply);
        Ok(Went::NoFurther)
    }

    async fn transaction(&mut self, letter: Letter<'_>) -> Talk<()> {
        let Letter { message, mail } = letter;
        let content = self.client.content(letter);
        let reply = self
            .command(
                &Moment::Mail,
                &mail_command(message, mail, content.len(), content.is_ascii()),
            )
            .await?;
        if !reply.is_positive() {
            self.note(None, &reply);
            return Ok(());
        }
        let mut taken = Vec::new();
        for recipient in &message.to {
            let reply = self
                .command(&Moment::Rcpt, &rcpt_command(message, recipient))
                .await?;
            if reply.is_positive() {
                taken.push(recipient.clone());
            } else {
                self.note(Some(recipient.clone()), &reply);
            }
        }
        if taken.is_empty() {
            return Ok(());
        }
        let mut reply = self.command(&Moment::Data, "DATA").await?;
        if reply.code == 354 {
            reply = self.send_content(&content).await?;
        }
        for recipient in taken {
            self.note(Some(recipient), &reply);
        }
        Ok(())
    }

    /// Sends the content and its final dot, and hears the answer.
    pub(super) async fn send_content(&mut self, content: &[u8]) -> Talk<Reply> {
        let bytes = stuffed(content);
        let (content, dot) = bytes.split_at(bytes.len() - b".\r\n".len());
        let (first, rest) = content.split_at(content.len() / 2);
        self.write(first).await?;
        match self.client.fault(&Moment::Content) {
            None => self.write(rest).await?,
            Some(fault) => self.do_instead(&fault, rest).await?,
        }
        self.follows = "DATA".to_owned();
        match self.client.fault(&Moment::EndOfData) {
            None => self.write(dot).await?,
            Some(fault) => self.do_instead(&fault, dot).await?,
        }
        self.reply("end-of-data").await
    }

    /// Notes the answer that a message got for a recipient, or for all of them.
    pub(super) fn note(&self, recipient: Option<String>, reply: &Reply) {
        self.tell(What::Injected {
            recipient,
            code: reply.code,
            text: reply.text.clone(),
        });
    }
}
