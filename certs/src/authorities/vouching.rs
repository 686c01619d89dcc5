//! What a set of authorities may vouch for (RFC 5280 §4.2.1.10): certificates for anything else are refused by whoever
//! looks.

use std::net::IpAddr;

use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::set::Authorities;

impl Authorities {
    /// Whether they may vouch for all hosts below this domain (in ASCII, without final dot).
    #[must_use]
    pub fn vouch_for_name(&self, domain: &str) -> bool {
        self.permit(|permitted| {
            let GeneralName::DNSName(permitted) = permitted else {
                return None;
            };
            let (domain, permitted) = (domain.to_ascii_lowercase(), permitted.to_ascii_lowercase());
            let above = domain.strip_suffix(&permitted);
            Some(above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        })
    }

    /// Whether they may vouch for a host by this address.
    #[must_use]
    pub fn vouch_for_address(&self, address: IpAddr) -> bool {
        let octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        self.permit(|permitted| {
            // The address, then the mask.
            let GeneralName::IPAddress(permitted) = permitted else {
                return None;
            };
            let (first, mask) = permitted.split_at(permitted.len() / 2);
            let mut bits = octets.iter().zip(first.iter().zip(mask));
            let is_same_family = first.len() == octets.len();
            Some(is_same_family && bits.all(|(octet, (first, mask))| octet & mask == first & mask))
        })
    }

    /// Asks every certificate of theirs: one without a limit of this kind permits all.
    fn permit(&self, is_within: impl Fn(&GeneralName<'_>) -> Option<bool>) -> bool {
        self.signing().iter().all(|der| {
            let Ok((_, certificate)) = X509Certificate::from_der(der) else {
                return false;
            };
            let Ok(constraints) = certificate.name_constraints() else {
                return false;
            };
            let permitted = constraints.and_then(|found| found.value.permitted_subtrees.as_ref());
            let mut answers = permitted
                .into_iter()
                .flatten()
                .filter_map(|subtree| is_within(&subtree.base))
                .peekable();
            answers.peek().is_none() || answers.any(|is_within| is_within)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Authorities;

    #[test]
    fn the_committed_authorities_vouch_for_test_alone() {
        let authorities = Authorities::committed();
        // (domain, do they vouch for it?)
        let names = [
            ("test", true),
            ("mx.example.TEST", true),
            ("contest", false),
            ("example.org", false),
        ];
        for (domain, want) in names {
            assert_eq!(authorities.vouch_for_name(domain), want, "{domain}");
        }
        let addresses = [
            ("198.18.0.2", true),
            ("198.20.0.2", false),
            ("2001:db8::2", true),
            ("2001:db9::2", false),
        ];
        for (address, want) in addresses {
            let vouched = authorities.vouch_for_address(address.parse().unwrap());
            assert_eq!(vouched, want, "{address}");
        }
    }
}
