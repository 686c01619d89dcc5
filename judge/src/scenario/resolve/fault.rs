//! `fault`: one shape for SMTP, DNS and HTTPS (SCENARIOS §6).

use super::super::reader::Reader;
use super::super::values::{self, DeedText, Needs};
use super::super::{Fault, FaultPlace};
use crate::document::{Complaint, Node};

/// A fault as its table says, or nothing when it makes no sense.
pub(crate) fn fault(reader: Reader<'_>) -> Option<Fault> {
    let (on, at, deed) = (reader.node("on")?, reader.node("at")?, reader.node("do")?);
    let written = format!("{}: {}: {}", on.text()?, at.text()?, deed.text()?);
    let place = place(reader, on)?;
    let moment = match values::moment(place == FaultPlace::Dns, at.text()?) {
        Ok(moment) => moment,
        Err(complaint) => {
            reader.note(at.span, complaint);
            return None;
        }
    };
    if place == FaultPlace::Dns {
        for key in ["times", "skip"] {
            if let Some(entry) = reader.table.entry(key) {
                let other = if key == "times" { "skip" } else { "times" };
                let message = format!("a fault of dns has no `{key}` (nor `{other}`)");
                let help = "one lookup asks several times: end it with a step";
                reader.note(entry.key_span, Complaint::new(message).help(help));
            }
        }
    }
    let text = reader.text("text");
    let needs = Needs {
        wait: reader.parsed("wait", values::duration),
        text: text.as_deref(),
        next_segment: reader.text("segment").is_some_and(|word| word == "next"),
        size: reader.parsed("size", values::size),
    };
    match (DeedText {
        text: deed.text()?,
        at: &moment,
    })
    .parse(needs)
    {
        Ok(deed) => Some(Fault {
            on: place,
            at: moment,
            deed,
            times: reader.number("times"),
            skip: reader.number("skip").unwrap_or(0),
            written,
        }),
        Err(complaint) => {
            reader.note(deed.span, complaint);
            None
        }
    }
}

fn place(reader: Reader<'_>, on: &Node) -> Option<FaultPlace> {
    match on.text()? {
        "dns" => Some(FaultPlace::Dns),
        "client" => Some(FaultPlace::Client),
        text => match text.strip_prefix("attacker of ") {
            Some(_) => reader.parse(on, |text| {
                values::name(text.trim_start_matches("attacker of ")).map(FaultPlace::AttackerOf)
            }),
            None => reader.parse(on, |text| values::name(text).map(FaultPlace::Host)),
        },
    }
}
