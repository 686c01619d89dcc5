//! Notices in the shapes in which relays send them.

use proptest::prelude::*;

use super::notice::{Notice, Returned};
use super::testing::dsn;

#[test]
fn a_notice_by_the_book_has_no_problems() {
    let notice = Notice::parse(&dsn("failed", "5.7.4", "User@example.test"));
    assert_eq!(notice.problems, Vec::<String>::new());
    assert_eq!(notice.returned, Returned::Headers);
    assert!(notice.readable.contains("could not be delivered securely"));
    let block = &notice.recipients[0];
    assert_eq!(block.recipient.as_deref(), Some("User@example.test"));
    assert_eq!(block.remote_mta.as_deref(), Some("mx.example.test"));
    assert_eq!(
        block.diagnostic.as_deref(),
        Some("smtp; 454 4.7.0 TLS is not available")
    );
    assert_eq!(notice.status_for("User@example.test"), Some("5.7.4"));
    assert!(
        notice.speaks_of("user@EXAMPLE.test"),
        "relays may change the letter case"
    );
    assert!(!notice.speaks_of("other@example.test"));
    assert!(!notice.denies_failure("User@example.test"));
}

#[test]
fn what_is_not_as_in_the_book_is_named() {
    let good = dsn("failed", "5.7.4", "user@example.test");
    let cases = [
        (("Action: failed\r\n", ""), "a recipient has no Action"),
        (
            ("Action: failed", "Action: dropped"),
            "Action \"dropped\" is not one of the five",
        ),
        (
            ("Status: 5.7.4", "Status: 5.07.4"),
            "Status \"5.07.4\" is no status code",
        ),
        (("Status: 5.7.4\r\n", ""), "a recipient has no Status"),
        (
            ("Final-Recipient", "X-Recipient"),
            "a recipient has no Final-Recipient",
        ),
        (
            ("Reporting-MTA", "X-MTA"),
            "the delivery status has no Reporting-MTA",
        ),
        (
            ("report-type=delivery-status", "report-type=x"),
            "its report-type is not delivery-status",
        ),
        (
            ("multipart/report", "multipart/mixed"),
            "it is no multipart/report",
        ),
        (
            ("text/plain", "text/rfc822-headers"),
            "its first part is not for people",
        ),
        (
            ("message/delivery-status", "text/plain"),
            "its second part is not the delivery status",
        ),
    ];
    for ((from, to), want) in cases {
        let notice = Notice::parse(&good.replace(from, to));
        assert!(
            notice.problems.iter().any(|p| p == want),
            "{want}: {:?}",
            notice.problems
        );
    }
}

#[test]
fn what_is_given_back_is_told_from_its_type_and_its_body() {
    let headers =
        "Content-Type: text/rfc822-headers\r\n\r\nFrom: sender@home.test\r\nSubject: hello\r\n\r\n";
    let good = dsn("failed", "5.7.4", "user@example.test");
    assert!(good.contains(headers));
    let cases = [
        (
            "Content-Type: message/rfc822\r\n\r\nFrom: a@home.test\r\nSubject: hello\r\n\r\nBody.\r\n",
            Returned::Full,
        ),
        (
            "Content-Type: message/rfc822\r\n\r\nFrom: a@home.test\r\nSubject: hello\r\n\r\n",
            Returned::Headers,
        ),
        // Whatever it is called, who reads it reads the body.
        (
            "Content-Type: text/rfc822-headers\r\n\r\nFrom: a@home.test\r\nSubject: hello\r\n\r\nBody.\r\n",
            Returned::Full,
        ),
        (
            "Content-Type: text/plain\r\n\r\nNothing.\r\n",
            Returned::None,
        ),
    ];
    for (part, want) in cases {
        let notice = Notice::parse(&good.replace(headers, part));
        assert_eq!(notice.returned, want, "{part}");
        assert_eq!(
            notice.is_header_called_message,
            want == Returned::Headers,
            "{part}"
        );
    }
}

#[test]
fn a_notice_in_free_form_speaks_of_anybody_and_has_the_first_status_of_its_text() {
    let notice =
        Notice::parse("Subject: Undeliverable\r\n\r\nHost 5.6.7.8 said: 550 5.7.5 no trust.\r\n");
    assert!(notice.recipients.is_empty());
    assert!(notice.speaks_of("user@example.test"));
    assert_eq!(notice.status_for("user@example.test"), Some("5.7.5"));
    assert!(!notice.denies_failure("user@example.test"));
    assert_eq!(notice.returned, Returned::None);
}

#[test]
fn a_delay_is_no_failure() {
    for (action, want) in [
        ("delayed", true),
        ("relayed", true),
        ("failed", false),
        ("odd", false),
    ] {
        let notice = Notice::parse(&dsn(action, "4.7.0", "user@example.test"));
        assert_eq!(notice.denies_failure("user@example.test"), want, "{action}");
    }
}

#[test]
fn each_recipient_has_its_own_block() {
    let one = dsn("failed", "5.7.4", "user@example.test");
    let other = "Final-Recipient: rfc822; b@example.test\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers";
    let notice = Notice::parse(&one.replace("--b\r\nContent-Type: text/rfc822-headers", other));
    assert_eq!(notice.recipients.len(), 2);
    // (recipient, status, does it deny a failure?)
    let cases = [
        ("user@example.test", Some("5.7.4"), false),
        ("b@example.test", Some("4.4.1"), true),
    ];
    for (recipient, status, denies) in cases {
        assert_eq!(notice.status_for(recipient), status, "{recipient}");
        assert_eq!(notice.denies_failure(recipient), denies, "{recipient}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Notice::parse(&text);
    }

    #[test]
    fn no_damage_makes_the_reader_panic(at in any::<prop::sample::Index>(), with in "[\\x00-\\xff]{0,4}") {
        let mut text = dsn("failed", "5.7.4", "user@example.test");
        let at = at.index(text.len());
        text.replace_range(at..at + 1, &with);
        let _ = Notice::parse(&text);
        let _ = super::notice::looks_like_one(&text);
    }

    #[test]
    fn what_is_written_is_read(status in "[245]\\.[1-9]\\.[1-9][0-9]?", local in "[a-zA-Z]{1,9}") {
        let address = format!("{local}@example.test");
        let notice = Notice::parse(&dsn("failed", &status, &address));
        prop_assert_eq!(notice.recipients[0].status.as_deref(), Some(&*status));
        prop_assert_eq!(notice.recipients[0].recipient.as_deref(), Some(&*address));
    }
}
