//! Authorities made from a profile: what it permits goes, critical, into every certificate (RFC 5280 §4.2.1.10).

use std::str::FromStr;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints,
};
use time::OffsetDateTime;

use super::files::{self, AuthorityError, AuthorityFiles};
use crate::catalogue::{self, AuthorityProfile, Use};

impl AuthorityProfile {
    /// As the catalogue's, for private authorities that vouch for names at or below `domain` alone.
    #[must_use]
    pub fn private(domain: &str) -> Self {
        Self {
            root: "mtaspec private test root".into(),
            intermediate: "mtaspec private test intermediate".into(),
            permitted_names: vec![domain.into()],
            permitted_mail: vec![format!(".{domain}")],
            ..catalogue::authorities().clone()
        }
    }
}

impl AuthorityFiles {
    /// Makes a set of authorities with new keys.
    ///
    /// # Errors
    /// A range of the profile that is none, or a library that fails; [`AuthorityError::NotInThisBuild`] without the
    /// feature `legacy-tls`, since OpenSSL makes the RSA keys.
    pub fn generate(profile: &AuthorityProfile) -> Result<Self, AuthorityError> {
        let mut texts = Vec::new();
        let mut add = |member: &str, certificate: String, key: &KeyPair| {
            texts.push((files::certificate_name(member), certificate.into_bytes()));
            texts.push((files::key_name(member), key.serialize_pem().into_bytes()));
        };
        let branches = [
            ("root", Some("intermediate"), "ECDSA"),
            ("rsa-root", Some("rsa-intermediate"), "RSA"),
            ("other-root", None, "another"),
        ];
        for (root_name, intermediate_name, unit) in branches {
            let rsa = unit == "RSA";
            let key = new_key(rsa)?;
            let params = params(
                profile,
                &profile.root,
                unit,
                BasicConstraints::Unconstrained,
            )?;
            add(root_name, params.self_signed(&key)?.pem(), &key);
            if let Some(name) = intermediate_name {
                let own_key = new_key(rsa)?;
                let own = self::params(
                    profile,
                    &profile.intermediate,
                    unit,
                    BasicConstraints::Constrained(0),
                )?;
                let certificate = own.signed_by(&own_key, &Issuer::from_params(&params, &key))?;
                add(name, certificate.pem(), &own_key);
            }
        }
        Ok(Self::new("".into(), texts))
    }
}

fn params(
    profile: &AuthorityProfile,
    common_name: &str,
    unit: &str,
    path: BasicConstraints,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    let first_of = |year| {
        let date = time::Date::from_calendar_date(year, time::Month::January, 1);
        date.map(|date| OffsetDateTime::new_utc(date, time::Time::MIDNIGHT))
            .map_err(|_| rcgen::Error::Time)
    };
    params.not_before = first_of(profile.first_year)?;
    params.not_after = first_of(profile.last_year + 1)? - time::Duration::SECOND;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationalUnitName, unit);
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.is_ca = IsCa::Ca(path);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = profile.uses.iter().copied().map(purpose).collect();
    params.name_constraints = Some(constraints(profile)?);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn constraints(profile: &AuthorityProfile) -> Result<NameConstraints, AuthorityError> {
    let names = profile
        .permitted_names
        .iter()
        .cloned()
        .map(GeneralSubtree::DnsName);
    let mail = profile
        .permitted_mail
        .iter()
        .cloned()
        .map(GeneralSubtree::Rfc822Name);
    let mut permitted_subtrees: Vec<_> = names.chain(mail).collect();
    for range in &profile.permitted_ranges {
        let subnet =
            CidrSubnet::from_str(range).map_err(|()| AuthorityError::BadRange(range.clone()))?;
        permitted_subtrees.push(GeneralSubtree::IpAddress(subnet));
    }
    Ok(NameConstraints {
        permitted_subtrees,
        excluded_subtrees: Vec::new(),
    })
}

fn purpose(to_be: Use) -> ExtendedKeyUsagePurpose {
    match to_be {
        Use::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Use::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }
}

fn new_key(rsa: bool) -> Result<KeyPair, AuthorityError> {
    if rsa {
        return new_rsa_key();
    }
    Ok(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?)
}

#[cfg(feature = "legacy-tls")]
fn new_rsa_key() -> Result<KeyPair, AuthorityError> {
    let pkcs8 = openssl::rsa::Rsa::generate(2048)
        .and_then(openssl::pkey::PKey::from_rsa)
        .and_then(|key| key.private_key_to_pkcs8())
        .map_err(|_| AuthorityError::RsaKey)?;
    Ok(KeyPair::try_from(pkcs8)?)
}

#[cfg(not(feature = "legacy-tls"))]
fn new_rsa_key() -> Result<KeyPair, AuthorityError> {
    Err(AuthorityError::NotInThisBuild)
}
