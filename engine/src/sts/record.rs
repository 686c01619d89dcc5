//! The STS record: that a domain has a policy, and which (RFC 8461 §3.1).
//!
//! The TXT records at `_mta-sts` come in, the id of the policy goes out, or why there is none. Nothing is looked up here.

use std::fmt;

/// How every STS record begins, where it stands among others.
const BEGINNING: &[u8] = b"v=STSv1;";
/// The first field of every STS record.
const VERSION: &str = "v=STSv1";
/// The most characters of an id, and of the name of a field.
const WORD_LIMIT: usize = 32;

/// Which policy a domain has. Ids have no order: another one means another policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyId(String);

impl PolicyId {
    /// Takes 1 to 32 letters and digits; none if it is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = (1..=WORD_LIMIT).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_id.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Why the TXT records of a domain tell of no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordFault {
    /// No record is an STS record.
    #[error("there is no STS record")]
    Absent,
    /// More than one is.
    #[error("there are {0} STS records, and one is allowed")]
    Several(usize),
    /// The one that is has something that no record may have.
    #[error("the STS record cannot be read at {0:?}")]
    Syntax(String),
    /// It has no id.
    #[error("the STS record has no id")]
    NoId,
    /// Its id is none.
    #[error("the id {0:?} is not 1 to 32 letters and digits")]
    BadId(String),
}

/// Finds the one STS record among the TXT records of a domain; the strings of each come joined, as they must be.
///
/// Choice: a record that stands alone may have blanks before its first semicolon, as the grammar says; among several it is
/// dropped, since the text speaks of those that begin with `v=STSv1;`.
///
/// # Errors
/// `RecordFault` when the domain is to be taken for one without a policy.
pub fn policy_id(texts: &[Vec<u8>]) -> Result<PolicyId, RecordFault> {
    let is_sts = |text: &&Vec<u8>| text.starts_with(BEGINNING);
    match texts {
        [only] => read(only),
        several => {
            let mut sts = several.iter().filter(is_sts);
            match (sts.next(), sts.count()) {
                (None, _) => Err(RecordFault::Absent),
                (Some(only), 0) => read(only),
                (Some(_), others) => Err(RecordFault::Several(others + 1)),
            }
        }
    }
}

/// Reads one record by the grammar of RFC 8461 §3.1, in which a semicolon may end the record but blanks alone may not.
fn read(record: &[u8]) -> Result<PolicyId, RecordFault> {
    let text = String::from_utf8_lossy(record);
    let is_blank = [' ', '\t'];
    let mut parts = text.split(';');
    let version = parts.next().unwrap_or_default();
    if version.trim_end_matches(is_blank) != VERSION {
        return Err(RecordFault::Absent);
    }
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return match version {
            VERSION => Err(RecordFault::NoId),
            _ => Err(RecordFault::Syntax(text.into_owned())),
        };
    }
    let mut id = None;
    while let Some(part) = parts.next() {
        let field = part.trim_start_matches(is_blank);
        let is_last = parts.peek().is_none();
        if is_last && field.is_empty() {
            // What stands behind the last semicolon.
            break;
        }
        let field = if is_last {
            field
        } else {
            field.trim_end_matches(is_blank)
        };
        let (name, value) = field
            .split_once('=')
            .filter(|(name, value)| is_field_name(name) && is_field_value(value))
            .ok_or_else(|| RecordFault::Syntax(part.to_owned()))?;
        // Of a field that is there twice, the first counts (RFC 8461 §3.2).
        if name == "id" && id.is_none() {
            id = Some(value.to_owned());
        }
    }
    let id = id.ok_or(RecordFault::NoId)?;
    PolicyId::parse(&id).ok_or(RecordFault::BadId(id))
}

/// A letter or digit, then up to 31 more, or underscores, hyphens and dots. The fields of a policy are named alike.
pub(super) fn is_field_name(name: &str) -> bool {
    name.len() <= WORD_LIMIT
        && name
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn is_field_value(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'=' && byte != b';')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(records: &[&str]) -> String {
        let texts: Vec<Vec<u8>> = records
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect();
        match policy_id(&texts) {
            Ok(id) => format!("id {id}"),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn a_record_is_read_by_the_grammar() {
        let long = "a".repeat(32);
        let too_long = "a".repeat(33);
        let unread = |text: &str| format!("the STS record cannot be read at {text:?}");
        let bad_id = |text: &str| format!("the id {text:?} is not 1 to 32 letters and digits");
        let absent = "there is no STS record";
        // (record, what it says)
        let cases = [
            ("v=STSv1; id=20160831085700Z;", "id 20160831085700Z".into()),
            ("v=STSv1; id=20190425085700", "id 20190425085700".into()),
            ("v=STSv1;id=1", "id 1".into()),
            ("v=STSv1;id=1;", "id 1".into()),
            ("v=STSv1;\tid=1 ; ", "id 1".into()),
            ("v=STSv1 ; id=1", "id 1".into()),
            ("v=STSv1; a=1; id=2; b-c_d.e=3;", "id 2".into()),
            ("v=STSv1; id=1; id=2", "id 1".into()),
            ("v=STSv1; id=1; id=no-id", "id 1".into()),
            (&format!("v=STSv1; id={long};"), format!("id {long}")),
            (&format!("v=STSv1; id={too_long};"), bad_id(&too_long)),
            ("v=STSv1; id=2016-08-31;", bad_id("2016-08-31")),
            ("v=STSv1; id=no-id; id=2", bad_id("no-id")),
            ("v=STSv1; id=;", unread(" id=")),
            ("v=STSv1; id =1;", unread(" id =1")),
            ("v=STSv1; id= 1;", unread(" id= 1")),
            ("v=STSv1; id", unread(" id")),
            ("v=STSv1; id=1 ", unread(" id=1 ")),
            ("v=STSv1; id=1; a=b=c", unread(" a=b=c")),
            ("v=STSv1; id=1; -a=b", unread(" -a=b")),
            ("v=STSv1; id=1; a=ü", unread(" a=ü")),
            ("v=STSv1;; id=1", unread("")),
            ("v=STSv1; id=1;;", unread("")),
            ("v=STSv1", "the STS record has no id".into()),
            ("v=STSv1;", "the STS record has no id".into()),
            ("v=STSv1; ID=1", "the STS record has no id".into()),
            ("v=STSv1, id=1", absent.into()),
            ("v=stsv1; id=1", absent.into()),
            ("V=STSv1; id=1", absent.into()),
            ("v=STSv2; id=1", absent.into()),
            ("id=1; v=STSv1", absent.into()),
            (" v=STSv1; id=1", absent.into()),
            ("v=spf1 -all", absent.into()),
            ("", absent.into()),
        ];
        for (record, want) in cases {
            assert_eq!(found(&[record]), want, "{record:?}");
        }
    }

    #[test]
    fn exactly_one_record_is_left_after_others_are_dropped() {
        // (records, what they say)
        let cases: [(&[&str], &str); 8] = [
            (&[], "there is no STS record"),
            (&["v=spf1 -all", "v=STSv1; id=1"], "id 1"),
            (&["v=STSv2; id=2", "v=STSv1; id=1"], "id 1"),
            (&["v=STSv1 ; id=2", "v=STSv1; id=1"], "id 1"),
            (
                &["v=spf1 -all", "google-site-verification=1"],
                "there is no STS record",
            ),
            (
                &["v=STSv1; id=1", "v=STSv1; id=1"],
                "there are 2 STS records, and one is allowed",
            ),
            (
                &["v=STSv1; id=1", "v=STSv1; no id"],
                "there are 2 STS records, and one is allowed",
            ),
            (&["v=STSv1 ; id=1", "x"], "there is no STS record"),
        ];
        for (records, want) in cases {
            assert_eq!(found(records), want, "{records:?}");
        }
    }

    proptest! {
        #[test]
        fn any_records_are_read_without_panic(texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..4)) {
            let _ = policy_id(&texts);
        }

        #[test]
        fn text_behind_the_version_is_read_without_panic(text in "v=STSv1[ ;]{0,3}\\PC{0,60}") {
            let _ = policy_id(&[text.into_bytes()]);
        }

        #[test]
        fn an_id_reads_back_the_same(id in "[A-Za-z0-9]{1,32}") {
            prop_assert_eq!(found(&[&format!("v=STSv1; id={id}")]), format!("id {id}"));
        }
    }
}
