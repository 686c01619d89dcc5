//! A DNS for tests: questions and answers in a table.

use std::collections::BTreeMap;

use hickory_proto::rr::{Name, RecordType};

use super::answer::{Answer, LookupFault};
use super::resolver::Directory;

/// Answers by question, as `"TYPE name"`; a question that is not there has no name.
pub(crate) struct Table(BTreeMap<String, Vec<String>>);

impl Directory for Table {
    async fn lookup(&self, name: &Name, kind: RecordType) -> Result<Answer, LookupFault> {
        let owner = name.clone();
        let asked = format!("{kind} {}", name.to_ascii().trim_end_matches('.'));
        let Some(data) = self.0.get(&asked.to_ascii_lowercase()) else {
            return Ok(Answer::NoName);
        };
        if data.iter().any(|one| one == "fails") {
            return Err(LookupFault::Silence);
        }
        let of = |wanted| data.iter().filter(move |_| kind == wanted);
        let host = |text: &String| Name::from_ascii(format!("{text}.")).unwrap();
        Ok(Answer::Records {
            owner,
            mx: of(RecordType::MX).map(|text| (10, host(text))).collect(),
            addresses: of(RecordType::A)
                .chain(of(RecordType::AAAA))
                .map(|text| text.parse().unwrap())
                .collect(),
            texts: of(RecordType::TXT)
                .map(|text| text.as_bytes().to_vec())
                .collect(),
            pointers: of(RecordType::PTR).map(host).collect(),
        })
    }
}

impl Table {
    /// Reads zones with one question and one of its answers a line: `txt x.test: v=spf1 -all`. The answer `fails` is none.
    pub(crate) fn parse(zones: &str) -> Self {
        let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in zones.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (question, data) = line.split_once(": ").unwrap();
            answers
                .entry(question.to_owned())
                .or_default()
                .push(data.to_owned());
        }
        Self(answers)
    }
}
