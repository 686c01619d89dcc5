//! `mtaspec relay queue`: what waits, read from the folder alone.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Args;
use mtaspec_engine::{QueuedMessage, StoredQueue};
use serde_json::{Value, json};

use crate::output::{complain, say_line};
use crate::trouble::Trouble;

/// Tell what waits in a store, also while a relay runs on it
#[derive(Debug, Args)]
pub(crate) struct Queue {
    /// The folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Queue {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let queue = StoredQueue::look(&self.store).map_err(Trouble::usage)?;
        let now = SystemTime::now();
        if self.json {
            say_line(&object(&queue, now).to_string());
            return Ok(ExitCode::SUCCESS);
        }
        for message in &queue.messages {
            say_line(&line(message, now));
        }
        for (name, reason) in &queue.unreadable {
            complain(&format!("mtaspec: {name} cannot be read: {reason}"));
        }
        let count = match queue.messages.len() {
            0 => "nothing waits".to_owned(),
            1 => "1 recipient waits".to_owned(),
            many => format!("{many} recipients wait"),
        };
        say_line(&count);
        Ok(ExitCode::SUCCESS)
    }
}

fn object(queue: &StoredQueue, now: SystemTime) -> Value {
    let seconds = |at: SystemTime| {
        at.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64()
    };
    let waiting = queue.messages.iter().map(|message| {
        json!({
            "id": message.id,
            "from": message.from,
            "to": message.recipient,
            "arrived": seconds(message.arrived),
            "rounds": message.rounds,
            "next_attempt": seconds(message.next_attempt),
            "due": message.next_attempt <= now,
            "last": message.last,
        })
    });
    let unreadable = queue.unreadable.iter();
    json!({
        "version": 1,
        "waiting": waiting.collect::<Vec<_>>(),
        "unreadable": unreadable.map(|(name, reason)| json!({"id": name, "reason": reason})).collect::<Vec<_>>(),
    })
}

fn line(message: &QueuedMessage, now: SystemTime) -> String {
    let next = match message.next_attempt.duration_since(now) {
        Ok(wait) if !wait.is_zero() => format!("next in {}", told(wait)),
        _ => "due now".to_owned(),
    };
    let age = now.duration_since(message.arrived).unwrap_or_default();
    let last = message.last.as_ref();
    format!(
        "{}  <{}> -> <{}>  {} old, {} in vain, {next}{}",
        message.id,
        message.from,
        message.recipient,
        told(age),
        match message.rounds {
            1 => "1 round".to_owned(),
            many => format!("{many} rounds"),
        },
        last.map_or_else(String::new, |last| format!("\n    {last}")),
    )
}

fn told(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        172_800.. => format!("{} days", seconds / 86_400),
        7_200.. => format!("{} h", seconds / 3_600),
        120.. => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_who_waits_for_what() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let message = QueuedMessage {
            id: "000705f6a3b5c000".into(),
            from: "a@home.test".into(),
            recipient: "user@example.test".into(),
            arrived: now - Duration::from_secs(3 * 3_600),
            rounds: 3,
            next_attempt: now + Duration::from_secs(45 * 60),
            last: Some("the host mx.example.test could not be reached: refused".into()),
        };
        insta::assert_snapshot!(line(&message, now), @r"
        000705f6a3b5c000  <a@home.test> -> <user@example.test>  3 h old, 3 rounds in vain, next in 45 min
            the host mx.example.test could not be reached: refused
        ");
    }
}
