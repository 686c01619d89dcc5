//! The reference page of the scenario language, made from the key table.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::keys::{EVENTS, FILE, FieldKind, Keys, Kind, OF_ALL};
use super::values::{DEEDS_OF_DNS, DEEDS_OF_HTTPS, DEEDS_OF_SMTP, MOMENTS};

/// The page as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(
        "# Reference of the scenario language\n\n\
         Made from the key table by `cargo xtask schema`. What is not listed here is an error.\n\
         Any value outside `expect` may be varied: `{ vary = [...] }` or `{ vary = { LABEL = value } }`.\n\
         `\"healthy\"` as the value of any key or table that merges takes back what the file said.\n",
    );
    let mut seen = BTreeSet::new();
    tables(&FILE, &mut seen, &mut page);
    events(&mut page);
    page
}

/// A table and all tables inside it, each once, in the order in which they are met.
fn tables(keys: &'static Keys, seen: &mut BTreeSet<&'static str>, page: &mut String) {
    if !seen.insert(keys.name) {
        return;
    }
    line(
        page,
        format_args!("\n## {}\n\n{}\n", keys.title, keys.meaning),
    );
    line(
        page,
        format_args!("| key | type | default | meaning |\n|---|---|---|---|"),
    );
    for key in keys.iter() {
        let kind = kind(&key.kind).replace('|', "\\|");
        line(
            page,
            format_args!(
                "| `{}` | {kind} | {} | {} |",
                key.name, key.default, key.meaning
            ),
        );
    }
    if keys.name == "fault" {
        faults(page);
    }
    for key in keys.iter() {
        inside(&key.kind, seen, page);
    }
}

fn inside(kind: &'static Kind, seen: &mut BTreeSet<&'static str>, page: &mut String) {
    match kind {
        Kind::Table(keys) | Kind::OrTable(_, keys) => tables(keys, seen, page),
        Kind::List(_, one) | Kind::OneOrMany(one) | Kind::OrFalse(one) | Kind::Named(_, one) => {
            inside(one, seen, page);
        }
        Kind::Text
        | Kind::Flag
        | Kind::Number(..)
        | Kind::Count
        | Kind::Form(_)
        | Kind::Word(_)
        | Kind::Strings
        | Kind::Pattern => {}
    }
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Word(words) => words
            .iter()
            .map(|word| format!("`\"{word}\"`"))
            .collect::<Vec<_>>()
            .join(" "),
        Kind::List(of, Kind::Word(words)) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("list of {of}: {}", words.join(" "))
        }
        Kind::Number(i64::MIN, i64::MAX) => "number".into(),
        Kind::Number(least, most) => format!("number, {least} to {most}"),
        Kind::OneOrMany(one @ Kind::Word(_)) => format!("{}, or a list of them", self::kind(one)),
        Kind::Named(names, item) => format!("by {}: {}", bare(names.noun), self::kind(item)),
        _ => bare(&kind.noun()).into(),
    }
}

fn bare(noun: &str) -> &str {
    noun.strip_prefix("a ")
        .or_else(|| noun.strip_prefix("an "))
        .unwrap_or(noun)
}

fn faults(page: &mut String) {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let moments: Vec<&str> = MOMENTS.iter().map(|(word, _)| *word).collect();
    line(page, format_args!("\n- Moments: {}", words(&moments)));
    line(
        page,
        format_args!(
            "- Deeds of SMTP hosts: a reply, `alert NAME`, {}",
            words(&DEEDS_OF_SMTP)
        ),
    );
    line(
        page,
        format_args!(
            "- Deeds of HTTPS hosts: a status, `NNN URI`, {}",
            words(&DEEDS_OF_HTTPS)
        ),
    );
    line(
        page,
        format_args!("- Deeds of `dns`: {}", words(&DEEDS_OF_DNS)),
    );
}

fn events(page: &mut String) {
    line(
        page,
        format_args!("\n## Events\n\nA pattern is `{{ event = NAME, FIELD = ..., count = n }}`.\n"),
    );
    line(
        page,
        format_args!("| event | field | type | meaning |\n|---|---|---|---|"),
    );
    let of = |kind| match kind {
        FieldKind::Text => "text or list",
        FieldKind::Number => "number, list or count",
        FieldKind::Flag => "true or false",
    };
    for field in OF_ALL {
        line(
            page,
            format_args!(
                "| all | `{}` | {} | {} |",
                field.name,
                of(field.kind),
                field.meaning
            ),
        );
    }
    for event in EVENTS {
        line(
            page,
            format_args!("| `{}` | | | {} |", event.name, event.meaning),
        );
        for field in event.fields {
            line(
                page,
                format_args!(
                    "| | `{}` | {} | {} |",
                    field.name,
                    of(field.kind),
                    field.meaning
                ),
            );
        }
    }
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(page, "{text}").expect("a string takes all that is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_reference_is_that_of_the_key_table() {
        let committed = include_str!("../../../scenarios/REFERENCE.md");
        assert!(
            committed == reference(),
            "`cargo xtask schema` writes scenarios/REFERENCE.md anew"
        );
    }
}
