//! A set of usable TLSA records, and whether a chain is what it asks for (RFC 7672 §2.2, §3.2; RFC 7671 §8, §9).

use std::collections::BTreeMap;
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;

use crate::address::DomainName;
use crate::tls::is_named;

use super::anchor::Anchors;
use super::association::{Association, MatchingType, Usage};
use super::fault::TlsaFault;

use super::selection::Shown;
use super::tlsa::Tlsa;

/// How many certificates of a chain are looked at; more than any chain has.
pub(super) const CHAIN_LIMIT: usize = 16;

/// What the usable records of a host ask of its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Records {
    associations: Vec<Association>,
    references: Vec<DomainName>,
}

impl Records {
    /// Takes a set of records, and the names of which a certificate under usage 2 must carry one: the TLSA base domain and
    /// what else is accepted. None if no record is usable.
    #[must_use]
    pub(crate) fn new(published: &[Tlsa], references: Vec<DomainName>) -> Option<Self> {
        let usable = published.iter().filter_map(|tlsa| {
            let association = Association::of(tlsa);
            if let Err(unusable) = &association {
                tracing::info!(%tlsa, %unusable, "a TLSA record is unusable");
            }
            association.ok()
        });
        let associations = strongest(usable.collect());
        (!associations.is_empty()).then_some(Self {
            associations,
            references,
        })
    }

    /// The names of which a certificate under usage 2 must carry one.
    #[must_use]
    pub(crate) fn references(&self) -> &[DomainName] {
        &self.references
    }

    /// Judges what a host has shown, leaf first: one record that it fits is enough (RFC 7671 §8).
    ///
    /// Under usage 3 neither name nor dates count, nor who has signed (RFC 7672 §3.1.1, §3.2.1).
    ///
    /// # Errors
    /// `TlsaFault` when the host is not authenticated.
    pub(crate) fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        now: SystemTime,
    ) -> Result<(), TlsaFault> {
        let chain = &chain[..chain.len().min(CHAIN_LIMIT)];
        let Some((leaf, authorities)) = chain.split_first() else {
            return Err(TlsaFault::Absent);
        };
        let mut shown = Shown::new(leaf);
        if self
            .of(Usage::EndEntity)
            .any(|record| shown.matches(record))
        {
            return Ok(());
        }
        let mut anchors = Anchors::at(now);
        // Choice: a leaf is never its own anchor. Usage 2 names who vouches for others, and a record of usage 3 is there for a
        // certificate that nobody vouches for.
        for certificate in authorities {
            let mut shown = Shown::new(certificate);
            if self
                .of(Usage::TrustAnchor)
                .any(|record| shown.matches(record))
            {
                anchors.add_certificate(certificate);
            }
        }
        // An anchor need not be in the chain if the DNS has all of it (RFC 7671 §5.2.2).
        let given: Vec<CertificateDer<'_>> = self
            .of(Usage::TrustAnchor)
            .filter_map(Association::certificate)
            .collect();
        for certificate in &given {
            anchors.add_certificate(certificate);
        }
        if anchors.is_empty() {
            self.add_keys(&mut anchors, chain);
        }
        if anchors.is_empty() {
            return Err(TlsaFault::NoMatch);
        }
        anchors.judge(chain).map_err(TlsaFault::Chain)?;
        let is_named = x509_parser::parse_x509_certificate(leaf)
            .is_ok_and(|(_, read)| is_named(&read, &self.references));
        is_named
            .then_some(())
            .ok_or_else(|| TlsaFault::Name(in_words(&self.references)))
    }

    /// Takes keys that records give in full for those of the issuers in the chain, if nothing else fits (RFC 7671 §5.2.3).
    fn add_keys<'c>(&'c self, anchors: &mut Anchors<'c>, chain: &'c [CertificateDer<'_>]) {
        let keys = || {
            self.of(Usage::TrustAnchor)
                .filter_map(Association::public_key)
        };
        if keys().next().is_none() {
            return;
        }
        for certificate in chain {
            if let Ok((_, read)) = x509_parser::parse_x509_certificate(certificate) {
                let issuer = read.tbs_certificate.issuer.as_raw();
                keys().for_each(|key| anchors.add_key(key, issuer));
            }
        }
    }

    fn of(&self, usage: Usage) -> impl Iterator<Item = &Association> {
        self.associations
            .iter()
            .filter(move |association| association.usage == usage)
    }
}

/// Leaves out digests that are weaker than another one of the same usage and selector (RFC 7671 §9). The order of records
/// in an answer means nothing; here they stand sorted.
fn strongest(mut usable: Vec<Association>) -> Vec<Association> {
    let mut best: BTreeMap<_, MatchingType> = BTreeMap::new();
    for association in &usable {
        let strength = best
            .entry((association.usage, association.selector))
            .or_insert(association.matching_type);
        *strength = association.matching_type.max(*strength);
    }
    usable.retain(|association| {
        association.matching_type == MatchingType::Full
            || best.get(&(association.usage, association.selector))
                == Some(&association.matching_type)
    });
    usable.sort();
    usable.dedup();
    usable
}

fn in_words(names: &[DomainName]) -> String {
    let names: Vec<&str> = names.iter().map(DomainName::as_str).collect();
    names.join(", ")
}
