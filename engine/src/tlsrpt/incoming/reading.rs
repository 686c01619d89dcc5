//! Whether a report is good enough to be used: signed by who has made it, and about an own domain (RFC 8460 §3, §5.6).

use std::time::{Duration, SystemTime};

use crate::address::{DomainName, MailDomain};
use crate::dkim;
use crate::outside::Outside;
use crate::route::Directory;

use super::fault::IncomingFault;
use super::file::ReadReport;
use super::part;

/// The service that keys of reporters are for (RFC 8460 §3).
const SERVICE: &str = "tlsrpt";
/// How long the DNS is asked for keys.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the report in a message, if the message is one with a report.
///
/// Subject, file name and the fields of the header count for nothing, since the report has to win where they disagree
/// (RFC 8460 §5.6): they are not even read.
///
/// Choice: the signature must be of the domain of the contact itself, as the signature of a sender must be of his own
/// domain. A key record without service types will do, since RFC 8460 §3 only recommends them.
///
/// Choice: a report is used when one of its policies is that of an own domain, or of a name below it, as TLSA records are
/// (RFC 8460 §4.4). Others have come here by mistake, or to deceive.
pub(crate) async fn read(
    content: &[u8],
    own: &[MailDomain],
    outside: &Outside,
    directory: &impl Directory,
) -> Option<Result<ReadReport, IncomingFault>> {
    let report = part::report(content)?.and_then(|json| ReadReport::parse(&json));
    let report = match report {
        Ok(report) if !speaks_of(&report, own) => return Some(Err(IncomingFault::Foreign)),
        Ok(report) => report,
        Err(fault) => return Some(Err(fault)),
    };
    let now = outside.clock.now();
    Some(
        match signed(content, &report.submitter, outside, directory, now).await {
            Ok(()) => Ok(report),
            Err(told) => Err(IncomingFault::Unsigned {
                submitter: report.submitter,
                told,
            }),
        },
    )
}

/// Whether a policy in the report is that of one of these domains, or of a name below it.
fn speaks_of(report: &ReadReport, own: &[MailDomain]) -> bool {
    let is_own = |name: &DomainName| {
        own.iter().any(|domain| match domain {
            MailDomain::Name(domain) => (name.as_str().strip_suffix(domain.as_str()))
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            MailDomain::Literal(_) => false,
        })
    };
    report.policies.iter().any(|policy| is_own(&policy.domain))
}

/// Whether a signature of the submitter holds; else what is wrong with it.
async fn signed(
    content: &[u8],
    submitter: &DomainName,
    outside: &Outside,
    directory: &impl Directory,
    now: SystemTime,
) -> Result<(), String> {
    let verifying = dkim::verify(content, SERVICE, directory, now);
    let Ok(verdicts) = outside.within(PATIENCE, verifying).await else {
        return Err("its key was not found in time".to_owned());
    };
    let mut told = Err("there is none".to_owned());
    for verdict in verdicts {
        if verdict.domain.as_ref() == Some(submitter) {
            told = verdict.result.map_err(|fault| fault.to_string());
            if told.is_ok() {
                break;
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{KeyPair, PKCS_ED25519};
    use rustls_pki_types::PrivateKeyDer;

    use super::*;
    use crate::route::Table;
    use crate::settings::DkimKey;

    /// A report of `other.test` about `example.test`.
    const MESSAGE: &str = r#"From: <tls@other.test>
Subject: Report Domain: somebody.test
Content-Type: multipart/report; report-type=tlsrpt; boundary=b

--b
Content-Type: application/tlsrpt+json

{"date-range": {"start-datetime": "2026-01-01T00:00:00Z", "end-datetime": "2026-01-01T23:59:59Z"},
 "contact-info": "tls@other.test", "report-id": "1", "policies": [
  {"policy": {"policy-type": "sts", "policy-domain": "third.test"}},
  {"policy": {"policy-type": "tlsa", "policy-domain": "mx.example.test"},
   "summary": {"total-successful-session-count": 3}}]}
--b--
"#;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    fn key_of(domain: &str) -> DkimKey {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let der = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
        DkimKey::new(name(domain), name("one"), der).unwrap()
    }

    /// What becomes of a message where `example.test` and an address are at home.
    async fn told(content: &[u8], directory: &Table) -> String {
        let own = ["example.test", "[192.0.2.1]"].map(|own| MailDomain::parse(own).unwrap());
        match read(content, &own, &Outside::system(), directory).await {
            None => "no report".to_owned(),
            Some(Ok(report)) => format!("{}: {:?}", report.submitter, report.counts()),
            Some(Err(fault)) => fault.to_string(),
        }
    }

    fn message() -> String {
        MESSAGE.replace('\n', "\r\n")
    }

    fn signed(key: &DkimKey, content: &str) -> String {
        let signed = key.signed(content.as_bytes(), SystemTime::now()).unwrap();
        String::from_utf8(signed).unwrap()
    }

    /// The directory in which a record stands under the name of a key.
    fn published(key: &DkimKey, record: &str) -> Table {
        Table::parse(&format!("txt {}: {record}", key.record_name()))
    }

    #[tokio::test]
    async fn a_report_is_read_if_its_maker_has_signed_it_and_it_is_about_an_own_domain() {
        let key = key_of("other.test");
        let directory = published(&key, &key.record());
        let foreign = IncomingFault::Foreign.to_string();
        let no_part = IncomingFault::NoPart.to_string();
        let changed =
            "no signature of other.test holds: the body was changed after it was signed".to_owned();
        // (what is changed, into what, what becomes of it if signed afterwards, and before)
        let read = "other.test: (3, 0)".to_owned();
        let cases = [
            ("", "", read.clone(), read.clone()),
            (
                "somebody",
                "another",
                read.clone(),
                "no signature of other.test holds: the signature does not fit the header"
                    .to_owned(),
            ),
            (
                "count\": 3",
                "count\": 4",
                "other.test: (4, 0)".to_owned(),
                changed.clone(),
            ),
            ("\"mx.example", "\"example", read, changed),
            ("mx.example", "notexample", foreign.clone(), foreign),
            (
                "=tlsrpt; b",
                "=x; b",
                "no report".to_owned(),
                "no report".to_owned(),
            ),
            ("tlsrpt+json", "json", no_part.clone(), no_part),
        ];
        for (from, to, afterwards, before) in cases {
            let changed = message().replacen(from, to, 1);
            let got = told(signed(&key, &changed).as_bytes(), &directory).await;
            assert_eq!(got, afterwards, "{from:?} as {to:?}");
            let changed = signed(&key, &message()).replacen(from, to, 1);
            let got = told(changed.as_bytes(), &directory).await;
            assert_eq!(got, before, "{from:?} as {to:?} after it was signed");
        }
    }

    #[tokio::test]
    async fn a_signature_counts_if_it_is_that_of_the_maker_and_its_key_is_for_reports() {
        let key = key_of("other.test");
        let content = signed(&key, &message());
        let fault = |why: &str| format!("no signature of other.test holds: {why}");
        // (key record, what becomes of the report)
        let cases = [
            (key.record(), "other.test: (3, 0)".to_owned()),
            (
                key.record().replace(" s=tlsrpt;", ""),
                "other.test: (3, 0)".to_owned(),
            ),
            (
                key.record().replace("tlsrpt", "email"),
                fault("the key is not meant for this: its service types leave mail out"),
            ),
            ("v=DKIM1; p=".to_owned(), fault("the key was revoked")),
        ];
        for (record, want) in cases {
            let got = told(content.as_bytes(), &published(&key, &record)).await;
            assert_eq!(got, want, "{record}");
        }
        let unsigned = told(message().as_bytes(), &published(&key, &key.record())).await;
        assert_eq!(unsigned, fault("there is none"));
        let below = key_of("mail.other.test");
        let content = signed(&below, &message());
        let of_another = told(content.as_bytes(), &published(&below, &below.record())).await;
        assert_eq!(of_another, fault("there is none"));
        // With one that holds beside it, the signature of another does no harm.
        let both = signed(&below, &signed(&key, &message()));
        let got = told(both.as_bytes(), &published(&key, &key.record())).await;
        assert_eq!(got, "other.test: (3, 0)");
    }

    #[tokio::test]
    async fn a_key_that_cannot_be_looked_up_does_not_make_a_report_good() {
        let key = key_of("other.test");
        let content = signed(&key, &message());
        let directory = published(&key, "fails");
        let told = told(content.as_bytes(), &directory).await;
        assert!(
            told.starts_with("no signature of other.test holds: "),
            "{told}"
        );
    }

    proptest! {
        #[test]
        fn any_change_is_read_without_panic(at in 0..MESSAGE.len(), byte in any::<u8>(), length in 0..MESSAGE.len()) {
            let mut octets = MESSAGE.as_bytes().to_vec();
            octets[at] = byte;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(told(&octets, &Table::parse("")));
            octets.truncate(length);
            runtime.block_on(told(&octets, &Table::parse("")));
        }
    }
}
