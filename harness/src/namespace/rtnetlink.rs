//! The three questions to the kernel that bring up an interface, give it an address and make a prefix local
//! (rtnetlink(7)), in the bytes that it wants: the machine's own order, everything padded to four octets.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv6Addr};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

/// The first interface of every network namespace is loopback.
const LOOPBACK: u32 = 1;

// linux/netlink.h, linux/rtnetlink.h, linux/if_addr.h, linux/if.h
const ERROR: u16 = 2;
const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;
const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
const CREATE: u16 = 0x400;
const UP: u32 = 1;
const PERMANENT: u8 = 0x80;
/// No search for others with this address: on loopback there is nobody to ask, and the address can be used at once.
const WITHOUT_DETECTION: u8 = 0x02;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const RTA_DESTINATION: u16 = 1;
const RTA_INTERFACE: u16 = 4;
const TABLE_LOCAL: u8 = 255;
const ROUTE_BY_BOOT: u8 = 3;
const ROUTE_LOCAL: u8 = 2;

const INET: u8 = 2;
const INET6: u8 = 10;

/// A conversation with the kernel about the network namespace of this process.
pub(super) struct Kernel {
    socket: File,
    answered: u32,
}

impl Kernel {
    pub(super) fn open() -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            // NETLINK_ROUTE is protocol 0.
            None,
        )?;
        Ok(Self {
            socket: File::from(socket),
            answered: 0,
        })
    }

    /// Brings loopback up.
    pub(super) fn bring_up(&mut self) -> io::Result<()> {
        // struct ifinfomsg: family, padding, type, index, flags, which flags to change.
        let mut body = vec![0; 4];
        for word in [LOOPBACK, UP, UP] {
            body.extend(word.to_ne_bytes());
        }
        self.ask(NEW_LINK, 0, body)
    }

    /// Gives loopback an address. All of an IPv4 prefix on loopback is then local; of an IPv6 prefix only the address.
    pub(super) fn add_address(&mut self, address: IpAddr, length: u8) -> io::Result<()> {
        let octets = octets(address);
        // struct ifaddrmsg: family, length of the prefix, flags, scope, index.
        let flags = PERMANENT | WITHOUT_DETECTION;
        let mut body = vec![family(address), length, flags, 0];
        body.extend(LOOPBACK.to_ne_bytes());
        body.extend(attribute(IFA_LOCAL, &octets));
        body.extend(attribute(IFA_ADDRESS, &octets));
        self.ask(NEW_ADDRESS, CREATE, body)
    }

    /// Makes all addresses of an IPv6 prefix those of this machine.
    pub(super) fn make_local(&mut self, first: Ipv6Addr, length: u8) -> io::Result<()> {
        // struct rtmsg: family, length of destination and source, type of service, table, protocol, scope, type, flags.
        let mut body = vec![
            INET6,
            length,
            0,
            0,
            TABLE_LOCAL,
            ROUTE_BY_BOOT,
            0,
            ROUTE_LOCAL,
        ];
        body.extend(0u32.to_ne_bytes());
        body.extend(attribute(RTA_DESTINATION, &first.octets()));
        body.extend(attribute(RTA_INTERFACE, &LOOPBACK.to_ne_bytes()));
        self.ask(NEW_ROUTE, CREATE, body)
    }

    fn ask(&mut self, kind: u16, flags: u16, body: Vec<u8>) -> io::Result<()> {
        self.answered += 1;
        let request = message(kind, REQUEST_AND_ACKNOWLEDGE | flags, self.answered, &body);
        self.socket.write_all(&request)?;
        let mut answer = [0; 4096];
        let length = self.socket.read(&mut answer)?;
        acknowledged(&answer[..length])
    }
}

fn family(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => INET,
        IpAddr::V6(_) => INET6,
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// A header and what follows it (struct nlmsghdr).
fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).expect("a question has a few octets");
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend(sequence.to_ne_bytes());
    message.extend(0u32.to_ne_bytes());
    message.extend(body);
    message
}

/// One attribute; all of ours are whole words long (struct rtattr).
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).expect("an address has sixteen octets at most");
    let mut attribute = length.to_ne_bytes().to_vec();
    attribute.extend(kind.to_ne_bytes());
    attribute.extend(value);
    attribute
}

/// What the kernel said: an error of number 0 is its yes (struct nlmsgerr).
fn acknowledged(answer: &[u8]) -> io::Result<()> {
    let strange = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "the kernel's answer is no answer",
        )
    };
    let (header, body) = answer.split_at_checked(16).ok_or_else(strange)?;
    let number = body.first_chunk().copied().map(i32::from_ne_bytes);
    match (u16::from_ne_bytes([header[4], header[5]]), number) {
        (ERROR, Some(0)) => Ok(()),
        (ERROR, Some(number)) => Err(io::Error::from_raw_os_error(number.wrapping_neg())),
        _ => Err(strange()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_is_yes_or_the_number_of_an_error() {
        // (the number in the answer, what is understood)
        for (number, want) in [(0, None), (-17, Some(17)), (-1, Some(1))] {
            let answer = message(ERROR, 0, 1, &i32::to_ne_bytes(number));
            let got = acknowledged(&answer).err();
            assert_eq!(got.and_then(|error| error.raw_os_error()), want, "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(answer in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = acknowledged(&answer);
        }
    }
}
