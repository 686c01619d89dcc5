//! Which cases of a run are run, and why the others are not.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use mtaspec_judge::scenario::{Answering, Case, Deed, Host};

/// The cases of a run, in the order in which they were given.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Those that run.
    pub run: Vec<Arc<Case>>,
    /// Those that are skipped.
    pub skipped: Vec<Skipped>,
}

/// A case that does not run.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// Which one.
    pub case: Arc<Case>,
    /// Why.
    pub why: Skip,
}

/// Why a case does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// The subject lacks these capabilities.
    Needs(Vec<String>),
    /// TLS or certificates that rustls lacks, and OpenSSL is not in this build or lacks them too.
    NotInThisBuild,
}

impl fmt::Display for Skip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Needs(capabilities) => {
                let listed: Vec<_> = capabilities
                    .iter()
                    .map(|word| format!("`{word}`"))
                    .collect();
                write!(formatter, "needs {}", listed.join(", "))
            }
            Self::NotInThisBuild => formatter.write_str("not in this build"),
        }
    }
}

impl Order {
    /// Sorts cases into those that a subject with these capabilities can run in this build, and the others. What the
    /// build has is [`legacy_suites`](crate::internet::tls::legacy_suites). Of a shard only its own part is taken at
    /// all.
    #[must_use]
    pub fn of(
        cases: impl IntoIterator<Item = Arc<Case>>,
        capabilities: &BTreeSet<String>,
        legacy_suites: Option<fn(&str) -> bool>,
        shard: Option<Shard>,
    ) -> Self {
        let mut order = Self::default();
        for (index, case) in cases.into_iter().enumerate() {
            if shard.is_some_and(|shard| !shard.has(index)) {
                continue;
            }
            let mut missing: Vec<_> = case
                .capabilities
                .difference(capabilities)
                .cloned()
                .collect();
            if waits(&case)
                && !capabilities.contains(CLOCK)
                && !missing.iter().any(|word| word == CLOCK)
            {
                missing.push(CLOCK.to_owned());
            }
            let why = if !missing.is_empty() {
                Some(Skip::Needs(missing))
            } else if !is_in_build(&case, legacy_suites) {
                Some(Skip::NotInThisBuild)
            } else {
                None
            };
            match why {
                Some(why) => order.skipped.push(Skipped { case, why }),
                None => order.run.push(case),
            }
        }
        order
    }
}

/// What a subject can whose time can be moved.
const CLOCK: &str = "clock";

/// Whether the subject has to wait in a case, for minutes most likely: somebody stalls, is slow, or does not answer at all.
fn waits(case: &Case) -> bool {
    let worlds = || case.steps.iter().map(|step| &step.world);
    let is_slow = |deed: &Deed| matches!(deed, Deed::Stall | Deed::Delay(_) | Deed::Drip(_));
    let is_silent = |host: &Host| {
        let mut addresses = host.addresses.iter();
        addresses.any(|address| address.answer == Answering::Silent)
    };
    worlds()
        .flat_map(|world| &world.faults)
        .any(|fault| is_slow(&fault.deed))
        || worlds()
            .flat_map(|world| world.hosts.values())
            .any(is_silent)
}

/// Whether a build with these suites of OpenSSL, or without OpenSSL, can play a case.
#[must_use]
pub fn is_in_build(case: &Case, legacy_suites: Option<fn(&str) -> bool>) -> bool {
    if !case.needs_legacy_tls {
        return true;
    }
    legacy_suites.is_some_and(|has| suites_of(case).all(has))
}

/// The suites that a case names for fakes with a stack, or for the harness as client.
fn suites_of(case: &Case) -> impl Iterator<Item = &str> {
    let is_scripted = |host: &Host| host.quirks.iter().any(|quirk| quirk == "scripted-hello");
    case.steps
        .iter()
        .flat_map(|step| step.world.hosts.values())
        .flat_map(|host| std::iter::once(host).chain(&host.connections))
        .filter(move |host| !is_scripted(host))
        .filter_map(|host| host.ciphers.as_ref())
        .chain(&case.client.ciphers)
        .flatten()
        .map(String::as_str)
}

/// One of several equal parts of a run, as `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    part: usize,
    parts: usize,
}

/// A shard that cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no part of a run; write 1/4 for the first of four")]
pub struct ShardError(String);

impl Shard {
    /// Does the case at this place, from 0, belong to it?
    #[must_use]
    pub fn has(self, index: usize) -> bool {
        index % self.parts == self.part - 1
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let wrong = || ShardError(text.to_owned());
        let (part, parts) = text.split_once('/').ok_or_else(wrong)?;
        let part = part.parse().map_err(|_| wrong())?;
        let parts = parts.parse().map_err(|_| wrong())?;
        if (1..=parts).contains(&part) {
            Ok(Self { part, parts })
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.part, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::planned::healthy_case;
    use super::{Order, Shard, is_in_build};

    #[test]
    fn what_the_subject_or_the_build_lacks_is_said() {
        let case = |needs: &[&str], legacy: bool| {
            let mut case = healthy_case();
            case.capabilities = needs.iter().map(|word| (*word).to_owned()).collect();
            case.needs_legacy_tls = legacy;
            Arc::new(case)
        };
        let cases = [
            case(&[], false),
            case(&["mta-sts"], false),
            case(&["clock"], true),
            case(&["dane", "mta-sts"], true),
        ];
        let capabilities = BTreeSet::from(["clock".to_owned()]);
        let order = Order::of(cases, &capabilities, None, None);
        let why: Vec<_> = order.skipped.iter().map(|s| s.why.to_string()).collect();
        assert_eq!(order.run.len(), 1);
        assert_eq!(
            why,
            [
                "needs `mta-sts`",
                "not in this build",
                "needs `dane`, `mta-sts`"
            ]
        );
    }

    #[test]
    fn a_case_whose_suite_openssl_lacks_is_not_in_this_build() {
        let without_3des: fn(&str) -> bool = |suite| !suite.contains("3DES");
        // (suite, quirk, is it in the build?)
        let cases = [
            ("TLS_RSA_WITH_AES_128_CBC_SHA", None, true),
            ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", None, false),
            (
                "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                Some("scripted-hello"),
                true,
            ),
        ];
        for (suite, quirk, want) in cases {
            let mut case = healthy_case();
            case.needs_legacy_tls = true;
            for host in case.steps[0].world.hosts.values_mut() {
                host.ciphers = Some(vec![suite.into()]);
                host.quirks.extend(quirk.map(str::to_owned));
            }
            assert_eq!(is_in_build(&case, Some(without_3des)), want, "{suite}");
            assert!(!is_in_build(&case, None));
        }
    }

    #[test]
    fn a_shard_is_written_as_a_part_of_parts() {
        for (text, good) in [
            ("1/4", true),
            ("4/4", true),
            ("0/4", false),
            ("5/4", false),
            ("1/0", false),
            ("1", false),
            ("a/b", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<Shard>().is_ok(), good, "{text}");
        }
    }

    proptest! {
        #[test]
        fn each_case_belongs_to_exactly_one_shard(parts in 1usize..9, index in 0usize..1000) {
            let owners = (1..=parts)
                .filter(|part| format!("{part}/{parts}").parse::<Shard>().unwrap().has(index))
                .count();
            prop_assert_eq!(owners, 1);
        }

        #[test]
        fn any_text_can_be_read_as_a_shard(text in "\\PC{0,12}") {
            if let Ok(shard) = text.parse::<Shard>() {
                prop_assert_eq!(shard.to_string().parse::<Shard>(), Ok(shard));
            }
        }
    }
}
