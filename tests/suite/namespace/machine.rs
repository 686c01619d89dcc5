//! The machine that a relay finds inside: addresses, ports, names, folders.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::inside::{Inside, NOBODY, everybody, folder_inside, is_root};

#[test]
fn a_relay_has_ports_names_and_a_resolver_of_its_own_and_no_way_out() {
    const TEST: &str =
        "namespace::machine::a_relay_has_ports_names_and_a_resolver_of_its_own_and_no_way_out";
    if folder_inside().is_none() {
        let inside = Inside::new();
        let before = fs::read("/etc/resolv.conf").ok();
        for who in everybody() {
            let options = ["--hostname", "mail.relay.test", "--resolver", "198.18.0.3"];
            inside.tests(who, &options, TEST);
        }
        assert_eq!(fs::read("/etc/resolv.conf").ok(), before);
        return;
    }
    let listening = [
        "198.18.0.9:25",
        "198.19.255.254:443",
        "[2001:db8::77]:25",
        "[2001:db8:ffff::1]:443",
    ];
    for address in listening {
        let listener = TcpListener::bind(address).unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"HELO\r\n").unwrap();
        let mut read = [0; 6];
        server.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"HELO\r\n", "{address}");
    }
    UdpSocket::bind("198.18.0.3:53").unwrap();
    // Libraries look up an address only where an interface has one beside those of loopback.
    let ipv4 = fs::read_to_string("/proc/net/fib_trie").unwrap();
    assert!(ipv4.contains("198.18.0.1"), "{ipv4}");
    let ipv6 = fs::read_to_string("/proc/net/if_inet6").unwrap();
    assert!(ipv6.contains("20010db8000000000000000000000001"), "{ipv6}");
    if is_root() {
        let first = fs::read_to_string("/proc/1/cmdline").unwrap();
        assert!(first.contains("\0init\0--\0"), "{first:?}");
    }
    let told = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(told, "mail.relay.test\n");
    let resolver = fs::read_to_string("/etc/resolv.conf").unwrap();
    assert_eq!(resolver, "nameserver 198.18.0.3\noptions trust-ad edns0\n");
    let hosts = fs::read_to_string("/etc/hosts").unwrap();
    assert!(hosts.contains("198.18.0.1 mail.relay.test\n"), "{hosts}");
    for outside in ["192.0.2.1:25", "[2001:4860:4860::8888]:53"] {
        let address: SocketAddr = outside.parse().unwrap();
        let error = TcpStream::connect(address).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NetworkUnreachable, "{outside}");
    }
}

#[test]
fn only_what_is_named_can_be_written_to_and_the_machine_sees_no_more_of_it() {
    const TEST: &str = "namespace::machine::only_what_is_named_can_be_written_to_and_the_machine_sees_no_more_of_it";
    if let Some(folder) = folder_inside() {
        look_at_folders(&folder);
        return;
    }
    for who in everybody() {
        let inside = Inside::new();
        let writable = inside.make("writable", 0o755);
        let private = inside.make("private", 0o750);
        let kept = inside.make("private/kept", 0o755);
        inside.make("locked", 0o777);
        fs::write(private.join("of the machine"), "old").unwrap();
        let options = [
            ["--writable", writable.to_str().unwrap()],
            ["--private", private.to_str().unwrap()],
            ["--writable", kept.to_str().unwrap()],
        ];
        inside.tests(who, options.as_flattened(), TEST);
        let names = |folder: &str| {
            let entries = fs::read_dir(inside.path(folder)).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names("writable"), ["new"], "{who:?}");
        assert_eq!(names("private"), ["kept", "of the machine"], "{who:?}");
        assert_eq!(names("private/kept"), ["new"], "{who:?}");
        assert_eq!(names("locked"), [""; 0], "{who:?}");
    }
}

/// The second half of that test: inside.
fn look_at_folders(folder: &Path) {
    let written = |path: &Path| fs::write(path.join("new"), "new").map_err(|error| error.kind());
    let locked = [folder.join("locked"), folder.to_owned(), "/tmp".into()];
    for path in locked {
        let refused = written(&path);
        let wanted = [
            Err(ErrorKind::ReadOnlyFilesystem),
            Err(ErrorKind::PermissionDenied),
        ];
        assert!(wanted.contains(&refused), "{}: {refused:?}", path.display());
    }
    let refused = written(&folder.join("locked"));
    assert_eq!(refused, Err(ErrorKind::ReadOnlyFilesystem));
    let private = folder.join("private");
    assert!(!private.join("of the machine").exists());
    let found = fs::metadata(&private).unwrap();
    assert_eq!(found.mode() & 0o7777, 0o750);
    // The ordinary user of the tests is the owner; whoever runs them without being root is so too.
    let me = fs::metadata("/proc/self").unwrap().uid();
    assert_eq!(found.uid(), if me == 0 { NOBODY } else { me });
    let own = [
        folder.join("writable"),
        private.join("kept"),
        private,
        "/dev/shm".into(),
        std::env::temp_dir(),
    ];
    for path in own {
        assert_eq!(written(&path), Ok(()), "{}", path.display());
    }
    assert_eq!(std::env::temp_dir(), Path::new("/dev/shm/tmp"));
}
