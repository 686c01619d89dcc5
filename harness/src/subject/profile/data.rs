//! What templates see.
//!
//! The names of the fields are the variables of `harness/subjects/README.md`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use mtaspec_judge::scenario::Switches;
use serde::Serialize;

/// Everything that the files of a relay may depend on. Its commands see all but the tables.
#[derive(Debug, Clone, Serialize)]
pub struct Data {
    /// This program; for profiles that use something of it.
    pub mtaspec: PathBuf,
    /// The relay's own folder; nothing outlives the run in it.
    pub folder: PathBuf,
    /// The address on which the relay takes mail.
    pub listen: IpAddr,
    /// The port on which the relay takes mail.
    pub port: u16,
    /// The name that the relay has.
    pub hostname: String,
    /// The resolver that `/etc/resolv.conf` names.
    pub resolver: IpAddr,
    /// A PEM file with the authorities that the relay is to trust.
    pub trust: PathBuf,
    /// The key at which the chain of DNSSEC signatures begins: a DNSKEY record of the root, as zone files have it.
    pub anchor: String,
    /// A PEM file with the certificate chain that the relay shows as receiver.
    pub certificate: PathBuf,
    /// A PEM file with the key of that certificate.
    pub key: PathBuf,
    /// The name of the user that the relay is started as.
    pub user: String,
    /// The name of that user's group.
    pub group: String,
    /// Whether that user is root.
    pub root: bool,
    /// What the relay is told of single domains; a domain that is not here has no rule and no route.
    pub domains: Vec<Domain>,
    /// Addresses that stand for others.
    pub aliases: Vec<Alias>,
    /// Domains whose mail the relay takes from strangers.
    pub homes: Vec<String>,
    /// What strangers must show.
    pub senders: Vec<Sender>,
}

/// What commands see: the tables are for files.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ForCommands<'a> {
    mtaspec: &'a Path,
    folder: &'a Path,
    listen: IpAddr,
    port: u16,
    hostname: &'a str,
    resolver: IpAddr,
    trust: &'a Path,
    anchor: &'a str,
    certificate: &'a Path,
    key: &'a Path,
    user: &'a str,
    group: &'a str,
    root: bool,
    /// Of the message that is handed over, where that is what the command does.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<&'a str>,
}

impl Data {
    pub(super) fn for_commands<'a>(&'a self, sender: Option<&'a str>) -> ForCommands<'a> {
        ForCommands {
            mtaspec: &self.mtaspec,
            folder: &self.folder,
            listen: self.listen,
            port: self.port,
            hostname: &self.hostname,
            resolver: self.resolver,
            trust: &self.trust,
            anchor: &self.anchor,
            certificate: &self.certificate,
            key: &self.key,
            user: &self.user,
            group: &self.group,
            root: self.root,
            sender,
        }
    }
}

/// What the relay is told of mail to a domain.
#[derive(Debug, Clone, Serialize)]
pub struct Domain {
    /// The domain.
    pub name: String,
    /// What the rules ask for; all of them off where no rule has the domain.
    #[serde(flatten)]
    pub switches: Switches,
    /// `mandatory`, `audit-only` or `off`; none: opportunistic DANE.
    pub dane: Option<String>,
    /// Where its mail goes instead of its MX hosts.
    pub route: Option<NextHop>,
    /// Its MX hosts.
    pub mx: Vec<String>,
}

/// Where mail goes instead of a domain's MX hosts.
#[derive(Debug, Clone, Serialize)]
pub struct NextHop {
    /// A name, or an address without brackets.
    pub host: String,
    /// Whether `host` is an address.
    pub is_address: bool,
    /// Deliver to the MX hosts of `host` instead of `host` itself.
    pub mx_lookup: bool,
    /// The port.
    pub port: u16,
    /// What the route itself asks for.
    #[serde(flatten)]
    pub switches: Switches,
}

/// An address that stands for others.
#[derive(Debug, Clone, Serialize)]
pub struct Alias {
    /// The address.
    pub address: String,
    /// Those for whom it stands.
    pub members: Vec<String>,
}

/// What strangers must show who send in somebody's name.
#[derive(Debug, Clone, Serialize)]
pub struct Sender {
    /// An address or a domain.
    pub entry: String,
    /// What is asked of the session.
    #[serde(flatten)]
    pub switches: Switches,
}
