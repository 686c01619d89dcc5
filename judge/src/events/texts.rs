//! Every text of an event, for those who respell names in it. Which of them hold names is not decided here.

use serde_json::Value;

use super::{Event, What};

impl Event {
    /// Shows every text, in place.
    pub fn each_text(&mut self, visit: &mut impl FnMut(&mut String)) {
        self.host.iter_mut().for_each(&mut *visit);
        self.message.iter_mut().for_each(&mut *visit);
        self.what.each_text(visit);
    }
}

impl What {
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    fn each_text(&mut self, visit: &mut impl FnMut(&mut String)) {
        match self {
            Self::DnsQuery {
                name,
                kind,
                answer,
                state,
                dnssec_ok: _,
                transport,
            } => [name, kind, answer, state, transport]
                .into_iter()
                .for_each(visit),
            Self::TlsOffered {
                sni,
                versions,
                ciphers,
                groups,
                schemes,
                alpn,
                extensions,
                early_data: _,
                compression: _,
            } => {
                sni.iter_mut().for_each(&mut *visit);
                for list in [versions, ciphers, groups, schemes, alpn, extensions] {
                    list.iter_mut().for_each(&mut *visit);
                }
            }
            Self::TlsEstablished {
                version,
                cipher,
                group,
                sni,
                certificate,
                key,
                client_certificate: _,
                resumed: _,
            } => [version, cipher, certificate, key]
                .into_iter()
                .chain(group)
                .chain(sni)
                .for_each(visit),
            Self::TlsFailed {
                by: _,
                alert,
                version,
            } => alert.iter_mut().chain(version).for_each(visit),
            Self::SmtpCommand {
                verb,
                text,
                tls: _,
                follows,
            } => [verb, text, follows].into_iter().for_each(visit),
            Self::SmtpReply {
                verb,
                code: _,
                text,
                tls: _,
            } => [verb, text].into_iter().for_each(visit),
            Self::MessageAccepted {
                from,
                to,
                tls,
                requiretls: _,
                content,
            } => [from, tls, content].into_iter().chain(to).for_each(visit),
            Self::ReportPosted {
                to,
                status: _,
                media_type,
                body,
                compressed: _,
            } => [to, media_type, body].into_iter().for_each(visit),
            Self::ReportMailed {
                to,
                media_type,
                file_name,
                body,
                compressed: _,
                signature,
                key_services: _,
            } => [media_type, body, signature]
                .into_iter()
                .chain(file_name)
                .chain(to)
                .for_each(visit),
            Self::PolicyFetch {
                path,
                status: _,
                sni,
            } => [path].into_iter().chain(sni).for_each(visit),
            Self::Injected {
                recipient,
                code: _,
                text,
            } => [text].into_iter().chain(recipient).for_each(visit),
            Self::Answered { fields } => fields
                .values_mut()
                .for_each(|value| each_text_of(value, visit)),
            Self::Queued {
                recipient,
                listed: _,
            } => recipient.iter_mut().for_each(visit),
            Self::Connect { family: text, .. }
            | Self::TlsAccepted { version: text }
            | Self::Disconnect { follows: text, .. }
            | Self::Met { what: text }
            | Self::HarnessFailed { reason: text } => visit(text),
            Self::Canary { .. } | Self::SubjectEnded { .. } | Self::StepBegan => {}
        }
    }
}

fn each_text_of(value: &mut Value, visit: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text_of(item, visit)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|item| each_text_of(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_of_an_event_is_left_out() {
        // Every text but the word of the event and of who did it is "old".
        let events = [
            json!({"event": "dns-query", "name": "old", "type": "old", "answer": "old", "state": "old", "do": true, "transport": "old"}),
            json!({"event": "connect", "family": "old", "port": 25, "address": 1, "refused": false}),
            json!({"event": "policy-fetch", "path": "old", "status": 200, "sni": "old"}),
            json!({"event": "tls-offered", "sni": "old", "versions": ["old"], "ciphers": ["old", "old"], "groups": ["old"], "schemes": ["old"], "alpn": ["old"], "extensions": ["old"], "early_data": false, "compression": false}),
            json!({"event": "tls-established", "version": "old", "cipher": "old", "group": "old", "sni": "old", "certificate": "old", "key": "old", "client_certificate": false, "resumed": false}),
            json!({"event": "tls-accepted", "version": "old"}),
            json!({"event": "tls-failed", "by": "sender", "alert": "old", "version": "old"}),
            json!({"event": "smtp-command", "verb": "old", "text": "old", "tls": false, "follows": "old"}),
            json!({"event": "smtp-reply", "verb": "old", "code": 250, "text": "old", "tls": false}),
            json!({"event": "disconnect", "by": "receiver", "follows": "old"}),
            json!({"event": "message-accepted", "from": "old", "to": ["old"], "tls": "old", "requiretls": false, "content": "old"}),
            json!({"event": "canary", "part": "body", "plaintext": false, "attacker": false}),
            json!({"event": "report-posted", "to": "old", "status": 201, "media_type": "old", "body": "old", "compressed": true}),
            json!({"event": "injected", "recipient": "old", "code": 250, "text": "old"}),
            json!({"event": "queued", "recipient": "old", "listed": true}),
            json!({"event": "met", "what": "old"}),
            json!({"event": "subject-ended", "code": 1}),
            json!({"event": "answered", "fields": {"one": "old", "many": ["old", {"deep": "old"}], "number": 1}}),
            json!({"event": "step-began"}),
            json!({"event": "harness-failed", "reason": "old"}),
        ];
        for mut told in events {
            let fields = told.as_object_mut().unwrap();
            fields.extend([
                ("at".to_owned(), json!(0)),
                ("step".to_owned(), json!(1)),
                ("host".to_owned(), json!("old")),
                ("message".to_owned(), json!("old")),
            ]);
            let mut event: Event = serde_json::from_value(told.clone()).unwrap();
            event.each_text(&mut |text| {
                assert_eq!(text, "old");
                *text = "new".to_owned();
            });
            let wanted = told.to_string().replace("\"old\"", "\"new\"");
            let wanted: Event = serde_json::from_str(&wanted).unwrap();
            assert_eq!(event, wanted);
        }
    }
}
