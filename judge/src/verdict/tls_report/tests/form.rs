//! Reports as RFC 8460 has them, or not.

use super::*;

/// A body, what a must holds against it, and what a should does besides.
type BodyCase = (String, &'static str, &'static str);

#[rustfmt::skip]
fn bodies() -> Vec<BodyCase> {
    let at = |pointer: &str, value: Value| {
        let mut report = report_body();
        *report.pointer_mut(pointer).unwrap() = value;
        report.to_string()
    };
    let policy = |field: &str, value: Value| at(&format!("/policies/0/policy/{field}"), value);
    let detail = |field: &str, value: Value| at(&format!("/policies/0/failure-details/0/{field}"), value);
    let whole = report_body().to_string();
    let twice = whole.replacen("\"report-id\"", "\"report-id\":\"1\",\"report-id\"", 1);
    let odd_address = json!({"result-type": "dane-required", "failed-session-count": 1, "receiving-ip": "::01"});
    vec![
        (whole, "", ""),
        ("{".into(), "it is no JSON", ""),
        (twice, "stands twice", ""),
        (at("/organization-name", json!("")), "it has no organization-name", ""),
        (at("/contact-info", json!("home")), "is no address", ""),
        (at("/report-id", json!(7)), "it has no report-id", ""),
        (at("/date-range/start-datetime", json!("2026-01-01")), "it has no date-range", ""),
        (at("/date-range/end-datetime", json!("2026-01-01T12:00:00Z")), "", "is no whole day"),
        (at("/date-range/end-datetime", json!("2025-01-01T12:00:00Z")), "ends before it begins", ""),
        (at("/policies", json!({})), "its policies are no array", ""),
        (at("/policies", json!([])), "it has no policies", ""),
        (policy("policy-type", json!("other")), "a policy has no policy-type", ""),
        (policy("policy-domain", json!("bücher.test")), "is not in ASCII", ""),
        (policy("policy-string", json!("mode: none")), "is no array of strings", ""),
        (policy("mx-host", json!(7)), "", "is no array of names"),
        (policy("mx-host", json!("*.test")), "", ""),
        (at("/policies/0/summary/total-failure-session-count", json!("1")), "a policy has no total-failure", ""),
        (at("/policies/0/failure-details", json!({})), "failure-details are no array", ""),
        (detail("result-type", json!("odd")), "nobody knows the result-type", ""),
        (detail("result-type", json!("validation-failure")), "", "has no failure-reason-code"),
        (detail("failed-session-count", json!(0)), "a failure of no session", ""),
        (detail("receiving-mx-hostname", json!(1)), "a receiving-mx-hostname is no text", ""),
        (at("/policies/0/failure-details/0", odd_address), "", "is in no usual form"),
    ]
}

#[test]
fn a_body_is_held_against_the_schema() {
    for (text, must, should) in bodies() {
        let mut problems = Problems::default();
        body::read(&text, &mut problems);
        let at = |level| problems.at(level).collect::<Vec<_>>().join("; ");
        let (strict, all) = (at(Level::Must), at(Level::Should));
        assert_eq!(strict.is_empty(), must.is_empty(), "{text}: {strict}");
        assert!(strict.contains(must), "{text}: {strict}");
        assert!(all.contains(should) && all.contains(must), "{text}: {all}");
        let is_fine = must.is_empty() && should.is_empty();
        assert_eq!(all.is_empty(), is_fine, "{text}: {all}");
    }
}

fn mailed(content: &str, file_name: &str, signature: &str, services: &[&str]) -> Vec<Event> {
    let host = "mx.reports.test";
    let accepted = What::MessageAccepted {
        from: "tlsrpt@home.test".into(),
        to: vec!["reports@reports.test".into()],
        tls: "1.3".into(),
        requiretls: false,
        content: content.into(),
    };
    let report = What::ReportMailed {
        to: vec!["reports@reports.test".into()],
        media_type: "application/tlsrpt+gzip".into(),
        file_name: Some(file_name.into()),
        body: report_body().to_string(),
        compressed: true,
        signature: signature.into(),
        key_services: services.iter().map(ToString::to_string).collect(),
    };
    vec![at_host(host, 1, accepted), at_host(host, 1, report)]
}

const MAIL: &str = "From: <tlsrpt@home.test>\r\n\
    Subject: Report Domain: example.test\r\n Submitter: home.test\r\n Report-ID: <7@home.test>\r\n\
    TLS-Report-Domain: example.test\r\nTLS-Report-Submitter: home.test\r\n\
    DKIM-Signature: v=1; d=home.test;\r\n h=from:subject:tls-report-domain:tls-report-submitter; b=x\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/report; report-type=\"tlsrpt\"; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n\
    --b\r\nContent-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n\r\nH4s=\r\n--b--\r\n";

const FILE: &str = "home.test!example.test!1767225600!1767311999.json.gz";

/// A mail, its attachment, the service of its key, the level of the table, and what is held against it.
type MailCase = (String, &'static str, &'static str, Level, &'static str);

#[rustfmt::skip]
fn mails() -> Vec<MailCase> {
    use Level::{Must, Should};
    let with = |from: &str, to: &str| MAIL.replacen(from, to, 1);
    vec![
        (MAIL.to_owned(), FILE, "tlsrpt", Should, ""),
        (with("report-type=\"tlsrpt\"", "report-type=x"), FILE, "tlsrpt", Must, "no multipart/report"),
        (with("TLS-Report-Domain: example.test\r\n", ""), FILE, "tlsrpt", Must, "no TLS-Report-Domain"),
        (with("Submitter: home.test\r\nDKIM", "Submitter: b.test\r\nDKIM"), FILE, "tlsrpt", Must, "is not the domain of its contact-info"),
        (with("b=x", "l=3; b=x"), FILE, "tlsrpt", Must, "has a length tag"),
        (MAIL.to_owned(), "report.json", "tlsrpt", Must, "does not end in .json.gz"),
        (MAIL.to_owned(), "report.json.gz", "tlsrpt", Must, ""),
        (MAIL.to_owned(), "report.json.gz", "tlsrpt", Should, "is not named in the form"),
        (with("Report-ID: <7@home.test>", "Report-ID: 7"), FILE, "tlsrpt", Should, "its subject"),
        (with(":tls-report-domain", ""), FILE, "tlsrpt", Should, "tls-report-domain is not signed"),
        (MAIL.to_owned(), FILE, "", Should, "not for the service tlsrpt"),
    ]
}

#[test]
fn a_mail_is_held_against_the_form_of_the_rfc() {
    for (mail, file, service, level, want) in mails() {
        let services: Vec<&str> = [service]
            .into_iter()
            .filter(|one| !one.is_empty())
            .collect();
        let events = [without_tls(1), mailed(&mail, file, "valid", &services)].concat();
        let wanted = Wanted::Report(Some(vec![fields(&[
            ("well_formed", flag(true)),
            ("signed", flag(true)),
        ])]));
        let (verdict, got) = found(level, &events, wanted);
        assert_eq!(verdict == Pass, want.is_empty(), "{level:?} {file}: {got}");
        assert!(got.contains(want), "{got}");
    }
}

#[test]
fn only_a_valid_signature_is_one() {
    for (signature, signed) in [
        ("valid", true),
        ("none", false),
        ("it is of another header", false),
    ] {
        let events = [without_tls(1), mailed(MAIL, FILE, signature, &["tlsrpt"])].concat();
        let wanted = Wanted::Report(Some(vec![fields(&[
            ("to", text("mailto:reports@reports.test")),
            ("signed", flag(signed)),
        ])]));
        assert_eq!(found(Level::Must, &events, wanted).0, Pass, "{signature}");
    }
}

#[test]
fn where_subject_and_file_name_speak_of_another_domain_the_report_counts() {
    let mail = MAIL.replacen("Domain: example.test", "Domain: other.test", 1);
    let file = FILE.replacen("example.test", "other.test", 1);
    let events = [without_tls(1), mailed(&mail, &file, "valid", &["tlsrpt"])].concat();
    for (domain, is_told) in [("example.test", true), ("other.test", false)] {
        let wanted = Wanted::Report(Some(vec![fields(&[("domain", text(domain))])]));
        let (verdict, got) = found(Level::Must, &events, wanted);
        assert_eq!(verdict == Pass, is_told, "{domain}: {got}");
    }
}

#[test]
fn dates_are_counted_from_1970() {
    let cases = [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-03-01T00:00:00Z", Some(951_868_800)),
        ("2026-01-01T00:00:00+00:00", Some(1_767_225_600)),
        ("2026-01-01T00:00:00+02:00", None),
        ("yesterday", None),
    ];
    for (date, want) in cases {
        assert_eq!(seconds(&json!(date)), want, "{date}");
    }
}
