//! `inject`, `client` and `ask` (SCENARIOS §8).

use super::super::reader::{Reader, set};
use super::super::values;
use super::super::{Ask, Client, Direction, Message, ReportBody};
use super::certificate;
use crate::document::{Complaint, Node};

/// How a message is called that has no name: by its place in the story.
const ORDINALS: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];

/// The healthy message at a place (from 0) in the story.
pub(crate) fn healthy(direction: Direction, place: usize) -> Message {
    let name = match ORDINALS.get(place) {
        Some(ordinal) => (*ordinal).into(),
        None => format!("message-{}", place + 1),
    };
    match direction {
        Direction::Outbound => Message {
            name,
            ..Message::default()
        },
        Direction::Inbound => Message {
            name,
            from: "sender@example.test".into(),
            to: vec!["user@home.test".into()],
            ..Message::default()
        },
    }
}

/// One message as its table says.
pub(super) fn message(reader: Reader<'_>, direction: Direction, place: usize) -> Message {
    let mut message = healthy(direction, place);
    set(&mut message.name, name(reader));
    set(&mut message.from, reader.parsed("from", values::address));
    set(&mut message.to, reader.list("to", values::address));
    message.header_from = reader.text("header_from");
    set(&mut message.headers, reader.texts("headers"));
    set(&mut message.copies, reader.number("copies"));
    set(&mut message.size, reader.parsed("size", values::size));
    set(&mut message.requiretls, reader.flag("requiretls"));
    set(&mut message.smtputf8, reader.flag("smtputf8"));
    message.ret = reader.text("ret");
    set(&mut message.notify, reader.texts("notify"));
    message.envid = reader.text("envid");
    set(&mut message.login, reader.flag("login"));
    set(&mut message.dkim, reader.text("dkim"));
    message.report = reader.table("report").map(|table| ReportBody {
        policy_domain: table
            .parsed("policy_domain", values::name)
            .unwrap_or_else(|| "home.test".into()),
        mx_host_is_list: table.text("mx_host").is_none_or(|word| word == "list"),
        compressed: table.flag("compressed").unwrap_or(true),
    });
    message
}

/// The name of a message. That of the warm-up is taken: what becomes of such a message belongs to no step.
fn name(reader: Reader<'_>) -> Option<String> {
    let node = reader.node("name")?;
    let name = node.text()?;
    let first = name.split('/').next();
    if first == Some(Message::WARM_UP) {
        let complaint = Complaint::new(format!("no message can be called {name:?}"));
        let help =
            "the messages that go in before the first step are called so; take any other name";
        reader.note(node.span, complaint.help(help));
    }
    Some(name.to_owned())
}

pub(super) fn client(reader: Reader<'_>) -> Client {
    let segment = |node: &Node| {
        let lines = node.many().iter();
        lines
            .filter_map(|line| line.text().map(Into::into))
            .collect::<Vec<String>>()
    };
    let script = reader.node("script").and_then(Node::list);
    Client {
        port: reader.text("port").unwrap_or_default(),
        tls: reader.list("tls", values::version),
        ciphers: reader.texts("ciphers"),
        certificate: certificate(reader, "certificate"),
        sni: reader.text("sni"),
        ehlo: reader.text("ehlo"),
        script: script.map(|list| list.iter().map(segment).collect()),
    }
}

pub(super) fn ask(reader: Reader<'_>) -> Option<Ask> {
    Some(Ask {
        what: reader.text("what")?,
        about: reader.parsed("about", values::name_or_address)?,
    })
}
