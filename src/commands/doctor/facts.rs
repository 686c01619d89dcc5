//! What this machine allows: each thing is really tried, in a process that ends with the trial.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use mtaspec_harness::namespace::{Kind, is_root, open_files, user_name};
use serde::Serialize;

use super::subjects::Subject;
use super::{TRY, subjects};

/// How many descriptors a case needs while it is played: it and its twin listen on five sockets on an average, and a
/// connection comes in.
const DESCRIPTORS_OF_A_CASE: u64 = 6;

/// Settings by which user namespaces are forbidden to ordinary users, and what they say then.
const SETTINGS: [(&str, &str); 3] = [
    ("kernel.unprivileged_userns_clone", "0"),
    ("user.max_user_namespaces", "0"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1"),
];

/// The ports that mail, policies and names have.
const PORTS: [u16; 3] = [25, 53, 443];

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Facts {
    pub(super) version: u32,
    pub(super) user: String,
    pub(super) root: bool,
    pub(super) namespaces: Vec<Trial>,
    /// A command ran in all of them together, with a network and a file system as relays have them.
    pub(super) inside: Trial,
    pub(super) settings: Vec<Setting>,
    pub(super) open_files: OpenFiles,
    pub(super) ports: Vec<Port>,
    pub(super) subjects: Vec<Subject>,
}

/// Something that was tried.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Trial {
    pub(super) what: String,
    pub(super) works: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// A setting of the kernel.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// None where the kernel has no such setting.
    pub(super) value: Option<String>,
    pub(super) forbids: bool,
}

/// The limit that no process of this user can go beyond.
#[derive(Debug, Clone, Serialize)]
pub(super) struct OpenFiles {
    pub(super) limit: u64,
    pub(super) cases_at_once: u64,
}

/// Whether a listener can stand on a port of loopback, outside of any namespace.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Port {
    pub(super) port: u16,
    pub(super) free: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

impl Facts {
    pub(super) fn of_this_machine() -> Self {
        let kinds =
            Kind::ALL.map(|kind| Trial::of_self(kind.word(), &["doctor", TRY, kind.word()]));
        let root = is_root();
        let inside = ["inside", "--", "/proc/self/exe", "--version"];
        let inside = Trial::of_self("inside", &inside);
        Self {
            version: 1,
            user: user_name(),
            root,
            namespaces: kinds.into(),
            subjects: subjects::found(root, inside.works),
            inside,
            settings: SETTINGS
                .map(|(name, forbids)| Setting::read(name, forbids))
                .into(),
            open_files: OpenFiles::of(open_files()),
            ports: PORTS.map(Port::tried).into(),
        }
    }
}

impl Trial {
    /// Lets this very program try, in a process of its own.
    fn of_self(what: &str, arguments: &[&str]) -> Self {
        let tried = Command::new("/proc/self/exe")
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .output();
        let reason = match tried {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(last_line(&output.stderr)),
            Err(error) => Some(format!("this program cannot start itself: {error}")),
        };
        Self {
            what: what.to_owned(),
            works: reason.is_none(),
            reason,
        }
    }
}

/// The sentence that a command ended with.
fn last_line(complaints: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaints);
    let line = text.lines().last().unwrap_or("it ended without a word");
    line.strip_prefix("mtaspec: ").unwrap_or(line).to_owned()
}

impl Setting {
    fn read(name: &'static str, forbidding: &str) -> Self {
        let path = Path::new("/proc/sys").join(name.replace('.', "/"));
        let value = fs::read_to_string(path).ok();
        let value = value.map(|value| value.trim().to_owned());
        Self {
            name,
            forbids: value.as_deref() == Some(forbidding),
            value,
        }
    }
}

impl OpenFiles {
    pub(super) fn of(limit: u64) -> Self {
        Self {
            limit,
            cases_at_once: limit / DESCRIPTORS_OF_A_CASE,
        }
    }
}

impl Port {
    fn tried(port: u16) -> Self {
        let reason = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => None,
            Err(error) => Some(match error.kind() {
                io::ErrorKind::AddrInUse => "another program has it".to_owned(),
                io::ErrorKind::PermissionDenied => "only root may have it".to_owned(),
                _ => error.to_string(),
            }),
        };
        Self {
            port,
            free: reason.is_none(),
            reason,
        }
    }
}
