//! What is told when something is missing, by the namespaces and by `mtaspec doctor`.

use std::path::Path;

use serde_json::Value;

use super::inside::{Inside, Who, everybody};
use crate::command::outcome;

#[test]
fn what_is_missing_is_told_in_one_sentence_with_code_3() {
    let inside = Inside::new();
    let mtaspec = inside.path("mtaspec");
    let mtaspec = mtaspec.to_str().unwrap();
    let without_user_namespaces = |what: &str| {
        format!("echo 0 > /proc/sys/user/max_user_namespaces && exec {mtaspec} {what}")
    };
    let outer = ["-U", "--map-current-user", "--keep-caps", "sh", "-c"];
    for who in everybody() {
        let script = without_user_namespaces("inside -- true");
        let arguments = [&outer[..], &[script.as_str()]].concat();
        let mut forbidden = inside.program(who, Path::new("unshare"), &arguments);
        let mut nowhere = inside.mtaspec(who, &["inside", "--private", "/no/such", "--", "true"]);
        let mut nothing = inside.mtaspec(who, &["inside", "--", "no-such-program"]);
        let mut by_hand = inside.mtaspec(who, &["init", "--", "true"]);
        let mut cases = vec![
            (&mut nowhere, "mtaspec: the folder /no/such is not there; "),
            (&mut nothing, "mtaspec: no-such-program cannot be started: "),
            (&mut by_hand, "mtaspec: init is no command by itself"),
        ];
        let mut without_right = inside.program(
            who,
            Path::new("setpriv"),
            &["--bounding-set=-sys_admin", mtaspec, "inside", "--", "true"],
        );
        let read_only = format!(
            "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec {mtaspec} inside -- true"
        );
        let arguments = ["--mount", "sh", "-c", &read_only];
        let mut in_a_container = inside.program(who, Path::new("unshare"), &arguments);
        match who {
            Who::Root => cases.extend([
                (
                    &mut without_right,
                    "mtaspec: making a network namespace is not permitted: the right CAP_SYS_ADMIN is missing",
                ),
                (
                    &mut in_a_container,
                    "mtaspec: the settings of the network namespace under /proc/sys are read-only",
                ),
            ]),
            Who::Ordinary => cases.push((
                &mut forbidden,
                "mtaspec: an ordinary user may make no user namespace here: the kernel setting \
                 user.max_user_namespaces is 0; allow it with `sysctl -w user.max_user_namespaces=15000`, or start \
                 mtaspec as root",
            )),
        }
        for (command, want) in cases {
            let (code, out, err) = outcome(&command.output().unwrap());
            assert_eq!(code, 3, "{who:?}, {want}: {out}{err}");
            assert!(err.starts_with(want), "{who:?}: no {want:?} in {err}");
            assert_eq!(err.lines().count(), 1, "{who:?}: {err}");
        }
    }
    let script = without_user_namespaces("doctor --json");
    let arguments = [&outer[..], &[script.as_str()]].concat();
    let mut doctor = inside.program(Who::Ordinary, Path::new("unshare"), &arguments);
    let (code, out, err) = outcome(&doctor.output().unwrap());
    assert_eq!(code, 3, "{out}{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["inside"]["works"], false);
    let reason = told["inside"]["reason"].as_str().unwrap();
    assert!(reason.contains("user.max_user_namespaces is 0"), "{reason}");
}

#[test]
fn doctor_says_what_can_be_done_here() {
    let inside = Inside::new();
    for who in everybody() {
        let mut command = inside.mtaspec(who, &["doctor", "--json"]);
        let (code, out, err) = outcome(&command.output().unwrap());
        assert_eq!(code, 0, "{who:?}: {out}{err}");
        let told: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(told["root"], who == Who::Root);
        let namespaces = told["namespaces"].as_array().unwrap();
        assert_eq!(namespaces.len(), 6);
        for tried in namespaces {
            assert_eq!(tried["works"], true, "{who:?}: {tried}");
        }
    }
}

#[test]
fn a_relay_that_only_root_may_start_is_not_started_by_anybody_else() {
    let inside = Inside::new();
    let folder = inside.make("needs-root", 0o755);
    let profile = r#"
name         = "needs-root"
about        = "a relay that changes its user"
capabilities = []
[version]
command = ["echo", "1"]
pattern = '(1)'
[needs]
root = true
[start]
command = ["true"]
"#;
    std::fs::write(folder.join("profile.toml"), profile).unwrap();
    let arguments = ["run", "--subject", folder.to_str().unwrap()];
    let mut command = inside.mtaspec(Who::Ordinary, &arguments);
    let (code, out, err) = outcome(&command.output().unwrap());
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert_eq!(
        err,
        "mtaspec: needs-root changes its user, which only root may let it do; start mtaspec as root\n"
    );
}
