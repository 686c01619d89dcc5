//! The warm-up (SCENARIOS §3): what goes in before the first step, and the world in which it does, so that a sender that
//! fetches its first policy behind the message (RFC 8461 §5.1) knows it when the story begins.

use mtaspec_judge::scenario::{
    Answering, Case, Direction, FaultPlace, Host, Message, World, is_same_name,
};

/// One message to each domain whose policy the sender has met before; none where the subject receives.
#[must_use]
pub(crate) fn messages(labelled: &Case) -> Vec<Message> {
    let first = labelled.steps.first();
    let outbound = first.filter(|_| labelled.direction == Direction::Outbound);
    let Some(world) = outbound.map(|step| &step.world) else {
        return Vec::new();
    };
    let home = world.domains.keys().find(|name| name.starts_with("home."));
    let known = world.domains.iter().filter(|(_, domain)| {
        let sts = domain.sts.as_ref();
        sts.is_some_and(|sts| sts.known)
    });
    known
        .enumerate()
        .map(|(index, (domain, _))| Message {
            name: format!("{}/{}", Message::WARM_UP, index + 1),
            from: home.map_or_else(String::new, |home| format!("sender@{home}")),
            to: vec![format!("user@{domain}")],
            ..Message::default()
        })
        .collect()
}

/// The world of the warm-up: DNS and HTTPS with their faults are those of the first step, all SMTP hosts are healthy, and
/// nobody stands in the path.
#[must_use]
pub(crate) fn world(first: &World) -> World {
    let healthy = |host: &Host| {
        let mut addresses = host.addresses.clone();
        for address in &mut addresses {
            address.answer = Answering::Server;
        }
        // What the DNS says of the host stays; a TLSA record that matches, matches what is shown now.
        Host {
            addresses,
            port: host.port,
            cname: host.cname.clone(),
            tlsa: host.tlsa.clone(),
            ..Host::default()
        }
    };
    let hosts = first.hosts.iter();
    World {
        hosts: hosts
            .map(|(name, host)| (name.clone(), healthy(host)))
            .collect(),
        attackers: std::collections::BTreeMap::new(),
        ..first.clone()
    }
}

/// The hosts whose faults do not act in the warm-up: those of SMTP that are not policy hosts as well.
pub(crate) fn spared(first: &World) -> Vec<FaultPlace> {
    let is_https = |name: &str| first.https.keys().any(|own| is_same_name(own, name));
    let attackers = first
        .attackers
        .keys()
        .map(|name| FaultPlace::AttackerOf(name.clone()));
    let hosts = first.hosts.keys().filter(|name| !is_https(name));
    hosts
        .map(|name| FaultPlace::Host(name.clone()))
        .chain(attackers)
        .collect()
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Attacker, Domain, HttpsHost, StartTls, Sts};

    use super::*;
    use crate::plan::healthy_case;

    #[test]
    fn one_message_goes_to_each_domain_whose_policy_is_known() {
        let mut case = healthy_case();
        // (domain, is its policy known?)
        for (name, known) in [("a.test", true), ("b.test", false), ("bücher.test", true)] {
            let sts = Sts {
                known,
                ..Sts::default()
            };
            let domain = Domain {
                sts: Some(sts),
                ..Domain::default()
            };
            case.steps[0].world.domains.insert(name.into(), domain);
        }
        let made = messages(&case);
        let told: Vec<_> = made
            .iter()
            .map(|message| {
                (
                    message.name.as_str(),
                    message.from.as_str(),
                    message.to[0].as_str(),
                )
            })
            .collect();
        let want = [
            ("warm-up/1", "sender@home.test", "user@a.test"),
            ("warm-up/2", "sender@home.test", "user@bücher.test"),
        ];
        assert_eq!(told, want);
        case.direction = Direction::Inbound;
        assert!(messages(&case).is_empty());
        assert!(messages(&healthy_case()).is_empty());
    }

    #[test]
    fn hosts_are_healthy_at_their_own_addresses_and_nobody_stands_in_the_path() {
        let mut first = healthy_case().steps[0].world.clone();
        let host = first.hosts.get_mut("mx.example.test").unwrap();
        host.starttls = StartTls::Absent;
        host.port = 2525;
        host.addresses[0].answer = Answering::Refused;
        first
            .attackers
            .insert("mx.example.test".into(), Attacker::default());
        first
            .https
            .insert("mta-sts.example.test".into(), HttpsHost::default());
        let warm = world(&first);
        let host = &warm.hosts["mx.example.test"];
        assert_eq!((host.starttls, host.port), (StartTls::Offered, 2525));
        assert_eq!(host.addresses[0].answer, Answering::Server);
        assert!(warm.attackers.is_empty());
        assert_eq!(warm.domains, first.domains);
        let spared = spared(&first);
        assert!(spared.contains(&FaultPlace::AttackerOf("mx.example.test".into())));
        assert!(spared.contains(&FaultPlace::Host("mx.home.test".into())));
        assert!(!spared.contains(&FaultPlace::Host("mta-sts.example.test".into())));
    }
}
