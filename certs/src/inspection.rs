//! Do the committed authorities and fixtures agree with the catalogue?
//!
//! What is wrong comes back as sentences, so that one look shows all of it.

use std::net::IpAddr;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::{
    ExtendedKeyUsage, FromDer, GeneralName, NameConstraints, ParsedExtension, X509Certificate,
};

use crate::authorities::{Authorities, AuthorityFiles, MEMBERS};
use crate::catalogue::{self, AuthorityProfile, Use};
use crate::der;
use crate::mint::{fixtures, read_fixture};

/// What differs between files and profile, a sentence each; nothing if all is well.
#[must_use]
pub fn inspect(files: &AuthorityFiles, profile: &AuthorityProfile) -> Vec<String> {
    let mut differences = Vec::new();
    if let Err(error) = Authorities::from_files(files) {
        differences.push(format!("{error}."));
    }
    for member in MEMBERS {
        let (file, text) = files.certificate(member);
        let Ok(der) = CertificateDer::from_pem_slice(text) else {
            continue;
        };
        let Ok((_, certificate)) = X509Certificate::from_der(&der) else {
            continue;
        };
        let common_name = match member.contains("intermediate") {
            true => &profile.intermediate,
            false => &profile.root,
        };
        for (what, wanted, got) in compare(&certificate, common_name, profile) {
            if wanted != got {
                differences.push(format!("{file}: {what}: wanted {wanted:?}, got {got:?}."));
            }
        }
    }
    differences
}

/// What differs between the committed RSA fixtures and the catalogue, a sentence each.
#[must_use]
pub fn inspect_fixtures() -> Vec<String> {
    let mut differences = Vec::new();
    for (bits, count) in catalogue::rsa_keys() {
        let fixtures = fixtures(*bits);
        if fixtures.len() != *count {
            differences.push(format!(
                "There are {} RSA keys of {bits} bits instead of {count}.",
                fixtures.len()
            ));
        }
        for (file, pem) in fixtures {
            match read_fixture(pem)
                .ok()
                .and_then(|pkcs8| der::rsa_bits(&pkcs8))
            {
                Some(found) if u32::try_from(found) == Ok(*bits) => {}
                Some(found) => differences.push(format!(
                    "{file}: the key has {found} bits instead of {bits}."
                )),
                None => differences.push(format!("{file}: this is no RSA key in PKCS#8.")),
            }
        }
    }
    differences
}

/// What is compared, as it is wanted, as it is.
fn compare(
    certificate: &X509Certificate<'_>,
    common_name: &str,
    profile: &AuthorityProfile,
) -> Vec<(&'static str, String, String)> {
    let subject = certificate.subject();
    let found_name = subject
        .iter_common_name()
        .next()
        .and_then(|name| name.as_str().ok());
    let year = |at: x509_parser::time::ASN1Time| at.to_datetime().to_string();
    let (mut wanted_permits, mut found_permits) = (permits(profile), Vec::new());
    let (mut critical, mut uses) = ("missing", Vec::new());
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::NameConstraints(constraints) => {
                critical = if extension.critical {
                    "critical"
                } else {
                    "not critical"
                };
                found_permits = permitted(constraints);
            }
            ParsedExtension::ExtendedKeyUsage(found) => uses = used(found),
            _ => {}
        }
    }
    wanted_permits.sort();
    found_permits.sort();
    let validity = certificate.validity();
    vec![
        (
            "the common name",
            common_name.into(),
            found_name.unwrap_or_default().into(),
        ),
        (
            "the first moment",
            format!("{}-01-01 0:00:00.0 +00:00:00", profile.first_year),
            year(validity.not_before),
        ),
        (
            "the last moment",
            format!("{}-12-31 23:59:59.0 +00:00:00", profile.last_year),
            year(validity.not_after),
        ),
        ("the name constraints", "critical".into(), critical.into()),
        (
            "what is permitted",
            wanted_permits.join(", "),
            found_permits.join(", "),
        ),
        ("the uses", used_by(profile).join(", "), uses.join(", ")),
    ]
}

fn permits(profile: &AuthorityProfile) -> Vec<String> {
    let names = profile
        .permitted_names
        .iter()
        .map(|name| format!("host {name}"));
    let mail = profile
        .permitted_mail
        .iter()
        .map(|name| format!("mail {name}"));
    let ranges = profile
        .permitted_ranges
        .iter()
        .map(|range| format!("range {range}"));
    names.chain(mail).chain(ranges).collect()
}

fn permitted(constraints: &NameConstraints<'_>) -> Vec<String> {
    let subtrees = constraints.permitted_subtrees.iter().flatten();
    let permitted = subtrees.map(|subtree| match &subtree.base {
        GeneralName::DNSName(name) => format!("host {name}"),
        GeneralName::RFC822Name(name) => format!("mail {name}"),
        GeneralName::IPAddress(octets) => format!("range {}", range(octets)),
        other => format!("{other:?}"),
    });
    let excluded = constraints.excluded_subtrees.iter().flatten();
    permitted
        .chain(excluded.map(|subtree| format!("not {:?}", subtree.base)))
        .collect()
}

/// Address and mask as `ADDRESS/BITS` (RFC 5280 §4.2.1.10).
fn range(octets: &[u8]) -> String {
    let (address, mask) = octets.split_at(octets.len() / 2);
    let bits: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    let v4 = <[u8; 4]>::try_from(address).map(IpAddr::from);
    let address = v4.or_else(|_| <[u8; 16]>::try_from(address).map(IpAddr::from));
    address.map_or_else(
        |_| format!("{octets:02x?}"),
        |address| format!("{address}/{bits}"),
    )
}

fn used_by(profile: &AuthorityProfile) -> Vec<String> {
    let name = |to_be: &Use| match to_be {
        Use::Server => "serverAuth".to_owned(),
        Use::Client => "clientAuth".to_owned(),
    };
    profile.uses.iter().map(name).collect()
}

fn used(found: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let flags = [
        (found.server_auth, "serverAuth"),
        (found.client_auth, "clientAuth"),
        (found.any, "any"),
        (found.code_signing, "codeSigning"),
        (found.email_protection, "emailProtection"),
        (found.time_stamping, "timeStamping"),
        (found.ocsp_signing, "ocspSigning"),
    ];
    let named = flags
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| (*name).to_owned());
    named
        .chain(found.other.iter().map(ToString::to_string))
        .collect()
}
