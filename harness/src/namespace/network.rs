//! The network of the namespace: loopback alone, with addresses that mail servers take for public ones.

use std::fs;
use std::io;
use std::net::Ipv6Addr;
use std::path::Path;

use super::making::{setting, setting_file};
use super::rtnetlink::Kernel;
use super::{ADDRESS, IPV6_ADDRESS, NamespaceError};

const IPV4_LENGTH: u8 = 15;
const IPV6_LENGTH: u8 = 32;

/// Brings up loopback in the network namespace that this process has just made.
pub(super) fn bring_up() -> Result<(), NamespaceError> {
    if !Path::new("/proc/sys/net/ipv6").exists() {
        return Err(NamespaceError::NoIpv6);
    }
    // A machine may have IPv6 and give it to no interface; in this namespace that is ours to say.
    let forbidden = "net.ipv6.conf.lo.disable_ipv6";
    if setting(forbidden).as_deref() == Some("1") {
        set(forbidden, "0")?;
    }
    let asked = |deed: &str| {
        let deed = format!("{deed} in the network namespace");
        move |error| NamespaceError::of(deed, error)
    };
    let mut kernel = Kernel::open().map_err(asked("opening a netlink socket"))?;
    kernel.bring_up().map_err(asked("bringing up loopback"))?;
    kernel
        .add_address(ADDRESS.into(), IPV4_LENGTH)
        .map_err(asked("adding 198.18.0.1/15"))?;
    kernel
        .add_address(IPV6_ADDRESS.into(), 128)
        .map_err(asked("adding 2001:db8::1"))?;
    // Two things make an IPv6 prefix ours. A route of type `local` lets packets to its addresses arrive here; binding
    // asks besides for an address that an interface has, or the socket option IPV6_FREEBIND, or this setting, which
    // needs nothing of those who bind.
    kernel
        .make_local(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), IPV6_LENGTH)
        .map_err(asked("making 2001:db8::/32 local"))?;
    set("net.ipv6.ip_nonlocal_bind", "1")?;
    // Behind an execution an ordinary user has no rights, and ports 25, 53 and 443 would need one.
    set("net.ipv4.ip_unprivileged_port_start", "0")
}

/// Changes a setting of this network namespace.
fn set(name: &str, value: &str) -> Result<(), NamespaceError> {
    fs::write(setting_file(name), value).map_err(|error| match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => NamespaceError::ReadOnlySettings,
        _ => NamespaceError::of(format!("setting {name} to {value}"), error),
    })
}
