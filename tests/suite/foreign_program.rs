//! Mail servers that do wrong, each a process of its own that shares nothing with the engine or the harness.
//!
//! The process is this test program, started again with a word in its environment. It says on its standard output where
//! it listens, and asks there which real address stands behind a logical one; the answer comes on its standard input.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// The variable that makes a process of this program a mail server, and which one.
pub(crate) const WRONG: &str = "MTASPEC_TEST_WRONG_SUBJECT";
/// The variable with the resolver's address.
pub(crate) const RESOLVER: &str = "MTASPEC_TEST_RESOLVER";

/// How long a host or resolver has. Nothing is proved by it: who runs out of it delivers nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a server does with mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Takes it and does nothing with it.
    Swallows,
    /// Refuses it.
    Refuses,
    /// Brings it to the first host that takes it, and never asks for TLS.
    PlaintextOnly,
}

impl Wrong {
    pub(crate) const ALL: [Self; 3] = [Self::Swallows, Self::Refuses, Self::PlaintextOnly];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Swallows => "swallows",
            Self::Refuses => "refuses",
            Self::PlaintextOnly => "plaintext-only",
        }
    }
}

/// Is this process to be such a server? Then it is one until it is ended.
pub(crate) fn serve_if_told() {
    let Ok(word) = std::env::var(WRONG) else {
        return;
    };
    let wrong = Wrong::ALL
        .into_iter()
        .find(|wrong| wrong.as_str() == word)
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    writeln!(io::stdout().lock(), "\nlistening {address}").unwrap();
    loop {
        let (tcp, _) = listener.accept().unwrap();
        // What goes wrong in one session is its own matter.
        let _ = session(tcp, wrong);
    }
}

/// What one session brought.
#[derive(Default)]
struct Mail {
    from: String,
    to: Vec<String>,
    content: Vec<String>,
}

fn session(tcp: TcpStream, wrong: Wrong) -> io::Result<()> {
    tcp.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(tcp.try_clone()?);
    let say = |text: &str| (&tcp).write_all(format!("{text}\r\n").as_bytes());
    say("220 subject")?;
    let mut mail = Mail::default();
    loop {
        let line = next(&mut lines)?;
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "QUIT" => return say("221 bye"),
            "MAIL" | "RCPT" if wrong == Wrong::Refuses => say("550 5.7.1 nothing is taken here")?,
            "MAIL" => {
                mail = Mail {
                    from: between_brackets(&line),
                    ..Mail::default()
                };
                say("250 ok")?;
            }
            "RCPT" => {
                mail.to.push(between_brackets(&line));
                say("250 ok")?;
            }
            "DATA" if wrong == Wrong::Refuses => say("503 no recipient")?,
            "DATA" => {
                say("354 go on")?;
                loop {
                    match next(&mut lines)? {
                        line if line == "." => break,
                        line => mail.content.push(line),
                    }
                }
                let is_done =
                    wrong == Wrong::Swallows || mail.to.iter().all(|to| deliver(&mail, to).is_ok());
                say(if is_done {
                    "250 taken"
                } else {
                    "550 5.0.0 nobody takes it"
                })?;
            }
            _ => say("250 ok")?,
        }
    }
}

fn next(lines: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    match lines.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

fn between_brackets(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(inner, _)| inner.to_owned())
}

// ---- the sender that never uses TLS

fn deliver(mail: &Mail, to: &str) -> io::Result<()> {
    let domain = to.rsplit('@').next().unwrap_or_default();
    let mut hosts = ask(domain, MX)?;
    hosts.sort();
    if hosts.is_empty() {
        hosts.push((0, domain.to_owned()));
    }
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for (_, host) in hosts {
        for (_, address) in ask(&host, A)? {
            match hand_over(mail, to, &address) {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

fn hand_over(mail: &Mail, to: &str, address: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "where {address}")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    let real: SocketAddr = answer.trim().parse().map_err(io::Error::other)?;
    let tcp = TcpStream::connect_timeout(&real, PATIENCE)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(tcp.try_clone()?);
    expect(&mut lines, '2')?;
    let mut content = mail.content.join("\r\n");
    content.push_str("\r\n.");
    for (line, good) in [
        ("EHLO plaintext.home.test".to_owned(), '2'),
        (format!("MAIL FROM:<{}>", mail.from), '2'),
        (format!("RCPT TO:<{to}>"), '2'),
        ("DATA".to_owned(), '3'),
        (content, '2'),
    ] {
        (&tcp).write_all(format!("{line}\r\n").as_bytes())?;
        expect(&mut lines, good)?;
    }
    (&tcp).write_all(b"QUIT\r\n")
}

/// Reads a reply; its first digit has to be this one.
fn expect(lines: &mut impl BufRead, good: char) -> io::Result<()> {
    loop {
        let line = next(lines)?;
        if line.as_bytes().get(3) != Some(&b'-') {
            return if line.starts_with(good) {
                Ok(())
            } else {
                Err(io::Error::other(line))
            };
        }
    }
}

// ---- the DNS, as far as that takes (RFC 1035 §4)

const A: u16 = 1;
const MX: u16 = 15;

/// The records of a name: preference and host, or zero and address.
fn ask(name: &str, kind: u16) -> io::Result<Vec<(u16, String)>> {
    let resolver: SocketAddr = std::env::var(RESOLVER)
        .map_err(io::Error::other)?
        .parse()
        .map_err(io::Error::other)?;
    let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).map_err(io::Error::other)?);
        question.extend_from_slice(label.as_bytes());
    }
    question.push(0);
    question.extend_from_slice(&kind.to_be_bytes());
    question.extend_from_slice(&[0, 1]);
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send_to(&question, resolver)?;
    let mut answer = vec![0; 65_535];
    let length = socket.recv(&mut answer)?;
    answer.truncate(length);
    records(&answer, question.len(), kind)
        .ok_or_else(|| io::Error::other("the answer cannot be read"))
}

fn records(answer: &[u8], begin: usize, kind: u16) -> Option<Vec<(u16, String)>> {
    let number = |at: usize| Some(u16::from_be_bytes([*answer.get(at)?, *answer.get(at + 1)?]));
    let mut records = Vec::new();
    let mut at = begin;
    for _ in 0..number(6)? {
        at = name(answer, at)?.1;
        let (this, length) = (number(at)?, usize::from(number(at + 8)?));
        let data = at + 10;
        if this == kind && kind == MX {
            records.push((number(data)?, name(answer, data + 2)?.0));
        } else if this == kind {
            let octets: [u8; 4] = answer.get(data..data + 4)?.try_into().ok()?;
            records.push((0, Ipv4Addr::from(octets).to_string()));
        }
        at = data + length;
    }
    Some(records)
}

/// A name, and where what follows it begins. A name that points round in circles ends at its limit.
fn name(message: &[u8], begin: usize) -> Option<(String, usize)> {
    let (mut labels, mut at, mut behind) = (Vec::new(), begin, None);
    for _ in 0..128 {
        let length = usize::from(*message.get(at)?);
        match length {
            0 => return Some((labels.join("."), behind.unwrap_or(at + 1))),
            0xC0.. => {
                behind = behind.or(Some(at + 2));
                at = (length & 0x3F) << 8 | usize::from(*message.get(at + 1)?);
            }
            _ => {
                labels.push(
                    String::from_utf8_lossy(message.get(at + 1..at + 1 + length)?).into_owned(),
                );
                at += 1 + length;
            }
        }
    }
    None
}
