//! What a connection test found of MTA-STS, for people and for programs.

use mtaspec_engine::address::MailDomain;
use mtaspec_engine::probe::{Carriage, HostProbe, PolicyInForce, PolicyProbe, Probe, StsProbe};
use mtaspec_engine::sts::Mode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What holds for all the hosts, line by line, each with its indent.
pub(super) fn lines(probe: &Probe) -> Vec<(usize, String)> {
    let own = probe.about.domain();
    match &probe.sts {
        StsProbe::NotAsked => {
            let elsewhere = if matches!(own, MailDomain::Name(_)) {
                format!("; that of {own} does not count, since a route leads its mail there")
            } else {
                String::new()
            };
            let words =
                format!("MTA-STS: mail goes to an address, for which no policy holds{elsewhere}");
            vec![(2, words)]
        }
        StsProbe::Of(found) => {
            let mut lines = of_domain(found);
            if own.to_string() != found.domain.to_string() {
                let words = format!(
                    "a route leads the mail to {}: its policy counts, and that of {own} does not",
                    found.domain
                );
                lines.push((4, words));
            }
            lines
        }
    }
}

fn of_domain(found: &PolicyProbe) -> Vec<(usize, String)> {
    let domain = &found.domain;
    let why = found.fault.as_ref().map(|fault| fault.text.as_str());
    let Some(policy) = &found.policy else {
        let why = why.unwrap_or("nothing was found");
        return vec![(
            2,
            format!("MTA-STS: {domain} has no policy in force: {why}"),
        )];
    };
    let mut lines = vec![(
        2,
        format!(
            "MTA-STS: the policy of {domain} is in force: {}",
            of_mode(policy.mode, found.is_reported)
        ),
    )];
    let mut field = |name: &str, value: String| lines.push((4, format!("{name:<16}{value}")));
    field("mode", policy.mode.to_string());
    for pattern in &policy.patterns {
        field("mx", pattern.to_string());
    }
    for text in &policy.unread_patterns {
        field("mx", format!("{text:?}, which names no host"));
    }
    field("max_age", format!("{} seconds", policy.max_age.as_secs()));
    field("holds until", until(policy));
    field("id", policy.id.clone());
    if let Some(why) = why {
        lines.push((
            4,
            format!("it was fetched before, and holds although now {why}"),
        ));
    }
    lines
}

fn of_mode(mode: Mode, is_reported: bool) -> &'static str {
    match (mode, is_reported) {
        (Mode::Enforce, _) => "a host that fails it is not used, and mail waits",
        (Mode::Testing, true) => "a host that fails it is used all the same, and reported",
        (Mode::Testing, false) => {
            "a host that fails it is used all the same, and not reported, since the settings have no reports sent"
        }
        (Mode::None, _) => "it says that there is none, and asks nothing",
    }
}

/// What the policy means for a host; none: it has nothing to do with it.
pub(super) fn of_host(host: &HostProbe) -> Option<String> {
    let policy = &host.policy;
    let (mode, names_host) = (policy.mode()?, policy.names_host()?);
    if policy.is_left_to_dane() {
        let words = "not asked here, since TLSA records say which certificate is right";
        return Some(format!("MTA-STS: {words}"));
    }
    let named = if names_host { "names" } else { "does not name" };
    let named = format!("MTA-STS: the policy {named} the host");
    let fits = match host.under_policy()? {
        Carriage::Tls | Carriage::Plaintext => ", and its certificate fits".to_owned(),
        Carriage::LeftOut(_) | Carriage::Refused(_) if !names_host => String::new(),
        Carriage::LeftOut(trouble) | Carriage::Refused(trouble) => {
            format!(", which fails it: {}", trouble.text)
        }
        Carriage::Unreached(_) => ", of which nothing else could be seen".to_owned(),
    };
    let is_failure = matches!(host.under_policy(), Some(Carriage::LeftOut(_)));
    let so = match mode {
        Mode::Enforce if is_failure => "; it is not used",
        Mode::Testing if is_failure => "; it is used all the same",
        _ => "",
    };
    Some(format!("{named}{fits}{so}"))
}

/// What holds for all the hosts.
pub(super) fn json_of_domain(sts: &StsProbe) -> Value {
    let StsProbe::Of(found) = sts else {
        return json!({ "found": "not-asked", "domain": null, "trouble": null, "policy": null });
    };
    let trouble = found.fault.as_ref().map(
        |fault| json!({ "at": fault.at.word(), "text": fault.text, "failure": fault.failure }),
    );
    json!({
        "found": found.word(),
        "domain": found.domain.to_string(),
        "trouble": trouble,
        "policy": found.policy.as_ref().map(json_of_policy),
    })
}

fn json_of_policy(policy: &PolicyInForce) -> Value {
    json!({
        "mode": policy.mode.word(),
        "mx": policy.patterns.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "unread_mx": policy.unread_patterns,
        "max_age": policy.max_age.as_secs(),
        "until": policy.until.format(&Rfc3339).ok(),
        "id": policy.id,
    })
}

/// What the policy means for a host.
pub(super) fn json_of_host(host: &HostProbe) -> Value {
    let carriage = host.under_policy();
    let fits = carriage.as_ref().and_then(|carriage| match carriage {
        Carriage::Tls | Carriage::Plaintext => Some(true),
        Carriage::Refused(_) | Carriage::LeftOut(_) => Some(false),
        Carriage::Unreached(_) => None,
    });
    json!({
        "named": host.policy.names_host(),
        "left_to_dane": host.policy.is_left_to_dane(),
        "fits": fits,
        "trouble": carriage.as_ref().and_then(Carriage::trouble).map(super::json::of_trouble),
    })
}

fn until(policy: &PolicyInForce) -> String {
    let until: OffsetDateTime = policy.until;
    format!(
        "{} {:02}:{:02} UTC",
        until.date(),
        until.hour(),
        until.minute()
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mtaspec_engine::address::DomainName;
    use mtaspec_engine::probe::{StsFault, StsStep};
    use mtaspec_engine::sts::MxPattern;

    use super::*;

    #[test]
    fn a_policy_that_was_fetched_before_is_told_with_what_is_wrong_now() {
        let found = PolicyProbe {
            domain: DomainName::parse("example.test").unwrap(),
            policy: Some(PolicyInForce {
                id: "20260101000000".to_owned(),
                mode: Mode::Enforce,
                patterns: vec![MxPattern::parse("*.example.test").unwrap()],
                unread_patterns: Vec::new(),
                max_age: Duration::from_secs(604_800),
                until: OffsetDateTime::from_unix_timestamp(1_767_225_600).unwrap(),
            }),
            fault: Some(StsFault {
                at: StsStep::Fetch,
                text: "the policy host answered with status 404".to_owned(),
                failure: Some("sts-policy-fetch-error"),
            }),
            is_reported: true,
        };
        let lines = of_domain(&found).into_iter();
        let text: Vec<String> = lines
            .map(|(indent, words)| format!("{:indent$}{words}", ""))
            .collect();
        insta::assert_snapshot!(text.join("\n"), @r"
        MTA-STS: the policy of example.test is in force: a host that fails it is not used, and mail waits
          mode            enforce
          mx              *.example.test
          max_age         604800 seconds
          holds until     2026-01-01 00:00 UTC
          id              20260101000000
          it was fetched before, and holds although now the policy host answered with status 404
        ");
        let json = json_of_domain(&StsProbe::Of(Box::new(found)));
        assert_eq!(json["found"], "in-force");
        assert_eq!(json["trouble"]["at"], "fetch-failed");
    }
}
