//! `domain`, with what it publishes (SCENARIOS §3).

use std::time::Duration;

use super::super::reader::{Reader, set};
use super::super::values;
use super::super::{Denial, Dnssec, Domain, MxRecord, Sts, TlsRpt};
use crate::document::Node;

/// A domain as its table says; `ttl` is that of its records where it says none.
pub(super) fn domain(name: &str, reader: Reader<'_>, ttl: Duration) -> Domain {
    let states = [
        ("secure", Dnssec::Secure),
        ("insecure", Dnssec::Insecure),
        ("bad-signature", Dnssec::BadSignature),
        ("missing-signature", Dnssec::MissingSignature),
        ("expired-signature", Dnssec::ExpiredSignature),
        ("ds-mismatch", Dnssec::DsMismatch),
    ];
    let cname = reader.parsed("cname", values::name);
    let unsaid = if cname.is_some() {
        Vec::new()
    } else {
        healthy_mx(name)
    };
    Domain {
        mx: reader.list("mx", values::mx_record).unwrap_or(unsaid),
        cname,
        dnssec: reader.word("dnssec", &states).unwrap_or_default(),
        denial: reader
            .word(
                "denial",
                &[("nsec", Denial::Nsec), ("nsec3", Denial::Nsec3)],
            )
            .unwrap_or_default(),
        ttl: reader.parsed("ttl", values::duration).unwrap_or(ttl),
        records: reader
            .list("records", values::extra_record)
            .unwrap_or_default(),
        sts: reader.table("sts").map(sts),
        tlsrpt: reader.table("tlsrpt").map(tlsrpt),
    }
}

/// A domain that the file only mentions.
pub(crate) fn healthy(name: &str) -> Domain {
    Domain {
        mx: healthy_mx(name),
        ..Domain::default()
    }
}

fn healthy_mx(name: &str) -> Vec<MxRecord> {
    vec![MxRecord {
        preference: 10,
        host: format!("mx.{name}"),
    }]
}

fn sts(reader: Reader<'_>) -> Sts {
    let mut sts = Sts {
        mx: reader.texts("mx"),
        policy: reader.text("policy"),
        ..Sts::default()
    };
    set(&mut sts.mode, reader.text("mode"));
    set(&mut sts.max_age, reader.number("max_age"));
    set(&mut sts.id, reader.text("id"));
    set(&mut sts.known, reader.flag("known"));
    sts.record = records(reader);
    sts
}

fn tlsrpt(reader: Reader<'_>) -> TlsRpt {
    let mut tlsrpt = TlsRpt {
        record: records(reader),
        ..TlsRpt::default()
    };
    set(&mut tlsrpt.rua, reader.texts("rua"));
    tlsrpt
}

/// TXT records word for word; a list inside is one record of several strings.
fn records(reader: Reader<'_>) -> Option<Vec<Vec<String>>> {
    let strings = |node: &Node| {
        node.many()
            .iter()
            .filter_map(|s| s.text().map(Into::into))
            .collect()
    };
    Some(reader.node("record")?.list()?.iter().map(strings).collect())
}
