//! Authorities, certificates and records for tests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SanType,
};
use ring::digest;
use rustls_pki_types::CertificateDer;

use super::tlsa::Tlsa;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// The time of these tests.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + 20_000 * DAY
}

/// What a leaf is called.
#[derive(Clone, Copy)]
pub(crate) struct Named<'n> {
    pub(crate) names: &'n [&'n str],
    pub(crate) common_name: Option<&'n str>,
}

impl<'n> Named<'n> {
    /// By the name of one host.
    pub(crate) fn host(name: &'n str) -> Self {
        Self {
            names: std::slice::from_ref(Box::leak(Box::new(name))),
            common_name: None,
        }
    }
}

/// An authority that signs.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_before = (now() - 10 * DAY).into();
    params.not_after = (now() + 10 * DAY).into();
    params
}

impl Authority {
    /// A root.
    pub(crate) fn root(name: &str) -> Self {
        Self::root_with(name, |_| ())
    }

    /// A root that is out of the ordinary.
    pub(crate) fn root_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params(name);
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self {
            params,
            key,
            certificate,
        }
    }

    /// Another certificate for the same key.
    pub(crate) fn renewed(&self, name: &str) -> Self {
        let key = KeyPair::from_pem(&self.key.serialize_pem()).unwrap();
        let params = params(name);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self {
            params,
            key,
            certificate,
        }
    }

    /// An authority below this one.
    pub(crate) fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params(name);
        change(&mut params);
        let certificate = params
            .signed_by(&key, &self.issuer())
            .unwrap()
            .der()
            .clone();
        Self {
            params,
            key,
            certificate,
        }
    }

    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// A leaf of a host.
    pub(crate) fn leaf(&self, named: Named<'_>) -> CertificateDer<'static> {
        self.leaf_with(named, |_| ())
    }

    /// A leaf that is out of the ordinary.
    pub(crate) fn leaf_with(
        &self,
        named: Named<'_>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> CertificateDer<'static> {
        let mut leaf = params(named.common_name.unwrap_or_default());
        if named.common_name.is_none() {
            leaf.distinguished_name = DistinguishedName::new();
        }
        leaf.is_ca = IsCa::NoCa;
        leaf.subject_alt_names = named
            .names
            .iter()
            .map(|name| SanType::DnsName((*name).try_into().unwrap()))
            .collect();
        change(&mut leaf);
        let key = KeyPair::generate().unwrap();
        leaf.signed_by(&key, &self.issuer()).unwrap().der().clone()
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// The public key of a certificate, as TLSA records have it.
pub(crate) fn public_key(certificate: &[u8]) -> Vec<u8> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).unwrap();
    read.tbs_certificate.subject_pki.raw.to_vec()
}

/// The record that speaks of a certificate.
pub(crate) fn record(usage: u8, selector: u8, matching_type: u8, certificate: &[u8]) -> Tlsa {
    let selected = match selector {
        1 => public_key(certificate),
        _ => certificate.to_vec(),
    };
    let data = match matching_type {
        1 => digest::digest(&digest::SHA256, &selected).as_ref().to_vec(),
        2 => digest::digest(&digest::SHA512, &selected).as_ref().to_vec(),
        _ => selected,
    };
    Tlsa {
        usage,
        selector,
        matching_type,
        data,
    }
}
