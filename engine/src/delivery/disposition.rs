//! What becomes of a recipient after a round: its troubles → delivered, deferred or bounced.

use super::trouble::Trouble;

/// What became of a message for one recipient in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// A receiver took it.
    Delivered,
    /// It is kept and tried again; the trouble tells why.
    Deferred(Trouble),
    /// It is given up; the trouble tells why.
    Bounced(Trouble),
}

/// Decides for a recipient whom no host served.
///
/// 1. A final word of a receiver about the recipient decides (RFC 5321 §4.2.1).
/// 2. A host that was reached and failed the obligation decides for a bounce: a rule allows one round.
/// 3. Anything that may clear up decides for another round.
/// 4. Else nothing is left to hope for.
///
/// Of several troubles of the deciding kind the last is told, the one at the host that was tried last.
#[must_use]
pub(super) fn undelivered(troubles: &[Trouble]) -> Option<Disposition> {
    let last = |is_meant: fn(&Trouble) -> bool| {
        troubles
            .iter()
            .rev()
            .find(|trouble| is_meant(trouble))
            .cloned()
    };
    last(|trouble| trouble.ends_round() && trouble.is_permanent())
        .map(Disposition::Bounced)
        .or_else(|| {
            last(|trouble| matches!(trouble, Trouble::Violated { .. })).map(Disposition::Bounced)
        })
        .or_else(|| last(|trouble| !trouble.is_permanent()).map(Disposition::Deferred))
        .or_else(|| last(|_| true).map(Disposition::Bounced))
}
