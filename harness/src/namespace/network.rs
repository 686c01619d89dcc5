//! The network of the namespace: loopback alone, with addresses that mail servers take for public ones.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::NamespaceError;
use super::rtnetlink::Kernel;

/// The address of the machine, which is the relay's. All of 198.18.0.0/15 (RFC 2544) is local and can be bound.
///
/// It must not be one of 127.0.0.0/8: libraries look up no addresses on a machine that has only those.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// The same for IPv6. All of 2001:db8::/32 (RFC 3849) is local and can be bound.
pub const IPV6_ADDRESS: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

const IPV4_LENGTH: u8 = 15;
const IPV6_LENGTH: u8 = 32;

/// Brings up loopback in the network namespace that this process has just made.
pub(super) fn bring_up() -> Result<(), NamespaceError> {
    if !Path::new("/proc/sys/net/ipv6").exists() {
        return Err(NamespaceError::NoIpv6);
    }
    // A machine may have IPv6 and give it to no interface; in this namespace that is ours to say.
    let forbidden = "/proc/sys/net/ipv6/conf/lo/disable_ipv6";
    if fs::read(forbidden).is_ok_and(|said| said.starts_with(b"1")) {
        set(forbidden, "0")
            .map_err(|error| NamespaceError::of(format!("setting {forbidden}"), error))?;
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
    let settings = [
        ("net.ipv6.ip_nonlocal_bind", "1"),
        // Behind an execution an ordinary user has no rights, and ports 25, 53 and 443 would need one.
        ("net.ipv4.ip_unprivileged_port_start", "0"),
    ];
    for (name, value) in settings {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        set(&path, value)
            .map_err(|error| NamespaceError::of(format!("setting {name} to {value}"), error))?;
    }
    Ok(())
}

fn set(path: &str, value: &str) -> io::Result<()> {
    fs::write(path, value)
}
