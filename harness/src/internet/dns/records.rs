//! The further records of a domain, `OWNER TYPE DATA`, as a zone file has them (RFC 1035 §5.1).
//!
//! An owner without final dot lies below the domain. Names in the data are full names, with or without final dot:
//! scenario files write every name in full. Such names come out in lower case.

use hickory_proto::rr::{Name, RData, RecordType};
use hickory_proto::serialize::binary::{
    BinDecodable as _, BinDecoder, BinEncodable as _, BinEncoder,
};
use mtaspec_judge::scenario::ExtraRecord;

use super::name::full_name;

/// A record that cannot be published.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record \"{owner} {kind} {data}\" cannot be published: {reason}")]
pub struct RecordError {
    owner: String,
    kind: String,
    data: String,
    reason: String,
}

/// The owner and the data of a record of this domain.
pub(super) fn parse(domain: &str, record: &ExtraRecord) -> Result<(Name, RData), RecordError> {
    parsed(domain, record).map_err(|reason| RecordError {
        owner: record.owner.clone(),
        kind: record.kind.clone(),
        data: record.data.clone(),
        reason,
    })
}

fn parsed(domain: &str, record: &ExtraRecord) -> Result<(Name, RData), String> {
    let owner = match record.owner.as_str() {
        "@" => full_name(domain),
        full if full.ends_with('.') => full_name(full),
        below => full_name(&format!("{below}.{}", domain.trim_end_matches('.'))),
    };
    let owner = owner.map_err(|error| error.to_string())?;
    let kind: RecordType = record
        .kind
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| format!("{:?} is no record type", record.kind))?;
    let data = RData::try_from_str(kind, &record.data).map_err(|error| error.to_string())?;
    // What the wire cannot carry is found here and not when it is asked for; and every name becomes a full one.
    let data = through_the_wire(owner.clone(), data).map_err(|error| error.to_string())?;
    Ok((owner, data))
}

fn through_the_wire(
    owner: Name,
    data: RData,
) -> Result<RData, Box<dyn std::error::Error + Send + Sync>> {
    let record = hickory_proto::rr::Record::from_rdata(owner, 0, data);
    let mut bytes = Vec::new();
    record.emit(&mut BinEncoder::new(&mut bytes))?;
    let read = hickory_proto::rr::Record::read(&mut BinDecoder::new(&bytes))?;
    Ok(read.data)
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::ExtraRecord;
    use proptest::prelude::*;

    use super::parse;

    fn record(owner: &str, kind: &str, data: &str) -> ExtraRecord {
        ExtraRecord {
            owner: owner.into(),
            kind: kind.into(),
            data: data.into(),
        }
    }

    #[test]
    fn records_are_read_as_in_a_zone_file() {
        let cases = [
            (
                "@",
                "TXT",
                "\"v=spf1 -all\" two",
                "example.test. TXT v=spf1 -alltwo",
            ),
            ("www", "A", "198.18.0.9", "www.example.test. A 198.18.0.9"),
            (
                "*",
                "AAAA",
                "2001:db8::9",
                "*.example.test. AAAA 2001:db8::9",
            ),
            (
                "Alias.other.test.",
                "cname",
                "Mx.example.test",
                "Alias.other.test. CNAME mx.example.test.",
            ),
            (
                "@",
                "MX",
                "10 mx.example.test.",
                "example.test. MX 10 mx.example.test.",
            ),
            (
                "_25._tcp.mx",
                "TLSA",
                "3 1 1 abcdef",
                "_25._tcp.mx.example.test. TLSA 3 1 1 abcdef",
            ),
        ];
        for (owner, kind, data, want) in cases {
            let (owner, data) = parse("example.test", &record(owner, kind, data)).unwrap();
            assert_eq!(format!("{owner} {} {data}", data.record_type()), want);
        }
    }

    #[test]
    fn a_record_that_cannot_be_published_says_why() {
        let cases = [
            record("@", "NONSENSE", "x"),
            record("@", "A", "mx.example.test"),
            record("@", "A", ""),
            record("a..b", "A", "198.18.0.9"),
            record("@", "TXT", &format!("\"{}\"", "x".repeat(256))),
        ];
        for record in cases {
            let error = parse("example.test", &record).unwrap_err().to_string();
            assert!(error.contains("cannot be published"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_record_is_published_or_refused(owner in "\\PC{0,20}", kind in "(A|AAAA|MX|TXT|TLSA|CNAME|SRV|CAA|SOA|DS|\\PC{0,5})", data in "\\PC{0,40}") {
            let _ = parse("example.test", &record(&owner, &kind, &data));
        }
    }
}
