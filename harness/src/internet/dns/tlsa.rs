//! TLSA records (RFC 6698 §2, RFC 7672): their names, and data computed from what a host shows.

use hickory_proto::rr::RData;
use hickory_proto::rr::rdata::TLSA;
use mtaspec_certs::CertificateSpec;
use mtaspec_judge::scenario::{Shown, Tlsa, TlsaData, World};
use sha2::{Digest as _, Sha256, Sha512};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// The two ends of a certificate chain, in DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEnds {
    /// The host's own certificate.
    pub leaf: Vec<u8>,
    /// The topmost certificate, whether it is sent or not.
    pub top: Vec<u8>,
}

/// Why there are no data for a TLSA record.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsaError {
    /// The certificate could not be made.
    #[error("no certificate for {host}: {reason}")]
    NoCertificate {
        /// Whose.
        host: String,
        /// In a sentence.
        reason: String,
    },
    /// The record names a host that is not in this world, or that shows none.
    #[error("a TLSA record matches {0}, which shows no certificate")]
    ShowsNone(String),
    /// The certificate has no key that can be read.
    #[error("the certificate of {0} cannot be read")]
    Unreadable(String),
}

/// Gives the certificates that hosts show; minted once, so that records and handshakes agree.
pub trait TlsaSource: Send + Sync {
    /// The chain of this host for this specification.
    ///
    /// # Errors
    /// When it cannot be made.
    fn chain(&self, host: &str, specification: &CertificateSpec) -> Result<ChainEnds, TlsaError>;
}

/// The data of one record of `host`; `None` for an alias, which is no record of its own.
pub(super) fn data(
    host: &str,
    record: &Tlsa,
    world: &World,
    source: &dyn TlsaSource,
) -> Result<Option<RData>, TlsaError> {
    let Tlsa::Record {
        usage,
        selector,
        matching,
        data,
    } = record
    else {
        return Ok(None);
    };
    let (of, specification) = match data {
        TlsaData::Bytes(bytes) => {
            return Ok(Some(rdata(*usage, *selector, *matching, bytes.clone())));
        }
        TlsaData::Mismatch => {
            let length = mismatch_length(*selector, *matching);
            return Ok(Some(rdata(*usage, *selector, *matching, vec![0; length])));
        }
        TlsaData::Match => shown_by(host, world)?,
        TlsaData::MatchWord(word) => (answering(host, world), (*word).into()),
        TlsaData::MatchHost(other) => shown_by(other, world)?,
    };
    let ends = source.chain(of, &specification)?;
    let certificate = if matches!(usage, 0 | 2) {
        ends.top
    } else {
        ends.leaf
    };
    let selected = if *selector == 1 {
        let (_, parsed) = X509Certificate::from_der(&certificate)
            .map_err(|_| TlsaError::Unreadable(of.to_owned()))?;
        parsed.public_key().raw.to_vec()
    } else {
        certificate
    };
    let bytes = match matching {
        1 => Sha256::digest(&selected).to_vec(),
        2 => Sha512::digest(&selected).to_vec(),
        _ => selected,
    };
    Ok(Some(rdata(*usage, *selector, *matching, bytes)))
}

fn rdata(usage: u8, selector: u8, matching: u8, bytes: Vec<u8>) -> RData {
    RData::TLSA(TLSA::new(
        usage.into(),
        selector.into(),
        matching.into(),
        bytes,
    ))
}

/// The length of a digest, or of a P-256 key or certificate in full.
fn mismatch_length(selector: u8, matching: u8) -> usize {
    match (matching, selector) {
        (1, _) => 32,
        (2, _) => 64,
        (_, 1) => 91,
        _ => 400,
    }
}

/// The host that answers for a name: behind an alias its target does, and shows its own certificate.
fn answering<'world>(host: &'world str, world: &'world World) -> &'world str {
    let mut name = host;
    for _ in 0..8 {
        match world.hosts.get(name).and_then(|host| host.cname.as_deref()) {
            Some(target) => name = target,
            None => break,
        }
    }
    name
}

/// Who answers for a host, and what it shows.
fn shown_by<'world>(
    host: &'world str,
    world: &'world World,
) -> Result<(&'world str, CertificateSpec), TlsaError> {
    let answering = answering(host, world);
    let none = || TlsaError::ShowsNone(host.to_owned());
    match &world.hosts.get(answering).ok_or_else(none)?.certificate {
        Shown::Certificate(specification) => Ok((answering, specification.clone())),
        Shown::Refuse => Err(none()),
    }
}

#[cfg(test)]
mod tests {
    use mtaspec_certs::{CertificateSpec, Word};
    use mtaspec_judge::scenario::{Host, Shown, Tlsa, TlsaData, World};

    use super::{ChainEnds, TlsaError, TlsaSource, data};

    struct Named;

    impl TlsaSource for Named {
        fn chain(&self, host: &str, of: &CertificateSpec) -> Result<ChainEnds, TlsaError> {
            Ok(ChainEnds {
                leaf: format!("leaf {host} {}", of.is).into_bytes(),
                top: format!("top {host} {}", of.is).into_bytes(),
            })
        }
    }

    fn record(usage: u8, selector: u8, matching: u8, data: TlsaData) -> Tlsa {
        Tlsa::Record {
            usage,
            selector,
            matching,
            data,
        }
    }

    fn bytes(record: &Tlsa) -> Vec<u8> {
        let mut world = World::default();
        for (name, word) in [("mx.test", Word::Expired), ("b.test", Word::Valid)] {
            let host = Host {
                certificate: Shown::Certificate(word.into()),
                ..Host::default()
            };
            world.hosts.insert(name.into(), host);
        }
        let alias = Host {
            cname: Some("b.test".into()),
            ..Host::default()
        };
        world.hosts.insert("alias.test".into(), alias);
        match data("mx.test", record, &world, &Named).unwrap() {
            Some(hickory_proto::rr::RData::TLSA(tlsa)) => tlsa.cert_data,
            other => panic!("no TLSA data: {other:?}"),
        }
    }

    #[test]
    fn data_come_from_the_leaf_or_the_top_of_what_the_host_shows() {
        let cases = [
            (3, TlsaData::Match, "leaf mx.test expired"),
            (1, TlsaData::Match, "leaf mx.test expired"),
            (2, TlsaData::Match, "top mx.test expired"),
            (0, TlsaData::Match, "top mx.test expired"),
            (200, TlsaData::Match, "leaf mx.test expired"),
            (
                3,
                TlsaData::MatchWord(Word::Renewed),
                "leaf mx.test renewed",
            ),
            (3, TlsaData::MatchHost("b.test".into()), "leaf b.test valid"),
            (
                3,
                TlsaData::MatchHost("alias.test".into()),
                "leaf b.test valid",
            ),
            (3, TlsaData::Bytes(b"xyz".to_vec()), "xyz"),
        ];
        for (usage, of, want) in cases {
            assert_eq!(bytes(&record(usage, 0, 0, of)), want.as_bytes());
        }
        assert_eq!(bytes(&record(3, 0, 1, TlsaData::Match)).len(), 32);
        assert_eq!(bytes(&record(3, 0, 2, TlsaData::Match)).len(), 64);
    }

    #[test]
    fn a_mismatch_has_the_right_length_and_fits_nothing() {
        for (matching, length) in [(1, 32), (2, 64)] {
            let data = bytes(&record(3, 1, matching, TlsaData::Mismatch));
            assert_eq!(data, vec![0; length]);
        }
    }

    #[test]
    fn a_record_about_a_host_that_is_not_there_is_an_error() {
        let record = record(3, 1, 1, TlsaData::MatchHost("gone.test".into()));
        assert_eq!(
            data("mx.test", &record, &World::default(), &Named).unwrap_err(),
            TlsaError::ShowsNone("gone.test".into())
        );
    }
}
