//! Certificates and keys from PEM files (RFC 7468): trust bundles, and what the engine shows of itself.
//!
//! Text between the blocks is a comment, as in published bundles. What is wrong in a file is told with the line on which
//! its block begins; lines of a file with a key are never shown.

use std::ops::Range;

use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::outside::Beside;
use crate::settings::OwnCertificate;

use super::problem::{Complaint, Source};
use super::table::{File, Table, Text};

/// How a DER file is made one in PEM form.
const FROM_DER: &str =
    "it looks like DER; make it PEM with `openssl x509 -inform der -in FILE -out FILE.pem`";

/// Reads `trust`: all certificates of one or several bundles.
pub(super) fn trust(table: &Table<'_>, beside: &dyn Beside) -> Vec<CertificateDer<'static>> {
    let mut all = Vec::new();
    for path in table.texts("trust").iter().flatten() {
        let Some(text) = pem_text(table.file, path, beside) else {
            continue;
        };
        let source = Source::new(beside.shown(path.text), &text);
        let file = File {
            source: &source,
            notes: table.file.notes,
        };
        let named = named_at(table, path);
        for certificate in certificates(file, &named, false) {
            match webpki::anchor_from_trusted_cert(&certificate.der) {
                Ok(_) if all.contains(&certificate.der) => {}
                Ok(_) => all.push(certificate.der),
                Err(error) => {
                    let number = certificate.number;
                    let message = format!("block {number} is no certificate: {error:?}");
                    file.error(certificate.span, Complaint::new(message).help(&named));
                }
            }
        }
    }
    all
}

/// Reads `{ chain = "FILE", key = "FILE" }`.
pub(super) fn own(
    outer: &Table<'_>,
    key: &'static str,
    beside: &dyn Beside,
) -> Option<OwnCertificate> {
    let table = outer.table(key)?;
    for (key, help) in [
        (
            "chain",
            "a PEM file with the certificate, then those that lead to its root",
        ),
        ("key", "a PEM file with the private key"),
    ] {
        if table.entry(key).is_none() {
            table.missing(key, help);
        }
    }
    let chain = table
        .text("chain")
        .and_then(|path| Some((own_chain(&table, &path, beside)?, path)));
    let private = table
        .text("key")
        .and_then(|path| own_key(&table, &path, beside));
    let pair = chain.zip(private);
    let own = pair.and_then(|((chain, path), key)| match_up(&table, &path, chain, key));
    table.close();
    own
}

fn own_chain(
    table: &Table<'_>,
    path: &Text<'_>,
    beside: &dyn Beside,
) -> Option<Vec<CertificateDer<'static>>> {
    let text = pem_text(table.file, path, beside)?;
    // Some keep chain and key in one file.
    let source = Source::secret(beside.shown(path.text), &text);
    let file = File {
        source: &source,
        notes: table.file.notes,
    };
    let named = named_at(table, path);
    let mut chain = Vec::new();
    for Certificate { number, span, der } in certificates(file, &named, true) {
        match x509_parser::parse_x509_certificate(&der) {
            Ok(_) => chain.push(der),
            Err(_) => {
                let message = format!("block {number} is no certificate");
                file.error(span, Complaint::new(message).help(&named));
            }
        }
    }
    (!chain.is_empty()).then_some(chain)
}

/// Reads a private key.
pub(super) fn own_key(
    table: &Table<'_>,
    path: &Text<'_>,
    beside: &dyn Beside,
) -> Option<PrivateKeyDer<'static>> {
    let text = pem_text(table.file, path, beside)?;
    let found = PrivateKeyDer::from_pem_slice(text.as_bytes()).ok();
    if found.is_none() {
        let complaint = Complaint::new(format!("no private key could be read in {:?}", path.text));
        let help = "a block PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY, without a password";
        table.file.error(path.span.clone(), complaint.help(help));
    }
    found
}

fn match_up(
    table: &Table<'_>,
    path: &Text<'_>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Option<OwnCertificate> {
    let span = path.span.clone();
    let signing = match rustls::crypto::ring::sign::any_supported_type(&key) {
        Ok(signing) => signing,
        Err(error) => {
            let complaint = Complaint::new(format!("the key of {table} cannot be used: {error}"));
            let help = "RSA from 2048 bits, ECDSA P-256 or P-384, or Ed25519";
            table.file.error(span, complaint.help(help));
            return None;
        }
    };
    let pair = CertifiedKey::new(chain, signing);
    if let Err(rustls::Error::InconsistentKeys(_)) = pair.keys_match() {
        let complaint = Complaint::new("the key is not that of the first certificate of the chain");
        let help = "the chain begins with the certificate of this server";
        table.file.error(span, complaint.help(help));
        return None;
    }
    Some(OwnCertificate {
        chain: pair.cert,
        key,
    })
}

/// Where the settings name a file, as a help for what is wrong in it.
fn named_at(table: &Table<'_>, path: &Text<'_>) -> String {
    let place = table.file.source.place(path.span.start);
    format!("{place} names this file")
}

/// The text of a file; a file without a PEM block is told.
fn pem_text(file: File<'_>, path: &Text<'_>, beside: &dyn Beside) -> Option<String> {
    let bytes = match beside.file(path.text) {
        Ok(bytes) => bytes,
        Err(error) => {
            let complaint = Complaint::new(format!("{:?} cannot be read: {error}", path.text));
            let help = "a path begins where the settings file is";
            file.error(path.span.clone(), complaint.help(help));
            return None;
        }
    };
    // Comments between the blocks may be in any encoding.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if !text.contains(BEGIN) {
        let complaint = Complaint::new(format!("{:?} has no PEM block", path.text));
        let help = if bytes.starts_with(&[0x30, 0x82]) {
            FROM_DER
        } else {
            "a PEM file has blocks that begin with -----BEGIN CERTIFICATE-----"
        };
        file.error(path.span.clone(), complaint.help(help));
        return None;
    }
    Some(text)
}

const BEGIN: &str = "-----BEGIN ";

struct Certificate {
    /// Of the block, from 1.
    number: usize,
    span: Range<usize>,
    der: CertificateDer<'static>,
}

/// All certificates of a file; blocks that are none are told.
fn certificates(file: File<'_>, named: &str, keys_may_stand_here: bool) -> Vec<Certificate> {
    let text = file.source.text;
    let mut found = Vec::new();
    for (index, (start, _)) in text.match_indices(BEGIN).enumerate() {
        let number = index + 1;
        let rest = &text[start + BEGIN.len()..];
        let line = rest.lines().next().unwrap_or_default().trim_end();
        let label = line.trim_end_matches('-');
        let span = start..start + BEGIN.len() + line.len();
        let next = rest
            .find(BEGIN)
            .map_or(text.len(), |at| start + BEGIN.len() + at);
        let end = format!("-----END {label}-----");
        let block = &text[start..next];
        let wrong = |message: String| file.error(span.clone(), Complaint::new(message).help(named));
        match label {
            "CERTIFICATE" => {}
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if keys_may_stand_here => continue,
            "TRUSTED CERTIFICATE" => {
                let help = "it is OpenSSL's own form; rewrite it with `openssl x509 -in FILE -out FILE.pem`";
                let message = format!("block {number} is a TRUSTED CERTIFICATE");
                file.error(span.clone(), Complaint::new(message).help(help));
                continue;
            }
            other => {
                wrong(format!("block {number} is {other:?} and no certificate"));
                continue;
            }
        }
        if !block.contains(&end) {
            wrong(format!("block {number} has no end"));
            continue;
        }
        match CertificateDer::from_pem_slice(block.as_bytes()) {
            Ok(der) => found.push(Certificate { number, span, der }),
            Err(_) => wrong(format!("block {number} is not base64")),
        }
    }
    found
}
