//! What an HTTPS host of a world has to give: policies by name and path, or an ear for reports.
//!
//! A name that begins with `mta-sts.` serves the policy of that domain; so does the host that such a name is an alias of
//! (RFC 8461 §8.2), for whoever asks for that name. Any other takes reports (SCENARIOS §5).

use std::collections::{BTreeMap, BTreeSet};

use mtaspec_judge::scenario::{Deed, FaultPlace, World, ascii_form, is_same_name};

use super::policy::Policy;

/// Where a policy stands (RFC 8461 §3.3).
const POLICY_PATH: &str = "/.well-known/mta-sts.txt";

/// The label of policy hosts (RFC 8461 §3.3).
const POLICY_HOST: &str = "mta-sts.";

/// What one host serves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    own_name: String,
    takes_reports: bool,
    /// By the name that is asked for, in its ASCII form.
    policies: BTreeMap<String, Policy>,
    /// Paths of this host to which a redirection leads, with the policy that waits there: else nobody would see
    /// whether it was followed.
    redirected: BTreeMap<String, Policy>,
}

/// What a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer<'a> {
    /// A policy.
    Policy(&'a Policy),
    /// A report is taken.
    Report,
    /// There is nothing under this path.
    NotFound,
    /// Nothing can be done with this method.
    NotAllowed,
}

impl Site {
    /// The site of a host of this world.
    #[must_use]
    pub fn of(name: &str, world: &World) -> Self {
        let mut site = Self {
            own_name: ascii_form(name),
            takes_reports: !ascii_form(name).starts_with(POLICY_HOST),
            ..Self::default()
        };
        for asked in names_of(name, world) {
            if let Some(policy) = policy_at(&asked, world) {
                site.policies.insert(asked, policy);
            }
        }
        for fault in &world.faults {
            if let (FaultPlace::Host(from), Deed::Status(_, Some(location))) =
                (&fault.on, &fault.deed)
                && let Some((host, path)) = parted(location)
                && is_same_name(host, name)
                && let Some(policy) = policy_at(&ascii_form(from), world)
            {
                site.redirected.insert(path.to_owned(), policy);
            }
        }
        site
    }

    /// What it has for a request; `host` is the name that was asked for, if any was.
    pub(super) fn offer(&self, method: &str, host: Option<&str>, path: &str) -> Offer<'_> {
        let asked = host.map_or_else(|| self.own_name.clone(), ascii_form);
        let policy = self
            .policies
            .get(&asked)
            .filter(|_| path == POLICY_PATH)
            .or_else(|| self.redirected.get(path));
        match (method, policy) {
            ("GET" | "HEAD", Some(policy)) => Offer::Policy(policy),
            ("GET" | "HEAD", None) => Offer::NotFound,
            ("POST", None) if self.takes_reports => Offer::Report,
            _ => Offer::NotAllowed,
        }
    }
}

/// The policy of the domain whose policy host has this name, if it has one.
fn policy_at(host: &str, world: &World) -> Option<Policy> {
    let of = host.strip_prefix(POLICY_HOST)?;
    let mut names = world.domains.keys();
    Policy::of(names.find(|name| is_same_name(name, of))?, world)
}

/// A host's own name and all that are aliases of it, in ASCII form.
fn names_of(name: &str, world: &World) -> BTreeSet<String> {
    let mut aliases: Vec<(String, String)> = Vec::new();
    for (alias, host) in &world.https {
        if let Some(target) = &host.cname {
            aliases.push((ascii_form(alias), ascii_form(target)));
        }
    }
    for (domain, table) in &world.domains {
        for record in &table.records {
            if record.kind.eq_ignore_ascii_case("CNAME") {
                let owner = match record.owner.strip_suffix('.') {
                    Some(whole) => whole.to_owned(),
                    None if record.owner == "@" => domain.clone(),
                    None => format!("{}.{domain}", record.owner),
                };
                aliases.push((ascii_form(&owner), ascii_form(&record.data)));
            }
        }
    }
    let mut names = BTreeSet::from([ascii_form(name)]);
    loop {
        let before = names.len();
        for (alias, target) in &aliases {
            if names.contains(target) {
                names.insert(alias.clone());
            }
        }
        if names.len() == before {
            return names;
        }
    }
}

/// Host and path of an `https:` URI.
fn parted(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("https://")?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let host = host.split(':').next().unwrap_or(host);
    Some((host, path))
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Domain, Fault, HttpsHost, Moment, Sts};

    use super::*;

    fn world() -> World {
        let mut world = World::default();
        for name in ["example.test", "other.test", "bücher.test"] {
            let domain = Domain {
                sts: Some(Sts {
                    id: name.into(),
                    policy: Some(name.into()),
                    ..Sts::default()
                }),
                ..Domain::default()
            };
            world.domains.insert(name.into(), domain);
        }
        let alias = HttpsHost {
            cname: Some("policies.provider.test".into()),
            ..HttpsHost::default()
        };
        world.https.insert("mta-sts.other.test".into(), alias);
        world.faults.push(Fault {
            on: FaultPlace::Host("mta-sts.example.test".into()),
            at: Moment::Response,
            deed: Deed::Status(301, Some("https://elsewhere.test/policy.txt".into())),
            times: None,
            skip: 0,
            written: String::new(),
        });
        world
    }

    #[test]
    fn a_policy_stands_at_its_own_host_and_path_and_where_an_alias_or_a_redirection_leads() {
        let world = world();
        // (host, method, asked for, path, whose policy, or what else)
        let cases = [
            (
                "mta-sts.example.test",
                "GET",
                None,
                POLICY_PATH,
                "example.test",
            ),
            (
                "mta-sts.example.test",
                "GET",
                Some("MTA-STS.Example.test"),
                POLICY_PATH,
                "example.test",
            ),
            (
                "mta-sts.example.test",
                "GET",
                Some("mta-sts.other.test"),
                POLICY_PATH,
                "nothing",
            ),
            ("mta-sts.example.test", "GET", None, "/", "nothing"),
            (
                "mta-sts.example.test",
                "POST",
                None,
                POLICY_PATH,
                "not allowed",
            ),
            ("mta-sts.example.test", "POST", None, "/", "not allowed"),
            (
                "mta-sts.bücher.test",
                "HEAD",
                Some("mta-sts.xn--bcher-kva.test"),
                POLICY_PATH,
                "bücher.test",
            ),
            (
                "policies.provider.test",
                "GET",
                Some("mta-sts.other.test"),
                POLICY_PATH,
                "other.test",
            ),
            (
                "policies.provider.test",
                "GET",
                None,
                POLICY_PATH,
                "nothing",
            ),
            ("policies.provider.test", "POST", None, "/tls", "report"),
            (
                "elsewhere.test",
                "GET",
                Some("elsewhere.test"),
                "/policy.txt",
                "example.test",
            ),
            ("elsewhere.test", "GET", None, POLICY_PATH, "nothing"),
            ("elsewhere.test", "PUT", None, "/tls", "not allowed"),
        ];
        for (host, method, asked, path, want) in cases {
            let site = Site::of(host, &world);
            let got = match site.offer(method, asked, path) {
                Offer::Policy(policy) => policy.text.as_str(),
                Offer::Report => "report",
                Offer::NotFound => "nothing",
                Offer::NotAllowed => "not allowed",
            };
            assert_eq!(got, want, "{method} {path} of {host} for {asked:?}");
        }
    }
}
