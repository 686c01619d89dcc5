//! `host`, `https` and `attacker` (SCENARIOS §4, §5).

use std::collections::BTreeMap;

use mtaspec_certs::CertificateSpec;

use super::super::merge::merge;
use super::super::reader::{Reader, set};
use super::super::values;
use super::super::{Attacker, ClientCertificate, Host, HttpsHost, Shown, StartTls, Tampering};
use crate::document::Node;

/// A host with every connection of its own resolved.
pub(super) fn host(reader: Reader<'_>) -> Host {
    let mut host = alone(reader);
    for (_, difference) in reader.tables("connection") {
        let mut merged = merge(reader.table, difference.table);
        merged.remove("connection");
        host.connections
            .push(alone(Reader::new(&merged, reader.notes)));
    }
    host
}

fn alone(reader: Reader<'_>) -> Host {
    let mut host = Host::default();
    set(
        &mut host.addresses,
        reader.list("addresses", values::host_address),
    );
    set(&mut host.port, reader.number("port"));
    host.cname = reader.parsed("cname", values::name);
    host.tlsa = reader.list("tlsa", values::tlsa);
    let starttls = [
        ("offered", StartTls::Offered),
        ("absent", StartTls::Absent),
        ("hidden", StartTls::Hidden),
    ];
    set(&mut host.starttls, reader.word("starttls", &starttls));
    set(&mut host.implicit_tls, reader.flag("implicit_tls"));
    set(&mut host.tls, reader.list("tls", values::version));
    host.ciphers = reader.texts("ciphers");
    set(&mut host.groups, reader.texts("groups"));
    set(&mut host.quirks, reader.texts("quirks"));
    set(&mut host.certificate, shown(reader, "certificate"));
    host.sni = sni(reader);
    let asked = [
        ("ignored", ClientCertificate::Ignored),
        ("requested", ClientCertificate::Requested),
        ("required", ClientCertificate::Required),
    ];
    set(
        &mut host.client_certificate,
        reader.word("client_certificate", &asked),
    );
    set(&mut host.keywords, reader.texts("keywords"));
    set(
        &mut host.keywords_before_tls,
        reader.texts("keywords_before_tls"),
    );
    set(
        &mut host.keywords_after_tls,
        reader.texts("keywords_after_tls"),
    );
    host
}

/// A policy host or a report collector.
pub(super) fn https(reader: Reader<'_>) -> HttpsHost {
    let mut host = HttpsHost::default();
    set(
        &mut host.addresses,
        reader.list("addresses", values::host_address),
    );
    host.cname = reader.parsed("cname", values::name);
    set(&mut host.certificate, shown(reader, "certificate"));
    host.sni = sni(reader);
    set(&mut host.tls, reader.list("tls", values::version));
    set(&mut host.content_type, reader.text("content_type"));
    set(&mut host.headers, reader.texts("headers"));
    host
}

/// Somebody in the path.
pub(super) fn attacker(reader: Reader<'_>) -> Attacker {
    let words = [
        ("passed", Tampering::Passed),
        ("stripped", Tampering::Stripped),
        ("mangled", Tampering::Mangled),
    ];
    Attacker {
        starttls: reader.word("starttls", &words).unwrap_or_default(),
        keywords: reader.texts("keywords").unwrap_or_default(),
        keywords_before_tls: reader.texts("keywords_before_tls").unwrap_or_default(),
        certificate: certificate(reader, "certificate"),
        tls: reader.list("tls", values::version).unwrap_or_default(),
    }
}

fn sni(reader: Reader<'_>) -> BTreeMap<String, Shown> {
    let Some(names) = reader.table("sni") else {
        return BTreeMap::new();
    };
    let entries = names.table.entries.iter();
    entries
        .filter_map(|entry| Some((entry.key.clone(), shown_at(reader, &entry.node)?)))
        .collect()
}

fn shown(reader: Reader<'_>, key: &str) -> Option<Shown> {
    shown_at(reader, reader.node(key)?)
}

fn shown_at(reader: Reader<'_>, node: &Node) -> Option<Shown> {
    match node.table() {
        Some(_) => specification(reader, node).map(Shown::Certificate),
        None => reader.parse(node, values::shown),
    }
}

/// A certificate by its word or as a table.
pub(crate) fn certificate(reader: Reader<'_>, key: &str) -> Option<CertificateSpec> {
    specification(reader, reader.node(key)?)
}

fn specification(reader: Reader<'_>, node: &Node) -> Option<CertificateSpec> {
    let Some(table) = node.table() else {
        return reader.parse(node, values::certificate_word).map(Into::into);
    };
    let table = Reader::new(table, reader.notes);
    Some(CertificateSpec {
        is: table
            .parsed("is", values::certificate_word)
            .unwrap_or(mtaspec_certs::Word::Valid),
        names: table.list("names", values::name),
        common_name: table.parsed("common_name", values::name),
        key: table.parsed("key", values::key_kind),
    })
}
