//! How far an answer can be believed (RFC 4035 §4.3, RFC 7672 §2.1.1).

use hickory_proto::dnssec::Proof;

use super::answer::{Answer, LookupFault};

/// The DNSSEC state of an answer. The other two states, bogus and indeterminate, are no answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Security {
    /// Nobody vouches for it.
    Insecure,
    /// It is what the owner of the zone has signed, or signed that it does not exist.
    Secure,
}

impl Security {
    /// The state of what rests on both answers: one insecure alias makes all that is behind it insecure (RFC 7672 §2.1.3).
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// The state that own validation has found.
    ///
    /// # Errors
    /// `LookupFault` when it is one that makes the answer none.
    pub(super) fn of_proof(proof: Proof) -> Result<Self, LookupFault> {
        match proof {
            Proof::Secure => Ok(Self::Secure),
            Proof::Insecure => Ok(Self::Insecure),
            Proof::Bogus => Err(LookupFault::Bogus),
            // It is one more thing that the resolver cannot tell, and no word that nothing is signed (RFC 7672 §2.1.1).
            Proof::Indeterminate => Err(LookupFault::Indeterminate),
        }
    }
}

/// An answer, and how far it can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// What the answer says.
    pub(crate) answer: Answer,
    /// The weakest state of all that it rests on.
    pub(crate) security: Security,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_insecure_part_makes_the_whole_insecure() {
        use Security::{Insecure, Secure};
        for (one, other, want) in [
            (Secure, Secure, Secure),
            (Secure, Insecure, Insecure),
            (Insecure, Secure, Insecure),
            (Insecure, Insecure, Insecure),
        ] {
            assert_eq!(one.and(other), want);
        }
    }

    #[test]
    fn bogus_and_indeterminate_answers_are_none() {
        let cases = [
            (Proof::Secure, Ok(Security::Secure)),
            (Proof::Insecure, Ok(Security::Insecure)),
            (Proof::Bogus, Err(LookupFault::Bogus)),
            (Proof::Indeterminate, Err(LookupFault::Indeterminate)),
        ];
        for (proof, want) in cases {
            assert_eq!(Security::of_proof(proof), want, "{proof:?}");
        }
    }
}
