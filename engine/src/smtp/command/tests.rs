//! Lines, and the commands that they are.

use proptest::prelude::*;

use crate::address::Mailbox;
use crate::delivery::{DsnParameters, Notify, Return};

use super::verb::{Command, CommandError, Secret};
use super::{MailParameters, Path, RcptParameters};

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

fn from(sender: Option<Mailbox>) -> Command {
    Command::Mail(MailParameters {
        sender,
        size: None,
        smtputf8: false,
        dsn: DsnParameters::default(),
        requires_tls: false,
    })
}

fn to(to: Path) -> Command {
    Command::Rcpt(RcptParameters {
        to,
        notify: None,
        original: None,
    })
}

/// Line, and command or error.
type Case<'l> = (&'l str, Result<Command, CommandError>);

fn assert_read<'l>(cases: impl IntoIterator<Item = Case<'l>>) {
    for (line, want) in cases {
        assert_eq!(Command::parse(line.as_bytes()), want, "{line}");
    }
}

#[test]
fn a_line_is_read_as_the_command_it_is() {
    let ehlo = |name: &str| Command::Ehlo(name.into());
    let auth = |initial: Option<&str>| Command::Auth {
        mechanism: "plain".into(),
        initial: initial.map(|text| Secret(text.into())),
    };
    assert_read([
        ("ehlo mx.home.test", Ok(ehlo("mx.home.test"))),
        ("EHLO", Err(CommandError::Arguments)),
        ("STARTTLS", Ok(Command::StartTls)),
        ("STARTTLS now", Err(CommandError::Arguments)),
        ("AUTH plain", Ok(auth(None))),
        ("AUTH plain =", Ok(auth(Some("=")))),
        ("AUTH plain a b", Err(CommandError::Arguments)),
        ("AUTH", Err(CommandError::Arguments)),
        ("DATA", Ok(Command::Data)),
        ("DATA now", Err(CommandError::Arguments)),
        ("QUIT ", Ok(Command::Quit)),
        ("BDAT 10 LAST", Err(CommandError::Unknown)),
        ("", Err(CommandError::Unknown)),
    ]);
    assert!(!format!("{:?}", auth(Some("c2VjcmV0"))).contains("c2VjcmV0"));
}

#[test]
fn a_path_is_a_mailbox_whatever_route_stands_before_it() {
    let user = || Path::Mailbox(mailbox("user@example.test"));
    assert_read([
        ("MAIL FROM:<>", Ok(from(None))),
        (
            "mail from: <a@home.test>",
            Ok(from(Some(mailbox("a@home.test")))),
        ),
        (
            "MAIL FROM:<\"a>b\"@home.test>",
            Ok(from(Some(mailbox("\"a>b\"@home.test")))),
        ),
        ("MAIL FROM:a@home.test", Err(CommandError::Address)),
        ("MAIL TO:<a@home.test>", Err(CommandError::Arguments)),
        ("RCPT TO:<>", Err(CommandError::Address)),
        ("RCPT TO:<postMaster>", Ok(to(Path::Postmaster))),
        (
            "RCPT TO:<@a.test,@b.test:user@example.test>",
            Ok(to(user())),
        ),
        ("RCPT TO:<@[192.0.2.1]:user@example.test>", Ok(to(user()))),
        ("RCPT TO:<@a.test>", Err(CommandError::Address)),
        ("RCPT TO:<@:user@example.test>", Err(CommandError::Address)),
        (
            "RCPT TO:<@a.test,b.test:user@example.test>",
            Err(CommandError::Address),
        ),
    ]);
}

#[test]
fn parameters_are_those_that_are_offered_and_each_comes_once() {
    let full = Command::Mail(MailParameters {
        sender: Some(mailbox("a@home.test")),
        size: Some(10),
        smtputf8: true,
        dsn: DsnParameters {
            ret: Some(Return::Header),
            envelope_id: Some("QQ314159".into()),
        },
        requires_tls: true,
    });
    let rcpt = Command::Rcpt(RcptParameters {
        to: Path::Mailbox(mailbox("User@example.test")),
        notify: Some(Notify {
            failure: true,
            ..Notify::default()
        }),
        original: Some("rfc822;User@example.test".into()),
    });
    assert_read([
        (
            "MAIL FROM:<a@home.test> SIZE=10 body=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ314159 RequireTLS",
            Ok(full),
        ),
        (
            "MAIL FROM:<a@home.test> AUTH=<>",
            Ok(from(Some(mailbox("a@home.test")))),
        ),
        (
            "MAIL FROM:<a@home.test> SIZE=10 SIZE=10",
            Err(CommandError::Parameter),
        ),
        (
            "MAIL FROM:<a@home.test> REQUIRETLS=yes",
            Err(CommandError::Arguments),
        ),
        (
            "MAIL FROM:<a@home.test> REQUIRETLS=",
            Err(CommandError::Arguments),
        ),
        (
            "MAIL FROM:<a@home.test> REQUIRETLS REQUIRETLS",
            Err(CommandError::Parameter),
        ),
        (
            "RCPT TO:<a@home.test> REQUIRETLS",
            Err(CommandError::Parameter),
        ),
        (
            "RCPT TO:<User@example.test> NOTIFY=FAILURE ORCPT=rfc822;User@example.test",
            Ok(rcpt),
        ),
        (
            "RCPT TO:<user@example.test> NOTIFY=SOON",
            Err(CommandError::Parameter),
        ),
    ]);
}

#[test]
fn no_quote_and_no_name_reaches_beyond_its_place() {
    let long = format!("EHLO {}", "x".repeat(256));
    // (line, error)
    let cases = [
        ("EHLO mx.bücher.test", Some(CommandError::Arguments)),
        (long.as_str(), Some(CommandError::Arguments)),
        (&long[..long.len() - 1], None),
        ("MAIL FROM:<\"a\\\">b\"@home.test>", None),
        (
            "RCPT TO:<\"a\\\"b\"@other.test> NOTIFY=NEVER \"@example.test>",
            Some(CommandError::Parameter),
        ),
    ];
    for (line, want) in cases {
        assert_eq!(Command::parse(line.as_bytes()).err(), want, "{line}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = Command::parse(&bytes);
    }

    #[test]
    fn any_parameters_are_read_without_panic(text in "\\PC{0,60}") {
        let _ = Command::parse(format!("MAIL FROM:<{text}").as_bytes());
        let _ = Command::parse(format!("RCPT TO:<a@b.test> {text}").as_bytes());
    }
}
