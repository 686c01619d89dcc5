//! What the namespaces look like from inside.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

/// The address of the machine, which is the relay's. All of 198.18.0.0/15 (RFC 2544) is local and can be bound.
///
/// It must not be one of 127.0.0.0/8: libraries look up no addresses on a machine that has only those.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// The same for IPv6. All of 2001:db8::/32 (RFC 3849) is local and can be bound.
pub const IPV6_ADDRESS: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// The subcommand by which a program that calls [`enter`](super::enter) becomes the guard; everything behind `--` is
/// the command to start.
pub const GUARD: &str = "init";

/// A fresh folder in memory, for all that a run writes and nobody needs afterwards.
pub const SCRATCH: &str = "/dev/shm";

/// Where programs inside put their temporary files (`TMPDIR`): anybody may write there.
pub const TEMPORARY: &str = "/dev/shm/tmp";

/// What the namespaces look like from inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The name of the machine.
    pub hostname: String,
    /// Files that stand over those of the machine, which must be there.
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// Folders that are empty, in memory, of the mode and owner that they have on the machine.
    pub private: Vec<PathBuf>,
    /// Folders of the machine that can be written to; the rest is read-only.
    pub writable: Vec<PathBuf>,
}

impl Surroundings {
    /// A machine of this name that asks this resolver, and nobody else, for names and addresses.
    #[must_use]
    pub fn new(hostname: &str, resolver: IpAddr) -> Self {
        let hosts = format!("127.0.0.1 localhost\n::1 localhost\n{ADDRESS} {hostname}\n");
        // Exim believes no answer to be secure without `trust-ad`, and asks for none without `edns0`.
        let resolver = format!("nameserver {resolver}\noptions trust-ad edns0\n");
        let mut files = vec![
            (PathBuf::from("/etc/hosts"), hosts.into_bytes()),
            (PathBuf::from("/etc/resolv.conf"), resolver.into_bytes()),
        ];
        if let Ok(switch) = fs::read_to_string(SWITCH) {
            let switch = without_daemons(&switch);
            files.push((PathBuf::from(SWITCH), switch.into_bytes()));
        }
        Self {
            hostname: hostname.to_owned(),
            files,
            private: Vec::new(),
            writable: Vec::new(),
        }
    }
}

/// Where glibc finds out whom to ask for the address of a host.
const SWITCH: &str = "/etc/nsswitch.conf";

/// The same switch, but hosts are looked up in `/etc/hosts` and the DNS alone: `resolve`, `mymachines` and `mdns` ask a
/// daemon of the machine over a socket in the file system.
fn without_daemons(switch: &str) -> String {
    let is_hosts = |line: &str| line.trim_start().starts_with("hosts:");
    let kept = switch.lines().filter(|line| !is_hosts(line));
    let mut text: String = kept.map(|line| format!("{line}\n")).collect();
    text.push_str("hosts: files dns\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_looked_up_in_the_file_and_the_dns_alone() {
        let switch =
            "passwd: files systemd\n hosts: files mymachines resolve [!UNAVAIL=return] dns\n# end";
        assert_eq!(
            without_daemons(switch),
            "passwd: files systemd\n# end\nhosts: files dns\n"
        );
    }
}
