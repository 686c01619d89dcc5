//! What stands in a leaf: names, dates, uses and extensions, by word and table.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use time::OffsetDateTime;

use super::coin::{Holder, MintError};
use crate::{CertificateSpec, Word};

pub(super) const DAY: Duration = Duration::from_hours(24);
pub(super) const YEAR: Duration = Duration::from_hours(24 * 365);

/// So many octets of names make a chain that fits no single TLS record (RFC 8446 §5.1).
const LARGE: usize = 16 * 1024;

/// Longer common names are no common names (RFC 5280 appendix A, `ub-common-name`).
const COMMON_NAME_LIMIT: usize = 64;

/// Below the arc that RFC 5612 §2 keeps for documentation: nobody knows it.
const UNKNOWN_EXTENSION: [u64; 8] = [1, 3, 6, 1, 4, 1, 32473, 1];

/// A point in time before or after `now`.
pub(super) enum Offset {
    Before(Duration),
    After(Duration),
}

/// The leaf as rcgen wants it.
pub(super) fn params(
    spec: &CertificateSpec,
    holder: &Holder,
    key: &impl PublicKeyData,
    now: SystemTime,
) -> Result<CertificateParams, MintError> {
    let mut params = CertificateParams::default();
    let (from, until) = match spec.is {
        Word::Expired => (Offset::Before(2 * YEAR), Offset::Before(DAY)),
        Word::NotYetValid => (Offset::After(2 * YEAR), Offset::After(5 * YEAR)),
        _ => (Offset::Before(YEAR), Offset::After(5 * YEAR)),
    };
    params.not_before = moment(now, from)?;
    params.not_after = moment(now, until)?;
    params.serial_number = Some(serial(spec.is)?);
    params.subject_alt_names = names(spec, holder)?;
    params.distinguished_name = subject(spec, holder, &params.subject_alt_names);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if key.algorithm() == &rcgen::PKCS_RSA_SHA256 {
        params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    params.extended_key_usages = match spec.is {
        Word::ClientOnly => vec![ExtendedKeyUsagePurpose::ClientAuth],
        _ => vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ],
    };
    params.is_ca = match spec.is {
        Word::CaLeaf => IsCa::Ca(BasicConstraints::Unconstrained),
        _ => IsCa::ExplicitNoCa,
    };
    if spec.is == Word::CaLeaf {
        params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    }
    if spec.is == Word::CriticalExtension {
        let null = vec![5, 0];
        let mut extension = CustomExtension::from_oid_content(&UNKNOWN_EXTENSION, null);
        extension.set_criticality(true);
        params.custom_extensions.push(extension);
    }
    params.use_authority_key_identifier_extension = spec.is != Word::SelfSigned;
    Ok(params)
}

/// A moment as certificates say it, to the second.
pub(super) fn moment(now: SystemTime, offset: Offset) -> Result<OffsetDateTime, MintError> {
    let seconds = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH)
            .map(|since| since.as_secs())
    };
    let at = match offset {
        Offset::Before(duration) => now.checked_sub(duration),
        Offset::After(duration) => now.checked_add(duration),
    };
    let seconds = at
        .and_then(|at| seconds(at).ok())
        .and_then(|seconds| i64::try_from(seconds).ok());
    let moment = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    moment.ok_or(MintError::BadTime)
}

/// Sixteen octets by chance, positive: RSA keys repeat, so a serial number from the key would repeat too.
pub(super) fn serial(word: Word) -> Result<SerialNumber, MintError> {
    let mut octets = [0; 16];
    SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| MintError::Sign(word))?;
    octets[0] = octets[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&octets))
}

fn names(spec: &CertificateSpec, holder: &Holder) -> Result<Vec<SanType>, MintError> {
    let mut names = match (&spec.names, spec.is) {
        (Some(names), _) => names.iter().map(|name| alternative_name(name)).collect(),
        (None, Word::CnOnly) => Ok(Vec::new()),
        (None, Word::IpAddressOnly) if holder.addresses.is_empty() => {
            return Err(MintError::NoAddress(holder.host.clone()));
        }
        (None, Word::IpAddressOnly) => Ok(holder
            .addresses
            .iter()
            .copied()
            .map(SanType::IpAddress)
            .collect()),
        (None, word) => own_name(word, holder).and_then(|name| Ok(vec![dns_name(&name)?])),
    }?;
    if spec.is == Word::LargeChain {
        let parent = parent(&holder.host).unwrap_or(&holder.host);
        let mut octets = 0;
        for number in 1.. {
            if octets > LARGE {
                break;
            }
            let name = format!("large-chain-{number}.{parent}");
            octets += name.len();
            names.push(dns_name(&name)?);
        }
    }
    Ok(names)
}

/// The name that the word gives to the host's certificate.
fn own_name(word: Word, holder: &Holder) -> Result<String, MintError> {
    let host = holder.host.as_str();
    let too_few = || MintError::TooFewLabels {
        host: host.to_owned(),
        word,
    };
    let first = host.split('.').next().unwrap_or_default();
    let above = || parent(host).ok_or_else(too_few);
    let far_above = || above().and_then(|parent| self::parent(parent).ok_or_else(too_few));
    Ok(match word {
        Word::Wildcard => format!("*.{}", above()?),
        Word::PartialWildcard => format!("{}*.{}", first.get(..1).unwrap_or_default(), above()?),
        Word::DoubleWildcard => format!("*.*.{}", far_above()?),
        Word::InnerWildcard => format!("{first}.*.{}", far_above()?),
        Word::WrongName if first == "elsewhere" => format!("nowhere.{}", above()?),
        Word::WrongName => format!("elsewhere.{}", above()?),
        Word::RecipientDomain => match &holder.next_hop_domain {
            Some(domain) => domain.clone(),
            None => above()?.to_owned(),
        },
        Word::UpperCaseName => host.to_ascii_uppercase(),
        _ => host.to_owned(),
    })
}

fn parent(name: &str) -> Option<&str> {
    name.split_once('.')
        .map(|(_, parent)| parent)
        .filter(|parent| !parent.is_empty())
}

/// A name of a table: a host name, or an address, also in brackets.
fn alternative_name(text: &str) -> Result<SanType, MintError> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    match bare.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => dns_name(text),
    }
}

fn dns_name(name: &str) -> Result<SanType, MintError> {
    let name = name
        .try_into()
        .map_err(|_| MintError::BadName(name.to_owned()))?;
    Ok(SanType::DnsName(name))
}

/// The table's common name; else the host for certificates that have no other place for it; else, as authorities do,
/// the first DNS name. Where that is too long, or there is none, the common name is nobody's, lest a verifier that looks
/// there finds what the word leaves out; and it is one that the authorities permit, which some look for there too.
fn subject(spec: &CertificateSpec, holder: &Holder, names: &[SanType]) -> DistinguishedName {
    let first = names.iter().find_map(|name| match name {
        SanType::DnsName(name) => Some(name.as_str()),
        _ => None,
    });
    let told = spec.common_name.as_deref();
    let common_name = match (told, spec.is) {
        (Some(told), _) => Some(told.to_owned()),
        (None, Word::EmptySubject) => None,
        (None, Word::CnOnly) => Some(holder.host.clone()),
        (None, word) => {
            let first =
                first.filter(|first| first.len() <= COMMON_NAME_LIMIT || word == Word::X509V1);
            Some(first.map_or_else(|| format!("{word}.test"), str::to_owned))
        }
    };
    let mut subject = DistinguishedName::new();
    if let Some(common_name) = common_name {
        subject.push(DnType::CommonName, common_name);
    }
    subject
}
