//! Programs, users and folders for tests of the namespaces.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::command::outcome;

/// Tells a test that it is inside, and where its folder is.
const FOLDER: &str = "MTASPEC_TEST_FOLDER";

/// `nobody`, everywhere.
pub(super) const NOBODY: u32 = 65534;

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Root,
    Ordinary,
}

pub(super) fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Both, where root runs the tests; one's own rights are all there is otherwise, and then CI must not be content.
pub(super) fn everybody() -> Vec<Who> {
    if is_root() {
        return vec![Who::Root, Who::Ordinary];
    }
    assert!(std::env::var_os("CI").is_none(), "run these tests as root");
    vec![Who::Ordinary]
}

/// The programs, where anybody can reach them, and a folder for what they do.
pub(super) struct Inside {
    folder: TempDir,
}

impl Inside {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let programs = [
            ("mtaspec", PathBuf::from(env!("CARGO_BIN_EXE_mtaspec"))),
            ("tests", std::env::current_exe().unwrap()),
        ];
        for (name, program) in programs {
            let here = folder.path().join(name);
            // They are large, and most often on the same disk.
            if fs::hard_link(&program, &here).is_err() {
                fs::copy(&program, &here).unwrap();
            }
        }
        Self { folder }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder of this mode, which belongs to `nobody` where that can be.
    pub(super) fn make(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        if is_root() {
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        path
    }

    /// A program with arguments, as this user.
    pub(super) fn program(&self, who: Who, program: &Path, arguments: &[&str]) -> Command {
        let mut command = if who == Who::Ordinary && is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir("/");
        command
    }

    pub(super) fn mtaspec(&self, who: Who, arguments: &[&str]) -> Command {
        self.program(who, &self.path("mtaspec"), arguments)
    }

    /// Runs a test again, inside; its name begins with its module.
    pub(super) fn tests(&self, who: Who, options: &[&str], test: &str) {
        let tests = self.path("tests");
        let run = ["--", tests.to_str().unwrap(), "--exact", test];
        let arguments = [&["inside"], options, &run].concat();
        let mut command = self.mtaspec(who, &arguments);
        let output = command.env(FOLDER, self.folder.path()).output().unwrap();
        let (code, out, err) = outcome(&output);
        assert!(
            code == 0 && out.contains("1 passed"),
            "{who:?}, {code}: {out}{err}"
        );
    }

    /// Starts a shell inside and waits until it says `up`.
    pub(super) fn shell(&self, who: Who, script: &str) -> (Child, BufReader<impl Read + use<>>) {
        let mut command = self.mtaspec(who, &["inside", "--", "sh", "-c", script]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        assert_eq!(line(&mut out), "up\n");
        (child, out)
    }
}

pub(super) fn line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line
}

pub(super) fn send(signal: &str, child: &Child) {
    let process = child.id().to_string();
    let sent = Command::new("kill").args([signal, &process]).status();
    assert!(sent.unwrap().success());
}

pub(super) fn folder_inside() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}
