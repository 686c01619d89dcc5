//! Changes to the TLS reports that arrive (RFC 8460 §5).

use mtaspec_judge::events::{Event, Recording, What};

use super::edits::{edited, put_behind};

pub(super) fn is_report(event: &Event) -> bool {
    matches!(
        event.what,
        What::ReportPosted { .. } | What::ReportMailed { .. }
    )
}

pub(super) fn each_twice(seen: &Recording) -> Vec<Vec<Event>> {
    let twice = |event: &Event| vec![event.clone(); 1 + usize::from(is_report(event))];
    vec![seen.events.iter().flat_map(twice).collect()]
}

/// About each domain one by mail to whoever wants it, behind all others of each step.
pub(super) fn one_more(seen: &Recording) -> Vec<Vec<Event>> {
    let mut events = seen.events.clone();
    for (index, step) in seen.case.steps.iter().enumerate() {
        let last = events.iter().rfind(|event| event.step <= index + 1);
        let Some(last) = last.cloned() else { continue };
        let domains = step.world.domains.iter();
        let made = domains.map(|(name, domain)| {
            let wanted = domain.tlsrpt.iter().flat_map(|tlsrpt| &tlsrpt.rua);
            let to = wanted.filter_map(|uri| uri.strip_prefix("mailto:"));
            let body = format!(r#"{{"policies": [{{"policy": {{"policy-domain": "{name}"}}}}]}}"#);
            Event {
                step: index + 1,
                host: Some("mx.reports.test".to_owned()),
                connection: Some(1),
                message: None,
                what: mailed(to.map(str::to_owned).collect(), body),
                ..last.clone()
            }
        });
        let made = made.collect();
        put_behind(&mut events, index + 1, made);
    }
    vec![events]
}

/// All by mail, and all by POST.
pub(super) fn by_one_way(seen: &Recording) -> Vec<Vec<Event>> {
    let all_mailed = edited(seen, |event| {
        if let What::ReportPosted { to, body, .. } = event.what.clone() {
            event.what = mailed(vec![to], body);
        }
    });
    let all_posted = edited(seen, |event| {
        if let What::ReportMailed { to, body, .. } = event.what.clone() {
            event.what = What::ReportPosted {
                to: to.concat(),
                status: 200,
                media_type: "application/tlsrpt+gzip".to_owned(),
                body,
                compressed: true,
            };
        }
    });
    [all_mailed, all_posted].concat()
}

pub(super) fn about_another_domain(seen: &Recording) -> Vec<Vec<Event>> {
    edited(seen, |event| {
        if let What::ReportPosted { body, .. } | What::ReportMailed { body, .. } = &mut event.what {
            *body = body.replace(".test", ".other.test");
        }
    })
}

fn mailed(to: Vec<String>, body: String) -> What {
    What::ReportMailed {
        to,
        media_type: "application/tlsrpt+gzip".to_owned(),
        file_name: None,
        body,
        compressed: true,
        signature: "none".to_owned(),
        key_services: Vec::new(),
    }
}
