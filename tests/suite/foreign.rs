//! Subjects that are processes and do wrong: what they fail to reach is never a pass.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use mtaspec::builtin::BuiltIn;
use mtaspec_harness::plan::AddressBook;
use mtaspec_harness::runner::Evidence;
use mtaspec_harness::subject::{Briefing, Running, Subject, SubjectError};
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::Case;
use mtaspec_judge::verdict::{CaseResult, Verdict};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::foreign_program::{RESOLVER, WRONG, Wrong, serve_if_told};
use super::inert::Inert;
use super::play::Loaded;

/// A mail server that is a process of its own, one for each case.
struct Foreign(Wrong);

#[async_trait]
impl Subject for Foreign {
    fn name(&self) -> &str {
        self.0.as_str()
    }

    fn version(&self) -> String {
        "1".to_owned()
    }

    /// It claims all that the engine can, so that no case is spared it.
    fn capabilities(&self) -> BTreeSet<String> {
        BuiltIn.capabilities()
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        let failed = |error: std::io::Error| SubjectError::Start(error.to_string());
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args([
                "--exact",
                "foreign::this_program_is_a_wrong_subject_where_it_is_told_to_be_one",
                "--nocapture",
            ])
            .env(WRONG, self.0.as_str())
            .env(RESOLVER, briefing.resolver.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.map_err(failed)?;
            let line = line.ok_or_else(|| SubjectError::Start("it said nothing".to_owned()))?;
            if let Some(address) = line.strip_prefix("listening ") {
                break address.parse().unwrap();
            }
        };
        tokio::spawn(tell_addresses(
            child,
            lines,
            Arc::clone(&briefing.addresses),
        ));
        Ok(Box::new(Inert {
            address,
            clock: briefing.clock,
            victims: None,
        }))
    }
}

/// Answers the process where a logical address really is, until its case is over; then the process ends.
async fn tell_addresses(
    mut child: Child,
    mut lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    book: Arc<AddressBook>,
) {
    let mut stdin = child.stdin.take().unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let logical = line
            .strip_prefix("where ")
            .and_then(|address| format!("{address}:25").parse().ok());
        let real = logical.and_then(|logical| book.real(logical));
        let answer = real.map_or_else(|| "nowhere".to_owned(), |real| real.to_string());
        if stdin
            .write_all(format!("{answer}\n").as_bytes())
            .await
            .is_err()
        {
            break;
        }
    }
}

#[test]
fn this_program_is_a_wrong_subject_where_it_is_told_to_be_one() {
    serve_if_told();
}

/// Every so many-th case of the suite, played by this subject.
fn play(
    wrong: Wrong,
    step: usize,
    is_meant: impl Fn(&Case) -> bool,
) -> Vec<(CaseResult, Evidence)> {
    let suite = Loaded::suite();
    let subject = Foreign(wrong);
    let order = suite.order(&subject);
    let chosen: Vec<_> = (order.run.iter())
        .filter(|case| is_meant(case))
        .step_by(step)
        .cloned()
        .collect();
    assert!(!chosen.is_empty());
    suite.play(Arc::new(subject), &chosen, 2)
}

#[test]
fn a_process_that_swallows_or_refuses_everything_passes_nothing() {
    for wrong in [Wrong::Swallows, Wrong::Refuses] {
        for (result, _) in play(wrong, 9, |_| true) {
            assert_ne!(result.verdict, Verdict::Pass, "{wrong:?}: {}", result.id);
        }
    }
}

#[test]
fn a_process_that_never_uses_tls_passes_only_by_what_its_hosts_and_resolver_saw() {
    let families = [
        "compliance/outbound/",
        "opportunistic/",
        "routing/",
        "starttls/",
    ];
    let played = play(Wrong::PlaintextOnly, 5, |case| {
        families.iter().any(|family| case.id.starts_with(family))
    });
    let mut passed = 0;
    for (result, evidence) in &played {
        if result.verdict != Verdict::Pass {
            continue;
        }
        passed += 1;
        let events = evidence.recording.events.iter().map(|event| &event.what);
        let (mut was_seen, mut was_taken) = (false, false);
        for what in events {
            was_seen |= matches!(what, What::Connect { .. } | What::DnsQuery { .. });
            if let What::MessageAccepted { tls, .. } = what {
                assert_eq!(tls, "none", "{}", result.id);
                was_taken = true;
            }
        }
        assert!(was_seen, "{}", result.id);
        assert_eq!(
            was_taken,
            result.outcome.as_deref() == Some("delivered"),
            "{}",
            result.id
        );
        for finding in &result.findings {
            let is_of_tls = finding.expectation == "tls";
            assert!(!is_of_tls || finding.got == "none", "{}", result.id);
        }
    }
    // It reaches hosts that have no TLS, and is told so.
    assert!(passed > 0, "none of {}", played.len());
}
