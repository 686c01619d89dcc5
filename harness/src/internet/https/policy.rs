//! The policy of a domain as it is served (RFC 8461 §3.2), and what of it differs from a healthy one.

use mtaspec_judge::scenario::{Difference, World, differences};

/// A policy as its host serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    /// The body.
    pub(super) text: String,
    /// What differs from a healthy policy, and is shown by serving it.
    pub(super) shown: Vec<Difference>,
}

impl Policy {
    /// The policy that a domain of the world publishes.
    pub(super) fn of(name: &str, world: &World) -> Option<Self> {
        let text = world.policy_text(name)?;
        let of_policy = |one: &Difference| match one {
            Difference::Domain(of, key) => {
                let keys = ["sts.mode", "sts.mx", "sts.max_age", "sts.policy"];
                of == name && keys.contains(&key.as_str())
            }
            _ => false,
        };
        Some(Self {
            text,
            shown: (differences(world).into_iter().flatten())
                .filter(of_policy)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Domain, MxRecord, Route, Sts, Switches};

    use super::*;

    fn domain(hosts: &[&str], sts: Sts) -> Domain {
        let record = |host: &&str| MxRecord {
            preference: 10,
            host: (*host).to_owned(),
        };
        Domain {
            mx: hosts.iter().map(record).collect(),
            sts: Some(sts),
            ..Domain::default()
        }
    }

    fn policy(hosts: &[&str], sts: Sts) -> Policy {
        let mut world = World::default();
        world
            .domains
            .insert("example.test".into(), domain(hosts, sts));
        Policy::of("example.test", &world).unwrap()
    }

    #[test]
    fn a_policy_names_the_mx_hosts_that_mail_goes_to() {
        // (MX hosts, mx lines)
        let cases: [(&[&str], &str); 4] = [
            (
                &["mx.example.test", "b.test"],
                "mx: mx.example.test\r\nmx: b.test\r\n",
            ),
            (&["mx.bücher.test"], "mx: mx.xn--bcher-kva.test\r\n"),
            (&[], "mx: example.test\r\n"),
            (&["."], ""),
        ];
        for (hosts, lines) in cases {
            let want = format!("version: STSv1\r\nmode: enforce\r\n{lines}max_age: 604800\r\n");
            assert_eq!(policy(hosts, Sts::default()).text, want);
        }
    }

    #[test]
    fn a_host_to_which_a_route_leads_is_named_itself() {
        // (by MX lookup?, mx lines)
        let cases = [
            (false, "mx: relay.test\r\n"),
            (true, "mx: mx.relay.test\r\n"),
        ];
        for (mx_lookup, lines) in cases {
            let mut world = World::default();
            let relay = domain(&["mx.relay.test"], Sts::default());
            world.domains.insert("relay.test".into(), relay);
            let route = Route {
                host: "Relay.test".into(),
                mx_lookup,
                port: 25,
                switches: Switches {
                    require_tls: false,
                    require_ca_signed: false,
                    validate_hostname: false,
                },
                when_secure: false,
            };
            world.routes.insert("example.test".into(), route);
            let policy = Policy::of("relay.test", &world).unwrap();
            assert!(policy.text.contains(lines), "{}", policy.text);
        }
    }

    #[test]
    fn what_differs_is_in_the_text_and_told_by_its_key() {
        let changed = |change: &dyn Fn(&mut Sts)| {
            let mut sts = Sts::default();
            change(&mut sts);
            let policy = policy(&["mx.example.test"], sts);
            let keys: Vec<String> = policy.shown.iter().map(ToString::to_string).collect();
            (policy.text, keys.join(" "))
        };
        assert_eq!(changed(&|_| {}).1, "");
        let (text, key) = changed(&|sts| sts.mode = "testing".into());
        assert!(text.contains("mode: testing\r\n"));
        assert_eq!(key, "domain.\"example.test\".sts.mode");
        let (text, key) = changed(&|sts| sts.mx = Some(vec!["*.example.test".into()]));
        assert!(text.contains("mx: *.example.test\r\n"));
        assert_eq!(key, "domain.\"example.test\".sts.mx");
        let (text, key) = changed(&|sts| sts.policy = Some("version: STSv2\n".into()));
        assert_eq!(text, "version: STSv2\n");
        assert_eq!(key, "domain.\"example.test\".sts.policy");
        // The record's own keys are shown by the DNS.
        let (_, key) = changed(&|sts| sts.id = "2".into());
        assert_eq!(key, "");
    }
}
