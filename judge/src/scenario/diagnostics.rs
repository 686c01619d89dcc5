//! What is said of bad files: every row of SCENARIOS §12, and how a problem looks.

use super::{Catalogue, Problems, read_text};

/// A title, a reason, a row, and a delivery that is expected.
const HEAD: &str = "title = \"t\"\nwhy = \"w\"\n";
const ROW: &str = "requirements = [\"GTLS-tls-tried-by-default\"]\n";
const OK: &str = "expect = { outcome = \"delivered\" }\n";

fn catalogue() -> Catalogue {
    Catalogue::parse(include_str!("../../../scenarios/requirements.toml")).unwrap()
}

/// A bad difference put into a file that is otherwise right.
fn file(difference: &str) -> String {
    let mut text = String::new();
    for (key, line) in [
        ("title", "title = \"t\"\n"),
        ("why", "why = \"w\"\n"),
        ("requirements", ROW),
    ] {
        let is_said = difference.starts_with(key);
        text += if is_said { "" } else { line };
    }
    if !difference.contains("expect") {
        text += OK;
    }
    text + difference
}

fn problems(text: &str) -> Problems {
    read_text("a.toml", "a", text, &catalogue(), false).1
}

fn assert_complains(difference: &str, message: &str, help: &str) {
    let problems = problems(&file(difference));
    let found = problems
        .iter()
        .find(|problem| problem.message.contains(message));
    let Some(problem) = found else {
        panic!("{difference}\nsays: {problems}\nnot: {message}")
    };
    let said = problem.help.as_deref().unwrap_or_default();
    assert!(
        said.contains(help),
        "{difference}\nhelp is: {said}\nnot: {help}"
    );
    assert_eq!(problem.file, "a.toml");
}

#[derive(serde::Deserialize)]
struct Rows {
    row: Vec<Row>,
}

#[derive(serde::Deserialize)]
struct Row {
    difference: String,
    message: String,
    help: String,
}

#[test]
fn every_mistake_has_its_message_and_help() {
    let rows: Rows = toml::from_str(include_str!("diagnostics.toml")).unwrap();
    assert!(rows.row.len() > 60);
    for Row {
        difference,
        message,
        help,
    } in rows.row
    {
        assert_complains(&difference, &message, &help);
    }
}

#[test]
fn limits_are_told_with_what_is_allowed() {
    let steps = "[[step]]\ninject = {}\n".repeat(51);
    let hosts: Vec<String> = (0..65)
        .map(|n| format!("[host.\"h{n}.example.test\"]"))
        .collect();
    let to: Vec<String> = (0..101).map(|n| format!("\"u{n}@example.test\"")).collect();
    let patterns = "{ event = \"connect\" }, ".repeat(101);
    // (difference from a good file, message, help)
    let cases = [
        (steps, "this case has 52 steps", "at most 50 steps"),
        (
            "[[step]]\nlasts = \"401 days\"".into(),
            "401 days",
            "at most 400 days",
        ),
        (hosts.join("\n"), "hosts", "at most 64 hosts"),
        (
            format!("inject = {{ to = [{}] }}", to.join(", ")),
            "101 recipients of a message",
            "at most 100",
        ),
        (
            "inject = { size = \"11 MiB\" }".into(),
            "11534336 octets of a message",
            "at most 10485760",
        ),
        (
            "inject = [{ copies = 60 }, { copies = 60 }]".into(),
            "120 messages",
            "at most 100",
        ),
        (
            format!("expect = {{ saw = [{patterns}] }}"),
            "101 patterns",
            "at most 100",
        ),
        (
            format!("domain.\"{}test\" = {{}}", "abcdefg.".repeat(31)),
            "longer than 240",
            "",
        ),
        (
            format!("# {}", "x".repeat(65 * 1024)),
            "the file has",
            "at most 64 KiB",
        ),
        (
            format!("a = {}", "[".repeat(5000)),
            "nested too deep",
            "at most 16 levels",
        ),
        (
            format!("{} = 1", vec!["a"; 20_000].join(".")),
            "nested too deep",
            "",
        ),
    ];
    for (difference, message, help) in cases {
        assert_complains(&difference, message, help);
    }
}

#[test]
fn a_huge_product_is_refused_before_it_is_made() {
    let labels: Vec<String> = (0..100)
        .map(|label| format!("a{label} = {label}"))
        .collect();
    let varied = format!("{{ vary = {{ {} }} }}", labels.join(", "));
    let keys: Vec<String> = (0..30)
        .map(|n| format!("host.\"h{n}.example.test\".port = {varied}"))
        .collect();
    assert_complains(
        &keys.join("\n"),
        "the file makes 18446744073709551615 cases",
        "at most 200",
    );
}

#[test]
fn problems_are_told_all_at_once_with_line_and_mark() {
    let text = format!(
        "{HEAD}{ROW}\n[host.\"mx.example.test\"]\ncert = \"expired\"\ntls  = \"1.2\"\n\n\
         [case.a]\nexpect = {{ outcome = \"lost\" }}\n[case.b]\n"
    );
    insta::assert_snapshot!(problems(&text).to_string());
}
