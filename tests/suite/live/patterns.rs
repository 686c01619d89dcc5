//! Events that fit a pattern of `saw`, `never` or `order`, and recordings with more or fewer of them.

use mtaspec_judge::events::{Event, Recording};
use mtaspec_judge::scenario::{FieldPattern, Pattern, Wanted};
use serde_json::{Value, json};

use super::edits::put_behind;

/// For each pattern: all events of its name gone.
pub(super) fn without_the_name_of_each(seen: &Recording) -> Vec<Vec<Event>> {
    let mut ways = Vec::new();
    for (_, pattern) in patterns(seen) {
        let mut events = seen.events.clone();
        events.retain(|event| name_of(event) != pattern.event);
        ways.push(events);
    }
    ways
}

/// For each field of each pattern: all events of its name with the same other value in that field.
pub(super) fn with_each_field_otherwise(seen: &Recording) -> Vec<Vec<Event>> {
    // Of the kinds that fields have.
    let others = [
        json!("other"),
        json!("sender"),
        json!("receiver"),
        json!(9),
        json!(true),
        json!(false),
        json!([]),
    ];
    let mut ways = Vec::new();
    for (_, pattern) in patterns(seen) {
        for field in pattern.fields.keys() {
            ways.extend(
                others
                    .iter()
                    .filter_map(|other| with(seen, &pattern.event, field, other)),
            );
        }
    }
    ways
}

/// All events of a name with this value in a field; none where the field has no such values.
fn with(seen: &Recording, name: &str, field: &str, other: &Value) -> Option<Vec<Event>> {
    let with_other = |event: &Event| {
        if name_of(event) != name {
            return Some(event.clone());
        }
        let mut fields = serde_json::to_value(event).expect("an event has a JSON form");
        fields[field] = other.clone();
        serde_json::from_value(fields).ok()
    };
    seen.events.iter().map(with_other).collect()
}

/// For each pattern: events that fit it added to its step, one more than it can take.
pub(super) fn with_more_of_each(seen: &Recording) -> Vec<Vec<Event>> {
    let mut ways = Vec::new();
    for (step, pattern) in patterns(seen) {
        let Some(event) = fitting(pattern, step, seen) else {
            continue;
        };
        let least = pattern
            .count
            .map_or(1, |count| count.least.max(count.most.unwrap_or(0) + 1));
        // Of `never` with a count so many are forbidden; of `saw` one more is too many.
        for number in [least, least - 1] {
            let mut events = seen.events.clone();
            let number = usize::try_from(number).expect("a count of events is small");
            put_behind(&mut events, step, vec![event.clone(); number]);
            ways.push(events);
        }
    }
    ways
}

fn patterns(seen: &Recording) -> impl Iterator<Item = (usize, &Pattern)> {
    let steps = seen.case.steps.iter().enumerate();
    steps.flat_map(|(index, step)| {
        let keys = step.expect.iter().flat_map(|table| &table.keys);
        keys.flat_map(move |key| match &key.wanted {
            Wanted::Saw(patterns) | Wanted::Never(patterns) | Wanted::Order(patterns) => patterns
                .iter()
                .map(|pattern| (index + 1, pattern))
                .collect(),
            _ => Vec::new(),
        })
    })
}

fn name_of(event: &Event) -> String {
    let fields = serde_json::to_value(event).expect("an event has a JSON form");
    fields["event"].as_str().unwrap_or_default().to_owned()
}

/// An event of the pattern's name with its fields; none for events that are derived from others.
fn fitting(pattern: &Pattern, step: usize, seen: &Recording) -> Option<Event> {
    let mut fields = plain(&pattern.event)?;
    fields["event"] = json!(pattern.event);
    fields["at"] = json!(1);
    fields["step"] = json!(step);
    // A pattern without a host is about every fake but the subject's own MX host.
    let hosts = &seen.case.steps[step - 1].world.hosts;
    let other = hosts.keys().find(|host| *host != "mx.home.test");
    fields["host"] = json!(other.map_or("subject.home.test", String::as_str));
    fields["connection"] = json!(1);
    for (name, wanted) in &pattern.fields {
        let plain = fields.get(name).cloned().unwrap_or(Value::Null);
        fields[name.as_str()] = value(wanted, &plain);
    }
    Some(serde_json::from_value(fields).expect("the fields are those of an event"))
}

/// What else an event of this name has.
fn plain(event: &str) -> Option<Value> {
    Some(match event {
        "dns-query" => json!({
            "name": "example.test", "type": "MX", "answer": "noerror", "state": "insecure",
            "do": false, "transport": "udp",
        }),
        "connect" => json!({ "family": "ipv4", "port": 25, "address": 1, "refused": false }),
        "policy-fetch" => json!({ "path": "/", "status": 200, "sni": null }),
        "tls-offered" => json!({
            "sni": null, "versions": [], "ciphers": [], "groups": [], "schemes": [], "alpn": [],
            "extensions": [], "early_data": false, "compression": false,
        }),
        "tls-established" => json!({
            "version": "1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": null, "sni": null,
            "certificate": "valid", "key": "ecdsa-p256", "client_certificate": false, "resumed": false,
        }),
        "tls-accepted" => json!({ "version": "ssl3" }),
        "tls-failed" => json!({ "by": "sender", "alert": null, "version": null }),
        "smtp-command" => {
            json!({ "verb": "NOOP", "text": "", "tls": false, "follows": "greeting" })
        }
        "smtp-reply" => json!({ "verb": "NOOP", "code": 250, "text": "", "tls": false }),
        "disconnect" => json!({ "by": "sender", "follows": "greeting" }),
        "message-accepted" => json!({
            "from": "", "to": [], "tls": "none", "requiretls": false, "content": "",
        }),
        _ => return None,
    })
}

/// A value that fits, of the kind of the plain one.
fn value(wanted: &FieldPattern, plain: &Value) -> Value {
    let one = match wanted {
        FieldPattern::Text(texts) => {
            let text = texts
                .first()
                .map(|text| text.replace('*', "").replace('?', "1"));
            let text = text.unwrap_or_default();
            match text.parse::<u64>() {
                Ok(number) if plain.is_number() => json!(number),
                _ => json!(text),
            }
        }
        FieldPattern::Flag(flag) => match plain {
            Value::Bool(_) => json!(flag),
            _ if *flag => json!("something"),
            Value::Array(_) => return json!([]),
            Value::String(_) => json!("none"),
            _ => Value::Null,
        },
        FieldPattern::Count(count) => json!(count.least),
        FieldPattern::Numbers(numbers) => json!(numbers.first()),
        FieldPattern::Tables(_) => Value::Null,
    };
    if plain.is_array() { json!([one]) } else { one }
}
