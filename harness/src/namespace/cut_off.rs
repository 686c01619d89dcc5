//! Ways out of a network namespace that are no network: sockets in the file system, behind which daemons of the machine
//! look up names or write logs.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// Sockets that are covered where there are any: the system's log, and the cache of names of glibc.
pub(super) const CUT_OFF: [&str; 2] = ["/dev/log", "/run/nscd/socket"];

/// Where glibc finds out whom to ask for the address of a host.
pub(super) const SWITCH: &str = "/etc/nsswitch.conf";

pub(super) fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

/// The same switch, but hosts are looked up in `/etc/hosts` and the DNS alone: `resolve`, `mymachines` and `mdns` ask a
/// daemon of the machine over a socket in the file system.
pub(super) fn without_daemons(switch: &str) -> String {
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
