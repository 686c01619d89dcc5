//! The hosts of a world: what a fake needs to know of its host, and what people are told of it.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use mtaspec_certs::{CertificateSpec, Holder, KeyKind};
use mtaspec_judge::scenario::{Shown, StartTls, TlsVersion, World, ascii_form, is_same_name};

use super::dns::{ChainEnds, TlsaError, TlsaSource};
use super::tls::{CertificateStore, TlsSetup, certificate_word};
use crate::plan::{HostAddresses, ascii};

/// A host that is up, as `serve` tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostUp {
    /// What it is for.
    pub role: Role,
    /// Its name in ASCII, as the DNS has it.
    pub name: String,
    /// Where the DNS says it is.
    pub logical: SocketAddr,
    /// The socket behind that.
    pub real: SocketAddr,
    /// The word of its certificate; `refuse`, or `table` for one that no word names.
    pub certificate: String,
    /// What it does about STARTTLS; an HTTPS host knows none.
    pub starttls: StartTls,
    /// The versions that it really speaks; none for a scripted hello.
    pub tls: Vec<TlsVersion>,
}

/// What a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It receives mail.
    Mx,
    /// It receives what comes back to the subject's own domain.
    Home,
    /// It serves policies, or takes reports.
    Https,
}

impl Role {
    /// The role of an SMTP host by its labelled name.
    pub(super) fn of(name: &str, home: &str) -> Self {
        if name.eq_ignore_ascii_case(home) {
            Self::Home
        } else {
            Self::Mx
        }
    }

    /// As `serve --json` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Home => "home",
            Self::Https => "https",
        }
    }
}

/// What a host shows, in one word.
pub(super) fn shown_word(certificate: &Shown) -> String {
    match certificate {
        Shown::Certificate(specification) => certificate_word(specification),
        Shown::Refuse => "refuse".to_owned(),
    }
}

/// The domain whose mail a host takes: the first whose MX records, or whose aliases, lead to it.
pub(super) fn next_hop_domain(name: &str, world: &World) -> Option<String> {
    let aliases = (world.hosts.iter()).filter(|(_, host)| {
        let target = host.cname.as_deref();
        target.is_some_and(|target| is_same_name(target, name))
    });
    let names: BTreeSet<String> = aliases
        .map(|(alias, _)| ascii_form(alias))
        .chain([ascii_form(name)])
        .collect();
    let named = (world.domains.iter()).find(|(_, domain)| {
        (domain.mx.iter()).any(|record| names.contains(&ascii_form(&record.host)))
    });
    named.map(|(domain, _)| ascii(domain))
}

/// The certificates of the hosts of one world, for TLSA records: the same that their fakes show.
pub(super) struct HostCertificates<'a> {
    pub(super) store: &'a CertificateStore,
    pub(super) world: &'a World,
    pub(super) addresses: &'a HostAddresses,
}

impl TlsaSource for HostCertificates<'_> {
    fn chain(&self, host: &str, specification: &CertificateSpec) -> Result<ChainEnds, TlsaError> {
        let addresses: Vec<IpAddr> = self.addresses.get(host).cloned().unwrap_or_default();
        let found = self.world.hosts.get(host);
        let default_key = found.map_or(KeyKind::EcdsaP256, |found| {
            TlsSetup::from(found).default_key()
        });
        let holder = Holder {
            host: ascii(host),
            addresses,
            next_hop_domain: next_hop_domain(host, self.world),
            default_key,
        };
        let minted = self.store.certificate(specification, &holder);
        let minted = minted.map_err(|error| TlsaError::NoCertificate {
            host: host.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(ChainEnds {
            leaf: minted.leaf().to_vec(),
            top: minted.anchor().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Domain, Host, MxRecord, World};

    use super::{Role, next_hop_domain};

    #[test]
    fn the_next_hop_domain_of_a_host_is_the_one_whose_mail_it_takes() {
        let mut world = World::default();
        for (domain, mx) in [
            ("bücher.test", "MX.bücher.test"),
            ("example.test", "alias.example.test"),
        ] {
            let record = MxRecord {
                preference: 10,
                host: mx.into(),
            };
            let domain_of = Domain {
                mx: vec![record],
                ..Domain::default()
            };
            world.domains.insert(domain.into(), domain_of);
        }
        let alias = Host {
            cname: Some("real.provider.test".into()),
            ..Host::default()
        };
        world.hosts.insert("alias.example.test".into(), alias);
        let cases = [
            ("mx.xn--bcher-kva.test", Some("xn--bcher-kva.test")),
            ("real.provider.test", Some("example.test")),
            ("alias.example.test", Some("example.test")),
            ("smart.test", None),
        ];
        for (host, want) in cases {
            assert_eq!(next_hop_domain(host, &world).as_deref(), want, "{host}");
        }
    }

    #[test]
    fn home_is_the_host_of_that_name() {
        let home = "mx.home.abcdefg2.test";
        assert_eq!(Role::of("MX.home.abcdefg2.test", home).as_str(), "home");
        assert_eq!(Role::of("mx.example.abcdefg2.test", home).as_str(), "mx");
    }
}
