//! A DNS for tests: questions and answers in a table.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use data_encoding::HEXLOWER_PERMISSIVE;
use hickory_proto::rr::{Name, RecordType};

use crate::dane::Tlsa;

use super::answer::{Answer, LookupFault};
use super::resolver::Directory;
use super::security::{Lookup, Security};

/// Answers by question, as `"TYPE name"`; a question that is not there has no name.
pub(crate) struct Table {
    answers: BTreeMap<String, (Security, Vec<String>)>,
    asked: Mutex<Vec<String>>,
}

impl Directory for Table {
    async fn look_up(&self, name: &Name, kind: RecordType) -> Result<Lookup, LookupFault> {
        self.note(format!("{kind} {}", text(name)));
        let mut security = Security::Secure;
        let mut owner = name.clone();
        while let Some((of_alias, target)) = self.at(RecordType::CNAME, &owner) {
            if kind == RecordType::CNAME {
                break;
            }
            security = security.and(*of_alias);
            owner = host(&target[0]);
        }
        let Some((of_data, data)) = self.at(kind, &owner) else {
            let answer = Answer::NoName;
            return Ok(Lookup { answer, security });
        };
        let security = security.and(*of_data);
        match data[0].as_str() {
            "fails" => return Err(LookupFault::Silence),
            "none" => {
                let answer = Answer::NoData { owner };
                return Ok(Lookup { answer, security });
            }
            _ => {}
        }
        let of = |wanted| data.iter().filter(move |_| kind == wanted);
        let answer = Answer::Records {
            owner,
            mx: of(RecordType::MX).map(|text| (10, host(text))).collect(),
            addresses: of(RecordType::A)
                .chain(of(RecordType::AAAA))
                .map(|text| text.parse().unwrap())
                .collect(),
            texts: of(RecordType::TXT)
                .map(|text| text.as_bytes().to_vec())
                .collect(),
            pointers: of(RecordType::PTR)
                .chain(of(RecordType::CNAME))
                .map(|text| host(text))
                .collect(),
            tlsa: of(RecordType::TLSA).map(|text| tlsa(text)).collect(),
        };
        Ok(Lookup { answer, security })
    }
}

impl Table {
    /// Reads zones with one question and one of its answers a line: `txt x.test: v=spf1 -all`. `insecure` before a line says of
    /// the answer that it is. The answer `fails` is none, and `none` says that the name has no such data. An alias is followed.
    pub(crate) fn parse(zones: &str) -> Self {
        let mut answers: BTreeMap<String, (Security, Vec<String>)> = BTreeMap::new();
        for line in zones.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (question, data) = line.split_once(": ").unwrap();
            let (security, question) = match question.strip_prefix("insecure ") {
                Some(question) => (Security::Insecure, question),
                None => (Security::Secure, question),
            };
            let known = answers.entry(question.to_owned());
            let (_, known) = known.or_insert((security, Vec::new()));
            known.push(data.to_owned());
        }
        Self {
            answers,
            asked: Mutex::default(),
        }
    }

    /// What was asked, in its order, as `TYPE name`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, question: String) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(question);
    }

    fn at(&self, kind: RecordType, name: &Name) -> Option<&(Security, Vec<String>)> {
        let question = format!("{kind} {}", text(name));
        self.answers.get(&question.to_ascii_lowercase())
    }
}

fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_owned()
}

fn host(text: &str) -> Name {
    Name::from_ascii(format!("{text}.")).unwrap()
}

fn tlsa(text: &str) -> Tlsa {
    let parts: Vec<&str> = text.split(' ').collect();
    let number = |part: usize| parts[part].parse().unwrap();
    Tlsa {
        usage: number(0),
        selector: number(1),
        matching_type: number(2),
        data: HEXLOWER_PERMISSIVE.decode(parts[3].as_bytes()).unwrap(),
    }
}
