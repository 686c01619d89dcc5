//! What differs from the healthy twin with its value, for people: as a scenario file would write it.
//!
//! Most values are written as they stand; addresses, records and certificates have a form of their own in files.

use serde_json::{Value, json};

use super::{
    Answering, Difference, Domain, Host, HostAddress, HttpsHost, Shown, Tlsa, TlsaData, World,
};

impl Difference {
    /// As `host."mx.example.test".starttls = "absent"`; a fault as it stands in the file.
    #[must_use]
    pub fn with_value(&self, world: &World) -> String {
        let value = match self {
            Self::Domain(name, key) => world.domains.get(name).map(|one| of_domain(one, key)),
            Self::Host(name, key) => world.hosts.get(name).map(|one| of_host(one, key)),
            Self::Https(name, key) => world.https.get(name).map(|one| of_https(one, key)),
            Self::Attacker(name, key) => world.attackers.get(name).map(|one| match key.as_str() {
                "certificate" => inline(&certificate(&json!(one.certificate))),
                key => inline(&json!(one)[key]),
            }),
            Self::Fault(_) | Self::Client(_) => None,
        };
        match value {
            Some(value) => format!("{self} = {value}"),
            None => self.to_string(),
        }
    }
}

fn of_domain(domain: &Domain, key: &str) -> String {
    let value = match key {
        "mx" => {
            let records = domain.mx.iter();
            records
                .map(|record| format!("{} {}", record.preference, record.host))
                .collect()
        }
        "records" => {
            let records = domain.records.iter();
            records
                .map(|record| format!("{} {} {}", record.owner, record.kind, record.data))
                .collect()
        }
        key => match key.strip_prefix("sts.") {
            Some(key) => json!(domain.sts)[key].clone(),
            None => json!(domain)[key].clone(),
        },
    };
    inline(&value)
}

/// Where connections differ, each value once, in their order.
fn of_host(host: &Host, key: &str) -> String {
    if host.connections.is_empty() {
        return of_connection(host, key);
    }
    let mut values: Vec<String> = Vec::new();
    for connection in &host.connections {
        let value = of_connection(connection, key);
        if values.last() != Some(&value) {
            values.push(value);
        }
    }
    values.join(", then ")
}

fn of_connection(host: &Host, key: &str) -> String {
    let value = match key {
        "addresses" => addresses(&host.addresses),
        "tlsa" => host.tlsa.iter().flatten().map(tlsa).collect(),
        "certificate" => shown(&host.certificate),
        "sni" => host.sni.iter().map(by_name).collect(),
        key => json!(host)[key].clone(),
    };
    inline(&value)
}

fn of_https(host: &HttpsHost, key: &str) -> String {
    let value = match key {
        "addresses" => addresses(&host.addresses),
        "certificate" => shown(&host.certificate),
        "sni" => host.sni.iter().map(by_name).collect(),
        key => json!(host)[key].clone(),
    };
    inline(&value)
}

fn addresses(addresses: &[HostAddress]) -> Value {
    let written = |address: &HostAddress| {
        let family = address.family.word();
        match address.answer {
            Answering::Server => family.to_owned(),
            Answering::Refused => format!("{family} refused"),
            Answering::Silent => format!("{family} silent"),
        }
    };
    addresses.iter().map(written).collect()
}

fn tlsa(record: &Tlsa) -> String {
    match record {
        Tlsa::Alias(name) => format!("CNAME {name}"),
        Tlsa::Record {
            usage,
            selector,
            matching,
            data,
        } => {
            let data = match data {
                TlsaData::Match => "match".to_owned(),
                TlsaData::Mismatch => "mismatch".to_owned(),
                TlsaData::MatchWord(word) => format!("match:{word}"),
                TlsaData::MatchHost(host) => format!("match@{host}"),
                TlsaData::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            };
            format!("{usage} {selector} {matching} {data}")
        }
    }
}

fn by_name((name, one): (&String, &Shown)) -> (String, Value) {
    (name.clone(), shown(one))
}

fn shown(shown: &Shown) -> Value {
    match shown {
        Shown::Certificate(spec) => certificate(&json!(spec)),
        Shown::Refuse => json!("refuse"),
    }
}

/// A word, or a table of what is said beside it.
fn certificate(spec: &Value) -> Value {
    let said = spec.as_object().into_iter().flatten();
    let said: serde_json::Map<String, Value> = said
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    match (said.get("is"), said.len()) {
        (Some(word), 1) => word.clone(),
        _ => said.into(),
    }
}

/// As TOML, on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let is_bare = |key: &str| {
                !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            };
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| {
                    let key = if is_bare(key) {
                        key.clone()
                    } else {
                        json!(key).to_string()
                    };
                    format!("{key} = {}", inline(value))
                })
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Catalogue, differences, read_text};

    #[test]
    fn each_value_is_told_as_a_file_writes_it() {
        let lines = [
            r#"domain."example.test".mx = ["10 a.test", "20 b.test"]"#,
            r#"domain."example.test".records = ["@ TXT x"]"#,
            r#"domain."example.test".sts.mode = "testing""#,
            r#"domain."example.test".sts.max_age = 60"#,
            r#"domain."example.test".dnssec = "bad-signature""#,
            r#"host."mx.example.test".addresses = ["ipv4 refused", "ipv6"]"#,
            r#"host."mx.example.test".starttls = "absent""#,
            r#"host."mx.example.test".tls = ["1.0", "1.2"]"#,
            r#"host."mx.example.test".certificate = "expired""#,
            r#"host."mx.example.test".certificate = { is = "expired", names = ["a.test"] }"#,
            r#"host."mx.example.test".sni = { "a.test" = "refuse" }"#,
            r#"host."mx.example.test".tlsa = ["3 1 1 mismatch", "2 0 1 match@b.test", "3 0 0 00ff"]"#,
            r#"host."mx.example.test".ciphers = []"#,
            r#"attacker."mx.example.test".starttls = "stripped""#,
            r#"attacker."mx.example.test".certificate = "self-signed""#,
            r#"https."mta-sts.example.test".content_type = "text/html""#,
        ];
        for line in lines {
            let text = format!(
                "title = \"t\"\nwhy = \"w\"\nexpect.outcome = \"delivered\"\n\
                 domain.\"example.test\".sts.known = false\n{line}"
            );
            let (cases, problems) = read_text("a.toml", "a", &text, &Catalogue::default(), true);
            assert!(problems.is_empty(), "{text}\n{problems}");
            let world = &cases[0].steps[0].world;
            let found: Vec<String> = differences(world)
                .iter()
                .flatten()
                .map(|one| one.with_value(world))
                .collect();
            assert!(
                found.contains(&line.to_owned()),
                "{line} is not among {found:#?}"
            );
        }
    }
}
