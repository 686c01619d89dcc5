//! The one substitution of names: `.test` becomes `.<label>.test` wherever it ends a name, and back.
//!
//! It works on any text (names, addresses, records, replies, URIs), without regard to letter case. `.test` ends a name
//! if what stands behind it is no letter, no digit, no hyphen, and no dot with a letter behind it. A run on the public
//! Internet puts another base in the place of `test`.

use mtaspec_judge::scenario::Case;
use serde_json::{Map, Value};

use super::{Label, Literals};

/// Fields of a case that are for people and are never rewritten.
const KEPT: [&str; 4] = ["id", "title", "why", "place"];

/// The substitution of one case, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// `.<label>`
    dotted_label: String,
    /// `.test`, or another base with a dot before it.
    dotted_base: String,
    literals: Literals,
}

impl Names {
    /// Names below `<label>.test`.
    #[must_use]
    pub fn below(label: &Label) -> Self {
        Self::with_base(label, "test")
    }

    /// Names below `<label>.<base>`; the base is a name without final dot.
    #[must_use]
    pub fn with_base(label: &Label, base: &str) -> Self {
        Self::from_texts(label.as_str(), base)
    }

    pub(crate) fn from_texts(label: &str, base: &str) -> Self {
        Self {
            dotted_label: format!(".{label}"),
            dotted_base: format!(".{base}"),
            literals: Literals::default(),
        }
    }

    /// The same, where `[NAME]` also stands for an address in digits.
    #[must_use]
    pub fn with_literals(mut self, literals: Literals) -> Self {
        self.literals = literals;
        self
    }

    /// The zone cut of the case, without final dot.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}{}", &self.dotted_label[1..], self.dotted_base)
    }

    /// From the file's spelling to the one on the wire.
    #[must_use]
    pub fn labelled(&self, text: &str) -> String {
        let keeps_base = self.dotted_base == FILE_BASE;
        let renamed = replaced(text, FILE_BASE, |found| {
            let base = if keeps_base { found } else { &self.dotted_base };
            format!("{}{base}", self.dotted_label)
        });
        self.literals.in_digits(&renamed)
    }

    /// From the spelling on the wire to the file's.
    #[must_use]
    pub fn plain(&self, text: &str) -> String {
        let named = self.literals.in_names(text);
        let wanted = format!("{}{}", self.dotted_label, self.dotted_base);
        let keeps_base = self.dotted_base == FILE_BASE;
        replaced(&named, &wanted, |found| {
            let base = if keeps_base {
                &found[self.dotted_label.len()..]
            } else {
                FILE_BASE
            };
            base.to_owned()
        })
    }

    /// A whole case below its label: every key and text but those that are for people.
    #[must_use]
    pub fn labelled_case(&self, case: &Case) -> Case {
        let Ok(Value::Object(fields)) = serde_json::to_value(case) else {
            unreachable!("a case is a table of plain data");
        };
        let fields = fields
            .into_iter()
            .map(|(key, value)| {
                let value = if KEPT.contains(&key.as_str()) {
                    value
                } else {
                    rewritten(value, &|text| self.labelled(text))
                };
                (key, value)
            })
            .collect::<Map<_, _>>();
        serde_json::from_value(Value::Object(fields)).expect("it was a case before")
    }
}

const FILE_BASE: &str = ".test";

/// Every key and text of a value, rewritten.
pub(super) fn rewritten(value: Value, rewrite: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(rewrite(&text)),
        Value::Array(items) => items
            .into_iter()
            .map(|item| rewritten(item, rewrite))
            .collect(),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, item)| (rewrite(&key), rewritten(item, rewrite)))
                .collect(),
        ),
        other => other,
    }
}

/// `text` with every `ending` that ends a name replaced by what `by` makes of it as it is spelled there.
fn replaced(text: &str, ending: &str, by: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('.') {
        let (before, from_dot) = rest.split_at(at);
        out.push_str(before);
        match from_dot.get(..ending.len()) {
            Some(found)
                if found.eq_ignore_ascii_case(ending) && ends_name(&from_dot[ending.len()..]) =>
            {
                out.push_str(&by(found));
                rest = &from_dot[ending.len()..];
            }
            _ => {
                out.push('.');
                rest = &from_dot[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Does a name end before `rest`?
fn ends_name(rest: &str) -> bool {
    let mut characters = rest.chars();
    match characters.next() {
        Some('-') => false,
        Some('.') => !characters.next().is_some_and(char::is_alphabetic),
        Some(next) => !next.is_alphanumeric(),
        None => true,
    }
}

/// A host or domain name in ASCII (RFC 5890 §2.3.2.1); plain ASCII keeps its letter case, and what is no
/// internationalised name stays as it is.
#[must_use]
pub fn ascii(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    idna::domain_to_ascii(name).unwrap_or_else(|_| name.to_owned())
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::{Case, Domain, Fault, FaultPlace, Host, Moment, MxRecord, World};
    use proptest::prelude::*;

    use super::{Label, Names, ascii};
    use crate::plan::healthy_case;

    fn names() -> Names {
        Names::from_texts("abcdefg2", "test")
    }

    #[test]
    fn dot_test_is_replaced_where_it_ends_a_name() {
        let cases = [
            ("mx.example.test", "mx.example.abcdefg2.test"),
            ("*.test", "*.abcdefg2.test"),
            ("user@[mx.example.test]", "user@[mx.example.abcdefg2.test]"),
            ("MX.EXAMPLE.TEST", "MX.EXAMPLE.abcdefg2.TEST"),
            ("example.test.", "example.abcdefg2.test."),
            ("a.test. b.test", "a.abcdefg2.test. b.abcdefg2.test"),
            ("example.test-x", "example.test-x"),
            ("example.tests", "example.tests"),
            ("example.test2", "example.test2"),
            ("example.testé", "example.testé"),
            ("example.test.com", "example.test.com"),
            ("example.test.5", "example.abcdefg2.test.5"),
            ("a.test.test", "a.test.abcdefg2.test"),
            ("bücher.test", "bücher.abcdefg2.test"),
            ("test", "test"),
            ("user@test", "user@test"),
            (
                "https://mta-sts.example.test/a.txt?b.test#c",
                "https://mta-sts.example.abcdefg2.test/a.txt?b.abcdefg2.test#c",
            ),
            (
                "mailto:a@example.test,mailto:b@other.test!10m",
                "mailto:a@example.abcdefg2.test,mailto:b@other.abcdefg2.test!10m",
            ),
            ("_25._tcp.mx.test", "_25._tcp.mx.abcdefg2.test"),
            (
                "250 mx.example.com at your service",
                "250 mx.example.com at your service",
            ),
            ("", ""),
            (".", "."),
            ("ünïcödé .test", "ünïcödé .abcdefg2.test"),
        ];
        for (plain, labelled) in cases {
            assert_eq!(names().labelled(plain), labelled, "{plain}");
            assert_eq!(names().plain(labelled), plain, "{labelled}");
        }
    }

    #[test]
    fn undoing_knows_the_label_in_any_letter_case_and_leaves_foreign_names() {
        let cases = [
            ("MX.EXAMPLE.ABCDEFG2.TEST", "MX.EXAMPLE.TEST"),
            ("mx.example.other222.test", "mx.example.other222.test"),
            ("mx.example.test", "mx.example.test"),
            ("abcdefg2.test", "abcdefg2.test"),
        ];
        for (wire, plain) in cases {
            assert_eq!(names().plain(wire), plain, "{wire}");
        }
    }

    #[test]
    fn another_base_stands_in_the_place_of_test() {
        let names = Names::with_base(&Label::of("x", None), "example.org");
        let label = Label::of("x", None);
        assert_eq!(
            names.labelled("mx.example.test"),
            format!("mx.example.{label}.example.org")
        );
        assert_eq!(
            names.plain(&format!("<a@mx.{label}.example.org>")),
            "<a@mx.test>"
        );
        assert_eq!(names.origin(), format!("{label}.example.org"));
    }

    #[test]
    fn names_in_unicode_have_an_ascii_form_and_plain_ones_keep_their_case() {
        let cases = [
            ("bücher.test", "xn--bcher-kva.test"),
            ("Mx.Example.TEST", "Mx.Example.TEST"),
            ("_25._tcp.mx.test", "_25._tcp.mx.test"),
        ];
        for (name, want) in cases {
            assert_eq!(ascii(name), want);
        }
    }

    fn case() -> Case {
        let mut world = World::default();
        world.domains.insert(
            "example.test".into(),
            Domain {
                mx: vec![MxRecord {
                    preference: 10,
                    host: "[mx.example.test]".into(),
                }],
                ..Domain::default()
            },
        );
        world.hosts.insert(
            "mx.example.test".into(),
            Host {
                cname: Some("Mx.Other.TEST".into()),
                ..Host::default()
            },
        );
        world.faults.push(Fault {
            on: FaultPlace::Host("mx.example.test".into()),
            at: Moment::Greeting,
            deed: mtaspec_judge::scenario::Deed::Reply("554 mx.example.test is shut".into()),
            times: None,
            skip: 0,
            written: "mx.example.test: greeting: 554 mx.example.test is shut".into(),
        });
        let mut case = Case {
            id: "a/b#c.test".into(),
            title: "Why example.test is shut".into(),
            why: "example.test".into(),
            ..healthy_case()
        };
        case.place.file = "scenarios/a.test".into();
        case.steps[0].world = world;
        case
    }

    #[test]
    fn a_whole_case_is_rewritten_but_for_what_is_meant_for_people() {
        let plain = case();
        let labelled = names().labelled_case(&plain);
        assert_eq!(
            (
                &labelled.id,
                &labelled.title,
                &labelled.why,
                &labelled.place
            ),
            (&plain.id, &plain.title, &plain.why, &plain.place)
        );
        let world = &labelled.steps[0].world;
        assert_eq!(
            world.domains["example.abcdefg2.test"].mx[0].host,
            "[mx.example.abcdefg2.test]"
        );
        assert_eq!(
            world.hosts["mx.example.abcdefg2.test"].cname.as_deref(),
            Some("Mx.Other.abcdefg2.TEST")
        );
        assert_eq!(
            world.faults[0].written,
            "mx.example.abcdefg2.test: greeting: 554 mx.example.abcdefg2.test is shut"
        );
        assert_eq!(
            labelled.steps[0].inject[0].to,
            ["user@example.abcdefg2.test"]
        );
    }

    fn text_with_names() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop_oneof![
                Just(".test".to_owned()),
                Just(".TEST".to_owned()),
                Just(".abcdefg2".to_owned()),
                Just("test".to_owned()),
                Just("[".to_owned()),
                Just("]".to_owned()),
                Just(".".to_owned()),
                Just("-".to_owned()),
                Just("2".to_owned()),
                Just("ü".to_owned()),
                ".{0,3}",
                "[a-z]{1,3}",
            ],
            0..12,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn undoing_gives_back_any_text(text in text_with_names()) {
            prop_assert_eq!(names().plain(&names().labelled(&text)), text);
        }

        #[test]
        fn names_under_other_ends_stay(text in "[a-z.@ -]{0,30}\\.(com|org|tes|invalid)") {
            prop_assume!(!text.contains(".test"));
            prop_assert_eq!(names().labelled(&text), text.clone());
            prop_assert_eq!(names().plain(&text), text);
        }
    }
}
