//! Where the fake Internet stands, whom it answers, and what its names and certificates are made from: the arguments that
//! commands share who bring it up, or tell a relay about it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use mtaspec_certs::Authorities;
use mtaspec_harness::internet::{Allowed, Options};
use mtaspec_harness::plan::{AddressMode, PlanOptions, Pool, Pools, Ports, Prefix};
use mtaspec_harness::runner::with_causes;

use crate::naming::{Base, Token};
use crate::trouble::Trouble;

/// Where the fakes are and who may reach them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where the fake Internet stands")]
pub(crate) struct Whereabouts {
    /// Which ports the fakes have [default: free]
    #[arg(long, value_enum)]
    ports: Option<PortsWord>,
    /// Where the addresses come from, with real or chosen ports; once for IPv4, once for IPv6 [default: 127.64.0.0/10]
    #[arg(long, value_name = "PREFIX")]
    pool: Vec<Pool>,
    /// An address of this machine for all fakes, with free ports [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    address: Option<IpAddr>,
    /// The port of hosts that take mail, in place of 25
    #[arg(long, value_name = "PORT", value_parser = port())]
    smtp_port: Option<u16>,
    /// The port of the resolvers, in place of 53
    #[arg(long, value_name = "PORT", value_parser = port())]
    dns_port: Option<u16>,
    /// The port of policy hosts, in place of 443
    #[arg(long, value_name = "PORT", value_parser = port())]
    https_port: Option<u16>,
    /// Who is answered beside this machine, as 192.0.2.7 or 192.0.2.0/28; may be given again
    #[arg(long, value_name = "CIDR")]
    allow: Vec<Prefix>,
    /// Test authorities of your own, as `mtaspec pki new DIR` makes them [default: the public ones]
    #[arg(long, value_name = "DIR")]
    authorities: Option<PathBuf>,
    /// Off loopback too, sign with the public authorities, whose keys everybody has
    #[arg(long, conflicts_with = "authorities")]
    with_public_keys: bool,
    /// Make all names differ from those of other words, for a relay that stays up and remembers; without a word, from
    /// those of any other time
    #[arg(long, value_name = "WORD", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    token: Option<Token>,
    /// A zone of yours in place of `test`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "test",
        hide_default_value = true
    )]
    base: Base,
}

/// Which ports the fakes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PortsWord {
    /// Those that happen to be free, at one address
    Free,
    /// 25, 53 and 443, on addresses of the pool
    Real,
}

fn port() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..)
}

impl Whereabouts {
    /// Whether `--allow` names this peer.
    pub(crate) fn allows(&self, peer: IpAddr) -> bool {
        self.allow.iter().any(|prefix| prefix.contains(peer))
    }

    /// Whether each host has an address of its own.
    pub(crate) fn has_real_addresses(&self) -> bool {
        matches!(self.addresses(), Ok(AddressMode::Real(_)))
    }

    /// Whether anything of all this was said.
    pub(crate) fn is_said(&self) -> bool {
        let chosen = [self.smtp_port, self.dns_port, self.https_port];
        self.ports.is_some()
            || !self.pool.is_empty()
            || self.address.is_some()
            || chosen.iter().any(Option::is_some)
            || !self.allow.is_empty()
            || self.authorities.is_some()
            || self.with_public_keys
            || self.token.is_some()
            || self.base.as_str() != "test"
    }

    /// Whether the token was made just now, so that nobody else can have it.
    pub(crate) fn has_token_of_now(&self) -> bool {
        self.token.as_ref().is_some_and(Token::is_of_now)
    }

    /// How the fake Internet is to be set up, and how its cases are to be planned.
    pub(crate) fn options(&self, now: SystemTime) -> Result<(Options, PlanOptions), Trouble> {
        let addresses = self.addresses()?;
        let beyond = beyond_loopback(addresses);
        if let Some(where_to) = &beyond {
            self.guarded(where_to)?;
        }
        if let Some(everybody) = self.allow.iter().find(|prefix| prefix.length() == 0) {
            return Err(Trouble::usage(format!(
                "--allow {everybody} is everybody; name the relay alone, as --allow 192.0.2.7"
            )));
        }
        let base = self.base.as_str().to_owned();
        let options = Options {
            addresses,
            allowed: match &beyond {
                None => Allowed::everybody(),
                Some(_) => Allowed::these(self.allow.iter().copied()),
            },
            authorities: Arc::new(self.authorities_for(addresses)?),
            base: base.clone(),
            ..Options::at(now)
        };
        let token = self.token.as_ref().map(|token| token.word().to_owned());
        Ok((options, PlanOptions { token, base }))
    }

    fn addresses(&self) -> Result<AddressMode, Trouble> {
        let chosen = [
            ("--smtp-port", self.smtp_port),
            ("--dns-port", self.dns_port),
            ("--https-port", self.https_port),
        ];
        let first = chosen.iter().find(|(_, port)| port.is_some());
        let is_free = match (self.ports, first) {
            (Some(PortsWord::Free), Some((name, _))) => {
                return Err(Trouble::usage(format!(
                    "{name} chooses a port and --ports free chooses none; take one away"
                )));
            }
            (Some(PortsWord::Real), _) | (None, Some(_)) => false,
            (Some(PortsWord::Free) | None, None) => true,
        };
        match (is_free, self.address, self.pool.as_slice()) {
            (true, None, []) => Ok(AddressMode::Mapped),
            (true, Some(address), []) if address.is_unspecified() || address.is_multicast() => {
                Err(Trouble::usage(format!(
                    "{address} is no address of a machine; give one that `ip address` lists"
                )))
            }
            (true, Some(address), []) => Ok(AddressMode::At(address)),
            (true, _, _) => Err(Trouble::usage(
                "a pool is for real or chosen ports; add --ports real",
            )),
            (false, Some(_), _) => Err(Trouble::usage(
                "with real or chosen ports each host has an address of its own; give --pool in place of --address",
            )),
            (false, None, pools) => {
                let pools = match pools {
                    [] => Pools::from(Pool::LOOPBACK),
                    pools => Pools::of(pools).map_err(Trouble::usage)?,
                };
                Ok(AddressMode::Real(pools.at(self.chosen_ports()?)))
            }
        }
    }

    fn chosen_ports(&self) -> Result<Ports, Trouble> {
        let ports = Ports {
            smtp: self.smtp_port.unwrap_or(Ports::REAL.smtp),
            dns: self.dns_port.unwrap_or(Ports::REAL.dns),
            https: self.https_port.unwrap_or(Ports::REAL.https),
        };
        if ports.smtp == ports.dns || ports.smtp == ports.https || ports.dns == ports.https {
            return Err(Trouble::usage(
                "a port is chosen twice; mail, DNS and HTTPS need a port each",
            ));
        }
        Ok(ports)
    }

    /// Off loopback somebody must be named, and the keys must be nobody else's.
    fn guarded(&self, where_to: &str) -> Result<(), Trouble> {
        if self.allow.is_empty() {
            return Err(Trouble::usage(format!(
                "at {where_to}, off loopback, the fakes would answer whoever reaches them; name who may with --allow, as --allow 192.0.2.7"
            )));
        }
        if self.authorities.is_none() && !self.with_public_keys {
            return Err(Trouble::usage(format!(
                "at {where_to}, off loopback, others would have to trust the public authorities, and whoever does trusts everybody, since their keys are published; make your own with `mtaspec pki new DIR`, and give them with --authorities DIR"
            )));
        }
        Ok(())
    }

    fn authorities_for(&self, addresses: AddressMode) -> Result<Authorities, Trouble> {
        let authorities = match &self.authorities {
            None => Authorities::committed(),
            Some(folder) => {
                Authorities::load(folder).map_err(|error| Trouble::usage(with_causes(&error)))?
            }
        };
        let pools = match addresses {
            AddressMode::Real(pools) => [pools.ipv4(), pools.ipv6()],
            _ => [None, None],
        };
        let pools: Vec<Pool> = pools.into_iter().flatten().collect();
        let strange = pools
            .iter()
            .find(|pool| !authorities.vouch_for_address(pool.prefix().first()));
        let base = self.base.as_str();
        let what = match strange {
            _ if !authorities.vouch_for_name(base) => format!("names below {base}"),
            Some(pool) => format!("addresses of {pool}"),
            None => return Ok(authorities),
        };
        let pools: String = pools.iter().map(|pool| format!(" --pool {pool}")).collect();
        Err(Trouble::usage(format!(
            "the authorities may not vouch for {what}; make some that may with `mtaspec pki new DIR --base {base}{pools}`, and give them with --authorities DIR"
        )))
    }
}

/// What of these addresses others can reach.
fn beyond_loopback(addresses: AddressMode) -> Option<String> {
    match addresses {
        AddressMode::At(address) if !address.is_loopback() => Some(address.to_string()),
        AddressMode::Real(pools) if !pools.is_loopback() => {
            let pools = [pools.ipv4(), pools.ipv6()].into_iter().flatten();
            let beyond = pools.filter(|pool| !pool.prefix().is_loopback());
            Some(
                beyond
                    .map(|pool| pool.to_string())
                    .collect::<Vec<_>>()
                    .join(" and "),
            )
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(flatten)]
        whereabouts: Whereabouts,
    }

    fn told(arguments: &str) -> Result<(AddressMode, PlanOptions), String> {
        let words = std::iter::once("serve").chain(arguments.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        let options = line.whereabouts.options(UNIX_EPOCH);
        let (options, plan) = options.map_err(|trouble| trouble.to_string())?;
        Ok((options.addresses, plan))
    }

    #[test]
    fn what_would_stand_open_or_cannot_be_is_refused_with_a_remedy() {
        let refused = [
            "--pool 127.96.0.0/11",
            "--address 0.0.0.0",
            "--address 192.0.2.7",
            "--address 192.0.2.7 --allow 192.0.2.9",
            "--address 192.0.2.7 --ports real",
            "--ports real --pool 198.18.0.0/15",
            "--ports real --pool 198.18.0.0/15 --pool 2001:db8::/32",
            "--ports real --pool 198.18.0.0/15 --allow 192.0.2.9",
            "--ports real --pool 198.18.0.0/15 --allow 0.0.0.0/0 --with-public-keys",
            "--ports real --pool 192.0.2.0/24 --allow 192.0.2.9 --with-public-keys",
            "--ports real --pool 198.18.0.0/15 --pool 127.64.0.0/10 --allow 192.0.2.9",
            "--ports free --smtp-port 2525",
            "--smtp-port 2525 --dns-port 2525",
            "--smtp-port 0",
            "--base mtaspec.example.org",
            "--base -a.test",
            "--token=a_b",
            "--allow 192.0.2",
        ];
        let said: Vec<String> = (refused.iter())
            .map(|arguments| {
                let said = told(arguments).unwrap_err();
                let first = said.lines().next().unwrap_or_default();
                format!("{arguments}\n  {first}\n")
            })
            .collect();
        insta::assert_snapshot!(said.join(""));
    }

    #[test]
    fn ports_and_pools_say_where_the_fakes_are() {
        let real = |pools: &[&str], smtp| {
            let pools: Vec<Pool> = pools.iter().map(|text| text.parse().unwrap()).collect();
            let ports = Ports {
                smtp,
                ..Ports::REAL
            };
            AddressMode::Real(Pools::of(&pools).unwrap().at(ports))
        };
        let far = "--allow 192.0.2.9 --with-public-keys";
        let cases = [
            (String::new(), AddressMode::Mapped),
            ("--ports free".into(), AddressMode::Mapped),
            ("--ports real".into(), real(&["127.64.0.0/10"], 25)),
            ("--smtp-port 2525".into(), real(&["127.64.0.0/10"], 2525)),
            (
                format!("--address 192.0.2.7 {far}"),
                AddressMode::At("192.0.2.7".parse().unwrap()),
            ),
            (
                format!("--ports real --pool 198.18.0.0/15 --pool 2001:db8:1::/64 {far}"),
                real(&["198.18.0.0/15", "2001:db8:1::/64"], 25),
            ),
        ];
        for (arguments, want) in cases {
            assert_eq!(told(&arguments).unwrap().0, want, "{arguments}");
        }
    }

    #[test]
    fn a_token_is_the_word_that_was_given_or_of_its_own_time() {
        assert_eq!(told("").unwrap().1, PlanOptions::default());
        let given = told("--token=a-1").unwrap().1;
        assert_eq!(given.token.as_deref(), Some("a-1"));
        let of_now = told("--token").unwrap().1.token;
        assert!(of_now.is_some_and(|token| token.len() > 8));
    }
}
