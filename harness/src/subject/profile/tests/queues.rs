//! Lists of queues as three relays print them.

use proptest::prelude::*;

use super::super::{Profile, QueueError, QueuePatterns};
use super::subjects;
use crate::subject::Listed;

const POSTFIX: &str = r#"{"queue_name": "deferred", "queue_id": "922D83F", "arrival_time": 1795349099, "message_size": 316, "forced_expire": false, "sender": "MAILER-DAEMON", "recipients": [{"address": "user@four.example.test", "delay_reason": "Host or domain name not found. Name service error for name=four.example.test type=MX: Host not found, try again"}]}
{"queue_name": "active", "queue_id": "8C5D13D", "arrival_time": 1795349099, "message_size": 290, "forced_expire": false, "sender": "sender@home.test", "recipients": [{"address": "user@two.example.test", "delay_reason": "host mx.two.example.test[198.18.0.9] said: 450 4.0.0 not \"address\": \"now\" (in reply to RCPT TO command)"}, {"address": "user@four.example.test"}]}
"#;

/// A recipient who has the message already is listed behind a `D`.
const EXIM: &str = "
 2m   621 1vMZTx-0000AB-1c <sender@home.test>
          user@one.example.test
        D done@one.example.test
          user@two.example.test

25h  2.1K 1vMZU2-0000Ah-2Q <> *** frozen ***
          sender@home.test

";
const EXIM_MESSAGE: &str = r"(?m)^ *\d+[smhdw] +\S+ [0-9A-Za-z-]+ <(?<sender>[^>\n]*)>";
const EXIM_RECIPIENT: &str = r"(?m)^ {10}(?<recipient>\S+)$";

/// One line a recipient.
const OPENSMTPD: &str = "\
6c0b2f1d3aaab1f2|inet4|mta||sender@home.test|user@one.example.test|user@one.example.test|1795349099|1795349101|0|1|pending|5|Network error on destination MXs
6c0b2f1d7e09c4d1|inet4|mta||sender@home.test|user@two.example.test|user@two.example.test|1795349099|1795349101|0|0|inflight|mta|
9a2f4c0e11d20b37|local|mta|||sender@home.test|sender@home.test|1795349099|1795349101|0|0|pending|5|
";
const OPENSMTPD_MESSAGE: &str = r"(?m)^[0-9a-f]{16}\|(?:[^|\n]*\|){3}(?<sender>[^|\n]*)\|";
const OPENSMTPD_RECIPIENT: &str = r"(?m)^[0-9a-f]{16}\|(?:[^|\n]*\|){4}(?<recipient>[^|\n]*)\|";

fn patterns(message: &str, recipient: &str) -> QueuePatterns {
    let [message, recipient] = [message, recipient].map(|text| regex::Regex::new(text).unwrap());
    QueuePatterns::new(message, recipient)
}

fn told(listed: &[Listed]) -> Vec<(&str, &str)> {
    listed
        .iter()
        .map(|one| (one.sender.as_str(), one.recipient.as_str()))
        .collect()
}

#[test]
fn the_list_of_postfix_is_read_with_its_name_for_the_null_sender() {
    let profile = Profile::load(&subjects().join("postfix")).unwrap();
    let listed = profile.read_queue(POSTFIX).unwrap();
    let want = [
        ("", "user@four.example.test"),
        ("sender@home.test", "user@two.example.test"),
        ("sender@home.test", "user@four.example.test"),
    ];
    assert_eq!(told(&listed), want);
    assert_eq!(profile.read_queue("").unwrap(), []);
}

#[test]
fn a_list_may_have_recipients_on_lines_of_their_own_or_a_line_for_each() {
    let exim = patterns(EXIM_MESSAGE, EXIM_RECIPIENT).read(EXIM).unwrap();
    let want = [
        ("sender@home.test", "user@one.example.test"),
        ("sender@home.test", "user@two.example.test"),
        ("", "sender@home.test"),
    ];
    assert_eq!(told(&exim), want);
    let opensmtpd = patterns(OPENSMTPD_MESSAGE, OPENSMTPD_RECIPIENT);
    let opensmtpd = opensmtpd.read(OPENSMTPD).unwrap();
    assert_eq!(told(&opensmtpd), want);
}

#[test]
fn a_recipient_without_a_message_is_told() {
    let lost = patterns("from (?<sender>.+)", "to (?<recipient>.+)").read("to a\nfrom b\nto c\n");
    assert_eq!(lost, Err(QueueError::NoMessage("a".into())));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|\\n|[0-9a-f|<>\" {}:@]){0,300}") {
        for (message, recipient) in [(EXIM_MESSAGE, EXIM_RECIPIENT), (OPENSMTPD_MESSAGE, OPENSMTPD_RECIPIENT)] {
            let _ = patterns(message, recipient).read(&text);
        }
    }

    #[test]
    fn what_is_listed_is_read_back(lines in prop::collection::vec(("[a-z]{0,9}", prop::collection::vec("[a-z]{1,9}", 0..4)), 0..9)) {
        let mut text = String::new();
        let mut want = Vec::new();
        for (sender, recipients) in &lines {
            text += &format!("from <{sender}>\n");
            for recipient in recipients {
                text += &format!("to <{recipient}>\n");
                want.push((sender.as_str(), recipient.as_str()));
            }
        }
        let listed = patterns("from (?<sender>.+)", "to (?<recipient>.+)").read(&text).unwrap();
        prop_assert_eq!(told(&listed), want);
    }
}
