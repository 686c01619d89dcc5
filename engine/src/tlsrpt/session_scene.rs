//! Sessions of every kind, by words, so that tables can be read.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::address::DomainName;
use crate::dane::{DaneFault, TlsaFault};
use crate::delivery::{Breach, Demander, Ended, Manner, Shown, Sight, StartTls, Violation};
use crate::https::HttpsFault;
use crate::route::LookupFault;
use crate::settings::TlsVersion;
use crate::smtp::Reply;
use crate::sts::Cached;
use crate::sts::testing::{Failure, FetchFault};
use crate::sts::{Policy as StsPolicy, PolicyId, RecordFault, Standing};
use crate::tls::{ChainFault, HandshakeFault, NameFault, PeerName, Suite, Verification};

use super::session::DaneSeen;

/// What a policy host serves that has no policy.
const NO_POLICY: &[u8] = b"version: STSv1\r\nmode: enforced\r\n";

pub(super) fn domain(name: &str) -> DomainName {
    DomainName::parse(name).unwrap()
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

/// How the domain stands with MTA-STS: `none`, a mode, or what became of the fetch; a mode with `-stale` could not be refreshed.
pub(super) fn standing(word: &str) -> Standing {
    let id = || PolicyId::parse("1").unwrap();
    let failure = |fault| {
        let (id, at, count) = (id(), now(), 1);
        Some(Arc::new(Failure {
            id,
            at,
            fault,
            count,
        }))
    };
    let text = |mode: &str, mx: &str| {
        format!("version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: 604800\r\n")
    };
    let (mode, is_stale) = match word.strip_suffix("-stale") {
        Some(mode) => (mode, true),
        None => (word, false),
    };
    let policy = match mode {
        "enforce" | "testing" | "none-mode" => {
            Some(text(mode.trim_end_matches("-mode"), "mx.example.test"))
        }
        "other-host" => Some(text("testing", "other.example.test")),
        _ => None,
    };
    let fault = match word {
        "not-found" => Some(FetchFault::Status(404)),
        "not-reached" => Some(FetchFault::Https(HttpsFault::Unreachable("refused".into()))),
        "not-trusted" => Some(FetchFault::Https(HttpsFault::Chain(ChainFault::Expired))),
        "not-named" => Some(FetchFault::Https(HttpsFault::Name(NameFault::Absent))),
        "no-policy" => Some(FetchFault::Policy(StsPolicy::parse(NO_POLICY).unwrap_err())),
        _ => is_stale.then_some(FetchFault::Status(500)),
    };
    Standing {
        record: match word {
            "none" => Err(RecordFault::Absent.into()),
            _ => Ok(id()),
        },
        cached: policy.map(|text| {
            let policy = StsPolicy::parse(text.as_bytes()).unwrap();
            let (id, fetched) = (id(), now());
            Arc::new(Cached {
                id,
                policy,
                fetched,
            })
        }),
        failure: fault.and_then(failure),
    }
}

/// What stands in the DNS: `none`, `usable`, `unusable`, or why the host must not be used.
pub(super) fn dane(word: &str) -> DaneSeen {
    let peer = PeerName::Host(domain("mx.example.test"));
    let base = || domain("base.example.test");
    let lookup = |fault| DaneFault::Lookup("_25._tcp.mx.example.test".into(), fault);
    match word {
        "usable" | "unusable" => DaneSeen::Published(base(), vec!["3 1 1 00".to_owned()]),
        "bogus" => DaneSeen::of_fault(&peer, &lookup(LookupFault::Bogus)),
        "silent" => DaneSeen::of_fault(&peer, &lookup(LookupFault::Silence)),
        "missing" => DaneSeen::of_fault(&peer, &DaneFault::Missing(base())),
        "all-unusable" => DaneSeen::of_fault(&peer, &DaneFault::Unusable(base())),
        _ => DaneSeen::Nothing,
    }
}

/// What the host showed: words for chain, name and records, each as it should be unless said.
fn shown(words: &str) -> Shown {
    let has = |word: &str| words.split('+').any(|one| one == word);
    let chain = match () {
        () if has("expired") => Err(ChainFault::Expired),
        () if has("self-signed") => Err(ChainFault::UnknownIssuer),
        () => Ok(()),
    };
    let name = match has("misnamed") {
        true => Err(NameFault::Mismatch("mx.example.test".into())),
        false => Ok(()),
    };
    let tlsa = match () {
        () if has("no-match") => Some(Err(TlsaFault::NoMatch)),
        () if has("anchor-expired") => Some(Err(TlsaFault::Chain(ChainFault::Expired))),
        () if has("anchor-broken") => Some(Err(TlsaFault::Chain(ChainFault::UnknownIssuer))),
        () if has("anchor-misnamed") => Some(Err(TlsaFault::Name("mx.example.test".into()))),
        () if has("match") => Some(Ok(())),
        () => None,
    };
    Shown {
        version: TlsVersion::Tls13,
        suite: Suite::of(0x1301),
        chain: Vec::new(),
        verification: Verification { chain, name },
        tlsa,
    }
}

/// What was met at the host, by one word; other words are those of `shown`.
pub(super) fn met(word: &str) -> (Sight, Manner, Option<Ended>) {
    let fault = || HandshakeFault("alert 40".into());
    let reply = |line| Reply::of_line(line).unwrap();
    let mut sight = Sight {
        helo: Some("mx.pool.test".into()),
        starttls: StartTls::Begun,
        ..Sight::default()
    };
    let mut manner = Manner::TlsIfOffered;
    let ended = match word {
        "nobody" => {
            sight.starttls = StartTls::Unseen;
            Some(Ended::Unreachable("refused".into()))
        }
        "unwelcome" => {
            (sight.starttls, sight.helo) = (StartTls::Unseen, None);
            Some(Ended::Unwelcome(reply("421 4.3.2 not now")))
        }
        "no-starttls" => {
            sight.starttls = StartTls::NotListed;
            None
        }
        "in-plaintext" => {
            sight.starttls = StartTls::NotListed;
            manner = Manner::Plaintext;
            None
        }
        "refused" => {
            sight.starttls = StartTls::Refused(reply("454 4.7.0 not now"));
            None
        }
        "handshake" => {
            sight.handshake = Some(Err(fault()));
            Some(Ended::HandshakeFailed(fault()))
        }
        "broken-behind" => {
            sight.handshake = Some(Ok(shown("")));
            let violation = Violation::Handshake(fault());
            let by = Demander::Sts;
            Some(Ended::Violated(Breach { by, violation }))
        }
        words => {
            sight.handshake = Some(Ok(shown(words)));
            None
        }
    };
    (sight, manner, ended)
}
