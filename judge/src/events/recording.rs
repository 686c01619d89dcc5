//! A recording: the resolved case, who was tested, and every event, as JSON lines.
//!
//! Line 1 says which case was played and by whom, each further line is one event, and the last one is
//! `{"end": true}`, so that a recording that was cut off shows. Fields that are not known are passed over, so that
//! older programs read what newer ones add. What was said after AUTH is left out when a recording is written.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Event, redacted};
use crate::scenario::{Case, MOST_MESSAGES};

/// The version of the format, raised when a reader of the old one would misunderstand the new one.
pub const RECORDING_VERSION: u64 = 1;

/// The longest line that is read: far more than a case or an event can take.
const LINE_LIMIT: u64 = 64 * 1024 * 1024;

/// One case as it was played.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The resolved case.
    pub case: Case,
    /// Who was tested.
    pub subject: SubjectName,
    /// The run's instant that counts as "now" (RFC 3339).
    pub now: String,
    /// The version of mtaspec that recorded.
    pub tool: String,
    /// Everything that was seen, in order.
    pub events: Vec<Event>,
    /// How long it took, in real time.
    pub milliseconds: u64,
}

/// What a subject says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SubjectName {
    /// As `engine`, `postfix`.
    pub name: String,
    /// As it prints it.
    pub version: String,
    /// What it can do.
    #[serde(default)]
    pub capabilities: BTreeSet<String>,
    /// How long it really keeps a message, in milliseconds, where that is shorter than cases say, so that a run ends; none: as
    /// cases say. What it kept and then gave up for that alone was deferred as well as bounced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives_up_after: Option<u64>,
}

/// The name of the file that a recording of the case has. Ids have neither underscores nor dots, so no two share a name.
#[must_use]
pub fn file_name(id: &str) -> String {
    format!("{}.jsonl", id.replace('/', "_").replace('#', "__"))
}

/// Why a recording could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// Reading failed.
    #[error("line {line}: cannot be read")]
    Io {
        /// From 1.
        line: usize,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A line is longer than any recording has.
    #[error("line {0} is longer than {LINE_LIMIT} octets")]
    TooLong(usize),
    /// A line is no JSON, or not what belongs there.
    #[error("line {line}: {what}")]
    BadLine {
        /// From 1.
        line: usize,
        /// In a few words.
        what: String,
    },
    /// The first line is not that of a recording.
    #[error("line 1 has no `mtaspec_recording`: this is no recording")]
    NotARecording,
    /// A recording of another time.
    #[error(
        "line 1: version {0} of the recording format is not known (this program reads {RECORDING_VERSION})"
    )]
    UnknownVersion(String),
    /// The case is not the one that was recorded.
    #[error(
        "line 1: the case was changed after it was recorded (its hash is {found}, not {recorded})"
    )]
    HashDiffers {
        /// What the line says.
        recorded: String,
        /// What the case in it has.
        found: String,
    },
    /// The case has more messages than a case can have; each would take room of its own.
    #[error("line 1: the case has {0} messages; at most {MOST_MESSAGES}")]
    TooManyMessages(u64),
    /// A case without a step.
    #[error("line 1: the case has no step")]
    NoStep,
    /// The last line is missing.
    #[error("the recording is cut off after line {0}: its end is missing")]
    Truncated(usize),
}

#[derive(Serialize, Deserialize)]
struct End {
    end: bool,
    #[serde(default)]
    milliseconds: u64,
}

/// The SHA-256 of the case as it stands in the line, in hexadecimal digits: it shows later changes.
fn hash_of(case: &Value) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(case.to_string()) {
        write!(text, "{byte:02x}").expect("a string takes any text");
    }
    text
}

impl Recording {
    /// Writes it, one JSON value a line.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_to(&self, mut writer: impl Write) -> io::Result<()> {
        let case = serde_json::to_value(&self.case)?;
        let hash = hash_of(&case);
        let first = serde_json::json!({
            "mtaspec_recording": RECORDING_VERSION,
            "case": case,
            "hash": hash,
            "subject": self.subject,
            "now": self.now,
            "tool": self.tool,
        });
        writeln!(writer, "{first}")?;
        for event in &self.events {
            let line = serde_json::to_string(redacted(event).as_ref())?;
            writeln!(writer, "{line}")?;
        }
        let end = End {
            end: true,
            milliseconds: self.milliseconds,
        };
        writeln!(writer, "{}", serde_json::to_string(&end)?)?;
        writer.flush()
    }

    /// Reads one back.
    ///
    /// # Errors
    /// Names the line and what is wrong with it.
    pub fn read_from(mut reader: impl BufRead) -> Result<Self, RecordingError> {
        let mut number = 0;
        let first = next_line(&mut reader, &mut number)?.ok_or(RecordingError::NotARecording)?;
        let mut recording = first_line(&first)?;
        while let Some(line) = next_line(&mut reader, &mut number)? {
            let value: Value =
                serde_json::from_slice(&line).map_err(|error| bad(number, &error))?;
            if value.get("end").is_some() && value.get("event").is_none() {
                let end: End =
                    serde_json::from_value(value).map_err(|error| bad(number, &error))?;
                recording.milliseconds = end.milliseconds;
                return Ok(recording);
            }
            let event = serde_json::from_value(value).map_err(|error| bad(number, &error))?;
            recording.events.push(event);
        }
        Err(RecordingError::Truncated(number))
    }
}

fn first_line(line: &[u8]) -> Result<Recording, RecordingError> {
    #[derive(Deserialize)]
    struct Header {
        case: Value,
        hash: String,
        subject: SubjectName,
        now: String,
        #[serde(default)]
        tool: String,
    }
    let value: Value = serde_json::from_slice(line).map_err(|error| bad(1, &error))?;
    let version = value
        .get("mtaspec_recording")
        .ok_or(RecordingError::NotARecording)?;
    if version.as_u64() != Some(RECORDING_VERSION) {
        return Err(RecordingError::UnknownVersion(version.to_string()));
    }
    let header: Header = serde_json::from_value(value).map_err(|error| bad(1, &error))?;
    let found = hash_of(&header.case);
    if found != header.hash {
        return Err(RecordingError::HashDiffers {
            recorded: header.hash,
            found,
        });
    }
    let case: Case = serde_json::from_value(header.case).map_err(|error| bad(1, &error))?;
    if case.steps.is_empty() {
        return Err(RecordingError::NoStep);
    }
    let messages = case.count_messages();
    if messages > MOST_MESSAGES {
        return Err(RecordingError::TooManyMessages(messages));
    }
    Ok(Recording {
        case,
        subject: header.subject,
        now: header.now,
        tool: header.tool,
        events: Vec::new(),
        milliseconds: 0,
    })
}

fn next_line(
    reader: &mut impl BufRead,
    number: &mut usize,
) -> Result<Option<Vec<u8>>, RecordingError> {
    let mut line = Vec::new();
    let read = reader.take(LINE_LIMIT).read_until(b'\n', &mut line);
    match read {
        Ok(0) => Ok(None),
        Ok(_) => {
            *number += 1;
            match line.last() {
                Some(b'\n') => Ok(Some(line)),
                _ if line.len() as u64 == LINE_LIMIT => Err(RecordingError::TooLong(*number)),
                // A last line without its end was cut off, even where it is whole JSON by chance.
                _ => Err(RecordingError::Truncated(*number - 1)),
            }
        }
        Err(source) => Err(RecordingError::Io {
            line: *number + 1,
            source,
        }),
    }
}

fn bad(line: usize, error: &serde_json::Error) -> RecordingError {
    RecordingError::BadLine {
        line,
        what: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::super::What;
    use super::*;
    use crate::events::testing::{case, event, recording};

    fn written(recording: &Recording) -> String {
        let mut bytes = Vec::new();
        recording.write_to(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn read(text: &str) -> Result<Recording, RecordingError> {
        Recording::read_from(BufReader::new(text.as_bytes()))
    }

    fn command(verb: &str, text: &str, follows: &str) -> Event {
        event(What::SmtpCommand {
            verb: verb.into(),
            text: text.into(),
            tls: true,
            follows: follows.into(),
        })
    }

    #[test]
    fn a_recording_names_what_is_wrong_with_it() {
        let good = written(&recording(case(), vec![event(What::StepBegan)]));
        let cases = [
            (String::new(), "line 1 has no `mtaspec_recording`"),
            ("{}\n".into(), "line 1 has no `mtaspec_recording`"),
            ("{\n".into(), "line 1: EOF while parsing"),
            (
                good.replacen("_recording\":1", "_recording\":7", 1),
                "version 7 of the recording format is not known",
            ),
            (
                good.replacen("\"id\":\"", "\"id\":\"x", 1),
                "the case was changed after it was recorded",
            ),
            (
                good.replacen("step-began", "step-undone", 1),
                "line 2: unknown variant `step-undone`",
            ),
            (
                good.replacen("\"at\":0", "\"at\":", 1),
                "line 2: expected value",
            ),
            (
                good.replace("{\"end\":true,\"milliseconds\":7}\n", ""),
                "cut off after line 2",
            ),
            (good.trim_end().into(), "cut off after line 2"),
        ];
        for (text, want) in cases {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(want), "{error:?} has no {want:?}");
        }
    }

    #[test]
    fn a_case_that_no_file_can_tell_is_refused() {
        let mut many = case();
        many.steps[0].inject[0].copies = u32::MAX;
        let mut none = case();
        none.steps.clear();
        let cases = [
            (
                many,
                "line 1: the case has 4294967295 messages; at most 100",
            ),
            (none, "line 1: the case has no step"),
        ];
        for (case, want) in cases {
            let error = read(&written(&recording(case, Vec::new()))).unwrap_err();
            assert_eq!(error.to_string(), want);
        }
    }

    #[test]
    fn fields_that_are_not_known_are_passed_over() {
        let good = written(&recording(case(), vec![event(What::StepBegan)]));
        let newer = good
            .replacen("{\"mtaspec", "{\"new\":[1],\"mtaspec", 1)
            .replacen("{\"at\":0", "{\"newer\":{\"a\":1},\"at\":0", 1)
            .replacen("{\"end\"", "{\"newest\":2,\"end\"", 1);
        assert_ne!(newer, good);
        assert_eq!(read(&newer).unwrap(), read(&good).unwrap());
    }

    proptest! {
        #[test]
        fn a_recording_reads_back_as_it_was_written(
            texts in proptest::collection::vec((any::<String>(), any::<u64>(), any::<bool>()), 0..8)
        ) {
            let events = texts.into_iter().map(|(text, at, tls)| Event {
                at,
                host: Some(text.clone()),
                ..event(What::SmtpReply { verb: "EHLO".into(), code: 250, text, tls })
            }).collect();
            let recording = recording(case(), events);
            prop_assert_eq!(read(&written(&recording)).unwrap(), recording);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Recording::read_from(BufReader::new(&bytes[..]));
        }

        #[test]
        fn a_damaged_recording_is_refused_or_read(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = written(&recording(case(), vec![command("EHLO", "EHLO x", "greeting")])).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Recording::read_from(BufReader::new(&bytes[..]));
        }
    }
}
