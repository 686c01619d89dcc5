//! Changes to what was seen: what a recording would be if the subject had done something else.
//!
//! Each is a function of the recording alone. Together they are wide, not exact: an expectation that none of them
//! makes fail is one that nothing can. Events that patterns speak of are made in `patterns`.

use mtaspec_judge::events::{Event, Part, Recording, What};
use serde_json::{Map, json};

use super::edits::{
    added, added_last, canaries, contents, edited, injected, is_accepted, is_home, is_notice,
    messages, over, read, rounds_more, taken, with_codes, without,
};
use super::made::{ELSEWHERE, attempts, canary, delivery, failure_notice, failure_notices};
use super::{notice, patterns, report};

/// A Received field that nobody writes.
const OTHER_RECEIVED: &str =
    "Received: from x by y with SMTP tls OTHER (version=TLS1_0 cipher=OTHER bits=1/1); d\r\n";

/// One that tells of no TLS.
const PLAIN_RECEIVED: &str = "Received: from x by y with SMTP; d\r\n";

/// The events as they would be, in each way that a change can be made.
type Change = fn(&Recording) -> Vec<Vec<Event>>;

/// What may be changed in a recording, in a few words, and how. First, to save time, what many expectations fail for.
pub(super) const CHANGES: [(&str, Change); 58] = [
    ("not delivered, in the queue", |seen| {
        without(
            seen,
            |event| is_accepted(event) && !is_home(event),
            Some(true),
        )
    }),
    ("the canary in plaintext", |seen| {
        canaries(seen, |event| read(event, true, false))
    }),
    ("the envelope elsewhere as well", |seen| {
        added(seen, |message, step| {
            vec![canary(message, step, Part::Envelope)]
        })
    }),
    ("the canary at another host", |seen| {
        canaries(seen, |event| event.host = Some(ELSEWHERE.to_owned()))
    }),
    ("delivered elsewhere in plaintext as well", |seen| {
        added(seen, delivery)
    }),
    ("not delivered, not in the queue", |seen| {
        without(
            seen,
            |event| is_accepted(event) && !is_home(event),
            Some(false),
        )
    }),
    ("nobody came", |seen| {
        let is_coming = |event: &Event| {
            matches!(event.what, What::DnsQuery { .. })
                || event.connection.is_some() && !is_home(event)
        };
        without(seen, is_coming, None)
    }),
    ("events that fit a pattern", patterns::with_more_of_each),
    ("nothing taken anywhere, not in the queue", |seen| {
        without(seen, is_accepted, Some(false))
    }),
    ("delivered over TLS 1.0", |seen| over(seen, "1.0")),
    ("one attempt more", |seen| {
        added(seen, |message, step| attempts(message, step, 1))
    }),
    ("nothing taken anywhere, in the queue", |seen| {
        without(seen, is_accepted, Some(true))
    }),
    ("delivered in plaintext", |seen| over(seen, "none")),
    ("delivered over TLS 1.1", |seen| over(seen, "1.1")),
    ("delivered over TLS 1.2", |seen| over(seen, "1.2")),
    ("delivered over TLS 1.3", |seen| over(seen, "1.3")),
    ("delivered by another host", |seen| {
        edited(seen, |event| {
            if is_accepted(event) && !is_home(event) {
                event.host = Some(ELSEWHERE.to_owned());
            }
        })
    }),
    ("refused for good when injected", |seen| {
        injected(seen, 554, "5.9.9 no")
    }),
    ("refused for now when injected", |seen| {
        injected(seen, 454, "4.9.9 no")
    }),
    ("taken when injected, in the queue", |seen| {
        taken(seen, true)
    }),
    ("taken when injected, not in the queue", |seen| {
        taken(seen, false)
    }),
    ("another class of status", |seen| {
        with_codes(seen, |code| {
            let class = if code.starts_with('5') { "4" } else { "5" };
            format!("{class}{}", &code[1..])
        })
    }),
    ("another detail of status", |seen| {
        with_codes(seen, |code| format!("{}.9.9", &code[..1]))
    }),
    ("no status", |seen| with_codes(seen, |_| "no".to_owned())),
    ("one round more", |seen| rounds_more(seen, 1)),
    ("fifty rounds more", |seen| rounds_more(seen, 50)),
    ("fifty attempts more", |seen| {
        added(seen, |message, step| attempts(message, step, 50))
    }),
    ("the canary read by an attacker", |seen| {
        canaries(seen, |event| read(event, false, true))
    }),
    ("the canary read by nobody", |seen| {
        canaries(seen, |event| read(event, false, false))
    }),
    ("the body elsewhere as well", |seen| {
        added(seen, |message, step| {
            vec![canary(message, step, Part::Body)]
        })
    }),
    ("no notice", |seen| without(seen, is_notice, None)),
    ("each notice twice", |seen| {
        let twice = |event: &Event| vec![event.clone(); 1 + usize::from(is_notice(event))];
        vec![seen.events.iter().flat_map(twice).collect()]
    }),
    ("a notice more", |seen| {
        added(seen, |message, step| vec![failure_notice(message, step)])
    }),
    ("a notice by the book more", |seen| {
        added(seen, failure_notices)
    }),
    ("a notice by the book at the end", |seen| {
        added_last(seen, failure_notices)
    }),
    ("the notice to the recipient", |seen| {
        let recipient = messages(seen)
            .next()
            .and_then(|(_, message)| message.to.first());
        edited(seen, |event| {
            let is_notice = is_notice(event);
            if let (What::MessageAccepted { to, .. }, Some(recipient), true) =
                (&mut event.what, recipient, is_notice)
            {
                *to = vec![recipient.clone()];
            }
        })
    }),
    ("the notice without its form", |seen| {
        contents(seen, |_| "Subject: failed\r\n\r\nfailed\r\n".to_owned())
    }),
    ("no Received field", |seen| {
        contents(seen, |text| text.replace("Received:", "X-Old:"))
    }),
    ("another answer", |seen| {
        edited(seen, |event| {
            if let What::Answered { fields } = &mut event.what {
                fields
                    .values_mut()
                    .for_each(|value| *value = json!("something else"));
            }
        })
    }),
    ("no answer", |seen| {
        without(
            seen,
            |event| matches!(event.what, What::Answered { .. }),
            None,
        )
    }),
    ("an empty answer", |seen| {
        edited(seen, |event| {
            if let What::Answered { fields } = &mut event.what {
                *fields = Map::new();
            }
        })
    }),
    ("no TLS report", |seen| {
        without(seen, report::is_report, None)
    }),
    ("each TLS report twice", report::each_twice),
    ("a TLS report more", report::one_more),
    ("TLS reports by one way alone", report::by_one_way),
    (
        "TLS reports about another domain",
        report::about_another_domain,
    ),
    ("all backwards", |seen| {
        vec![seen.events.iter().rev().cloned().collect()]
    }),
    (
        "none of the events that a pattern is about",
        patterns::without_the_name_of_each,
    ),
    (
        "fields of a pattern otherwise",
        patterns::with_each_field_otherwise,
    ),
    ("a field of the notice gone", |seen| {
        notice::fields(seen, |_| String::new())
    }),
    ("a field of the notice otherwise", |seen| {
        notice::fields(seen, |name| format!("{name}: x; other\r\n"))
    }),
    (
        "another part of the message in the notice",
        notice::another_part,
    ),
    ("other words in the notice", notice::other_words),
    (
        "the notice with or without REQUIRETLS",
        notice::other_requiretls,
    ),
    ("another Received field on top", |seen| {
        contents(seen, |text| format!("{OTHER_RECEIVED}{text}"))
    }),
    ("another Received field on top, without TLS", |seen| {
        contents(seen, |text| format!("{PLAIN_RECEIVED}{text}"))
    }),
    ("another version in the Received field", |seen| {
        contents(seen, |text| {
            text.replacen("version=TLS1_", "version=TLS9_", 1)
        })
    }),
    ("a field above the Received field", |seen| {
        contents(seen, |text| format!("Subject: x\r\n{text}"))
    }),
];
