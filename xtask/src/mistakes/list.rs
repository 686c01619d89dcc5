//! `tests/mistakes`: mistakes that can be made in the engine's source, a list a subject.
//!
//! Reading tells every problem at once, each as `path:line: sentence`.

use std::collections::BTreeSet;
use std::path::Path;

use mtaspec_judge::scenario::{Catalogue, IdPattern};
use serde::Deserialize;
use toml::Spanned;

/// Where the lists stand, from the root of the workspace.
pub(super) const FOLDER: &str = "tests/mistakes";
/// Where mistakes are made.
const ENGINE: &str = "engine/src/";

/// One mistake: a text of the engine's source that is replaced by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) name: String,
    /// The list that has it, from the root of the workspace.
    pub(super) list: String,
    /// Where it stands in the list.
    pub(super) line: usize,
    pub(super) file: String,
    pub(super) find: String,
    pub(super) replace: String,
    /// The requirements that the engine then breaks.
    pub(super) breaks: BTreeSet<String>,
    /// What goes wrong, or which mail servers are known for it.
    pub(super) why: String,
    pub(super) collateral: Vec<Collateral>,
}

/// Cases that fail beside those that are meant, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Collateral {
    /// Cases with an id of this pattern.
    Case { case: String, reason: String },
    /// Cases with a failing finding that cites this requirement.
    Row { row: String, reason: String },
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    mistake: Vec<Spanned<WrittenMistake>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMistake {
    name: String,
    file: String,
    find: String,
    replace: String,
    breaks: Vec<String>,
    why: String,
    #[serde(default)]
    collateral: Vec<Collateral>,
}

/// Reads the text of a list.
///
/// # Errors
/// What is no such TOML, as one problem.
pub(super) fn parse(list: &str, text: &str) -> Result<Vec<Mistake>, Vec<String>> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![format!("{list}:{}: {}", line_of(text, at), error.message())]
    })?;
    let mistake = |spanned: Spanned<WrittenMistake>| {
        let line = line_of(text, spanned.span().start);
        let written = spanned.into_inner();
        Mistake {
            name: written.name,
            list: list.to_owned(),
            line,
            file: written.file,
            find: written.find,
            replace: written.replace,
            breaks: written.breaks.into_iter().collect(),
            why: written.why,
            collateral: written.collateral,
        }
    };
    Ok(written.mistake.into_iter().map(mistake).collect())
}

/// Reads the lists of a workspace, in the order of their names, and checks them against the engine's source and the catalogue.
///
/// # Errors
/// Every problem.
pub(super) fn load(root: &Path) -> Result<Vec<Mistake>, Vec<String>> {
    let unread =
        |path: &Path, error: &dyn std::fmt::Display| vec![format!("{}:1: {error}", path.display())];
    let path = root.join("scenarios/requirements.toml");
    let catalogue = Catalogue::load(&path).map_err(|error| unread(&path, &error))?;
    let folder = root.join(FOLDER);
    let entries = std::fs::read_dir(&folder).map_err(|error| unread(&folder, &error))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_list(name))
        .collect();
    names.sort();
    let (mut mistakes, mut unreadable) = (Vec::new(), Vec::new());
    for name in names {
        let list = format!("{FOLDER}/{name}");
        let path = root.join(&list);
        let text = std::fs::read_to_string(&path).map_err(|error| unread(&path, &error))?;
        match parse(&list, &text) {
            Ok(of_list) => mistakes.extend(of_list),
            Err(problems) => unreadable.extend(problems),
        }
    }
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let problems = problems(&mistakes, &catalogue, |file| {
        std::fs::read_to_string(root.join(file)).ok()
    });
    if problems.is_empty() {
        Ok(mistakes)
    } else {
        Err(problems)
    }
}

/// Whether a file of the folder is a list.
pub(super) fn is_list(name: &str) -> bool {
    name.ends_with(".toml")
}

/// What is wrong with these mistakes; `source` has the text of a file of the engine.
fn problems(
    mistakes: &[Mistake],
    catalogue: &Catalogue,
    source: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut names = BTreeSet::new();
    for mistake in mistakes {
        let Mistake {
            name,
            list,
            line,
            file,
            find,
            ..
        } = mistake;
        let mut object =
            |sentence: String| problems.push(format!("{list}:{line}: {name}: {sentence}"));
        if !names.insert(name) {
            object("another mistake has this name".to_owned());
        }
        if !is_name(name) {
            object("a name is made of hyphenated words of a-z and 0-9".to_owned());
        }
        if mistake.why.trim().is_empty() {
            object("`why` is empty".to_owned());
        }
        if *find == mistake.replace {
            object("`replace` is what `find` is".to_owned());
        }
        if find.contains('\n') || mistake.replace.contains('\n') {
            object("a mistake is made within one line".to_owned());
        }
        if mistake.breaks.is_empty() {
            object("`breaks` names no requirement".to_owned());
        }
        for row in cited(mistake).filter(|row| catalogue.row(row).is_none()) {
            let hint = catalogue
                .nearest(row)
                .map_or_else(String::new, |near| format!("; {near} is one"));
            object(format!("there is no requirement {row}{hint}"));
        }
        for collateral in &mistake.collateral {
            let (Collateral::Case { reason, .. } | Collateral::Row { reason, .. }) = collateral;
            if reason.trim().is_empty() {
                object("a line of collateral has no reason".to_owned());
            }
            if let Collateral::Case { case, .. } = collateral
                && let Err(error) = IdPattern::parse(case)
            {
                object(error.to_string());
            }
        }
        match source(file) {
            _ if !file.starts_with(ENGINE) => object(format!(
                "{file} is no source of the engine; those stand below {ENGINE}"
            )),
            None => object(format!("there is no file {file}")),
            Some(text) => match places(&text, find).as_slice() {
                [_] => {}
                [] => object(format!("{file} does not have {find:?}")),
                several => {
                    let lines: Vec<String> = several.iter().map(ToString::to_string).collect();
                    object(format!(
                        "{file} has {find:?} at the lines {}, and it has to stand there once",
                        lines.join(", ")
                    ));
                }
            },
        }
    }
    problems
}

/// The requirements that a mistake speaks of.
fn cited(mistake: &Mistake) -> impl Iterator<Item = &str> {
    let collateral = mistake
        .collateral
        .iter()
        .filter_map(|collateral| match collateral {
            Collateral::Row { row, .. } => Some(row.as_str()),
            Collateral::Case { .. } => None,
        });
    mistake.breaks.iter().map(String::as_str).chain(collateral)
}

fn is_name(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').all(is_word)
}

/// The lines at which a text stands in another.
pub(super) fn places(text: &str, find: &str) -> Vec<usize> {
    if find.is_empty() {
        return Vec::new();
    }
    text.match_indices(find)
        .map(|(at, _)| line_of(text, at))
        .collect()
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_the_list_can_be_made_once_and_breaks_requirements_that_there_are() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mistakes = load(root)
            .map_err(|problems| problems.join("\n"))
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(mistakes.len() >= 60, "there are only {}", mistakes.len());
    }

    const LIST: &str = "tests/mistakes/some.toml";
    const RIGHT: &str = "[[mistake]]\nname = \"a-b\"\nfile = \"engine/src/a.rs\"\nfind = \"x\"\nreplace = \"y\"\nbreaks = [\"A-1\"]\n\
                         why = \"w\"\ncollateral = [{ case = \"a/**\", reason = \"r\" }, { row = \"A-1\", reason = \"r\" }]\n";

    fn problems_of(text: &str) -> Vec<String> {
        let catalogue = Catalogue::parse(
            "[[requirement]]\nid = \"A-1\"\nsource = \"a\"\nsection = \"1\"\nlevel = \"must\"\nrole = \"sender\"\ntext = \"t\"\ntestable = \"no\"\n",
        )
        .unwrap();
        match parse(LIST, text) {
            Ok(mistakes) => problems(&mistakes, &catalogue, |file| {
                (file == "engine/src/a.rs").then(|| "x\ntwice twice\n".to_owned())
            }),
            Err(problems) => problems,
        }
    }

    #[test]
    fn each_problem_of_a_list_is_told_with_its_line() {
        // (text of the right list, what stands there instead, the problem)
        let cases = [
            ("", "", ""),
            ("\"x\"", "\"z\"", "a-b: engine/src/a.rs does not have \"z\""),
            (
                "\"x\"",
                "\"twice\"",
                "a-b: engine/src/a.rs has \"twice\" at the lines 2, 2, and it has to stand there once",
            ),
            (
                "\"x\"",
                "\"y\"",
                "a-b: `replace` is what `find` is\ntests/mistakes/some.toml:1: a-b: engine/src/a.rs does not have \"y\"",
            ),
            ("a.rs", "b.rs", "a-b: there is no file engine/src/b.rs"),
            (
                "engine/src/",
                "judge/src/",
                "a-b: judge/src/a.rs is no source of the engine; those stand below engine/src/",
            ),
            (
                "[\"A-1\"]",
                "[\"A-2\"]",
                "a-b: there is no requirement A-2; A-1 is one",
            ),
            ("[\"A-1\"]", "[]", "a-b: `breaks` names no requirement"),
            ("\"w\"", "\" \"", "a-b: `why` is empty"),
            (
                "\"y\"",
                "\"y\\nz\"",
                "a-b: a mistake is made within one line",
            ),
            (
                "a/**",
                "a b",
                "a-b: \"a b\" is no pattern of ids: ' ' stands in no id",
            ),
            (
                "a-b",
                "A",
                "A: a name is made of hyphenated words of a-z and 0-9",
            ),
        ];
        for (right, wrong, want) in cases {
            let text = if right.is_empty() {
                RIGHT.to_owned()
            } else {
                RIGHT.replacen(right, wrong, 1)
            };
            let want = if want.is_empty() {
                String::new()
            } else {
                format!("{LIST}:1: {want}")
            };
            assert_eq!(problems_of(&text).join("\n"), want, "{wrong}");
        }
        assert_eq!(
            problems_of(&RIGHT.repeat(2)),
            [format!("{LIST}:9: a-b: another mistake has this name")]
        );
        let unknown = RIGHT.replacen("why", "because", 1);
        assert!(
            problems_of(&unknown)[0].starts_with(&format!("{LIST}:7: unknown field `because`")),
            "{:?}",
            problems_of(&unknown)
        );
    }
}
