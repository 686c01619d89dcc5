//! What was found, in words: a table, and what follows from it.

use super::facts::{Facts, Port, Setting, Trial};
use super::subjects::Subject;

/// Where the second column begins.
const WIDTH: usize = 46;

/// The table and the last word.
pub(super) fn render(facts: &Facts) -> String {
    let who = match facts.root {
        true => facts.user.clone(),
        false => format!("{}, an ordinary user", facts.user),
    };
    let mut lines = vec![line("user", &who)];
    let mut last = None;
    for trial in &facts.namespaces {
        lines.push(line(
            &format!("{} namespace", trial.what),
            can_be_made(trial, last),
        ));
        last = trial.reason.as_deref();
    }
    let together = match facts.inside.works {
        true => "a command ran inside",
        false => "no command can be run inside",
    };
    lines.push(line("all of them together", together));
    lines.extend(facts.settings.iter().map(setting));
    let files = &facts.open_files;
    let enough = format!(
        "{} at most: enough for {} cases at once",
        files.limit, files.cases_at_once
    );
    lines.push(line("open files", &enough));
    lines.extend(facts.ports.iter().map(port));
    lines.extend(facts.subjects.iter().map(subject));
    lines.push("\n".to_owned());
    lines.push(format!("{}\n", conclusion(facts)));
    lines.concat()
}

fn line(name: &str, what: &str) -> String {
    format!("{name:<WIDTH$}{what}\n")
}

/// The same reason is not told again and again: without the first namespace an ordinary user has none.
fn can_be_made<'a>(trial: &'a Trial, last: Option<&str>) -> &'a str {
    match trial.reason.as_deref() {
        None => "can be made",
        Some(reason) if Some(reason) == last => "no, for the same reason",
        Some(reason) => reason,
    }
}

fn setting(setting: &Setting) -> String {
    let value = match (&setting.value, setting.forbids) {
        (None, _) => "this kernel has no such setting".to_owned(),
        (Some(value), true) => format!("{value}: user namespaces are forbidden to ordinary users"),
        (Some(value), false) => value.clone(),
    };
    line(setting.name, &value)
}

fn port(port: &Port) -> String {
    let free = match &port.reason {
        None => "free",
        Some(reason) => reason,
    };
    line(&format!("port {} of 127.0.0.1", port.port), free)
}

fn subject(subject: &Subject) -> String {
    let runs = match &subject.reason {
        None => "can be run",
        Some(reason) => reason,
    };
    line(&format!("subject {}", subject.name), runs)
}

/// What follows for whoever wants to run cases.
fn conclusion(facts: &Facts) -> String {
    let always = "The built-in engine (`engine`) and its relay (`relay`) need none of this.";
    let names: Vec<&str> = facts
        .subjects
        .iter()
        .filter(|subject| subject.can_be_run)
        .map(|subject| subject.name.as_str())
        .collect();
    match &facts.inside.reason {
        Some(reason) => format!("No relay can be run in a namespace: {reason}. {always}"),
        None if names.is_empty() => {
            format!("Namespaces can be made, but none of the relays above can be run yet. {always}")
        }
        None => format!(
            "What can be run with `mtaspec run --subject NAME`: {}. {always}",
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::OpenFiles;
    use super::*;

    const KINDS: [&str; 6] = ["user", "network", "mount", "process", "host name", "IPC"];

    fn trial(what: &str, reason: Option<&str>) -> Trial {
        Trial {
            what: what.to_owned(),
            works: reason.is_none(),
            reason: reason.map(str::to_owned),
        }
    }

    fn setting(name: &'static str, value: Option<&str>, forbids: bool) -> Setting {
        Setting {
            name,
            value: value.map(str::to_owned),
            forbids,
        }
    }

    fn port(port: u16, reason: Option<&str>) -> Port {
        Port {
            port,
            free: reason.is_none(),
            reason: reason.map(str::to_owned),
        }
    }

    fn subject(name: &str, reason: Option<&str>) -> Subject {
        Subject {
            name: name.to_owned(),
            can_be_run: reason.is_none(),
            reason: reason.map(str::to_owned),
        }
    }

    #[test]
    fn root_hears_that_everything_can_be_run() {
        let facts = Facts {
            version: 1,
            user: "root".to_owned(),
            root: true,
            namespaces: KINDS.map(|kind| trial(kind, None)).into(),
            inside: trial("inside", None),
            settings: vec![
                setting("kernel.unprivileged_userns_clone", None, false),
                setting("user.max_user_namespaces", Some("96365"), false),
            ],
            open_files: OpenFiles::of(20_000),
            ports: vec![
                port(25, Some("another program has it")),
                port(53, None),
                port(443, None),
            ],
            subjects: vec![
                subject(
                    "exim",
                    Some("exim is missing; install it with `apt-get install exim4`"),
                ),
                subject("opensmtpd", None),
                subject("postfix", None),
            ],
        };
        insta::assert_snapshot!(render(&facts), @r"
        user                                          root
        user namespace                                can be made
        network namespace                             can be made
        mount namespace                               can be made
        process namespace                             can be made
        host name namespace                           can be made
        IPC namespace                                 can be made
        all of them together                          a command ran inside
        kernel.unprivileged_userns_clone              this kernel has no such setting
        user.max_user_namespaces                      96365
        open files                                    20000 at most: enough for 3333 cases at once
        port 25 of 127.0.0.1                          another program has it
        port 53 of 127.0.0.1                          free
        port 443 of 127.0.0.1                         free
        subject exim                                  exim is missing; install it with `apt-get install exim4`
        subject opensmtpd                             can be run
        subject postfix                               can be run

        What can be run with `mtaspec run --subject NAME`: opensmtpd, postfix. The built-in engine (`engine`) and its relay (`relay`) need none of this.
        ");
    }

    #[test]
    fn an_ordinary_user_without_user_namespaces_hears_which_setting_it_is() {
        let forbidden = "an ordinary user may make no user namespace here: the kernel setting user.max_user_namespaces \
                         is 0; allow it with `sysctl -w user.max_user_namespaces=15000`, or start mtaspec as root";
        let facts = Facts {
            version: 1,
            user: "anna".to_owned(),
            root: false,
            namespaces: KINDS.map(|kind| trial(kind, Some(forbidden))).into(),
            inside: trial("inside", Some(forbidden)),
            settings: vec![setting("user.max_user_namespaces", Some("0"), true)],
            open_files: OpenFiles::of(1024),
            ports: vec![port(25, Some("only root may have it"))],
            subjects: vec![subject("exim", Some("there is no namespace for it"))],
        };
        insta::assert_snapshot!(render(&facts), @r"
        user                                          anna, an ordinary user
        user namespace                                an ordinary user may make no user namespace here: the kernel setting user.max_user_namespaces is 0; allow it with `sysctl -w user.max_user_namespaces=15000`, or start mtaspec as root
        network namespace                             no, for the same reason
        mount namespace                               no, for the same reason
        process namespace                             no, for the same reason
        host name namespace                           no, for the same reason
        IPC namespace                                 no, for the same reason
        all of them together                          no command can be run inside
        user.max_user_namespaces                      0: user namespaces are forbidden to ordinary users
        open files                                    1024 at most: enough for 170 cases at once
        port 25 of 127.0.0.1                          only root may have it
        subject exim                                  there is no namespace for it

        No relay can be run in a namespace: an ordinary user may make no user namespace here: the kernel setting user.max_user_namespaces is 0; allow it with `sysctl -w user.max_user_namespaces=15000`, or start mtaspec as root. The built-in engine (`engine`) and its relay (`relay`) need none of this.
        ");
    }

    #[test]
    fn who_can_run_none_of_the_relays_hears_so() {
        let facts = Facts {
            version: 1,
            user: "anna".to_owned(),
            root: false,
            namespaces: Vec::new(),
            inside: trial("inside", None),
            settings: Vec::new(),
            open_files: OpenFiles::of(1_048_576),
            ports: Vec::new(),
            subjects: vec![subject(
                "postfix",
                Some("it changes its user, so start mtaspec as root"),
            )],
        };
        insta::assert_snapshot!(conclusion(&facts), @"Namespaces can be made, but none of the relays above can be run yet. The built-in engine (`engine`) and its relay (`relay`) need none of this.");
    }
}
