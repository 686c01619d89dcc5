//! Reports and a catalogue for the tests of those who read them.

use super::{CaseReport, FindingReport, REPORT_VERSION, RunReport, Summary};
use crate::scenario::{Catalogue, Level};
use crate::verdict::{FailureKind, FindingVerdict, Verdict};

/// A report that grows.
pub(super) struct Made(RunReport);

impl Made {
    pub(super) fn by(subject: &str) -> Self {
        Self(RunReport {
            version: REPORT_VERSION,
            subject: subject.into(),
            subject_version: "3.7.11".into(),
            began: Some("2026-01-02T03:04:05Z".into()),
            milliseconds: 14_230,
            rows: None,
            strict: false,
            summary: Summary::default(),
            cases: Vec::new(),
        })
    }

    pub(super) fn with(mut self, case: CaseReport) -> Self {
        self.0.cases.push(case);
        self
    }

    pub(super) fn report(mut self) -> RunReport {
        self.0.summary = Summary::count(self.0.cases.iter().map(|case| case.verdict));
        self.0
    }
}

/// A case about which nothing is said.
pub(super) fn case(id: &str, verdict: Verdict) -> CaseReport {
    CaseReport {
        id: id.into(),
        verdict,
        outcome: (verdict != Verdict::Skip).then(|| "delivered".into()),
        outcomes: Vec::new(),
        level: Level::Must,
        reason: None,
        milliseconds: 7,
        findings: Vec::new(),
        unexpected_passes: Vec::new(),
    }
}

/// A finding of a must.
pub(super) fn finding(expectation: &str, got: &str, verdict: FindingVerdict) -> FindingReport {
    FindingReport {
        expectation: expectation.into(),
        wanted: "as the file says".into(),
        got: got.into(),
        requirements: vec!["RFC8461-4.1-wildcard-is-one-label".into()],
        level: Level::Must,
        verdict,
        step: 1,
        reason: None,
        kind: None,
        link: None,
    }
}

impl CaseReport {
    pub(super) fn finding(mut self, finding: FindingReport) -> Self {
        self.findings.push(finding);
        self
    }

    pub(super) fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

impl FindingReport {
    pub(super) fn known(mut self, reason: &str, kind: Option<FailureKind>, link: &str) -> Self {
        self.verdict = FindingVerdict::KnownFailure;
        self.reason = Some(reason.into());
        self.kind = kind;
        self.link = (!link.is_empty()).then(|| link.into());
        self
    }
}

/// A row of a catalogue, about what a sender must do; its id tells the source and the section.
pub(super) fn row(id: &str, text: &str) -> String {
    let mut words = id.splitn(3, '-');
    let source = words.next().unwrap_or_default().to_lowercase();
    let section = words.next().unwrap_or_default();
    format!(
        r#"
        [[requirement]]
        id = "{id}"
        source = "{source}"
        section = "{section}"
        level = "must"
        role = "sender"
        text = "{text}"
        testable = "black-box"
        "#
    )
}

/// A catalogue of one row.
pub(super) fn catalogue() -> Catalogue {
    let text = "After the receiver answers STARTTLS with 220, the next bytes from the sender are a TLS ClientHello and not another SMTP command in plaintext.";
    Catalogue::parse(&row("RFC3207-4-client-tls-right-after-220", text)).unwrap()
}
