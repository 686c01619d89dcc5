//! Replies: what a healthy host says, and what a fault has it say (RFC 5321 §4.2, RFC 2034, RFC 3463).

use super::keywords::Keywords;

/// A reply of one or several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// The three digits of its first line; 0 if it has none.
    pub(super) code: u16,
    /// The lines as they go out, without their ends.
    lines: Vec<String>,
}

impl Reply {
    /// A reply whose lines carry this code.
    pub(super) fn new(code: u16, lines: &[String]) -> Self {
        let last = lines.len().saturating_sub(1);
        let lines = lines.iter().enumerate().map(|(at, line)| {
            let mark = if at == last { ' ' } else { '-' };
            format!("{code:03}{mark}{line}")
        });
        Self {
            code,
            lines: lines.collect(),
        }
    }

    /// A reply of one line, as `250 2.0.0 OK`, or of several, parted by `\n`.
    ///
    /// A line that brings its own code goes out as it is; the others get the first line's.
    pub(super) fn scripted(text: &str) -> Self {
        let text = text.trim_end_matches('\n');
        let code = code_of(text).unwrap_or(0);
        let parts: Vec<_> = text
            .split('\n')
            .map(|part| part.trim_end_matches('\r'))
            .collect();
        let last = parts.len() - 1;
        let lines = parts
            .iter()
            .enumerate()
            .map(|(at, part)| match code_of(part) {
                Some(own) if at < last && part.as_bytes().get(3) != Some(&b'-') => {
                    format!("{own:03}-{}", part.get(4..).unwrap_or_default())
                }
                Some(_) => (*part).to_owned(),
                None if at == last => format!("{code:03} {part}"),
                None => format!("{code:03}-{part}"),
            });
        Self {
            code,
            lines: lines.collect(),
        }
    }

    /// All lines without their codes, parted by `\n`.
    pub(super) fn text(&self) -> String {
        let texts = self
            .lines
            .iter()
            .map(|line| line.get(4..).unwrap_or_default());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The bytes that go out, each line with this end.
    pub(super) fn bytes(&self, end: &str) -> Vec<u8> {
        let lines = self.lines.iter().flat_map(|line| [line.as_str(), end]);
        lines.collect::<String>().into_bytes()
    }
}

/// Is this the code of a positive completion (RFC 5321 §4.2.1)?
pub(super) fn is_positive(code: u16) -> bool {
    (200..300).contains(&code)
}

fn code_of(line: &str) -> Option<u16> {
    let digits = line.get(..3)?;
    let ends = matches!(line.as_bytes().get(3), None | Some(b' ' | b'-'));
    (ends && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The first reply of the host of this name.
pub(super) fn greeting(name: &str) -> Reply {
    Reply::scripted(&format!("220 {name} ESMTP"))
}

/// The answer to EHLO.
pub(super) fn ehlo(name: &str, keywords: &Keywords) -> Reply {
    let mut lines = vec![name.to_owned()];
    lines.extend_from_slice(keywords.lines());
    Reply::new(250, &lines)
}

/// The answer to HELO.
pub(super) fn helo(name: &str) -> Reply {
    Reply::scripted(&format!("250 {name}"))
}

/// Replies that are always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    /// To STARTTLS.
    ReadyForTls,
    /// To MAIL.
    SenderOk,
    /// To RCPT.
    RecipientOk,
    /// To DATA.
    SendContent,
    /// To a chunk that is not the last.
    ChunkTaken,
    /// To the end of the message.
    Accepted,
    /// To RSET and NOOP.
    Done,
    /// To VRFY.
    CannotVerify,
    /// To QUIT.
    Bye,
    /// To AUTH where it is listed.
    NoAccount,
    /// A command of that name is not implemented here.
    NotImplemented,
    /// No command at all.
    NotRecognised,
    /// A command out of order.
    BadSequence,
    /// Its argument cannot be read.
    BadArgument,
    /// A parameter that the last EHLO answer did not list.
    NotOffered,
    /// A recipient that no message has.
    UnknownRecipient,
    /// One recipient more than fits.
    TooManyRecipients,
    /// More octets than the answer to EHLO stated.
    TooLarge,
    /// A line over the limit.
    LineTooLong,
    /// A line that never ends.
    Flood,
    /// More commands than anybody needs.
    TooManyCommands,
    /// Nothing came.
    Idle,
    /// A mailbox of other than ASCII letters without SMTPUTF8.
    NeedsSmtputf8,
}

impl Standard {
    /// Its code, enhanced code and text.
    pub(super) fn reply(self) -> Reply {
        Reply::scripted(match self {
            Self::ReadyForTls => "220 2.0.0 Go ahead",
            Self::SenderOk => "250 2.1.0 Sender OK",
            Self::RecipientOk => "250 2.1.5 Recipient OK",
            Self::SendContent => "354 End the message with a dot on a line of its own",
            Self::ChunkTaken => "250 2.0.0 Chunk taken",
            Self::Accepted => "250 2.0.0 Message accepted",
            Self::Done => "250 2.0.0 OK",
            Self::CannotVerify => "252 2.1.5 Send it and see",
            Self::Bye => "221 2.0.0 Bye",
            Self::NoAccount => "535 5.7.8 Nobody has an account here",
            Self::NotImplemented => "502 5.5.1 Command not implemented",
            Self::NotRecognised => "500 5.5.1 Command not recognised",
            Self::BadSequence => "503 5.5.1 Bad sequence of commands",
            Self::BadArgument => "501 5.5.4 Syntax error in the argument",
            Self::NotOffered => "555 5.5.4 Parameter not offered here",
            Self::UnknownRecipient => "451 4.1.1 No message of this test has that recipient",
            Self::TooManyRecipients => "452 4.5.3 Too many recipients",
            Self::TooLarge => "552 5.3.4 Message too large",
            Self::LineTooLong => "500 5.5.2 Line too long",
            Self::Flood => "421 4.7.0 A line without end",
            Self::TooManyCommands => "421 4.7.0 Too many commands",
            Self::Idle => "421 4.4.2 Nothing came for too long",
            Self::NeedsSmtputf8 => "553 5.6.7 That address needs SMTPUTF8",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scripted_reply_goes_out_as_written() {
        // (in the file, on the wire, code, text)
        let cases = [
            ("454 4.7.0 later", "454 4.7.0 later|", 454, "4.7.0 later"),
            ("250 a\nb\nc", "250-a|250-b|250 c|", 250, "a\nb\nc"),
            ("250-a\n250 b", "250-a|250 b|", 250, "a\nb"),
            ("250 a\n550 b", "250-a|550 b|", 250, "a\nb"),
            ("421", "421|", 421, ""),
            ("hello", "000 hello|", 0, "hello"),
            ("", "000 |", 0, ""),
        ];
        for (file, wire, code, text) in cases {
            let reply = Reply::scripted(file);
            assert_eq!(String::from_utf8(reply.bytes("|")).unwrap(), wire, "{file}");
            assert_eq!(
                (reply.code, reply.text()),
                (code, text.to_owned()),
                "{file}"
            );
        }
    }

    #[test]
    fn the_ehlo_answer_has_a_line_for_each_keyword() {
        let host = mtaspec_judge::scenario::Host::default();
        let reply = ehlo("mx.test", &Keywords::of_host(&host, false));
        insta::assert_snapshot!(String::from_utf8(reply.bytes("\n")).unwrap(), @r"
        250-mx.test
        250-PIPELINING
        250-SIZE 10485760
        250-8BITMIME
        250-ENHANCEDSTATUSCODES
        250-DSN
        250-SMTPUTF8
        250-CHUNKING
        250-REQUIRETLS
        250 STARTTLS
        ");
    }

    proptest! {
        #[test]
        fn any_text_makes_a_reply(text in "(?s).{0,60}") {
            let reply = Reply::scripted(&text);
            let _ = (reply.text(), reply.bytes("\r\n"));
        }
    }
}
