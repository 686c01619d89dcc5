//! Saved settings: audit records, delays, and what is left after a bad end.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::outside::{MemoryBeside, VersionsError};

use super::file::SettingsFile;
use super::{
    Applied, AuditLine, LONGEST_DELAY, Order, SavedError, Standing, apply, changes, history,
    print_instant,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn read(text: &str) -> SettingsFile {
    let text = format!("hostname = \"mail.example.test\"\n{text}");
    let mut beside = MemoryBeside::default();
    for (name, password) in [("accounts", "first"), ("others", "second")] {
        let line = format!("anna:{password}\n");
        beside.files.insert(name.to_owned(), line.into_bytes());
    }
    let read = SettingsFile::read("settings.toml", &text, &beside);
    read.unwrap_or_else(|problems| panic!("{problems}")).file
}

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)
}

fn applied(folder: &Path, text: &str, now: SystemTime, after: Duration) -> Applied {
    let order = Order {
        who: "anna".to_owned(),
        now,
        after,
        warnings: Vec::new(),
    };
    apply(folder, &read(text), order).unwrap()
}

/// The name of the rule that holds.
fn in_force(folder: &Path, now: SystemTime) -> Option<String> {
    let saved = Standing::of(folder, now).unwrap().in_force?;
    saved
        .file
        .settings()
        .rules
        .first()
        .map(|rule| rule.name.clone())
}

const LIST: &str = "[list.partners]\nentries = \"a.test b.test\"\n";

#[test]
fn each_change_is_told_with_before_and_after() {
    let before = read(
        "minimum_tls = \"1.2\"\n[list.partners]\nentries = \"a.test b.test\"\n\
         [rule.partners]\nlists = \"partners\"\n[rule.gone]\nlists = \"partners\"\n\
         [receiving]\naccounts = \"accounts\"\n",
    );
    let after = read(
        "minimum_tls = \"1.3\"\n\
         [list.partners]\nentries = [\"b.test\", { entry = \"anna@c.test\", authenticated = true }]\n\
         [rule.partners]\nlists = \"partners\"\nrequire_ca_signed = false\n\
         [rule.\"new one\"]\nlists = \"partners\"\nunit = \"sales.example.test\"\n\
         [route.\"a.test\"]\nhost = \"mx.a.test\"\n[receiving]\naccounts = \"others\"\n",
    );
    let told: Vec<String> = (changes(Some(&before), &after).iter())
        .map(|change| serde_json::to_string(change).unwrap())
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(changes(Some(&after), &after).is_empty());
}

#[test]
fn applying_writes_one_audit_record_a_change_with_who_and_when() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("saved");
    applied(&folder, "", noon(), Duration::ZERO);
    let text = format!("{LIST}[rule.partners]\nlists = \"partners\"\n");
    applied(&folder, &text, noon() + HOUR, Duration::ZERO);
    let off = format!("{text}require_ca_signed = false\nvalidate_hostname = false\n");
    let last = applied(&folder, &off, noon() + 2 * HOUR, Duration::ZERO);
    assert_eq!(last.changes.len(), 2);
    let records: Vec<String> = history(&folder)
        .unwrap()
        .into_iter()
        .filter_map(|line| match line {
            AuditLine::Record(record) if record.settings > 1 => {
                Some(serde_json::to_string(&record).unwrap())
            }
            _ => None,
        })
        .collect();
    insta::assert_snapshot!(records.join("\n"));
}

#[test]
fn settings_that_change_nothing_are_not_saved_again() {
    let scratch = tempfile::tempdir().unwrap();
    let text = format!("{LIST}[rule.a]\nlists = \"partners\"\n");
    applied(scratch.path(), &text, noon(), Duration::ZERO);
    let before = history(scratch.path()).unwrap();
    let again = applied(scratch.path(), &text, noon() + HOUR, Duration::ZERO);
    assert!(again.saved.is_none() && again.changes.is_empty());
    assert_eq!(history(scratch.path()).unwrap(), before);
}

#[test]
fn a_change_takes_effect_at_once_or_after_its_delay_and_within_a_day() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let rule = |name: &str| format!("{LIST}[rule.{name}]\nlists = \"partners\"\n");
    applied(folder, &rule("first"), noon(), Duration::ZERO);
    assert_eq!(in_force(folder, noon()).as_deref(), Some("first"));
    let later = applied(folder, &rule("second"), noon() + HOUR, LONGEST_DELAY);
    let due = noon() + HOUR + LONGEST_DELAY;
    assert_eq!(later.saved.unwrap().effective, due);
    // (now, what holds, whether something waits)
    for (now, want, waits) in [
        (noon() + HOUR, "first", true),
        (due - Duration::from_secs(1), "first", true),
        (due, "second", false),
    ] {
        assert_eq!(in_force(folder, now).as_deref(), Some(want));
        assert_eq!(Standing::of(folder, now).unwrap().pending.is_some(), waits);
    }
    let order = Order {
        who: "anna".to_owned(),
        now: noon(),
        after: LONGEST_DELAY + HOUR,
        warnings: Vec::new(),
    };
    let refused = apply(folder, &read(""), order).unwrap_err();
    assert!(matches!(refused, SavedError::Delay(_)), "{refused}");
    assert_eq!(
        refused.to_string(),
        "a change takes effect within 24 hours at most, and not after 25 hours"
    );
}

#[test]
fn what_waits_is_withdrawn_by_what_is_applied_meanwhile() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let rule = |name: &str| format!("{LIST}[rule.{name}]\nlists = \"partners\"\n");
    applied(folder, &rule("first"), noon(), Duration::ZERO);
    applied(folder, &rule("second"), noon(), HOUR);
    let third = applied(folder, &rule("third"), noon(), Duration::ZERO);
    assert_eq!((third.withdrawn, third.saved.unwrap().number), (Some(2), 3));
    assert_eq!(
        in_force(folder, noon() + 2 * HOUR).as_deref(),
        Some("third")
    );
    // What holds already takes back what waits, and nothing else.
    applied(folder, &rule("fourth"), noon(), HOUR);
    let back = applied(folder, &rule("third"), noon(), Duration::ZERO);
    assert_eq!((back.withdrawn, back.saved), (Some(4), None));
    assert_eq!(
        in_force(folder, noon() + 2 * HOUR).as_deref(),
        Some("third")
    );
    let last = history(folder).unwrap().pop().unwrap();
    let AuditLine::Record(last) = last else {
        panic!()
    };
    assert_eq!(
        (last.change.what.as_str(), last.settings),
        ("settings 4", 5)
    );
}

#[test]
fn a_long_list_is_saved_beside_the_settings_and_read_again() {
    let scratch = tempfile::tempdir().unwrap();
    let domain = |number: u32| match number % 3 {
        0 => format!("{{ entry = \"d{number}.test\", authenticated = true }}"),
        1 => format!("\"user#{number}@d.test\""),
        _ => format!("\"d{number}.test\""),
    };
    let entries: Vec<String> = (0..1_000).map(domain).collect();
    let text = format!(
        "[list.long]\nentries = [{}]\n[rule.r]\nlists = \"long\"\n",
        entries.join(", ")
    );
    applied(scratch.path(), &text, noon(), Duration::ZERO);
    let saved = Standing::of(scratch.path(), noon())
        .unwrap()
        .in_force
        .unwrap();
    assert_eq!(saved.file, read(&text));
    let main = std::fs::read_to_string(scratch.path().join("saved/000001/settings.toml")).unwrap();
    assert!(main.len() < 1_000, "{main}");
}

#[test]
fn a_torn_last_record_is_told_and_nothing_is_lost_behind_it() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    applied(folder, "", noon(), Duration::ZERO);
    let log = folder.join("audit.jsonl");
    let whole = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("{whole}{{\"when\":\"2026-11")).unwrap();
    let lines = history(folder).unwrap();
    assert_eq!(
        lines.last(),
        Some(&AuditLine::Broken("{\"when\":\"2026-11".to_owned()))
    );
    applied(folder, "minimum_tls = \"1.3\"\n", noon(), Duration::ZERO);
    let lines = history(folder).unwrap();
    assert!(matches!(
        &lines[lines.len() - 2..],
        [AuditLine::Broken(_), AuditLine::Record(_)]
    ));
}

#[test]
fn an_edited_rule_is_applied_in_the_place_of_the_old_one() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let text = format!("{LIST}[rule.bank]\nlists = \"partners\"\n");
    applied(folder, &text, noon(), Duration::ZERO);
    // The saved file itself is edited: the list serves as that of approved senders of another rule too.
    let saved = Standing::of(folder, noon()).unwrap().in_force.unwrap();
    let edited = saved
        .file
        .write()
        .text
        .replace("validate_hostname = true", "validate_hostname = false")
        + "\n[rule.approved-senders]\napplies = \"inbound\"\nlists = \"partners\"\n";
    let edited = edited.replacen("hostname = \"mail.example.test\"\n", "", 1);
    let applied = applied(folder, &edited, noon(), Duration::ZERO);
    let what: Vec<&str> = applied
        .changes
        .iter()
        .map(|change| change.what.as_str())
        .collect();
    assert_eq!(
        what,
        ["rule.approved-senders", "rule.bank.validate_hostname"]
    );
    let now = Standing::of(folder, noon()).unwrap().in_force.unwrap().file;
    let rules = &now.settings().rules;
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].list, rules[1].list);
}

#[test]
fn folders_of_others_and_of_other_versions_are_left_alone() {
    let foreign = tempfile::tempdir().unwrap();
    std::fs::write(foreign.path().join("letter"), "").unwrap();
    let newer = tempfile::tempdir().unwrap();
    std::fs::write(newer.path().join("version"), "mtaspec-settings 2\n").unwrap();
    let order = || Order {
        who: "anna".to_owned(),
        now: noon(),
        after: Duration::ZERO,
        warnings: Vec::new(),
    };
    let refused = |folder: &Path| apply(folder, &read(""), order()).unwrap_err();
    assert!(matches!(
        refused(foreign.path()),
        SavedError::Versions(VersionsError::NotOurs(_))
    ));
    assert!(matches!(
        refused(newer.path()),
        SavedError::Versions(VersionsError::Version { .. })
    ));
    assert!(matches!(
        history(&foreign.path().join("absent")),
        Err(SavedError::Versions(VersionsError::Absent(_)))
    ));
    assert_eq!(std::fs::read_dir(foreign.path()).unwrap().count(), 1);
}

#[test]
fn times_are_written_in_utc() {
    assert_eq!(print_instant(noon()), "2026-11-18T11:06:40Z");
}
