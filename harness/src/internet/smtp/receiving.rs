//! Taking in a message: the content of DATA or BDAT, and the answer to its end (RFC 5321 §4.1.1.4, RFC 3030 §2).

use mtaspec_judge::events::What;
use mtaspec_judge::scenario::Moment;

use super::command::{Command, chunk};
use super::connection::Session;
use super::keywords::HEALTHY_SIZE;
use super::replies::{Standard, is_positive};
use super::session::State;
use super::transaction::size_limit;
use crate::internet::channel::{Ended, Talk};
use crate::internet::collectors::mailed_report;
use crate::plan::without_tokens;

/// Octets of a message that are read and thrown away before it counts as a flood.
const FLOOD: u64 = 4 * HEALTHY_SIZE;

/// What the content met on its way in.
enum Arrival {
    /// It is there.
    Whole,
    /// A fault refused it before its end; there is no second answer.
    Refused,
}

impl Session {
    /// DATA.
    pub(super) async fn content(&mut self) -> Talk<()> {
        let go_ahead = Standard::SendContent.reply();
        let said = self.talk.answer(&[Moment::Data], "DATA", &go_ahead).await?;
        if !(300..400).contains(&said.code) {
            self.end_transaction();
            return Ok(());
        }
        self.talk.follows = "DATA".into();
        match self.read_content().await? {
            Arrival::Whole => self.end_of_data(&[Moment::EndOfData]).await,
            Arrival::Refused => {
                self.end_transaction();
                Ok(())
            }
        }
    }

    async fn read_content(&mut self) -> Talk<Arrival> {
        let mut arrival = Arrival::Whole;
        let mut first = true;
        loop {
            if self.talk.input.len() == 0 {
                self.talk.fill().await?;
            }
            if std::mem::take(&mut first) && self.refused_by_fault().await? {
                arrival = Arrival::Refused;
            }
            let bytes = self.talk.input.take_all();
            let Some(transaction) = &mut self.transaction else {
                return Ok(Arrival::Refused);
            };
            let (used, ended) = transaction.content.push_data(&bytes);
            let size = transaction.content.size();
            if ended {
                self.talk.input.push(&bytes[used..]);
                return Ok(arrival);
            }
            if size > FLOOD {
                self.say("end-of-data", Standard::Flood).await?;
                return Err(Ended::ByReceiver);
            }
        }
    }

    /// The moment `content`: a fault may refuse what has only begun to come.
    async fn refused_by_fault(&mut self) -> Talk<bool> {
        let code = self.talk.pass(&Moment::Content, "content").await?;
        Ok(code.is_some_and(|code| code >= 400))
    }

    /// BDAT. The octets of a chunk come whether it is in order or not.
    pub(super) async fn chunk(&mut self, command: &Command, in_order: bool) -> Talk<()> {
        let Some((size, last)) = chunk(&command.argument) else {
            return self.say("BDAT", Standard::BadArgument).await;
        };
        let first = self.state == State::Recipients;
        let refused = self.read_chunk(size, in_order, first).await?;
        if !in_order {
            return self.say("BDAT", Standard::BadSequence).await;
        }
        if refused {
            self.end_transaction();
            return Ok(());
        }
        if !self.keywords.lists("CHUNKING") {
            return self.say("BDAT", Standard::NotImplemented).await;
        }
        match (first, last) {
            (true, true) => self.end_of_data(&[Moment::Data, Moment::EndOfData]).await,
            (false, true) => self.end_of_data(&[Moment::EndOfData]).await,
            (first, false) => {
                let moments: &[Moment] = if first { &[Moment::Data] } else { &[] };
                let taken = Standard::ChunkTaken.reply();
                let said = self.talk.answer(moments, "BDAT", &taken).await?;
                if is_positive(said.code) {
                    self.state = State::Chunks;
                } else {
                    self.end_transaction();
                }
                Ok(())
            }
        }
    }

    /// Reads a chunk. True: a fault has refused it.
    async fn read_chunk(&mut self, size: u64, in_order: bool, first: bool) -> Talk<bool> {
        let before = self
            .transaction
            .as_ref()
            .map_or(0, |transaction| transaction.content.size());
        if size.saturating_add(before) > FLOOD {
            self.say("BDAT", Standard::Flood).await?;
            return Err(Ended::ByReceiver);
        }
        let mut left = size;
        let mut refused = false;
        while left > 0 {
            if self.talk.input.len() == 0 {
                self.talk.fill().await?;
            }
            if in_order && first && left == size {
                refused = self.refused_by_fault().await?;
            }
            let bytes = self
                .talk
                .input
                .take(usize::try_from(left).unwrap_or(usize::MAX));
            left -= bytes.len() as u64;
            if let (true, Some(transaction)) = (in_order, &mut self.transaction) {
                transaction.content.push_chunk(&bytes);
            }
        }
        Ok(refused)
    }

    /// Answers the end of the message, and tells of it if it was taken.
    async fn end_of_data(&mut self, moments: &[Moment]) -> Talk<()> {
        let Some(transaction) = self.transaction.take() else {
            return self.say("end-of-data", Standard::BadSequence).await;
        };
        let fits = transaction.content.size() <= size_limit(&self.keywords);
        let healthy = if fits {
            Standard::Accepted
        } else {
            Standard::TooLarge
        };
        let said = self
            .talk
            .answer(moments, "end-of-data", &healthy.reply())
            .await?;
        if is_positive(said.code) {
            let content = transaction.content.text();
            if self.talk.message.is_none() {
                // A null reverse-path has no token; the canary in the content tells whose message it is.
                let mail = &self.talk.setup.mail;
                self.talk.message = mail.message_of_text(content.as_bytes()).map(str::to_owned);
            }
            let to = transaction.to.iter();
            let to: Vec<String> = to.map(|address| without_tokens(address)).collect();
            let keys = &self.talk.setup.keys;
            let report = mailed_report(transaction.content.octets(), &to, keys);
            self.talk.tell(What::MessageAccepted {
                from: without_tokens(&transaction.from),
                to,
                tls: self.talk.tls.clone().unwrap_or_else(|| "none".into()),
                requiretls: transaction.requiretls,
                content,
            });
            if let Some(report) = report {
                self.talk.tell(report);
            }
        }
        self.end_transaction();
        Ok(())
    }
}
