//! What a connection test says: passed or not, under which rules, and whether a padlock may be shown.

use crate::delivery::{self, Hop, decision};
use crate::obligation::Obligation;
use crate::settings::Switches;

use super::dane::DaneProbe;
use super::demand::{Cover, Demand, together};
use super::sight::{AddressProbe, Carriage, Trouble};
use super::sts::{HostPolicy, StsProbe};
use super::walk::About;

/// What a connection test has seen, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What was asked about.
    pub about: About,
    /// Why there is no host at all.
    pub trouble: Option<Trouble>,
    /// How the mail stands with MTA-STS.
    pub sts: StsProbe,
    /// The hosts, in the order in which mail would try them.
    pub hosts: Vec<HostProbe>,
    /// What the settings ask of mail to it.
    pub demands: Vec<Demand>,
}

/// What a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostProbe {
    /// Its name, or its address literal.
    pub name: String,
    /// Its preference, if an MX record names it.
    pub preference: Option<u16>,
    /// Why none of its addresses could be visited.
    pub trouble: Option<Trouble>,
    /// What its TLSA records ask.
    pub dane: DaneProbe,
    /// What the MTA-STS policy that holds has to do with it.
    pub policy: HostPolicy,
    /// Its addresses, in the order in which mail would try them.
    pub addresses: Vec<AddressProbe>,
}

/// The padlock beside a recipient while a message is written: mail to that address would go over TLS.
///
/// It is grey and stands to the right of the address; other colours speak of other kinds of encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padlock;

impl Padlock {
    /// Its colour.
    pub const COLOUR: &'static str = "grey";
}

impl HostProbe {
    /// What would become of mail at this host under these switches: the first address that answers decides.
    #[must_use]
    pub fn under(&self, switches: Switches) -> Carriage {
        if let Some(trouble) = self.dane.trouble() {
            return Carriage::LeftOut(trouble);
        }
        self.carriage(&delivery::Demand {
            dane: self.dane.asked(),
            sts: self.policy.demand(),
            ..delivery::Demand::of(Obligation::of_switches(switches))
        })
    }

    /// What would become of mail here if nobody asked anything but the policy that holds, and were it enforced; none: it
    /// asks nothing of this host.
    #[must_use]
    pub fn under_policy(&self) -> Option<Carriage> {
        Some(self.carriage(&delivery::Demand {
            sts: self.policy.enforced()?,
            ..delivery::Demand::default()
        }))
    }

    fn carriage(&self, demand: &delivery::Demand) -> Carriage {
        if let Err(breach) = decision::named_where_it_must_be(demand) {
            return Carriage::of_breach(&breach);
        }
        if let Some(trouble) = &self.trouble {
            return Carriage::Unreached(trouble.clone());
        }
        let mut unreached = None;
        for address in &self.addresses {
            match address.under(demand) {
                Carriage::Unreached(trouble) => unreached = unreached.or(Some(trouble)),
                reached => return reached,
            }
        }
        Carriage::Unreached(unreached.unwrap_or_else(|| Trouble {
            at: Hop::Address,
            text: format!("{} has no address", self.name),
            failure: None,
        }))
    }
}

impl Probe {
    /// Whether a rule or route asks anything of all its mail.
    #[must_use]
    pub fn is_asked_by_setting(&self) -> bool {
        self.demands.iter().any(|demand| demand.cover == Cover::All)
    }

    /// What is asked of all its mail; where nothing is, all three switches: what a rule would ask unless told otherwise.
    #[must_use]
    pub fn asked(&self) -> Switches {
        if self.is_asked_by_setting() {
            together(&self.demands)
        } else {
            Switches::default()
        }
    }

    /// Whether mail would go to every host as these switches ask.
    ///
    /// Choice: a host that fails fails the test for the domain, though mail would go round it as long as another is up; the
    /// test is asked before anybody relies on a rule, and any host may be the one that is left.
    #[must_use]
    pub fn passes(&self, switches: Switches) -> bool {
        self.first_trouble(switches).is_none()
    }

    /// Whether mail would go to every host as is asked of it.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.passes(self.asked())
    }

    /// The first thing on the way that stands against these switches, and the host it was met at.
    ///
    /// A host that fails what is asked goes before one that only cannot be reached now: the first will not clear up.
    #[must_use]
    pub fn first_trouble(&self, switches: Switches) -> Option<(Option<&str>, Trouble)> {
        if let Some(trouble) = &self.trouble {
            return Some((None, trouble.clone()));
        }
        let mut unreached = None;
        for host in &self.hosts {
            match host.under(switches) {
                Carriage::Refused(trouble) | Carriage::LeftOut(trouble) => {
                    return Some((Some(&host.name), trouble));
                }
                Carriage::Unreached(trouble) => {
                    unreached = unreached.or(Some((Some(host.name.as_str()), trouble)));
                }
                Carriage::Tls | Carriage::Plaintext => {}
            }
        }
        unreached
    }

    /// The padlock, if mail would go over TLS and the edition of the account supports S/MIME, which the page asks for.
    #[must_use]
    pub fn padlock(&self, edition_supports_smime: bool) -> Option<Padlock> {
        let switches = together(&self.demands);
        let first = self
            .hosts
            .iter()
            .map(|host| host.under(switches))
            .find(|carriage| !matches!(carriage, Carriage::Unreached(_) | Carriage::LeftOut(_)));
        (edition_supports_smime && first == Some(Carriage::Tls)).then_some(Padlock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::MailDomain;
    use crate::dane::Asked;
    use crate::probe::{Shown, TlsSession};
    use crate::tls::Verification;

    /// A domain whose one host showed this.
    fn probe(shown: Shown) -> Probe {
        let address = "192.0.2.1:25".parse().unwrap();
        Probe {
            about: About::Domain(MailDomain::parse("example.test").unwrap()),
            trouble: None,
            sts: StsProbe::NotAsked,
            hosts: vec![HostProbe {
                name: "mx.example.test".to_owned(),
                preference: Some(10),
                trouble: None,
                dane: DaneProbe::new(Ok(Asked::Nothing)),
                policy: HostPolicy::NONE,
                addresses: vec![AddressProbe { address, shown }],
            }],
            demands: Vec::new(),
        }
    }

    #[test]
    fn a_padlock_is_shown_where_mail_goes_over_tls_and_the_edition_supports_smime() {
        let tls = || {
            Shown::Tls(Box::new(TlsSession {
                leaf: None,
                unproven: None,
                afterwards: None,
                shown: delivery::Shown {
                    version: crate::settings::TlsVersion::Tls13,
                    suite: crate::tls::Suite::of(0x1301),
                    chain: Vec::new(),
                    verification: Verification {
                        chain: Ok(()),
                        name: Ok(()),
                    },
                    tlsa: None,
                },
            }))
        };
        // (what the host showed, does the edition support S/MIME?, is there a padlock?)
        let cases = [
            (tls(), true, true),
            (tls(), false, false),
            (Shown::NoStartTls, true, false),
            (Shown::NoStartTls, false, false),
        ];
        for (shown, edition, want) in cases {
            let padlock = probe(shown.clone()).padlock(edition);
            assert_eq!(padlock.is_some(), want, "{shown:?} with {edition}");
        }
        assert_eq!(Padlock::COLOUR, "grey");
    }
}
