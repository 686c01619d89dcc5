//! Ways to change the events of a recording: some gone, some added, some told otherwise.

use mtaspec_judge::events::{Event, Recording, What};
use mtaspec_judge::scenario::Message;

use super::made::{HOUR, LATER, of};

pub(super) fn edited(seen: &Recording, change: impl Fn(&mut Event)) -> Vec<Vec<Event>> {
    let mut events = seen.events.clone();
    events.iter_mut().for_each(change);
    vec![events]
}

/// Some events gone, and what a look at the queue shows, if that is to change.
pub(super) fn without(
    seen: &Recording,
    is_gone: impl Fn(&Event) -> bool,
    in_queue: Option<bool>,
) -> Vec<Vec<Event>> {
    let mut events = seen.events.clone();
    events.retain(|event| !is_gone(event));
    for event in &mut events {
        if let (What::Queued { listed, .. }, Some(in_queue)) = (&mut event.what, in_queue) {
            *listed = in_queue;
        }
    }
    vec![events]
}

/// Events of each message added behind the step in which it went in, and behind each later one.
pub(super) fn added(
    seen: &Recording,
    made: impl Fn(&Message, usize) -> Vec<Event>,
) -> Vec<Vec<Event>> {
    let mut events = seen.events.clone();
    for step in 1..=seen.case.steps.len() {
        let mut more = Vec::new();
        for (since, message) in messages(seen) {
            if since <= step {
                more.extend(made(message, step));
            }
        }
        put_behind(&mut events, step, more);
    }
    vec![events]
}

/// Events of each message added at the very end.
pub(super) fn added_last(
    seen: &Recording,
    made: impl Fn(&Message, usize) -> Vec<Event>,
) -> Vec<Vec<Event>> {
    let last = seen.case.steps.len();
    let more = messages(seen).flat_map(|(_, message)| made(message, last));
    vec![seen.events.iter().cloned().chain(more).collect()]
}

/// Puts events behind all others of a step.
pub(super) fn put_behind(events: &mut Vec<Event>, step: usize, more: Vec<Event>) {
    let place = events.iter().rposition(|event| event.step <= step);
    let place = place.map_or(0, |place| place + 1);
    events.splice(place..place, more);
}

/// Every message with the step in which it goes in, its copies under their own names.
pub(super) fn messages(seen: &Recording) -> impl Iterator<Item = (usize, &Message)> {
    let steps = seen.case.steps.iter().enumerate();
    steps.flat_map(|(index, step)| step.inject.iter().map(move |message| (index + 1, message)))
}

pub(super) fn is_accepted(event: &Event) -> bool {
    matches!(event.what, What::MessageAccepted { .. })
}

pub(super) fn is_home(event: &Event) -> bool {
    event
        .host
        .as_deref()
        .is_some_and(|host| host.ends_with("home.test"))
}

pub(super) fn is_notice(event: &Event) -> bool {
    matches!(&event.what, What::MessageAccepted { from, .. } if from.is_empty())
}

pub(super) fn over(seen: &Recording, version: &str) -> Vec<Vec<Event>> {
    edited(seen, |event| {
        if let What::MessageAccepted { tls, .. } = &mut event.what {
            *tls = version.to_owned();
        }
    })
}

/// What was taken told otherwise: all of it, and the last alone, since what a sender hears first may be right.
pub(super) fn contents(seen: &Recording, change: impl Fn(&str) -> String) -> Vec<Vec<Event>> {
    let places = seen.events.iter().enumerate();
    let taken: Vec<usize> = places
        .filter(|(_, event)| is_accepted(event))
        .map(|(place, _)| place)
        .collect();
    let changed = |places: &[usize]| {
        let mut events = seen.events.clone();
        for place in places {
            if let What::MessageAccepted { content, .. } = &mut events[*place].what {
                *content = change(content);
            }
        }
        events
    };
    let mut ways = vec![changed(&taken)];
    if let [.., _, last] = taken[..] {
        ways.push(changed(&[last]));
    }
    ways
}

/// The subject answers so at injection (inbound: to everything), and nothing is delivered.
pub(super) fn injected(seen: &Recording, answer: u16, words: &str) -> Vec<Vec<Event>> {
    let mut events = seen.events.clone();
    events.retain(|event| !is_accepted(event));
    for event in &mut events {
        let is_home = is_home(event);
        match &mut event.what {
            What::Injected { code, text, .. } => (*code, *text) = (answer, words.to_owned()),
            What::SmtpReply { code, text, .. } if is_home => {
                (*code, *text) = (answer, words.to_owned());
            }
            _ => {}
        }
    }
    vec![events]
}

/// The subject takes what is injected, and nothing is delivered.
pub(super) fn taken(seen: &Recording, in_queue: bool) -> Vec<Vec<Event>> {
    let mut events = injected(seen, 250, "ok").concat();
    for step in 1..=seen.case.steps.len() {
        let looks = messages(seen).filter(|(since, _)| *since <= step);
        let looks = looks.map(|(_, message)| {
            of(
                message,
                step,
                "subject.home.test",
                What::Queued {
                    recipient: None,
                    listed: in_queue,
                },
            )
        });
        put_behind(&mut events, step, looks.collect());
    }
    vec![events]
}

/// Every enhanced status code changed, in notices and replies (RFC 3463 §2), or in what was taken last.
pub(super) fn with_codes(seen: &Recording, change: impl Fn(&str) -> String) -> Vec<Vec<Event>> {
    let mut ways = edited(seen, |event| match &mut event.what {
        What::MessageAccepted { content: text, .. }
        | What::Injected { text, .. }
        | What::SmtpReply { text, .. } => *text = recoded(text, &change),
        _ => {}
    });
    ways.extend(contents(seen, |text| recoded(text, &change)).pop());
    ways
}

pub(super) fn recoded(text: &str, change: &impl Fn(&str) -> String) -> String {
    let is_of_code = |c: char| c.is_ascii_digit() || c == '.';
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_of_code) {
        let length = rest[start..]
            .find(|c| !is_of_code(c))
            .unwrap_or(rest.len() - start);
        let word = &rest[start..start + length];
        let dot = word.strip_suffix('.').map_or("", |_| ".");
        let code = word.trim_end_matches('.');
        told += &rest[..start];
        if code.starts_with(['2', '4', '5'])
            && code.find('.') == Some(1)
            && code.matches('.').count() == 2
        {
            told += &change(code);
            told += dot;
        } else {
            told += word;
        }
        rest = &rest[start + length..];
    }
    told + rest
}

/// All lookups and connections of each step once more, an hour later each time; nothing more is delivered.
pub(super) fn rounds_more(seen: &Recording, count: u32) -> Vec<Vec<Event>> {
    let mut events = seen.events.clone();
    for step in 1..=seen.case.steps.len() {
        let is_repeated = |event: &&Event| {
            let is_lookup = matches!(event.what, What::DnsQuery { .. });
            let is_visit = event.connection.is_some() && !is_home(event) && !is_accepted(event);
            event.step == step && (is_lookup || is_visit)
        };
        let again = |number: u32| {
            seen.events
                .iter()
                .filter(is_repeated)
                .map(move |event| Event {
                    at: event.at + HOUR * u64::from(number),
                    connection: event.connection.map(|own| own + LATER * number),
                    ..event.clone()
                })
        };
        put_behind(&mut events, step, (1..=count).flat_map(again).collect());
    }
    vec![events]
}

pub(super) fn canaries(seen: &Recording, change: impl Fn(&mut Event)) -> Vec<Vec<Event>> {
    edited(seen, |event| {
        if matches!(event.what, What::Canary { .. }) {
            change(event);
        }
    })
}

pub(super) fn read(event: &mut Event, in_plaintext: bool, by_attacker: bool) {
    if let What::Canary {
        plaintext,
        attacker,
        ..
    } = &mut event.what
    {
        (*plaintext, *attacker) = (in_plaintext, by_attacker);
    }
}
