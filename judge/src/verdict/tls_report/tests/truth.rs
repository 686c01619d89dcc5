//! Reports that tell what the world has seen, and lies.

use mtaspec_certs::Word;

use super::*;

/// Sessions, how many a report calls successful and failed, and the lie.
type CountCase = (Vec<Vec<Event>>, (u64, u64), &'static str);

#[test]
fn counts_are_those_of_the_sessions() {
    let counting = |successful: u64, failed: u64| {
        let mut report = report_body();
        report["policies"][0]["summary"] = json!({
            "total-successful-session-count": successful, "total-failure-session-count": failed });
        report["policies"][0]["failure-details"] = if failed == 0 {
            json!([])
        } else {
            json!([{ "result-type": "validation-failure", "failed-session-count": failed, "receiving-mx-hostname": MX }])
        };
        report
    };
    let refused = || vec![connect(MX, 9, true)];
    // (sessions, successful and failed as told, the lie)
    let cases: [CountCase; 12] = [
        (vec![with_tls(1)], (1, 0), ""),
        (vec![with_tls(1), with_tls(2), broken(3)], (2, 1), ""),
        (vec![with_tls(1), without_tls(2)], (1, 1), ""),
        (
            vec![with_tls(1)],
            (2, 0),
            "2 successful under sts, the world saw 1 with TLS",
        ),
        (vec![with_tls(1)], (0, 0), "0 successful, the world saw 1"),
        (
            vec![with_tls(1), broken(2)],
            (1, 0),
            "0 failed, the world saw 1",
        ),
        (
            vec![with_tls(1), broken(2)],
            (2, 0),
            "2 successful under sts, the world saw 1 with TLS",
        ),
        (
            vec![broken(1)],
            (0, 2),
            "2 of validation-failure at mx.example.test, the world saw 1",
        ),
        (
            vec![with_tls(1)],
            (1, 1),
            "validation-failure at mx.example.test, of which the world saw no cause",
        ),
        (vec![with_tls(1)], (0, 1), "0 successful, the world saw 1"),
        // Nobody has to tell of a host that cannot be reached, and who does tells no lie.
        (vec![with_tls(1), refused()], (1, 0), ""),
        (vec![with_tls(1), refused()], (1, 1), ""),
    ];
    for (sessions, (successful, failed), lie) in cases {
        let lies = lies_in(|_| {}, &sessions, &counting(successful, failed)).join("; ");
        assert_eq!(
            lies.is_empty(),
            lie.is_empty(),
            "{successful} {failed}: {lies}"
        );
        assert!(lies.contains(lie), "{successful} {failed}: {lies}");
    }
}

#[test]
fn sessions_of_another_day_or_domain_do_not_count() {
    let mut report = report_body();
    report["policies"][0]["summary"]["total-failure-session-count"] = json!(1);
    let later: Vec<Event> = without_tls(2)
        .into_iter()
        .map(|event| at_second(90_000, event))
        .collect();
    assert!(lies_in(|_| {}, &[without_tls(1), later], &report).is_empty());
    let other = vec![
        connect("mx.other.test", 1, false),
        reply("mx.other.test", 1, "EHLO", 250, "x"),
    ];
    assert!(lies_in(|_| {}, &[without_tls(1), other], &report).is_empty());
}

#[test]
fn sessions_of_the_warm_up_count() {
    let warm: Vec<Event> = with_tls(1)
        .into_iter()
        .map(|event| in_step(0, event))
        .collect();
    let mut report = report_body();
    report["policies"][0]["summary"]["total-successful-session-count"] = json!(1);
    assert_eq!(
        lies_in(|_| {}, &[warm, without_tls(2)], &report),
        Vec::<String>::new()
    );
}

/// The report of one failure of this type.
fn of_type(kind: &str) -> Value {
    let mut report = report_body();
    report["policies"][0]["failure-details"][0]["result-type"] = json!(kind);
    report
}

#[test]
fn a_failure_of_a_session_is_one_that_its_certificate_could_have() {
    let shows = |word: Word| {
        move |world: &mut World| {
            let host = world.hosts.get_mut(MX).unwrap();
            host.certificate = Shown::Certificate(word.into());
        }
    };
    // (what is shown, result type, is it true?)
    let cases = [
        (Word::Expired, "certificate-expired", true),
        (Word::Expired, "certificate-host-mismatch", false),
        (Word::Expired, "starttls-not-supported", false),
        (Word::WrongName, "certificate-host-mismatch", true),
        (Word::WrongName, "certificate-expired", false),
        (Word::SelfSigned, "certificate-not-trusted", true),
        (Word::SelfSigned, "validation-failure", true),
        (Word::SelfSigned, "certificate-host-mismatch", false),
        (Word::Valid, "certificate-not-trusted", false),
        (Word::Valid, "tlsa-invalid", false),
        (Word::Valid, "dnssec-invalid", false),
        (Word::Valid, "dane-required", false),
        (Word::Valid, "sts-policy-fetch-error", false),
        (Word::Valid, "sts-policy-invalid", false),
        (Word::Valid, "sts-webpki-invalid", false),
    ];
    for (word, kind, is_true) in cases {
        let lies = lies_in(shows(word), &[broken(1)], &of_type(kind));
        assert_eq!(lies.is_empty(), is_true, "{word:?} {kind}: {lies:?}");
    }
}

/// What differs, what was seen, and the result type.
type BesideCase = (fn(&mut World), Option<Event>, &'static str);

#[test]
fn a_failure_beside_the_sessions_has_its_cause_in_the_world() {
    fn sts(world: &mut World) -> &mut Sts {
        let domain = world.domains.get_mut("example.test").unwrap();
        domain.sts.as_mut().unwrap()
    }
    fn mandatory(world: &mut World) {
        let told = &mut world.settings.dane;
        told.insert("example.test".into(), "mandatory".into());
    }
    fn mismatch(world: &mut World) {
        let record = Tlsa::Record {
            usage: 3,
            selector: 1,
            matching: 1,
            data: TlsaData::Mismatch,
        };
        world.hosts.get_mut(MX).unwrap().tlsa = Some(vec![record]);
    }
    let not_found = What::PolicyFetch {
        path: "/".into(),
        status: 404,
        sni: None,
    };
    let cases: [BesideCase; 6] = [
        (
            |world| sts(world).policy = Some("x".into()),
            None,
            "sts-policy-invalid",
        ),
        (
            |world| sts(world).mx = Some(vec!["b.test".into()]),
            None,
            "validation-failure",
        ),
        (mandatory, None, "dane-required"),
        (mismatch, None, "tlsa-invalid"),
        (
            |_| {},
            Some(question("_25._tcp.mx.example.test", "TLSA", "servfail")),
            "dnssec-invalid",
        ),
        (
            |_| {},
            Some(at_host("mta-sts.example.test", 1, not_found)),
            "sts-policy-fetch-error",
        ),
    ];
    for (change, event, kind) in cases {
        let mut report = of_type(kind);
        report["policies"][0]["policy"]["policy-string"] = json!([]);
        let seen = event.into_iter().collect();
        let lies = lies_in(change, &[seen, broken(1)], &report);
        assert_eq!(lies, Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn a_policy_that_was_never_published_is_a_lie() {
    let mut report = report_body();
    report["policies"][0]["policy"]["policy-string"][1] = json!("mode: none");
    let lies = lies_in(|_| {}, &[without_tls(1)], &report);
    assert_eq!(
        lies,
        ["example.test: it tells a policy of type sts that was never published"]
    );
    report["policies"][0]["policy"]["policy-type"] = json!("tlsa");
    report["policies"][0]["policy"]["policy-string"] = json!(["3 1 1 ab"]);
    let lies = lies_in(|_| {}, &[without_tls(1)], &report);
    assert_eq!(
        lies,
        ["example.test: it tells a policy of type tlsa that was never published"]
    );
}

#[test]
fn a_failure_comes_from_where_its_sessions_came_from() {
    let from = |address: &str| {
        let mut session = broken(1);
        if let What::Connect { source, .. } = &mut session[0].what {
            *source = Some(address.parse().unwrap());
        }
        session
    };
    // (where sessions came from, where they are told to have come from, is it true?)
    let cases = [
        (from("127.0.0.1"), "127.0.0.1", true),
        (from("::1"), "0:0::1", true),
        (from("127.0.0.1"), "127.0.0.2", false),
        // Nobody saw where sessions of the other family came from.
        (from("::1"), "127.0.0.2", true),
        (broken(1), "127.0.0.2", true),
    ];
    for (session, told, is_true) in cases {
        let mut report = of_type("validation-failure");
        report["policies"][0]["failure-details"][0]["sending-mta-ip"] = json!(told);
        let lies = lies_in(|_| {}, std::slice::from_ref(&session), &report);
        assert_eq!(lies.is_empty(), is_true, "{told}: {lies:?}");
    }
}

#[test]
fn a_session_without_a_policy_that_could_not_be_had_may_count_as_failed() {
    let not_found = What::PolicyFetch {
        path: "/".into(),
        status: 404,
        sni: None,
    };
    let mut report = of_type("sts-policy-fetch-error");
    report["policies"][0]["policy"]["policy-string"] = json!([]);
    let fetch = || vec![at_host("mta-sts.example.test", 1, not_found.clone())];
    let lies = lies_in(|_| {}, &[fetch(), with_tls(1)], &report);
    assert_eq!(lies, Vec::<String>::new());
    // It stands for one session, and not for two.
    let lies = lies_in(|_| {}, &[fetch(), with_tls(1), with_tls(2)], &report);
    assert_eq!(lies[0], "example.test: 0 successful, the world saw 2");
}

#[test]
fn a_broken_session_with_a_host_that_takes_reports_need_not_be_counted() {
    let takes_reports = |world: &mut World| {
        let domain = world.domains.get_mut("example.test").unwrap();
        domain.tlsrpt = Some(crate::scenario::TlsRpt {
            rua: vec!["mailto:reports@example.test".into()],
            record: None,
        });
    };
    let report = of_type("validation-failure");
    let two = || [broken(1), broken(2)];
    assert!(!lies_in(|_| {}, &two(), &report).is_empty());
    assert_eq!(
        lies_in(takes_reports, &two(), &report),
        Vec::<String>::new()
    );
}
