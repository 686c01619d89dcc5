//! What REQUIRETLS asks of a host and of the session with it (RFC 8689 §2, §4.2.1): what was shown comes in, what is missing
//! goes out.
//!
//! | step | what must be shown | status |
//! |---|---|---|
//! | name | found otherwise than through MX records, or in secure ones, or named by an STS policy | 5.7.10 |
//! | TLS | a handshake | 5.7.10 |
//! | certificate | authenticated by DANE, or a trusted chain and the name of the host | 5.7.10 |
//! | EHLO inside TLS | REQUIRETLS is listed | 5.7.30 |
//!
//! The second step is the one of all who demand TLS, and stands in `decision`.

use crate::route::{MxHost, Origin, Security};
use crate::tls::{NameFault, Verification};

use super::decision::Violation;

/// How the name of a host was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FoundBy {
    /// Not through MX records: by the recipient's domain itself, an address literal, or a route that names the host.
    ///
    /// Choice: that there are no MX records need not be proven. The certificate must name the domain then, which whoever
    /// hides the records does not have; RFC 8689 §4.2.1 asks for more only where MX records are used.
    Itself,
    /// In MX records or through an alias, which are secure or not.
    Mx {
        /// The answer was validated.
        is_secure: bool,
    },
}

impl FoundBy {
    /// How a host was found. One that is the domain itself under another name was led to by an alias, which counts as MX
    /// records do: the certificate would name whoever the alias leads to.
    #[must_use]
    pub(crate) fn of(host: &MxHost) -> Self {
        let is_secure = |security: &Security| *security == Security::Secure;
        match &host.origin {
            Origin::NoMxRecord { domain, .. } if *domain == host.name => Self::Itself,
            Origin::Settings => Self::Itself,
            Origin::MxRecord { security, .. } | Origin::NoMxRecord { security, .. } => Self::Mx {
                is_secure: is_secure(security),
            },
        }
    }
}

/// Whether the name of a host can be relied on.
///
/// Choice: a policy in testing mode names its hosts as well as one in enforce mode, since it was fetched from a host that
/// proved who it is; RFC 8689 §2 asks for the name alone to be validated as RFC 8461 §4.1 says.
pub(crate) fn name(found_by: FoundBy, is_named_by_sts: bool) -> Result<(), Violation> {
    match found_by {
        FoundBy::Itself | FoundBy::Mx { is_secure: true } => Ok(()),
        FoundBy::Mx { is_secure: false } if is_named_by_sts => Ok(()),
        FoundBy::Mx { is_secure: false } => Err(Violation::UnbackedName),
    }
}

/// Whether a certificate is enough.
///
/// Choice: with DANE usage 3, which forbids it, the name is not checked (RFC 7672 §3.1.1), although RFC 8689 §4.2.1 wants every
/// name to match: it leaves to RFC 7672 how a host is authenticated.
pub(crate) fn certificate(
    is_authenticated_by_dane: bool,
    verification: &Verification,
) -> Result<(), Violation> {
    if is_authenticated_by_dane {
        return Ok(());
    }
    if let Err(fault) = &verification.chain {
        return Err(Violation::Chain(fault.clone()));
    }
    match &verification.name {
        // A common name will do where there is no other (RFC 8689 §4.2.1, RFC 6125 §6.4.4).
        Ok(()) | Err(NameFault::CommonNameAlone(_)) => Ok(()),
        Err(fault) => Err(Violation::Name(fault.clone())),
    }
}

/// Whether the answer to EHLO inside TLS is enough.
pub(crate) fn keywords(is_listed: bool) -> Result<(), Violation> {
    if is_listed {
        Ok(())
    } else {
        Err(Violation::NoRequireTls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::DomainName;
    use crate::tls::ChainFault;

    #[test]
    fn an_alias_of_a_domain_without_mx_records_counts_as_an_mx_record_does() {
        let name = |text: &str| DomainName::parse(text).unwrap();
        let (secure, insecure) = (Security::Secure, Security::Insecure);
        let mx = |security| Origin::MxRecord {
            security,
            owner: name("example.test"),
        };
        let none = |security| Origin::NoMxRecord {
            security,
            domain: name("example.test"),
        };
        let found = |is_secure| FoundBy::Mx { is_secure };
        // (host, what led to it, how it was found)
        let cases = [
            ("mx.example.test", Origin::Settings, FoundBy::Itself),
            ("mx.example.test", mx(secure), found(true)),
            ("mx.example.test", mx(insecure), found(false)),
            ("example.test", mx(insecure), found(false)),
            ("example.test", none(insecure), FoundBy::Itself),
            ("other.test", none(secure), found(true)),
            ("other.test", none(insecure), found(false)),
        ];
        for (host, origin, want) in cases {
            let host = MxHost {
                name: name(host),
                preference: 0,
                origin,
            };
            assert_eq!(FoundBy::of(&host), want, "{host:?}");
        }
    }

    #[test]
    fn a_name_from_mx_records_must_be_backed() {
        let mx = |is_secure| FoundBy::Mx { is_secure };
        // (how it was found, does a policy name it?, is it enough?)
        let cases = [
            (FoundBy::Itself, false, true),
            (FoundBy::Itself, true, true),
            (mx(true), false, true),
            (mx(true), true, true),
            (mx(false), true, true),
            (mx(false), false, false),
        ];
        for (found_by, named, want) in cases {
            let got = name(found_by, named);
            let want = if want {
                Ok(())
            } else {
                Err(Violation::UnbackedName)
            };
            assert_eq!(got, want, "{found_by:?} {named}");
        }
    }

    #[test]
    fn a_certificate_is_authenticated_by_dane_or_by_chain_and_name() {
        let host = || "mx.example.test".to_owned();
        let (untrusted, misnamed) = (ChainFault::UnknownIssuer, NameFault::Mismatch(host()));
        let by_common_name = NameFault::CommonNameAlone(host());
        let of_chain = Err(Violation::Chain(untrusted.clone()));
        let of_name = Err(Violation::Name(misnamed.clone()));
        // (by DANE, chain, name, is it enough?)
        let cases = [
            (false, Ok(()), Ok(()), Ok(())),
            (false, Ok(()), Err(by_common_name.clone()), Ok(())),
            (false, Ok(()), Err(misnamed.clone()), of_name),
            (false, Err(untrusted.clone()), Ok(()), of_chain.clone()),
            (false, Err(untrusted.clone()), Err(by_common_name), of_chain),
            (true, Err(untrusted), Err(misnamed), Ok(())),
        ];
        for (by_dane, chain, name, want) in cases {
            let verification = Verification { chain, name };
            let got = certificate(by_dane, &verification);
            assert_eq!(got, want, "{by_dane} {verification:?}");
        }
    }

    #[test]
    fn a_host_must_promise_the_same() {
        assert_eq!(keywords(true), Ok(()));
        assert_eq!(keywords(false), Err(Violation::NoRequireTls));
    }
}
