//! How what runs inside ends: by itself, when it is asked to, and with those who started it.

use std::io::Read as _;

use super::inside::{Inside, everybody, line, send};
use crate::command::outcome;

#[test]
fn the_exit_code_is_that_of_the_command_or_tells_its_signal() {
    let inside = Inside::new();
    for who in everybody() {
        // (script, exit code)
        let cases = [
            ("exit 0", 0),
            ("exit 7", 7),
            ("kill -KILL $$", 137),
            ("kill -TERM $$", 143),
        ];
        for (script, want) in cases {
            let mut command = inside.mtaspec(who, &["inside", "--", "sh", "-c", script]);
            let (code, out, err) = outcome(&command.output().unwrap());
            assert_eq!(code, want, "{who:?}, {script}: {out}{err}");
        }
    }
}

#[test]
fn the_dead_whose_parent_is_gone_are_buried() {
    let inside = Inside::new();
    // A dead process can be signalled until it is buried.
    let orphan =
        "orphan=$(sh -c 'sleep 0 >/dev/null & echo $!'); while kill -0 $orphan; do :; done; exit 4";
    for who in everybody() {
        let arguments = ["inside", "--", "timeout", "60", "sh", "-c", orphan];
        let (code, out, err) = outcome(&inside.mtaspec(who, &arguments).output().unwrap());
        assert_eq!(code, 4, "{who:?}: {out}{err}");
    }
}

#[test]
fn a_daemon_that_is_left_behind_ends_with_the_command() {
    let inside = Inside::new();
    let script = "setsid sh -c 'sleep 60; echo survived' & exit 5";
    for who in everybody() {
        let mut command = inside.mtaspec(who, &["inside", "--", "sh", "-c", script]);
        // Whatever lives inside holds this pipe: it is read to its end only when all have ended.
        let (code, out, err) = outcome(&command.output().unwrap());
        assert!(!out.contains("survived"), "{who:?}: {out}{err}");
        assert_eq!(code, 5, "{who:?}: {out}{err}");
    }
}

#[test]
fn when_the_outer_process_is_killed_everything_inside_ends() {
    let inside = Inside::new();
    let script = "setsid sh -c 'echo up; sleep 60; echo survived' & sleep 60; echo survived";
    for who in everybody() {
        let (mut outer, mut out) = inside.shell(who, script);
        send("-KILL", &outer);
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "{who:?}");
        assert!(!outer.wait().unwrap().success());
    }
}

#[test]
fn the_command_is_asked_to_end_once_and_killed_the_second_time() {
    let inside = Inside::new();
    let ends = "trap 'echo asked; exit 9' INT TERM; sleep 60 & echo up; wait";
    let stays = "trap 'echo asked' INT TERM; echo up; while :; do sleep 60 & wait $!; done";
    for who in everybody() {
        for signal in ["-INT", "-TERM"] {
            let (mut outer, mut out) = inside.shell(who, ends);
            send(signal, &outer);
            assert_eq!(line(&mut out), "asked\n", "{who:?} {signal}");
            assert_eq!(outer.wait().unwrap().code(), Some(9), "{who:?} {signal}");

            let (mut outer, mut out) = inside.shell(who, stays);
            send(signal, &outer);
            assert_eq!(line(&mut out), "asked\n", "{who:?} {signal}");
            send(signal, &outer);
            assert_eq!(line(&mut out), "", "{who:?} {signal}");
            assert_eq!(outer.wait().unwrap().code(), Some(137), "{who:?} {signal}");
        }
    }
}
