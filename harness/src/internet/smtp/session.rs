//! The session as a table: what each command asks for in each state (RFC 5321 §4.1.4, RFC 3207 §4, RFC 3030 §2).
//!
//! The table holds what is in order and what is not; how an act is carried out stands in `connection`, the words of
//! the replies in `replies`, and what a fault makes of a moment in `deeds`.

use super::command::Verb;

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Greeted, or TLS has begun: nobody has said EHLO.
    Start,
    /// EHLO or HELO was answered.
    Ready,
    /// MAIL was answered.
    Sender,
    /// A RCPT was answered.
    Recipients,
    /// A chunk was taken, the last is to come.
    Chunks,
    /// The greeting was a refusal: only QUIT is in order (RFC 5321 §3.1).
    Refused,
}

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// The answer with keywords; ends a transaction.
    Ehlo,
    /// The answer without; ends a transaction.
    Helo,
    /// TLS.
    StartTls,
    /// A transaction begins.
    Sender,
    /// One recipient more.
    Recipient,
    /// Content up to a lone dot.
    Content,
    /// A chunk of content.
    Chunk,
    /// The transaction ends.
    Reset,
    /// Nothing.
    Nothing,
    /// Whether a mailbox exists.
    Verify,
    /// Who the sender is.
    Authenticate,
    /// The end.
    Quit,
    /// The command is not in order here.
    OutOfOrder,
    /// A chunk that is not in order: its octets come nevertheless.
    ChunkOutOfOrder,
    /// It is no command.
    NotRecognised,
}

/// A row for each verb; the columns are the states in their order.
const TABLE: [(Verb, [Act; 6]); 13] = {
    use Act::{
        Authenticate as Auth, Chunk, ChunkOutOfOrder as NoChunk, Content, Ehlo, Helo,
        NotRecognised as What, Nothing, OutOfOrder as No, Quit, Recipient as Rcpt, Reset,
        Sender as Mail, StartTls as Tls, Verify,
    };
    [
        //                Start    Ready    Sender   Recipients  Chunks   Refused
        (Verb::Ehlo, [Ehlo, Ehlo, Ehlo, Ehlo, Ehlo, No]),
        (Verb::Helo, [Helo, Helo, Helo, Helo, Helo, No]),
        (Verb::Starttls, [No, Tls, No, No, No, No]),
        (Verb::Mail, [No, Mail, No, No, No, No]),
        (Verb::Rcpt, [No, No, Rcpt, Rcpt, No, No]),
        (Verb::Data, [No, No, No, Content, No, No]),
        (
            Verb::Bdat,
            [NoChunk, NoChunk, NoChunk, Chunk, Chunk, NoChunk],
        ),
        (Verb::Rset, [Reset, Reset, Reset, Reset, Reset, No]),
        (
            Verb::Noop,
            [Nothing, Nothing, Nothing, Nothing, Nothing, No],
        ),
        (Verb::Vrfy, [Verify, Verify, Verify, Verify, No, No]),
        (Verb::Auth, [No, Auth, No, No, No, No]),
        (Verb::Quit, [Quit, Quit, Quit, Quit, Quit, Quit]),
        (Verb::Unknown, [What, What, What, What, What, No]),
    ]
};

impl State {
    /// What this command asks for now.
    pub(super) fn act(self, verb: Verb) -> Act {
        let row = TABLE.iter().find(|(of, _)| *of == verb);
        row.map_or(Act::NotRecognised, |(_, acts)| acts[self as usize])
    }

    /// The state that a reset leads to.
    pub(super) fn without_transaction(self) -> Self {
        match self {
            Self::Start | Self::Refused => self,
            Self::Ready | Self::Sender | Self::Recipients | Self::Chunks => Self::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_row_of_its_own() {
        for (at, (verb, _)) in TABLE.iter().enumerate() {
            assert!(
                TABLE[..at].iter().all(|(other, _)| other != verb),
                "{verb:?}"
            );
        }
        assert_eq!(State::Refused.act(Verb::Quit), Act::Quit);
        assert_eq!(State::Start.act(Verb::Bdat), Act::ChunkOutOfOrder);
    }
}
