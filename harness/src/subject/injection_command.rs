//! A command that takes a message, as `sendmail -i -f F T`: the envelope stands in its arguments, the message comes on its
//! standard input, and its exit code is the answer (sysexits.h).

use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::replies::Reply;

/// So much real time a command has.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many octets of what a command says are kept, and no more are read.
const WORDS_LIMIT: u64 = 4096;
/// The longest line of a command.
const LINE_LIMIT: usize = 4096;
/// EX_TEMPFAIL: come back later.
const LATER: i32 = 75;

/// The words of a command; `F` stands for the envelope sender, `T` for the recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InjectionCommand {
    words: Vec<String>,
}

/// Why a line is no command for injection.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InjectionCommandError {
    /// Nothing is run.
    #[error("the command is empty; write one as `sendmail -i -f F T`")]
    Empty,
    /// It would go to nobody.
    #[error(
        "the command {0:?} has no word `T`, which stands for the recipients; write one as `sendmail -i -f F T`"
    )]
    NoRecipients(String),
    /// It would come from whoever runs it.
    #[error(
        "the command {0:?} has no word `F`, which stands for the envelope sender; write one as `sendmail -i -f F T`"
    )]
    NoSender(String),
    /// A quotation mark is alone.
    #[error("the command {0:?} has a quotation mark that nothing closes")]
    OpenQuote(String),
    /// It is too long.
    #[error("the command has more than {LINE_LIMIT} octets")]
    TooLong,
}

/// Why a command gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// It could not be started.
    #[error("`{program}` cannot be run")]
    Start {
        /// Its first word.
        program: String,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// It did not end.
    #[error("`{program}` did not end within {} s", PATIENCE.as_secs())]
    Endless {
        /// Its first word.
        program: String,
    },
    /// It was ended.
    #[error("`{0}` was ended by a signal")]
    Killed(String),
}

impl InjectionCommand {
    /// The word that stands for the envelope sender.
    pub const SENDER: &'static str = "F";
    /// The word that stands for the recipients, each a word of its own.
    pub const RECIPIENTS: &'static str = "T";

    /// These words, as a profile has them.
    ///
    /// # Errors
    /// When there is none, or sender or recipients have no place.
    pub fn new(words: Vec<String>) -> Result<Self, InjectionCommandError> {
        let line = || words.join(" ");
        if words.first().is_none_or(String::is_empty) {
            return Err(InjectionCommandError::Empty);
        }
        if line().len() > LINE_LIMIT {
            return Err(InjectionCommandError::TooLong);
        }
        let has = |place: &str| words.iter().skip(1).any(|word| word == place);
        if !has(Self::SENDER) {
            return Err(InjectionCommandError::NoSender(line()));
        }
        if !has(Self::RECIPIENTS) {
            return Err(InjectionCommandError::NoRecipients(line()));
        }
        Ok(Self { words })
    }

    /// Hands a message over: lines go in ended as files on this system have them.
    pub(super) async fn run(
        &self,
        sender: &str,
        recipients: &[String],
        content: &[u8],
    ) -> Result<Reply, CommandError> {
        self.run_within(PATIENCE, sender, recipients, content).await
    }

    async fn run_within(
        &self,
        patience: Duration,
        sender: &str,
        recipients: &[String],
        content: &[u8],
    ) -> Result<Reply, CommandError> {
        let program = self.words[0].clone();
        let mut command = Command::new(&program);
        for word in &self.words[1..] {
            match word.as_str() {
                Self::SENDER if sender.is_empty() => command.arg("<>"),
                Self::SENDER => command.arg(sender),
                Self::RECIPIENTS => command.args(recipients),
                other => command.arg(other),
            };
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let start = |reason| CommandError::Start {
            program: program.clone(),
            reason,
        };
        let mut child = command.spawn().map_err(start)?;
        let (mut input, errors) = (child.stdin.take(), child.stderr.take());
        let lines = String::from_utf8_lossy(content).replace("\r\n", "\n");
        let feed = async move {
            if let Some(input) = &mut input {
                // A command that has made up its mind may end before it has read all.
                let _ = input.write_all(lines.as_bytes()).await;
            }
            drop(input);
        };
        let listen = async move {
            let mut words = Vec::new();
            if let Some(errors) = errors {
                let _ = errors.take(WORDS_LIMIT).read_to_end(&mut words).await;
            }
            words
        };
        let all = async { tokio::join!(feed, listen, child.wait()) };
        let ended = tokio::time::timeout(patience, all).await;
        let ((), words, status) = ended.map_err(|_| CommandError::Endless {
            program: program.clone(),
        })?;
        let code = status.map_err(start)?.code();
        let code = code.ok_or_else(|| CommandError::Killed(program.clone()))?;
        let words = String::from_utf8_lossy(&words);
        let said = words.lines().next().unwrap_or_default().trim_end();
        let text = format!("{program} ended with {code} {said}");
        Ok(Reply {
            code: match code {
                0 => 250,
                LATER => 451,
                _ => 554,
            },
            text: text.trim_end().to_owned(),
        })
    }
}

impl FromStr for InjectionCommand {
    type Err = InjectionCommandError;

    /// Words parted by blanks; quotation marks of either kind keep blanks together. No shell looks at it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LINE_LIMIT {
            return Err(InjectionCommandError::TooLong);
        }
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for character in text.chars() {
            match (quote, character) {
                (Some(open), _) if character == open => quote = None,
                (None, '"' | '\'') => {
                    quote = Some(character);
                    word.get_or_insert_default();
                }
                (None, _) if character.is_whitespace() => words.extend(word.take()),
                _ => word.get_or_insert_default().push(character),
            }
        }
        if quote.is_some() {
            return Err(InjectionCommandError::OpenQuote(text.to_owned()));
        }
        words.extend(word);
        Self::new(words)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_read_as_words_and_needs_a_place_for_sender_and_recipients() {
        // (line, the words, or a part of what is wrong)
        let cases = [
            (
                "sendmail -i -f F T",
                Ok(vec!["sendmail", "-i", "-f", "F", "T"]),
            ),
            ("  'a b' \"\" -f F  T ", Ok(vec!["a b", "", "-f", "F", "T"])),
            ("a'b c'd F T", Ok(vec!["ab cd", "F", "T"])),
            ("", Err("is empty")),
            ("'' F T", Err("is empty")),
            ("sendmail -t", Err("no word `F`")),
            ("sendmail -f F", Err("no word `T`")),
            ("T F", Err("no word `T`")),
            ("sendmail 'F T", Err("nothing closes")),
        ];
        for (line, want) in cases {
            let got = line.parse::<InjectionCommand>();
            match want {
                Ok(words) => assert_eq!(got.unwrap().words, words, "{line}"),
                Err(part) => {
                    let said = got.unwrap_err().to_string();
                    assert!(said.contains(part), "{line}: {said}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = text.parse::<InjectionCommand>();
        }
    }

    async fn answer(script: &str, sender: &str) -> Result<Reply, CommandError> {
        let words = ["/bin/sh", "-c", script, "sh", "F", "T"].map(str::to_owned);
        let command = InjectionCommand::new(words.to_vec()).unwrap();
        let to = ["a@example.test".to_owned(), "b@example.test".to_owned()];
        command
            .run(sender, &to, b"Subject: x\r\n\r\nbody\r\n")
            .await
    }

    #[tokio::test]
    async fn the_envelope_stands_in_the_arguments_and_the_exit_code_is_the_answer() {
        // (script, sender, code, text)
        let cases = [
            (
                "test \"$*\" = 's@home.test a@example.test b@example.test'",
                "s@home.test",
                250,
                "/bin/sh ended with 0",
            ),
            ("test \"$1\" = '<>'", "", 250, "/bin/sh ended with 0"),
            (
                "test \"$(cat)\" = \"$(printf 'Subject: x\\n\\nbody\\n')\"",
                "s@home.test",
                250,
                "/bin/sh ended with 0",
            ),
            (
                "echo no room >&2; echo more >&2; exit 75",
                "s@home.test",
                451,
                "/bin/sh ended with 75 no room",
            ),
            ("exit 67", "s@home.test", 554, "/bin/sh ended with 67"),
        ];
        for (script, sender, code, text) in cases {
            let got = answer(script, sender).await.unwrap();
            assert_eq!((got.code, got.text.as_str()), (code, text), "{script}");
        }
    }

    #[tokio::test]
    async fn a_command_that_floods_is_heard_so_far_and_one_that_dies_is_an_error() {
        let flood = answer("yes no >&2; exit 1", "").await;
        // The pipe closes when enough is heard: `yes` then ends, by a signal or in order.
        assert!(flood.is_ok(), "{flood:?}");
        let killed = answer("kill -9 $$", "").await.unwrap_err();
        assert_eq!(killed.to_string(), "`/bin/sh` was ended by a signal");
        let words = ["/no/such/program", "F", "T"].map(str::to_owned);
        let absent = InjectionCommand::new(words.to_vec()).unwrap();
        let said = absent.run("", &[], b"").await.unwrap_err().to_string();
        assert_eq!(said, "`/no/such/program` cannot be run");
        let words = ["/bin/sh", "-c", "cat; exec sleep 1000", "sh", "F", "T"].map(str::to_owned);
        let endless = InjectionCommand::new(words.to_vec()).unwrap();
        let ended = endless.run_within(Duration::ZERO, "", &[], b"").await;
        assert_eq!(
            ended.unwrap_err().to_string(),
            "`/bin/sh` did not end within 30 s"
        );
    }
}
