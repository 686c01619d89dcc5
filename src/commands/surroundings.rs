//! What a look at the outside world works with: settings, resolvers, trusted authorities and addresses, from files or, where
//! none are given, as the system knows them.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use mtaspec_engine::outside::{MappedNetwork, Outside, SystemBeside};
use mtaspec_engine::settings::Settings;
use mtaspec_engine::settings::file::SettingsFile;

use crate::address_map;
use crate::engine_settings::taken;
use crate::output::complain;
use crate::trouble::Trouble;

/// Where the outside world is, and whom to trust in it.
#[derive(Debug, Args)]
pub(super) struct Surroundings {
    /// Settings whose rules, routes, trusted authorities and resolvers hold
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// A resolver to ask instead of the settings' or the system's
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Vec<SocketAddr>,
    /// Trusted authorities in PEM form [default: the settings' or the system's]
    #[arg(long, value_name = "FILE", conflicts_with = "settings")]
    trust: Option<PathBuf>,
    /// Real addresses behind logical ones, as TOML or JSON: `"198.18.0.3:25" = "127.0.0.1:40123"`
    #[arg(long, value_name = "FILE")]
    address_map: Option<PathBuf>,
}

impl Surroundings {
    /// The settings that hold, and the way to the outside world.
    pub(super) fn found(self) -> Result<(Settings, Outside), Trouble> {
        let mut settings = match &self.settings {
            Some(path) => taken(path)?.settings().clone(),
            None => from_system(self.trust.as_deref())?,
        };
        if !self.resolver.is_empty() {
            settings.resolvers = self.resolver;
        }
        let mut outside = Outside::system();
        if let Some(path) = &self.address_map {
            outside.network = Arc::new(MappedNetwork::new(address_map::read(path)?));
        }
        Ok((settings, outside))
    }
}

/// Where systems keep the authorities that they trust.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The system's name, resolvers and trusted authorities, and no rule.
fn from_system(trust: Option<&Path>) -> Result<Settings, Trouble> {
    let bundle = match trust {
        Some(path) => Some(path.to_owned()),
        None => std::env::var_os("SSL_CERT_FILE")
            .map(PathBuf::from)
            .or_else(|| BUNDLES.iter().map(PathBuf::from).find(|path| path.exists())),
    };
    if bundle.is_none() {
        complain("mtaspec: no trusted authorities are known; name a bundle with --trust FILE");
    }
    let text = as_file(&hostname(), &resolvers()?, bundle.as_deref());
    let beside = SystemBeside::of(Path::new("."));
    let read = SettingsFile::read("the system's settings", &text, &beside)
        .map_err(|problems| Trouble::settings(&problems))?;
    Ok(read.file.settings().clone())
}

/// What the system knows, as a settings file says it.
fn as_file(hostname: &str, resolvers: &[SocketAddr], bundle: Option<&Path>) -> String {
    let resolvers: Vec<String> = resolvers.iter().map(ToString::to_string).collect();
    let mut text = format!("hostname = {hostname:?}\nresolvers = {resolvers:?}\n");
    if let Some(bundle) = bundle {
        let absolute = std::path::absolute(bundle).unwrap_or_else(|_| bundle.to_owned());
        text.push_str(&format!("trust = {:?}\n", absolute.display().to_string()));
    }
    text
}

fn hostname() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match told.trim() {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}

/// The resolvers of `resolv.conf`(5); a system without any asks the one on loopback.
fn resolvers() -> Result<Vec<SocketAddr>, Trouble> {
    let path = "/etc/resolv.conf";
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(Trouble::run(format!(
                "{path} cannot be read: {error}; name a resolver with --resolver"
            )));
        }
    };
    let named = name_servers(&text);
    Ok(if named.is_empty() {
        vec![SocketAddr::from(([127, 0, 0, 1], 53))]
    } else {
        named
    })
}

fn name_servers(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next())?
    });
    // A link-local address may name its interface behind a percent sign; there the system's own resolver is needed.
    let addresses = lines.filter_map(|word| word.parse::<IpAddr>().ok());
    addresses.map(|address| (address, 53).into()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn name_servers_are_read_as_resolv_conf_has_them() {
        let text = "# a comment\nsearch example.test\nnameserver 192.0.2.53\n nameserver  2001:db8::53 \n\
                    nameserver fe80::1%eth0\nnameserver\noptions edns0\n";
        assert_eq!(
            name_servers(text),
            [
                "192.0.2.53:53".parse().unwrap(),
                "[2001:db8::53]:53".parse().unwrap()
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
            let _ = name_servers(&text);
        }
    }
}
