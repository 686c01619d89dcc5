//! What the resolvers answer to a question: aliases followed across zones, faults on the way, denial with its proof.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, Record, RecordType};
use mtaspec_judge::scenario::{Difference, Fault};

use super::case::Asked;
use super::dnssec::{Outline, Proven, State};
use super::meeting::Meeting;
use super::voice::Voice;
use super::zone::{Found, Zone};

/// So many aliases are followed; one more is taken for a loop.
const ALIASES: usize = 8;

/// Everything that is to be done about a question.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) answers: Vec<Record>,
    pub(super) authority: Vec<Record>,
    /// The worst of the zones and sets that had a part in it.
    pub(super) state: State,
    /// Whether a validating resolver may say that it is secure.
    pub(super) may_be_authentic: bool,
    /// Whether every resolver says so, whatever it has seen.
    pub(super) is_vouched_for_by_all: bool,
    /// So long after the question.
    pub(super) delay: Duration,
    /// What differs from a healthy world and is shown by this.
    pub(super) shown: BTreeSet<Difference>,
    /// The name, or the type at the name, is not there.
    is_denial: bool,
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
            state: State::Insecure,
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        Self {
            reply: Reply::Code(ResponseCode::NoError),
            answers: Vec::new(),
            authority: Vec::new(),
            state: State::Secure,
            may_be_authentic: true,
            is_vouched_for_by_all: false,
            delay: Duration::ZERO,
            shown: BTreeSet::new(),
            is_denial: false,
        }
    }

    /// As events have it.
    pub(super) fn word(&self) -> &'static str {
        match self.reply {
            Reply::Code(ResponseCode::NoError) if self.is_denial => "nodata",
            Reply::Code(ResponseCode::NoError) | Reply::Truncated => "noerror",
            Reply::Code(ResponseCode::NXDomain) => "nxdomain",
            Reply::Code(ResponseCode::Refused) => "refused",
            Reply::Code(_) => "servfail",
            Reply::Malformed => "malformed",
            Reply::Silence => "none",
        }
    }

    /// Is this what the zones have, and no failure?
    pub(super) fn has_content(&self) -> bool {
        matches!(
            self.reply,
            Reply::Code(ResponseCode::NoError | ResponseCode::NXDomain)
        )
    }

    /// Without data, since something failed on the way.
    pub(super) fn fails(mut self, reply: Reply) -> Self {
        self.answers.clear();
        self.authority.clear();
        self.is_denial = false;
        self.reply = reply;
        self
    }

    /// That there is nothing of the kind, with the proof that this outline gives.
    fn denies(
        mut self,
        code: ResponseCode,
        voice: &Voice<'_>,
        outline: &Outline,
        name: &Name,
    ) -> Self {
        voice.deny(outline, name, &mut self.authority);
        self.shown
            .extend(voice.zone.shown_by_denials().iter().cloned());
        self.is_denial = true;
        self.reply = Reply::Code(code);
        self
    }
}

/// Answers a question from these zones. `fault_on` says which fault, if any, meets a question for a name: the one
/// that was asked, and each that an alias leads to.
pub(super) fn answer(
    zones: &BTreeMap<Name, Zone>,
    asked: &Asked,
    mut fault_on: impl FnMut(&Name) -> Option<Fault>,
) -> Answer {
    let kind = asked.kind;
    let mut answer = Answer::empty();
    let mut name = asked.name.clone();
    for followed in 0..=ALIASES {
        let Some(zone) = zone_of(zones, &name, kind) else {
            return answer.fails(Reply::Code(ResponseCode::ServFail));
        };
        answer.state = answer.state.min(zone.state());
        answer.shown.extend(zone.shown_by_all().iter().cloned());
        let mut voice = Voice::new(zone, asked.dnssec_ok);
        if let Some(fault) = fault_on(&name) {
            let meeting = Meeting::of(&fault.deed, asked, followed > 0, zone.state());
            if meeting != Meeting::None {
                answer.shown.insert(Difference::Fault(fault.written));
            }
            match meeting {
                Meeting::None => {}
                Meeting::Later(wait) => answer.delay += wait,
                Meeting::HasNoName => return without_name(zones, voice, &name, answer),
                Meeting::HasNoType => {
                    let outline = zone.outline().without_type(&name, kind);
                    return answer.denies(ResponseCode::NoError, &voice, &outline, &name);
                }
                Meeting::Fails(reply) => return answer.fails(reply),
                Meeting::Breaks(flaw) => {
                    answer.state = State::Bogus;
                    voice.flaw = Some(flaw);
                }
                Meeting::IsNotVouchedFor => answer.may_be_authentic = false,
                Meeting::IsStripped => {
                    voice.signs = false;
                    answer.is_vouched_for_by_all = true;
                }
            }
        }
        let finding = zone.find(&name, kind);
        answer.shown.extend(finding.shown.into_iter().cloned());
        if finding.is_expanded && !matches!(finding.found, Found::NoData) {
            voice.prove(
                zone.outline(),
                &name,
                Proven::Expansion,
                &mut answer.authority,
            );
        }
        match finding.found {
            Found::Records(sets) => {
                for set in sets {
                    voice.give(set, &name, &mut answer.answers);
                }
                return answer;
            }
            Found::Signatures(sets) if zone.signing().is_some() => {
                for set in sets {
                    answer.answers.extend(voice.signature(set, &name));
                }
                return answer;
            }
            Found::Alias(set, target) => {
                voice.give(set, &name, &mut answer.answers);
                name = target.clone();
            }
            Found::NoData | Found::Signatures(_) => {
                if kind == RecordType::NSEC && voice.give_link(&name, &mut answer.answers) {
                    return answer;
                }
                return answer.denies(ResponseCode::NoError, &voice, zone.outline(), &name);
            }
            Found::NoName => {
                return answer.denies(ResponseCode::NXDomain, &voice, zone.outline(), &name);
            }
        }
    }
    answer.fails(Reply::Code(ResponseCode::ServFail))
}

/// The name is not there, says a fault. Of the origin of a zone only the zone above can say so.
fn without_name(
    zones: &BTreeMap<Name, Zone>,
    voice: Voice<'_>,
    name: &Name,
    mut answer: Answer,
) -> Answer {
    let above = (voice.zone.origin() == name && !name.is_root())
        .then(|| zone_of(zones, &name.base_name(), RecordType::SOA))
        .flatten();
    let voice = match above {
        Some(zone) => {
            // What the zone itself is no longer matters: it is not there.
            answer.state = answer.state.max(zone.state());
            Voice { zone, ..voice }
        }
        None => voice,
    };
    let outline = voice.zone.outline().without_name(name);
    answer.denies(ResponseCode::NXDomain, &voice, &outline, name)
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
