//! The record at `_smtp._tls`, by which a domain asks for reports (RFC 8460 §3).

use hickory_proto::rr::{Name, RecordType};

use crate::address::DomainName;
use crate::route::{Answer, Directory, LookupFault};

use super::uri::ReportUri;

/// What a record begins with.
const VERSION: &str = "v=TLSRPTv1";
/// The longest record that is read.
const LIMIT: usize = 8 * 1_024;
/// The most URIs that are used. Choice: ten; RFC 8460 §3 lets a reporter choose among them.
const URI_LIMIT: usize = 10;

/// Who wants the reports of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Where they go, in the order of the record; at least one.
    pub(crate) rua: Vec<ReportUri>,
}

/// Why a domain gets no reports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordFault {
    /// It has no record, so it wants none.
    #[error("there is no record")]
    None,
    /// It has several (RFC 8460 §3).
    #[error("there are {0} records")]
    Several(usize),
    /// The record is too long to be one.
    #[error("the record has {0} octets")]
    Long(usize),
    /// The record is not in ASCII.
    #[error("the record is not in ASCII")]
    NotAscii,
    /// The record has no URI that can be used.
    #[error("the record has no URI that can be used")]
    NoUri,
}

impl Record {
    /// Reads the TXT records of a name, the strings of each joined without blanks between them.
    ///
    /// # Errors
    /// `RecordFault` when they make no record.
    pub(crate) fn of(texts: &[Vec<u8>]) -> Result<Self, RecordFault> {
        let mut ours = texts.iter().filter(|text| is_record(text));
        match (ours.next(), ours.count()) {
            (None, _) => Err(RecordFault::None),
            (Some(text), 0) => Self::parse(text),
            (Some(_), others) => Err(RecordFault::Several(others + 1)),
        }
    }

    /// Reads the text of one record.
    ///
    /// Choice: a field that breaks the grammar is passed over as an unknown one is. Nothing is lost by it, and a domain whose
    /// record has a slip somewhere is in need of reports.
    fn parse(text: &[u8]) -> Result<Self, RecordFault> {
        if text.len() > LIMIT {
            return Err(RecordFault::Long(text.len()));
        }
        let text = std::str::from_utf8(text).map_err(|_| RecordFault::NotAscii)?;
        if !text.is_ascii() {
            return Err(RecordFault::NotAscii);
        }
        let mut rua: Vec<ReportUri> = Vec::new();
        for uri in written_uris(text) {
            match ReportUri::parse(uri) {
                Some(uri) if rua.len() < URI_LIMIT && !rua.contains(&uri) => rua.push(uri),
                Some(_) => {}
                None => tracing::info!(uri, "a URI that is not understood"),
            }
        }
        if rua.is_empty() {
            return Err(RecordFault::NoUri);
        }
        Ok(Self { rua })
    }
}

/// The URIs of a record as they are written.
fn written_uris(text: &str) -> impl Iterator<Item = &str> {
    let fields = text.split(';').skip(1);
    fields
        .filter_map(|field| field.trim_matches(is_blank).strip_prefix("rua="))
        .flat_map(|uris| uris.split(','))
        .map(|uri| uri.trim_matches(is_blank))
}

/// What stands in the one record as a URI and is none that a report could go to.
#[must_use]
pub(crate) fn unread_uris(texts: &[Vec<u8>]) -> Vec<String> {
    let ours = texts.iter().filter(|text| is_record(text));
    let read = ours.filter_map(|text| std::str::from_utf8(text).ok());
    read.flat_map(written_uris)
        .filter(|uri| ReportUri::parse(uri).is_none())
        .map(str::to_owned)
        .collect()
}

/// What stands in the one record as a field and is none; often the rest of a URI with a semicolon in it.
#[must_use]
pub(crate) fn unread_fields(texts: &[Vec<u8>]) -> Vec<String> {
    let ours = texts.iter().filter(|text| is_record(text));
    let read = ours.filter_map(|text| std::str::from_utf8(text).ok());
    read.flat_map(|text| text.split(';').skip(1))
        .map(|field| field.trim_matches(is_blank))
        .filter(|field| !field.is_empty() && !field.contains('='))
        .map(str::to_owned)
        .collect()
}

/// Whether a text is one of these records at all.
///
/// Choice: blanks may stand before the semicolon. RFC 8460 §3 allows them in its grammar, and takes none into account where
/// it says which records are left out.
fn is_record(text: &[u8]) -> bool {
    let rest = text.strip_prefix(VERSION.as_bytes());
    rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b";"))
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// Looks up the record of a domain.
///
/// # Errors
/// `LookupFault` when nobody knows now; the inner error when there is none.
pub(crate) async fn look_up<D: Directory>(
    directory: &D,
    domain: &DomainName,
) -> Result<Result<Record, RecordFault>, LookupFault> {
    let Ok(name) = Name::from_ascii(format!("_smtp._tls.{domain}.")) else {
        return Ok(Err(RecordFault::None));
    };
    match directory.lookup(&name, RecordType::TXT).await? {
        Answer::Records { texts, .. } => Ok(Record::of(&texts)),
        _ => Ok(Err(RecordFault::None)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::route::Table;

    type Read = Result<Vec<String>, RecordFault>;

    fn read(texts: &[&str]) -> Read {
        let texts: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        let record = Record::of(&texts)?;
        Ok(record.rua.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn exactly_one_record_says_where_reports_go() {
        let one = "v=TLSRPTv1; rua=mailto:a@r.test";
        let goes = |uris: &[&str]| Ok(uris.iter().map(|uri| (*uri).to_owned()).collect());
        let to_a = || goes(&["mailto:a@r.test"]);
        // (TXT records, where reports go)
        let cases: [(&[&str], Read); 21] = [
            (&[one], to_a()),
            (&["v=TLSRPTv1;rua=mailto:a@r.test;"], to_a()),
            (&["v=TLSRPTv1 ;\trua=mailto:a@r.test ; "], to_a()),
            (
                &["v=spf1 -all", one, "v=TLSRPTv2; rua=mailto:b@r.test"],
                to_a(),
            ),
            (
                &["v=TLSRPTv1; new=1; rua=mailto:a@r.test; other_x=y"],
                to_a(),
            ),
            (
                &["v=TLSRPTv1; rua=mailto:a@r.test; broken; =; x==y"],
                to_a(),
            ),
            (
                &["v=TLSRPTv1; rua=mailto:a@r.test,gopher://r.test/"],
                to_a(),
            ),
            (
                &["v=TLSRPTv1; rua=mailto:a@r.test , https://r.test/x"],
                goes(&["mailto:a@r.test", "https://r.test/x"]),
            ),
            (
                &["v=TLSRPTv1; rua=mailto:a@r.test; rua=mailto:b@r.test,mailto:a@r.test"],
                goes(&["mailto:a@r.test", "mailto:b@r.test"]),
            ),
            (&[], Err(RecordFault::None)),
            (&["v=spf1 -all"], Err(RecordFault::None)),
            (&["V=TLSRPTv1; rua=mailto:a@r.test"], Err(RecordFault::None)),
            (&["v=tlsrptv1; rua=mailto:a@r.test"], Err(RecordFault::None)),
            (
                &["v = TLSRPTv1; rua=mailto:a@r.test"],
                Err(RecordFault::None),
            ),
            (&["v=TLSRPTv1"], Err(RecordFault::None)),
            (
                &["v=TLSRPTv10; rua=mailto:a@r.test"],
                Err(RecordFault::None),
            ),
            (&[one, one], Err(RecordFault::Several(2))),
            (&["v=TLSRPTv1;"], Err(RecordFault::NoUri)),
            (
                &["v=TLSRPTv1; RUA=mailto:a@r.test"],
                Err(RecordFault::NoUri),
            ),
            (&["v=TLSRPTv1; rua=http://r.test/"], Err(RecordFault::NoUri)),
            (
                &["v=TLSRPTv1; rua=mailto:é@r.test"],
                Err(RecordFault::NotAscii),
            ),
        ];
        for (texts, want) in cases {
            assert_eq!(read(texts), want, "{texts:?}");
        }
        let long = format!("{one};x={}", "y".repeat(LIMIT));
        assert_eq!(read(&[&long]), Err(RecordFault::Long(long.len())));
        let many: Vec<String> = (0..30).map(|n| format!("mailto:a{n}@r.test")).collect();
        let many = format!("v=TLSRPTv1; rua={}", many.join(","));
        assert_eq!(read(&[&many]).unwrap().len(), URI_LIMIT);
    }

    #[tokio::test]
    async fn the_record_stands_below_the_policy_domain() {
        let table = Table::parse(
            "txt _smtp._tls.example.test: v=TLSRPTv1; rua=mailto:a@r.test
             txt example.test: v=TLSRPTv1; rua=mailto:b@r.test
             txt _smtp._tls.silent.test: fails",
        );
        let domain = |name| DomainName::parse(name).unwrap();
        let found = look_up(&table, &domain("example.test"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.rua[0].to_string(), "mailto:a@r.test");
        let none = look_up(&table, &domain("sub.example.test")).await;
        assert_eq!(none, Ok(Err(RecordFault::None)));
        assert!(look_up(&table, &domain("silent.test")).await.is_err());
    }

    proptest! {
        #[test]
        fn any_records_are_read_without_panic(texts in proptest::collection::vec("(v=TLSRPTv1;)?( ?rua=)?[ -~é]{0,40}", 0..3)) {
            let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let _ = Record::of(&texts);
        }

        #[test]
        fn any_bytes_are_read_without_panic(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Record::of(&[[b"v=TLSRPTv1;", &text[..]].concat()]);
        }
    }
}
