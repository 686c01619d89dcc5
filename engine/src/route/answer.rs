//! What a DNS answer says about one question (RFC 1035 §4.1, RFC 2308), and how far it can be believed.
//!
//! A message comes in, an `Answer` goes out. Aliases that the answer itself resolves are followed here; one that leads out of
//! the answer is handed on for a further question.

use std::net::IpAddr;

use hickory_proto::dnssec::Proof;
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use crate::dane::Tlsa;

/// The most aliases that are followed in one answer.
const ALIAS_LIMIT: usize = 8;

/// What the answer to one question is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Data, of the name at the end of the aliases.
    Records {
        /// The name at the end of the aliases.
        owner: Name,
        /// MX records: preference and host. Empty for other questions.
        mx: Vec<(u16, Name)>,
        /// Addresses. Empty for other questions.
        addresses: Vec<IpAddr>,
        /// TXT records, the strings of each joined. Empty for other questions.
        texts: Vec<Vec<u8>>,
        /// The names that PTR records lead to, or the one of a CNAME record. Empty for other questions.
        pointers: Vec<Name>,
        /// TLSA records. Empty for other questions.
        tlsa: Vec<Tlsa>,
    },
    /// The name at the end of the aliases exists, but has no such data.
    NoData {
        /// The name at the end of the aliases.
        owner: Name,
    },
    /// There is no such name.
    NoName,
    /// The answer ends with an alias, whose target has to be asked for.
    Alias {
        /// Where it leads.
        target: Name,
    },
}

/// Why a lookup has no answer. Each of them may clear up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LookupFault {
    /// No resolver answered.
    #[error("no answer from the resolver")]
    Silence,
    /// The answer is no DNS message, or not one for the question.
    #[error("the resolver's answer cannot be used")]
    Malformed,
    /// The resolver could not or would not answer.
    #[error("the resolver answered {0}")]
    Refused(&'static str),
    /// Aliases lead in a circle, or too far.
    #[error("the aliases never end")]
    AliasLoop,
    /// The resolver has answered, and the answer is not what the owner of the zone has signed.
    #[error("the answer does not have the signatures that it should")]
    Bogus,
    /// It cannot be found out whether the answer should have signatures (RFC 4035 §4.3).
    #[error("it cannot be found out whether the answer should have signatures")]
    Indeterminate,
    /// The settings name no resolver.
    #[error("there is no resolver to ask")]
    NoResolver,
}

/// Reads a message that is an answer to a question; data or none, whole or cut.
///
/// # Errors
/// `LookupFault` when it is no such answer.
pub(super) fn message(
    bytes: &[u8],
    id: u16,
    name: &Name,
    kind: RecordType,
) -> Result<Message, LookupFault> {
    let message = Message::from_vec(bytes).map_err(|_| LookupFault::Malformed)?;
    let metadata = &message.metadata;
    let is_ours = metadata.id == id
        && metadata.message_type == MessageType::Response
        && message
            .queries
            .first()
            .is_some_and(|query| query.name().eq_ignore_root(name) && query.query_type() == kind);
    match metadata.response_code {
        _ if !is_ours => Err(LookupFault::Malformed),
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(message),
        other => Err(LookupFault::Refused(other.to_str())),
    }
}

/// What a message says about a question, and the state that own validation has given to all records that say so. Without
/// such validation each of them is `Proof::Indeterminate`.
///
/// # Errors
/// `LookupFault` when aliases lead in a circle.
pub(super) fn meaning(
    message: &Message,
    name: &Name,
    kind: RecordType,
) -> Result<(Answer, Proof), LookupFault> {
    if message.metadata.response_code == ResponseCode::NXDomain {
        return Ok((Answer::NoName, of_denial(message)));
    }
    let mut owner = name.clone();
    let mut of_aliases = Proof::Secure;
    for _ in 0..=ALIAS_LIMIT {
        let of_owner = || {
            let is_of_owner = |record: &&Record| record.name.eq_ignore_root(&owner);
            message.answers.iter().filter(is_of_owner)
        };
        if let Some(records) = records(&owner, kind, of_owner()) {
            let of_kind = of_owner().filter(|record| record.record_type() == kind);
            return Ok((records, weakest(of_kind).min(of_aliases)));
        }
        let alias = of_owner().find_map(|record| match &record.data {
            RData::CNAME(target) => Some((record.proof, target.0.clone())),
            _ => None,
        });
        let says_nothing = || {
            (
                Answer::NoData {
                    owner: owner.clone(),
                },
                of_denial(message).min(of_aliases),
            )
        };
        match alias {
            Some((proof, target)) => {
                of_aliases = of_aliases.min(proof);
                owner = target;
            }
            None if owner.eq_ignore_root(name) => return Ok(says_nothing()),
            // A resolver that has followed the alias says so with the SOA of the target's zone (RFC 2308 §2.2).
            // Records of another kind there, name servers for instance, say nothing of the target.
            None if start_of_authority(message).is_some() => return Ok(says_nothing()),
            None => return Ok((Answer::Alias { target: owner }, of_aliases)),
        }
    }
    Err(LookupFault::AliasLoop)
}

fn start_of_authority(message: &Message) -> Option<&Record> {
    let mut authorities = message.authorities.iter();
    authorities.find(|record| record.record_type() == RecordType::SOA)
}

/// The state of the word that something does not exist: that of the records that say so. Whether they are enough of a proof is
/// for validation to say; an answer without any is one that nobody vouches for.
fn of_denial(message: &Message) -> Proof {
    let says_so = [RecordType::SOA, RecordType::NSEC, RecordType::NSEC3];
    let authorities = message.authorities.iter();
    let proofs = authorities
        .filter(|record| says_so.contains(&record.record_type()))
        .map(|record| record.proof);
    proofs.min().unwrap_or(Proof::Insecure)
}

fn weakest<'r>(records: impl Iterator<Item = &'r Record>) -> Proof {
    let proofs = records.map(|record| record.proof);
    proofs.min().unwrap_or(Proof::Indeterminate)
}

/// The records of a kind, if there are any.
fn records<'r>(
    owner: &Name,
    kind: RecordType,
    of_owner: impl Iterator<Item = &'r Record>,
) -> Option<Answer> {
    let (mut mx, mut addresses, mut texts) = (vec![], vec![], vec![]);
    let (mut pointers, mut tlsa) = (vec![], vec![]);
    let mut is_empty = true;
    for record in of_owner.filter(|record| record.record_type() == kind) {
        is_empty = false;
        match &record.data {
            RData::MX(host) => mx.push((host.preference, host.exchange.clone())),
            RData::A(address) => addresses.push(IpAddr::V4(address.0)),
            RData::AAAA(address) => addresses.push(IpAddr::V6(address.0)),
            RData::TXT(text) => texts.push(text.txt_data.concat()),
            RData::PTR(name) => pointers.push(name.0.clone()),
            RData::CNAME(name) => pointers.push(name.0.clone()),
            RData::TLSA(record) => tlsa.push(Tlsa {
                usage: record.cert_usage.into(),
                selector: record.selector.into(),
                matching_type: record.matching.into(),
                data: record.cert_data.clone(),
            }),
            _ => is_empty = true,
        }
    }
    (!is_empty).then(|| Answer::Records {
        owner: owner.clone(),
        mx,
        addresses,
        texts,
        pointers,
        tlsa,
    })
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::{OpCode, Query};
    use hickory_proto::rr::rdata::{A, CNAME, MX, NS, SOA};
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn message(code: ResponseCode, records: Vec<(&str, RData)>) -> Vec<u8> {
        let mut message = Message::new(7, MessageType::Response, OpCode::Query);
        message.metadata.response_code = code;
        message.add_query(Query::query(name("example.test."), RecordType::MX));
        for (owner, data) in records {
            message.add_answer(Record::from_rdata(name(owner), 60, data));
        }
        message.to_vec().unwrap()
    }

    fn read(bytes: &[u8], id: u16, name: &Name, kind: RecordType) -> Result<Answer, LookupFault> {
        let message = super::message(bytes, id, name, kind)?;
        meaning(&message, name, kind).map(|(answer, _)| answer)
    }

    fn mx(preference: u16, host: &str) -> RData {
        RData::MX(MX::new(preference, name(host)))
    }

    fn alias(target: &str) -> RData {
        RData::CNAME(CNAME(name(target)))
    }

    #[test]
    fn an_answer_is_read_for_what_it_says() {
        let records = |owner: &str, hosts: &[(u16, &str)]| Answer::Records {
            owner: name(owner),
            mx: hosts
                .iter()
                .map(|(preference, host)| (*preference, name(host)))
                .collect(),
            addresses: Vec::new(),
            texts: Vec::new(),
            pointers: Vec::new(),
            tlsa: Vec::new(),
        };
        // (code, records, what it says)
        let cases = [
            (
                ResponseCode::NoError,
                vec![("Example.test.", mx(10, "mx.example.test."))],
                Ok(records("example.test.", &[(10, "mx.example.test.")])),
            ),
            (
                ResponseCode::NoError,
                vec![
                    ("example.test.", alias("b.test.")),
                    ("b.test.", mx(5, "mx.b.test.")),
                ],
                Ok(records("b.test.", &[(5, "mx.b.test.")])),
            ),
            (
                ResponseCode::NoError,
                vec![("example.test.", alias("b.test."))],
                Ok(Answer::Alias {
                    target: name("b.test."),
                }),
            ),
            (
                ResponseCode::NoError,
                vec![
                    ("example.test.", alias("b.test.")),
                    ("b.test.", alias("example.test.")),
                ],
                Err(LookupFault::AliasLoop),
            ),
            (
                ResponseCode::NoError,
                vec![("other.test.", mx(10, "mx.other.test."))],
                Ok(Answer::NoData {
                    owner: name("example.test."),
                }),
            ),
            (
                ResponseCode::NoError,
                vec![("example.test.", RData::A(A::new(192, 0, 2, 1)))],
                Ok(Answer::NoData {
                    owner: name("example.test."),
                }),
            ),
            (ResponseCode::NXDomain, vec![], Ok(Answer::NoName)),
            (
                ResponseCode::ServFail,
                vec![],
                Err(LookupFault::Refused("Server Failure")),
            ),
            (
                ResponseCode::Refused,
                vec![],
                Err(LookupFault::Refused("Query Refused")),
            ),
        ];
        for (code, given, want) in cases {
            let bytes = message(code, given.clone());
            let got = read(&bytes, 7, &name("example.test."), RecordType::MX);
            assert_eq!(got, want, "{code} {given:?}");
        }
    }

    #[test]
    fn only_a_start_of_authority_says_that_an_alias_ends_in_nothing() {
        let soa = SOA::new(name("ns.test."), name("admin.test."), 1, 60, 60, 60, 60);
        let (target, owner) = (name("b.test."), name("b.test."));
        // (data of the authority section, what the answer says)
        let cases = [
            (RData::SOA(soa), Answer::NoData { owner }),
            (RData::NS(NS(name("ns.test."))), Answer::Alias { target }),
        ];
        for (authority, want) in cases {
            let bytes = message(
                ResponseCode::NoError,
                vec![("example.test.", alias("b.test."))],
            );
            let mut message = Message::from_vec(&bytes).unwrap();
            message.add_authority(Record::from_rdata(name("test."), 60, authority));
            let bytes = message.to_vec().unwrap();
            let got = read(&bytes, 7, &name("example.test."), RecordType::MX);
            assert_eq!(got, Ok(want));
        }
    }

    #[test]
    fn an_answer_to_another_question_is_not_used() {
        let bytes = message(
            ResponseCode::NoError,
            vec![("example.test.", mx(10, "mx.example.test."))],
        );
        let asked = name("example.test.");
        assert_eq!(
            read(&bytes, 8, &asked, RecordType::MX),
            Err(LookupFault::Malformed)
        );
        assert_eq!(
            read(&bytes, 7, &asked, RecordType::A),
            Err(LookupFault::Malformed)
        );
        assert_eq!(
            read(&bytes, 7, &name("b.test."), RecordType::MX),
            Err(LookupFault::Malformed)
        );
        assert_eq!(
            read(b"no DNS", 7, &asked, RecordType::MX),
            Err(LookupFault::Malformed)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, 7, &name("example.test."), RecordType::MX);
        }

        #[test]
        fn a_damaged_answer_is_read_without_panic(at in 0_usize..120, byte: u8) {
            let mut bytes = message(ResponseCode::NoError, vec![("example.test.", mx(10, "mx.example.test."))]);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = read(&bytes, 7, &name("example.test."), RecordType::MX);
        }
    }
}
