//! What a certificate proves, judged after the handshake (RFC 5280 §6, RFC 9525 §6).
//!
//! Chain and name are two questions with two answers, since rules ask for each of them separately.

use std::time::{SystemTime, UNIX_EPOCH};

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::public_key::PublicKey;

use super::peer::PeerName;
use super::reference::is_named_by_common_name;

/// The shortest RSA key that a leaf may have where it must be trusted (RFC 9325 §4.5).
const RSA_BITS: usize = 2_048;

/// The answers to both questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verification {
    /// Does the chain lead to a trusted authority, now, and for this use?
    pub(crate) chain: Result<(), ChainFault>,
    /// Does the certificate name the host?
    pub(crate) name: Result<(), NameFault>,
}

/// Why a chain is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ChainFault {
    /// No certificate was shown.
    #[error("no certificate was shown")]
    Absent,
    /// The certificate cannot be read.
    #[error("the certificate cannot be read ({0})")]
    Unreadable(String),
    /// It does not lead to a trusted authority.
    #[error("the certificate does not lead to a trusted authority")]
    UnknownIssuer,
    /// A certificate of the chain has expired.
    #[error("the certificate has expired")]
    Expired,
    /// A certificate of the chain is not yet valid.
    #[error("the certificate is not yet valid")]
    NotYetValid,
    /// The key of the leaf is too short.
    #[error("the RSA key of the certificate has only {0} bits")]
    WeakKey(usize),
    /// Something else is wrong with it.
    #[error("the certificate is not valid ({0})")]
    Invalid(String),
}

/// Why a certificate does not name the host. A common name counts for nothing (RFC 9525 §2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum NameFault {
    /// No certificate was shown.
    #[error("no certificate was shown")]
    Absent,
    /// The certificate cannot be read.
    #[error("the certificate cannot be read ({0})")]
    Unreadable(String),
    /// It names the host as its common name, and no host otherwise.
    #[error("the certificate names the host {0} only as its common name")]
    CommonNameAlone(String),
    /// It names others.
    #[error("the certificate does not name the host {0}")]
    Mismatch(String),
}

/// The authorities that are trusted.
pub(crate) struct Trust(Vec<TrustAnchor<'static>>);

impl Trust {
    /// Takes authorities as certificates.
    ///
    /// # Errors
    /// `webpki::Error` for the first one that cannot be read.
    pub(crate) fn new(authorities: &[CertificateDer<'static>]) -> Result<Self, webpki::Error> {
        let anchor = |certificate| {
            webpki::anchor_from_trusted_cert(certificate).map(|anchor| anchor.to_owned())
        };
        authorities
            .iter()
            .map(anchor)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Judges a receiver's chain as it was sent, leaf first.
    #[must_use]
    pub(crate) fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        peer: &PeerName,
        now: SystemTime,
    ) -> Verification {
        self.judge_for(KeyUsage::server_auth(), chain, peer, now)
    }

    /// Judges a sender's chain as it was sent, leaf first.
    ///
    /// Choice: a certificate for servers will do as well as one for clients. Mail hosts show the certificate they have as
    /// MX hosts, and public authorities issue no other to them.
    #[must_use]
    pub(crate) fn judge_client(
        &self,
        chain: &[CertificateDer<'_>],
        peer: &PeerName,
        now: SystemTime,
    ) -> Verification {
        let as_client = self.judge_for(KeyUsage::client_auth(), chain, peer, now);
        if as_client.chain.is_ok() {
            return as_client;
        }
        let as_server = self.judge(chain, peer, now);
        if as_server.chain.is_ok() {
            as_server
        } else {
            as_client
        }
    }

    fn judge_for(
        &self,
        usage: KeyUsage,
        chain: &[CertificateDer<'_>],
        peer: &PeerName,
        now: SystemTime,
    ) -> Verification {
        let Some((leaf, intermediates)) = chain.split_first() else {
            return Verification {
                chain: Err(ChainFault::Absent),
                name: Err(NameFault::Absent),
            };
        };
        let certificate = match EndEntityCert::try_from(leaf) {
            Ok(certificate) => certificate,
            Err(error) => {
                let text = format!("{error:?}");
                return Verification {
                    chain: Err(ChainFault::Unreadable(text.clone())),
                    name: Err(NameFault::Unreadable(text)),
                };
            }
        };
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or_default());
        let path = certificate
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &self.0,
                intermediates,
                now,
                usage,
                None,
                None,
            )
            .map(|_| ())
            .map_err(|error| ChainFault::from(&error));
        let name = peer
            .server_name()
            .is_some_and(|name| certificate.verify_is_valid_for_subject_name(&name).is_ok());
        Verification {
            chain: path.and_then(|()| strong_enough(leaf)),
            name: if name {
                Ok(())
            } else {
                Err(other_name(leaf, peer))
            },
        }
    }
}

/// How a certificate without the right name names something else.
fn other_name(leaf: &CertificateDer<'_>, peer: &PeerName) -> NameFault {
    match peer {
        PeerName::Host(host) if is_named_by_common_name(leaf, host) => {
            NameFault::CommonNameAlone(peer.to_string())
        }
        PeerName::Host(_) | PeerName::Address(_) => NameFault::Mismatch(peer.to_string()),
    }
}

impl From<&webpki::Error> for ChainFault {
    fn from(error: &webpki::Error) -> Self {
        match error {
            webpki::Error::UnknownIssuer => Self::UnknownIssuer,
            webpki::Error::CertExpired { .. } => Self::Expired,
            webpki::Error::CertNotValidYet { .. } => Self::NotYetValid,
            other => Self::Invalid(format!("{other:?}")),
        }
    }
}

/// Whether the key of a leaf is long enough; webpki does not look at it.
pub(crate) fn strong_enough(leaf: &CertificateDer<'_>) -> Result<(), ChainFault> {
    let (_, certificate) = x509_parser::parse_x509_certificate(leaf)
        .map_err(|error| ChainFault::Unreadable(error.to_string()))?;
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() < RSA_BITS => {
            Err(ChainFault::WeakKey(key.key_size()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        SanType,
    };

    use super::*;
    use crate::address::DomainName;

    const DAY: Duration = Duration::from_secs(86_400);

    fn now() -> SystemTime {
        UNIX_EPOCH + 20_000 * DAY
    }

    /// A root, and a leaf that it signed, changed before.
    fn chain(change: impl FnOnce(&mut CertificateParams)) -> (Trust, Vec<CertificateDer<'static>>) {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let anchor = root.self_signed(&root_key).unwrap().der().clone();
        let mut leaf = CertificateParams::new(vec!["mx.example.test".to_owned()]).unwrap();
        leaf.not_before = (now() - DAY).into();
        leaf.not_after = (now() + DAY).into();
        change(&mut leaf);
        let key = KeyPair::generate().unwrap();
        let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
        (Trust::new(&[anchor]).unwrap(), vec![leaf.der().clone()])
    }

    fn judge(
        change: impl FnOnce(&mut CertificateParams),
        peer: &str,
        at: SystemTime,
    ) -> Verification {
        let (trust, chain) = chain(change);
        trust.judge(
            &chain,
            &PeerName::Host(DomainName::parse(peer).unwrap()),
            at,
        )
    }

    #[test]
    fn a_name_is_a_whole_name_or_a_star_for_one_label() {
        // (name in the certificate, host, does it fit?)
        let cases = [
            ("mx.example.test", "mx.example.test", true),
            ("MX.Example.TEST", "mx.example.test", true),
            ("*.example.test", "mx.example.test", true),
            ("*.example.test", "a.mx.example.test", false),
            ("*.example.test", "example.test", false),
            ("example.test", "mx.example.test", false),
            ("m*.example.test", "mx.example.test", false),
            ("*.*.test", "mx.example.test", false),
            ("mx.*.test", "mx.example.test", false),
            ("xn--bcher-kva.test", "bücher.test", true),
        ];
        for (name, host, want) in cases {
            let name = SanType::DnsName(name.try_into().unwrap());
            let verification = judge(
                |leaf| leaf.subject_alt_names = vec![name.clone()],
                host,
                now(),
            );
            assert_eq!(verification.name.is_ok(), want, "{name:?} for {host}");
            assert_eq!(verification.chain, Ok(()), "{name:?}");
        }
    }

    #[test]
    fn an_address_is_named_by_an_address() {
        let address: std::net::IpAddr = "192.0.2.1".parse().unwrap();
        let (trust, chain) =
            chain(|leaf| leaf.subject_alt_names = vec![SanType::IpAddress(address)]);
        assert_eq!(
            trust.judge(&chain, &PeerName::Address(address), now()).name,
            Ok(())
        );
        let other = PeerName::Address("192.0.2.2".parse().unwrap());
        assert!(trust.judge(&chain, &other, now()).name.is_err());
    }

    #[test]
    fn a_chain_is_judged_by_the_clock_and_by_its_use() {
        let host = "mx.example.test";
        let client_only = |leaf: &mut CertificateParams| {
            leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        };
        let authority =
            |leaf: &mut CertificateParams| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        assert_eq!(judge(|_| (), host, now()).chain, Ok(()));
        assert_eq!(
            judge(|_| (), host, now() + 2 * DAY).chain,
            Err(ChainFault::Expired)
        );
        assert_eq!(
            judge(|_| (), host, now() - 2 * DAY).chain,
            Err(ChainFault::NotYetValid)
        );
        assert!(matches!(
            judge(client_only, host, now()).chain,
            Err(ChainFault::Invalid(_))
        ));
        assert!(matches!(
            judge(authority, host, now()).chain,
            Err(ChainFault::Invalid(_))
        ));
        assert_eq!(judge(client_only, host, now()).name, Ok(()));
    }

    #[test]
    fn nothing_is_trusted_that_leads_nowhere() {
        let (_, leaf) = chain(|_| ());
        let peer = PeerName::Host(DomainName::parse("mx.example.test").unwrap());
        let nobody = Trust::new(&[]).unwrap();
        assert_eq!(
            nobody.judge(&leaf, &peer, now()),
            Verification {
                chain: Err(ChainFault::UnknownIssuer),
                name: Ok(())
            }
        );
        assert_eq!(
            nobody.judge(&[], &peer, now()),
            Verification {
                chain: Err(ChainFault::Absent),
                name: Err(NameFault::Absent)
            }
        );
        let garbage = [CertificateDer::from(b"garbage".to_vec())];
        assert!(matches!(
            nobody.judge(&garbage, &peer, now()).chain,
            Err(ChainFault::Unreadable(_))
        ));
    }

    /// rcgen makes no RSA keys, hence OpenSSL.
    #[cfg(feature = "legacy-tls")]
    #[test]
    fn a_short_rsa_key_is_not_trusted_though_its_chain_is_right() {
        use openssl::asn1::Asn1Time;
        use openssl::bn::BigNum;
        use openssl::hash::MessageDigest;
        use openssl::pkey::PKey;
        use openssl::rsa::Rsa;
        use openssl::x509::extension::SubjectAlternativeName;
        use openssl::x509::{X509, X509Name};

        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let anchor = root.self_signed(&root_key).unwrap().der().clone();
        let issuer = X509::from_der(&anchor).unwrap();
        let issuer_key = PKey::private_key_from_der(&root_key.serialize_der()).unwrap();
        let key = PKey::from_rsa(Rsa::generate(1_024).unwrap()).unwrap();
        let mut leaf = X509::builder().unwrap();
        leaf.set_version(2).unwrap();
        leaf.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap())
            .unwrap();
        leaf.set_subject_name(&X509Name::builder().unwrap().build())
            .unwrap();
        leaf.set_issuer_name(issuer.subject_name()).unwrap();
        leaf.set_not_before(&Asn1Time::from_unix(0).unwrap())
            .unwrap();
        leaf.set_not_after(&Asn1Time::from_unix(20_001 * 86_400).unwrap())
            .unwrap();
        leaf.set_pubkey(&key).unwrap();
        let names = SubjectAlternativeName::new()
            .dns("mx.example.test")
            .build(&leaf.x509v3_context(Some(&issuer), None))
            .unwrap();
        leaf.append_extension(names).unwrap();
        leaf.sign(&issuer_key, MessageDigest::sha256()).unwrap();
        let leaf = CertificateDer::from(leaf.build().to_der().unwrap());

        let peer = PeerName::Host(DomainName::parse("mx.example.test").unwrap());
        let verification = Trust::new(&[anchor]).unwrap().judge(&[leaf], &peer, now());
        assert_eq!(
            verification,
            Verification {
                chain: Err(ChainFault::WeakKey(1_024)),
                name: Ok(())
            }
        );
    }
}
