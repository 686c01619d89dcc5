//! What a fault makes of a question that it meets (SCENARIOS §6).

use std::time::Duration;

use hickory_proto::op::ResponseCode;
use mtaspec_judge::scenario::{Deed, DnsDeed};

use super::answer::Reply;
use super::case::Asked;
use super::dnssec::{Flaw, State};

/// How a fault meets a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// Not at all.
    None,
    /// The answer takes so much longer.
    Later(Duration),
    /// The name is not there.
    HasNoName,
    /// The name has no such record.
    HasNoType,
    /// There is no answer, but this.
    Fails(Reply),
    /// The signatures of what is answered are wrong.
    Breaks(Flaw),
    /// The validating resolver does not say that the answer is secure.
    IsNotVouchedFor,
    /// The signatures are taken out, and the answer says that it is secure all the same.
    IsStripped,
}

impl Meeting {
    /// A deed, met in a zone of this state.
    pub(super) fn of(deed: &Deed, asked: &Asked, through_alias: bool, state: State) -> Self {
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
                DnsDeed::Nxdomain => Self::HasNoName,
                DnsDeed::Nodata => Self::HasNoType,
                DnsDeed::Truncate => Self::Fails(Reply::Truncated),
                // What has no signatures is not changed by what becomes of them, nor is anybody who does not see them.
                _ if state != State::Secure => Self::None,
                DnsDeed::NoAd if asked.validating => Self::IsNotVouchedFor,
                DnsDeed::NoSignatures if asked.dnssec_ok => Self::IsStripped,
                DnsDeed::NoAd | DnsDeed::NoSignatures => Self::None,
                _ if !asked.dnssec_ok && !asked.is_validated() => Self::None,
                DnsDeed::BadSignature => Self::Breaks(Flaw::Bad),
                DnsDeed::MissingSignature => Self::Breaks(Flaw::Missing),
                DnsDeed::ExpiredSignature => Self::Breaks(Flaw::Expired),
            },
            // The reader lets no other deed pass for DNS.
            _ => Self::None,
        }
    }
}
