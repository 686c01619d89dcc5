//! One mail transaction: what MAIL and RCPT may say, and what was said (RFC 5321 §3.3).

use super::command::Path;
use super::content::Content;
use super::keywords::{HEALTHY_SIZE, Keywords};
use super::replies::Standard;

/// Recipients of one transaction.
const RECIPIENT_LIMIT: usize = 100;

/// What a healthy host takes beyond the size that it states: the header of a body as large as a scenario may ask for.
const SLACK: u64 = 64 * 1024;

/// Which keyword of the EHLO answer permits which parameters.
const PARAMETERS: [(&str, &[&str]); 6] = [
    ("SIZE", &["SIZE"]),
    ("8BITMIME", &["BODY"]),
    ("SMTPUTF8", &["SMTPUTF8"]),
    ("DSN", &["RET", "ENVID", "NOTIFY", "ORCPT"]),
    ("REQUIRETLS", &["REQUIRETLS"]),
    ("AUTH", &["AUTH"]),
];

/// A transaction under way.
#[derive(Debug)]
pub(super) struct Transaction {
    /// The reverse-path as it came.
    pub(super) from: String,
    /// The recipients that were accepted, as they came.
    pub(super) to: Vec<String>,
    /// MAIL had REQUIRETLS (RFC 8689).
    pub(super) requiretls: bool,
    smtputf8: bool,
    /// What has come of the message.
    pub(super) content: Content,
}

impl Transaction {
    /// What MAIL begins, or why it does not.
    pub(super) fn begin(path: &Path, keywords: &Keywords) -> Result<Self, Standard> {
        offered(path, keywords)?;
        if let Some(announced) = path.parameter("SIZE") {
            let announced: u64 = announced.parse().map_err(|_| Standard::BadArgument)?;
            if announced > keywords.size().unwrap_or(HEALTHY_SIZE) {
                return Err(Standard::TooLarge);
            }
        }
        let smtputf8 = path.parameter("SMTPUTF8").is_some();
        if !path.address.is_ascii() && !smtputf8 {
            return Err(Standard::NeedsSmtputf8);
        }
        Ok(Self {
            from: path.address.clone(),
            to: Vec::new(),
            requiretls: path.parameter("REQUIRETLS").is_some(),
            smtputf8,
            content: Content::new(),
        })
    }

    /// Whether RCPT may name this path; `is_planned` says whether the case has such a recipient.
    pub(super) fn check_recipient(
        &self,
        path: &Path,
        keywords: &Keywords,
        is_planned: bool,
    ) -> Result<(), Standard> {
        offered(path, keywords)?;
        if !path.address.is_ascii() && !self.smtputf8 {
            Err(Standard::NeedsSmtputf8)
        } else if self.to.len() >= RECIPIENT_LIMIT {
            Err(Standard::TooManyRecipients)
        } else if is_planned {
            Ok(())
        } else {
            Err(Standard::UnknownRecipient)
        }
    }
}

/// The octets of a message that are taken: what the host states, with room for a header where that is the healthy size.
pub(super) fn size_limit(keywords: &Keywords) -> u64 {
    match keywords.size() {
        None | Some(HEALTHY_SIZE) => HEALTHY_SIZE + SLACK,
        Some(stated) => stated,
    }
}

/// Every parameter must belong to a keyword of the last EHLO answer (RFC 5321 §4.1.1.11).
fn offered(path: &Path, keywords: &Keywords) -> Result<(), Standard> {
    let is_offered = |parameter: &String| {
        let keyword = PARAMETERS
            .iter()
            .find(|(_, names)| names.contains(&parameter.as_str()));
        keyword.is_some_and(|(keyword, _)| keywords.lists(keyword))
    };
    let all = path
        .parameters
        .iter()
        .all(|(parameter, _)| is_offered(parameter));
    if all {
        Ok(())
    } else {
        Err(Standard::NotOffered)
    }
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::Host;

    use super::*;

    fn keywords(differences: &[&str]) -> Keywords {
        let host = Host {
            keywords: differences.iter().map(|word| (*word).to_owned()).collect(),
            ..Host::default()
        };
        Keywords::of_host(&host, true)
    }

    #[test]
    fn mail_may_use_what_the_host_lists() {
        // (argument, difference of the keywords, refusal)
        let cases: [(_, &[&str], _); 12] = [
            ("FROM:<a@b.test>", &[], None),
            (
                "FROM:<> SIZE=10485760 BODY=8BITMIME RET=HDRS ENVID=x REQUIRETLS",
                &[],
                None,
            ),
            ("FROM:<> SIZE=10485761", &[], Some(Standard::TooLarge)),
            (
                "FROM:<> SIZE=1001",
                &["SIZE 1000"],
                Some(Standard::TooLarge),
            ),
            ("FROM:<> SIZE=x", &[], Some(Standard::BadArgument)),
            ("FROM:<> SIZE=1", &["-SIZE"], Some(Standard::NotOffered)),
            (
                "FROM:<> REQUIRETLS",
                &["-REQUIRETLS"],
                Some(Standard::NotOffered),
            ),
            ("FROM:<> RET=FULL", &["-DSN"], Some(Standard::NotOffered)),
            ("FROM:<> AUTH=<>", &[], Some(Standard::NotOffered)),
            ("FROM:<> AUTH=<>", &["AUTH PLAIN"], None),
            ("FROM:<ä@b.test>", &[], Some(Standard::NeedsSmtputf8)),
            ("FROM:<ä@b.test> SMTPUTF8", &[], None),
        ];
        for (argument, differences, want) in cases {
            let path = Path::parse(argument, "FROM:").unwrap();
            let got = Transaction::begin(&path, &keywords(differences)).err();
            assert_eq!(got, want, "{argument} {differences:?}");
        }
    }

    #[test]
    fn recipients_are_planned_and_counted() {
        let path = |text: &str| Path::parse(text, "TO:").unwrap();
        let keywords = keywords(&[]);
        let mail = Path::parse("FROM:<>", "FROM:").unwrap();
        let mut transaction = Transaction::begin(&mail, &keywords).unwrap();
        let check = |transaction: &Transaction, text, planned| {
            transaction
                .check_recipient(&path(text), &keywords, planned)
                .err()
        };
        // (argument, is it planned?, refusal)
        let cases = [
            ("TO:<a@b.test>", true, None),
            (
                "TO:<a@b.test> NOTIFY=NEVER ORCPT=rfc822;a@b.test",
                true,
                None,
            ),
            ("TO:<a@b.test> XFOO", true, Some(Standard::NotOffered)),
            ("TO:<a@b.test>", false, Some(Standard::UnknownRecipient)),
            ("TO:<ä@b.test>", true, Some(Standard::NeedsSmtputf8)),
        ];
        for (argument, planned, want) in cases {
            assert_eq!(check(&transaction, argument, planned), want, "{argument}");
        }
        transaction.to = vec![String::new(); RECIPIENT_LIMIT];
        assert_eq!(
            check(&transaction, "TO:<a@b.test>", true),
            Some(Standard::TooManyRecipients)
        );
    }

    #[test]
    fn a_stated_size_is_the_limit_and_the_healthy_one_has_room_for_a_header() {
        // (difference of the keywords, limit)
        let healthy = HEALTHY_SIZE + SLACK;
        let cases = [
            ("SIZE 1000", 1000),
            ("SIZE 10485760", healthy),
            ("SIZE 0", healthy),
        ];
        for (difference, want) in cases {
            assert_eq!(size_limit(&keywords(&[difference])), want, "{difference}");
        }
    }
}
