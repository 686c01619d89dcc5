//! What is mounted where and how, as the kernel lists it in `/proc/self/mountinfo` (proc(5)).

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use nix::mount::MsFlags;

/// More than any machine lists.
const LIMIT: u64 = 16 << 20;

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mounted {
    pub(super) path: PathBuf,
    /// What must be said again when it is mounted anew: whoever leaves out a restriction asks to lift it.
    pub(super) flags: MsFlags,
    /// The kind of file system.
    pub(super) kind: String,
}

/// What this process sees.
pub(super) fn mounted() -> io::Result<Vec<Mounted>> {
    let mut text = Vec::new();
    let file = File::open("/proc/self/mountinfo")?;
    file.take(LIMIT).read_to_end(&mut text)?;
    Ok(read(&text))
}

/// Lines of: number, parent, device, root, path, options, marks, `-`, kind, source, options of the file system. Paths
/// have spaces and the like in octal.
fn read(text: &[u8]) -> Vec<Mounted> {
    text.split(|octet| *octet == b'\n')
        .filter_map(|line| {
            let mut words = line.split(|octet| *octet == b' ');
            let path = words.nth(4)?;
            let options = words.next()?;
            let kind = words.skip_while(|word| word != b"-").nth(1)?;
            Some(Mounted {
                path: PathBuf::from(OsString::from_vec(unescaped(path))),
                flags: options.split(|octet| *octet == b',').map(flag).collect(),
                kind: String::from_utf8_lossy(kind).into_owned(),
            })
        })
        .collect()
}

fn flag(option: &[u8]) -> MsFlags {
    match option {
        b"ro" => MsFlags::MS_RDONLY,
        b"nosuid" => MsFlags::MS_NOSUID,
        b"nodev" => MsFlags::MS_NODEV,
        b"noexec" => MsFlags::MS_NOEXEC,
        b"noatime" => MsFlags::MS_NOATIME,
        b"nodiratime" => MsFlags::MS_NODIRATIME,
        b"relatime" => MsFlags::MS_RELATIME,
        _ => MsFlags::empty(),
    }
}

fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        let escaped = (octet == b'\\')
            .then(|| behind.first_chunk::<3>())
            .flatten();
        match escaped.and_then(octal) {
            Some(octet) => {
                plain.push(octet);
                rest = &behind[3..];
            }
            None => plain.push(octet),
        }
    }
    plain
}

fn octal(digits: &[u8; 3]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    u8::from_str_radix(text, 8).ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_tells_path_restrictions_and_kind() {
        let text = b"22 27 0:21 / /proc rw,relatime - proc proc rw\n\
                     28 27 0:25 / /mnt/a\\040b\\134 ro,nosuid,nodev,noexec,noatime shared:1 master:2 - tmpfs none ro\n\
                     29 27 0:26 / /home rw,nodiratime,noatime,nosymfollow - fuse.x x rw\nbroken\n";
        let got = read(text);
        let line = |path: &str, flags, kind: &str| Mounted {
            path: Path::new(path).to_owned(),
            flags,
            kind: kind.to_owned(),
        };
        let restricted = MsFlags::MS_RDONLY
            | MsFlags::MS_NOSUID
            | MsFlags::MS_NODEV
            | MsFlags::MS_NOEXEC
            | MsFlags::MS_NOATIME;
        let home = MsFlags::MS_NODIRATIME | MsFlags::MS_NOATIME;
        assert_eq!(
            got,
            [
                line("/proc", MsFlags::MS_RELATIME, "proc"),
                line("/mnt/a b\\", restricted, "tmpfs"),
                line("/home", home, "fuse.x"),
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&text);
        }

        #[test]
        fn a_path_reads_back_as_the_kernel_writes_it(path in "[a-z \\\\\t]{0,20}") {
            let written: Vec<u8> = path
                .bytes()
                .flat_map(|octet| match octet {
                    b' ' | b'\t' | b'\\' => format!("\\{octet:03o}").into_bytes(),
                    other => vec![other],
                })
                .collect();
            prop_assert_eq!(unescaped(&written), path.into_bytes());
        }
    }
}
