//! The suite must be able to fail: subjects that do wrong on purpose.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use mtaspec::builtin::BuiltIn;
use mtaspec_harness::subject::{Briefing, Instructions, Running, Subject, SubjectError};
use mtaspec_judge::scenario::{Switches, TlsVersion};
use mtaspec_judge::verdict::Verdict;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::inert::Inert;
use super::play::Loaded;

/// The engine, told something else than it should be.
struct Misled(Lie);

type Lie = fn(&mut Instructions);

#[async_trait]
impl Subject for Misled {
    fn name(&self) -> &str {
        "misled"
    }

    fn version(&self) -> String {
        BuiltIn.version()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        BuiltIn.capabilities()
    }

    async fn start(&self, mut briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        (self.0)(&mut briefing.instructions);
        BuiltIn.start(briefing).await
    }
}

/// Takes every message and does nothing with it.
struct Swallower;

#[async_trait]
impl Subject for Swallower {
    fn name(&self) -> &str {
        "swallower"
    }

    fn version(&self) -> String {
        "1".to_owned()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        BuiltIn.capabilities()
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(swallow(tcp));
            }
        });
        Ok(Box::new(Inert {
            address,
            clock: briefing.clock,
            victims: None,
        }))
    }
}

async fn swallow(tcp: TcpStream) -> std::io::Result<()> {
    let mut tcp = BufReader::new(tcp);
    tcp.write_all(b"220 subject\r\n").await?;
    let mut in_data = false;
    let mut line = String::new();
    while tcp.read_line(&mut line).await? > 0 {
        let reply = match line.trim_end() {
            "." => Some("250 taken"),
            _ if in_data => None,
            "DATA" => Some("354 go on"),
            "QUIT" => Some("221 bye"),
            _ => Some("250 ok"),
        };
        if let Some(reply) = reply {
            in_data = reply.starts_with("354");
            tcp.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
        line.clear();
    }
    Ok(())
}

/// Panics at its first start, fails at its second, and is the engine from then on.
#[derive(Default)]
struct Clumsy {
    starts: AtomicUsize,
}

#[async_trait]
impl Subject for Clumsy {
    fn name(&self) -> &str {
        "clumsy"
    }

    fn version(&self) -> String {
        "1".to_owned()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        BuiltIn.capabilities()
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        match self.starts.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("it stumbled"),
            1 => Err(SubjectError::Start("it fell".to_owned())),
            _ => BuiltIn.start(briefing).await,
        }
    }
}

#[test]
fn a_panic_and_a_failed_start_cost_their_own_cases_alone() {
    let suite = Loaded::suite();
    let mut cases = suite.family("opportunistic/healthy-host");
    cases.truncate(4);
    let played = suite.play(Arc::new(Clumsy::default()), &cases, 1);
    let told: Vec<String> = (played.iter())
        .map(|(result, _)| {
            let reason = result.reason.as_deref().unwrap_or_default();
            format!("{} {reason}", result.verdict.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            "error the harness panicked: it stumbled",
            "error the subject could not be started: it fell",
            "pass ",
            "pass ",
        ]
    );
}

/// How many of the cases of a family got each verdict that is no pass, and which rows they cite.
fn failing(subject: Arc<dyn Subject>, family: &str) -> (usize, usize, BTreeSet<String>) {
    let suite = Loaded::suite();
    let order = suite.order(subject.as_ref());
    let mut cases = suite.family(family);
    cases.retain(|case| order.run.iter().any(|other| other.id == case.id));
    assert!(!cases.is_empty());
    let played = suite.play(subject, &cases, 2);
    let failed: Vec<_> = (played.iter().map(|(result, _)| result))
        .filter(|result| result.verdict == Verdict::Fail)
        .collect();
    let rows = failed.iter().flat_map(|result| &result.requirements);
    let rows = rows.filter(|(_, verdict)| verdict.as_str() == "fail");
    (
        failed.len(),
        played.len(),
        rows.map(|(row, _)| row.clone()).collect(),
    )
}

#[test]
fn a_subject_that_swallows_everything_passes_nothing() {
    let suite = Loaded::suite();
    let order = suite.order(&Swallower);
    let chosen: Vec<_> = order.run.iter().step_by(5).cloned().collect();
    for (result, _) in suite.play(Arc::new(Swallower), &chosen, 2) {
        // What only a should or a may speaks of is warned of.
        assert_ne!(result.verdict, Verdict::Pass, "{}", result.id);
    }
}

fn switch_off(told: &mut Instructions, change: fn(&mut Switches)) {
    for rule in &mut told.rules {
        change(&mut rule.switches);
    }
}

#[test]
fn an_engine_that_does_wrong_fails_cases_that_cite_the_rows() {
    // (what it does, the lie it is told, family, a row that must be among those that fail)
    let lies: [(&str, Lie, &str, &str); 4] = [
        (
            "no rule is carried out",
            |told| told.rules.clear(),
            "compliance/outbound/no-starttls",
            "GTLS-outbound-without-tls-not-delivered",
        ),
        (
            "the chain is not looked at",
            |told| switch_off(told, |switches| switches.require_ca_signed = false),
            "compliance/outbound/certificate-not-trusted",
            "GTLS-require-ca-signed-certificate",
        ),
        (
            "the name is not looked at",
            |told| switch_off(told, |switches| switches.validate_hostname = false),
            "certificates/names",
            "RFC",
        ),
        (
            "the floor is ignored",
            |told| told.settings.minimum_tls = TlsVersion::Tls10,
            "tls-versions/",
            "RFC",
        ),
    ];
    for (what, lie, family, row) in lies {
        let (failed, of, rows) = failing(Arc::new(Misled(lie)), family);
        assert!(failed > 0, "{what}: none of {of} cases of {family} fails");
        assert!(
            rows.iter().any(|cited| cited.starts_with(row)),
            "{what}: only {rows:?} fail"
        );
    }
}
