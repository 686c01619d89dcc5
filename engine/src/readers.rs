//! Every reader of what comes from outside, by name, for whoever wants to feed it anything at all.
//!
//! A reader takes bytes and gives back nothing. It panics where the engine would have, or where what was read does not read
//! back as it was. The folder `fuzz` feeds them; nothing of the engine calls them.

use std::future::Future;
use std::io::Cursor;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use hickory_proto::rr::{Name, RecordType};
use rustls_pki_types::CertificateDer;

use crate::address::{DomainName, MailDomain};
use crate::dane::{Records, Tlsa};
use crate::delivery::{DsnParameters, Message, TlsTag};
use crate::dkim;
use crate::dsn;
use crate::outside::{BoxFuture, Clock, MemoryBeside, Outside};
use crate::route::{Answer, Directory, Lookup, LookupFault, Security};
use crate::settings::file::SettingsFile;
use crate::smtp::{Command, Keywords, Lines, Reply};
use crate::spf;
use crate::sts;
use crate::tls::{PeerName, Trust};
use crate::tlsrpt;

/// A reader.
pub type Reader = fn(&[u8]);

/// All of them, by name.
pub const READERS: [(&str, Reader); 12] = [
    ("certificates", certificates),
    ("dkim", dkim),
    ("message", message),
    ("settings", settings),
    ("smtp-commands", smtp_commands),
    ("smtp-replies", smtp_replies),
    ("spf", spf),
    ("sts-policy", sts_policy),
    ("sts-record", sts_record),
    ("tlsa", tlsa),
    ("tlsrpt-mail", tlsrpt_mail),
    ("tlsrpt-record", tlsrpt_record),
];

/// The most octets of a line, as sessions have it.
const LINE_LIMIT: usize = 4_096;
/// The most octets of content.
const CONTENT_LIMIT: usize = 1_024 * 1_024;

/// What a host says in a session: replies, and the keywords of an answer to EHLO (RFC 5321 §4.2).
fn smtp_replies(bytes: &[u8]) {
    let mut lines = lines(bytes);
    while let Ok(reply) = at_once(Reply::read(&mut lines)) {
        let keywords = Keywords::of(&reply);
        let _ = (keywords.has("REQUIRETLS"), keywords.size_limit());
        let _ = (reply.category(), reply.enhanced_status());
        let kept = reply.in_one_line();
        assert_eq!(Reply::of_line(&kept.told()), Some(kept));
    }
}

/// What a sender says in a session: commands, and content behind DATA (RFC 5321 §4.1).
fn smtp_commands(bytes: &[u8]) {
    let mut lines = lines(bytes);
    while let Ok(line) = at_once(lines.next(LINE_LIMIT)) {
        if matches!(Command::parse(&line), Ok(Command::Data))
            && let Ok(content) = at_once(lines.until_dot(CONTENT_LIMIT))
        {
            message(&content);
        }
    }
}

/// The content of a message: its header, its tag, and what becomes of it as a notice.
fn message(bytes: &[u8]) {
    let message = Message {
        sender: None,
        content: bytes.into(),
        smtputf8: true,
        dsn: DsnParameters::default(),
        tls: TlsTag::on_receipt(false, bytes),
        is_report: false,
        arrived: SystemTime::UNIX_EPOCH,
    };
    let redacted = dsn::redacted(&message);
    assert!(redacted.content.len() <= bytes.len() + SLACK);
    let _ = dsn::fitted(&message, &Keywords::default());
    let _ = (message.header(), message.has_utf8_header());
}

/// What a notice may gain when it is put together again: the ends of lines.
const SLACK: usize = 1_024;

/// The TXT records at `_mta-sts`, a line each (RFC 8461 §3.1).
fn sts_record(bytes: &[u8]) {
    let texts: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(Vec::from).collect();
    if let Ok(id) = sts::policy_id(&texts) {
        assert_eq!(sts::PolicyId::parse(id.as_str()).as_ref(), Some(&id));
    }
}

/// The TXT records at `_smtp._tls`, a line each (RFC 8460 §3).
fn tlsrpt_record(bytes: &[u8]) {
    let texts: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(Vec::from).collect();
    if let Ok(record) = tlsrpt::Record::of(&texts) {
        let uris: Vec<String> = record.rua.iter().map(ToString::to_string).collect();
        let again = format!("v=TLSRPTv1; rua={}", uris.join(","));
        assert_eq!(
            tlsrpt::Record::of(&[again.into_bytes()]).as_ref(),
            Ok(&record)
        );
    }
}

/// The body of an answer of a policy host (RFC 8461 §3.2).
fn sts_policy(bytes: &[u8]) {
    if let Ok(policy) = sts::Policy::parse(bytes) {
        assert_eq!(
            sts::Policy::parse(policy.text().as_bytes()).as_ref(),
            Ok(&policy)
        );
        let _ = policy.names(&host());
        for pattern in policy.patterns() {
            assert_eq!(
                sts::MxPattern::parse(&pattern.to_string()).as_ref(),
                Some(pattern)
            );
        }
    }
}

/// TLSA records, each behind an octet with its length, up to a length of 0, and the chain that they are compared with.
fn tlsa(bytes: &[u8]) {
    let (mut records, mut rest) = (Vec::new(), bytes);
    while let Some((length, behind)) = rest.split_first() {
        rest = behind;
        let Some((record, behind)) = rest.split_at_checked(usize::from(*length)) else {
            break;
        };
        rest = behind;
        match Tlsa::read(record) {
            Ok(record) => records.push(record),
            Err(_) if record.is_empty() => break,
            Err(_) => {}
        }
    }
    if let Some(records) = Records::new(&records, vec![host()]) {
        let _ = records.judge(&chain(rest), now());
    }
}

/// The certificates that a host shows.
fn certificates(bytes: &[u8]) {
    let trust = Trust::new(&[]).expect("nobody is trusted");
    let chain = chain(bytes);
    let _ = trust.judge(&chain, &PeerName::Host(host()), now());
    let _ = trust.judge_client(&chain, &PeerName::Host(host()), now());
}

/// A key record, and the message that it is to be tried on, behind the first empty octet.
fn dkim(bytes: &[u8]) {
    let (record, content) = parted(bytes);
    let published = Published(record.to_vec());
    let _ = at_once(dkim::verify(content, "email", &published, now()));
}

/// A key record, and the message with a report that it is to be tried on, behind the first empty octet (RFC 8460 §5.3).
fn tlsrpt_mail(bytes: &[u8]) {
    let (record, content) = parted(bytes);
    let published = Published(record.to_vec());
    let own = [MailDomain::parse("example.test").expect("a domain name")];
    let outside = Outside {
        clock: Arc::new(StoodStill),
        ..Outside::system()
    };
    let reading = tlsrpt::read_incoming(content, &own, &outside, &published);
    if let Some(Ok(report)) = at_once(reading) {
        let is_own = |domain: &DomainName| domain.as_str().ends_with("example.test");
        assert!(report.policies.iter().any(|policy| is_own(&policy.domain)));
        let _ = report.counts();
    }
}

/// An SPF record; whatever it refers to has the same.
fn spf(bytes: &[u8]) {
    let identity = spf::Identity {
        address: [192, 0, 2, 1].into(),
        local_part: "sender",
        domain: "example.test",
        greeting: "mx.example.test",
    };
    let _ = at_once(spf::evaluate(identity, &Published(bytes.to_vec())));
}

/// A settings file; what it prints must read as the same.
fn settings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let beside = MemoryBeside::default();
    let _ = SettingsFile::read("settings.toml", text, &beside);
}

/// A DNS in which every name has one TXT record and no other data.
struct Published(Vec<u8>);

impl Directory for Published {
    async fn look_up(&self, name: &Name, kind: RecordType) -> Result<Lookup, LookupFault> {
        let owner = name.clone();
        let answer = match kind {
            RecordType::TXT => Answer::Records {
                owner,
                mx: Vec::new(),
                addresses: Vec::new(),
                texts: vec![self.0.clone()],
                pointers: Vec::new(),
                tlsa: Vec::new(),
            },
            _ => Answer::NoData { owner },
        };
        let security = Security::Insecure;
        Ok(Lookup { answer, security })
    }
}

/// A time that never passes.
struct StoodStill;

impl Clock for StoodStill {
    fn now(&self) -> SystemTime {
        now()
    }

    fn sleep_until(&self, _: SystemTime) -> BoxFuture<()> {
        Box::pin(std::future::pending())
    }
}

/// A chain of certificates, each with its length in its own header; what has none is one certificate.
fn chain(mut bytes: &[u8]) -> Vec<CertificateDer<'_>> {
    let mut chain = Vec::new();
    while !bytes.is_empty() {
        let length = match bytes {
            [0x30, 0x82, high, low, ..] => 4 + usize::from(*high) * 256 + usize::from(*low),
            _ => bytes.len(),
        };
        let (certificate, rest) = bytes.split_at(length.min(bytes.len()));
        chain.push(CertificateDer::from(certificate));
        bytes = rest;
    }
    chain
}

fn parted(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

fn lines(bytes: &[u8]) -> Lines {
    Lines::new(Box::new(Cursor::new(bytes.to_vec())))
}

/// What comes of something that never waits, since all that it reads is there.
fn at_once<T>(reading: impl Future<Output = T>) -> T {
    reading.now_or_never().expect("all of it is there")
}

fn host() -> DomainName {
    DomainName::parse("mx.example.test").expect("a host name")
}

/// A moment at which the certificates of the corpus are valid.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}
