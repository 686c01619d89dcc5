//! What the resolvers answer to a question: aliases followed across zones, faults on the way, denial with its SOA.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, Record, RecordSet, RecordType};
use mtaspec_judge::scenario::{Deed, Difference, DnsDeed, Fault};

use super::zone::{Found, State, Zone};

/// So many aliases are followed; one more is taken for a loop.
const ALIASES: usize = 8;

/// Everything that is to be done about a question.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) answers: Vec<Record>,
    pub(super) authority: Vec<Record>,
    pub(super) state: State,
    /// So long after the question.
    pub(super) delay: Duration,
    /// What differs from a healthy world and is shown by this.
    pub(super) shown: BTreeSet<Difference>,
}

/// In which form the answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// With this code.
    Code(ResponseCode),
    /// Without data and with TC, so that the question is asked again over TCP.
    Truncated,
    /// A record whose data do not fit its type.
    Malformed,
    /// Never.
    Silence,
}

impl Answer {
    /// Nothing but a code.
    pub(super) fn bare(code: ResponseCode) -> Self {
        Self {
            reply: Reply::Code(code),
            answers: Vec::new(),
            authority: Vec::new(),
            state: State::Insecure,
            delay: Duration::ZERO,
            shown: BTreeSet::new(),
        }
    }

    /// As events have it.
    pub(super) fn word(&self) -> &'static str {
        match self.reply {
            Reply::Code(ResponseCode::NoError) if self.answers.is_empty() => "nodata",
            Reply::Code(ResponseCode::NoError) if !self.authority.is_empty() => "nodata",
            Reply::Code(ResponseCode::NoError) | Reply::Truncated => "noerror",
            Reply::Code(ResponseCode::NXDomain) => "nxdomain",
            Reply::Code(ResponseCode::Refused) => "refused",
            Reply::Code(_) => "servfail",
            Reply::Malformed => "malformed",
            Reply::Silence => "none",
        }
    }

    fn ends(mut self, reply: Reply) -> Self {
        self.reply = reply;
        self
    }

    /// Without data, since something failed on the way.
    fn fails(mut self, reply: Reply) -> Self {
        self.answers.clear();
        self.authority.clear();
        self.ends(reply)
    }

    fn denies(mut self, code: ResponseCode, zone: &Zone) -> Self {
        self.authority = zone.soa();
        self.ends(Reply::Code(code))
    }
}

/// Answers a question from these zones. `fault_on` says which fault, if any, meets a question for a name: the one
/// that was asked, and each that an alias leads to. `tcp` says how the question came.
pub(super) fn answer(
    zones: &BTreeMap<Name, Zone>,
    name: &Name,
    kind: RecordType,
    tcp: bool,
    mut fault_on: impl FnMut(&Name) -> Option<Fault>,
) -> Answer {
    let mut answer = Answer::bare(ResponseCode::NoError);
    let mut name = name.clone();
    for followed in 0..=ALIASES {
        let Some(zone) = zone_of(zones, &name, kind) else {
            return answer.fails(Reply::Code(ResponseCode::ServFail));
        };
        answer.state = answer.state.min(zone.state());
        if let Some(fault) = fault_on(&name) {
            match Meeting::of(&fault.deed, tcp, followed > 0) {
                Meeting::None => {}
                met => {
                    answer.shown.insert(Difference::Fault(fault.written));
                    match met {
                        Meeting::None => {}
                        Meeting::Later(wait) => answer.delay += wait,
                        Meeting::Denies(code) => return answer.denies(code, zone),
                        Meeting::Fails(reply) => return answer.fails(reply),
                    }
                }
            }
        }
        let (found, shown) = zone.find(&name, kind);
        answer.shown.extend(shown.into_iter().cloned());
        match found {
            Found::Records(sets) => {
                for set in sets {
                    give(set, &name, &mut answer.answers);
                }
                return answer;
            }
            Found::Alias(set, target) => {
                give(set, &name, &mut answer.answers);
                name = target.clone();
            }
            Found::NoData => return answer.denies(ResponseCode::NoError, zone),
            Found::NoName => return answer.denies(ResponseCode::NXDomain, zone),
        }
    }
    answer.fails(Reply::Code(ResponseCode::ServFail))
}

/// How a fault meets a question.
enum Meeting {
    /// Not at all.
    None,
    Later(Duration),
    Denies(ResponseCode),
    Fails(Reply),
}

impl Meeting {
    fn of(deed: &Deed, tcp: bool, through_alias: bool) -> Self {
        match deed {
            Deed::Stall => Self::Fails(Reply::Silence),
            Deed::Garbage => Self::Fails(Reply::Malformed),
            Deed::Delay(wait) => Self::Later(*wait),
            Deed::Dns(deed) => match deed {
                DnsDeed::Servfail => Self::Fails(Reply::Code(ResponseCode::ServFail)),
                // A resolver that is refused while it follows an alias has failed itself.
                DnsDeed::Refused if through_alias => {
                    Self::Fails(Reply::Code(ResponseCode::ServFail))
                }
                DnsDeed::Refused => Self::Fails(Reply::Code(ResponseCode::Refused)),
                DnsDeed::Nxdomain => Self::Denies(ResponseCode::NXDomain),
                DnsDeed::Nodata => Self::Denies(ResponseCode::NoError),
                DnsDeed::Truncate if !tcp => Self::Fails(Reply::Truncated),
                // Over TCP there is nothing to truncate; and zones without signatures have none to break.
                DnsDeed::Truncate
                | DnsDeed::BadSignature
                | DnsDeed::MissingSignature
                | DnsDeed::ExpiredSignature
                | DnsDeed::NoAd
                | DnsDeed::NoSignatures => Self::None,
            },
            // The reader lets no other deed pass for DNS.
            _ => Self::None,
        }
    }
}

/// The zone that answers for a name. A DS record stands on the parent's side of a cut (RFC 4035 §3.1.4.1).
fn zone_of<'zones>(
    zones: &'zones BTreeMap<Name, Zone>,
    name: &Name,
    kind: RecordType,
) -> Option<&'zones Zone> {
    let mut origin = name.clone();
    if kind == RecordType::DS && !origin.is_root() {
        origin = origin.base_name();
    }
    loop {
        if let Some(zone) = zones.get(&origin) {
            return Some(zone);
        }
        if origin.is_root() {
            return None;
        }
        origin = origin.base_name();
    }
}

/// The records of a set under the name as it was asked for: in its letter case, and behind a wildcard not the set's own.
fn give(set: &RecordSet, name: &Name, into: &mut Vec<Record>) {
    into.extend(set.records_without_rrsigs().map(|record| {
        let mut record = record.clone();
        record.name = name.clone();
        record
    }));
}
