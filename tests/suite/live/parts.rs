//! What an expectation is made of: its patterns, and the fields of its tables.

use mtaspec_judge::scenario::{Case, Expectation, FieldPattern, Fields, Pattern, Wanted};

/// The keys that say which notice is meant.
const CHOOSING: [&str; 3] = ["to", "action", "recipient"];

/// Parts every expectation of a case. A field stands with the place of the finding without it, among all findings of
/// the case: the field matters where the one fails and the other does not.
pub(super) fn part(case: &mut Case) -> Vec<Option<usize>> {
    let mut without = Vec::new();
    for table in case.steps.iter_mut().flat_map(|step| &mut step.expect) {
        let mut keys = Vec::new();
        for key in &table.keys {
            for group in groups(&key.wanted) {
                let first = without.len();
                for (index, wanted) in group.into_iter().enumerate() {
                    without.push((index > 0).then_some(first));
                    keys.push(Expectation {
                        wanted,
                        ..key.clone()
                    });
                }
            }
        }
        table.keys = keys;
    }
    without
}

/// Each group begins with what is wanted without the field, or stands alone.
fn groups(wanted: &Wanted) -> Vec<Vec<Wanted>> {
    let mut groups = match wanted {
        Wanted::Saw(patterns) => patterns
            .iter()
            .map(|one| vec![Wanted::Saw(vec![one.clone()])])
            .collect(),
        Wanted::Never(patterns) => patterns
            .iter()
            .map(|one| vec![Wanted::Never(vec![one.clone()])])
            .collect(),
        _ => vec![vec![wanted.clone()]],
    };
    match wanted {
        Wanted::Saw(patterns) => groups.extend(patterns.iter().filter_map(fields_of_pattern)),
        Wanted::Notice(Some(fields)) => {
            groups.push(of_fields(fields, |part| Wanted::Notice(Some(part))));
        }
        Wanted::Trace(fields) => groups.push(of_fields(fields, Wanted::Trace)),
        Wanted::Answer(fields) => groups.push(of_fields(fields, Wanted::Answer)),
        _ => {}
    }
    groups
}

fn of_fields(fields: &Fields, wanted: impl Fn(Fields) -> Wanted) -> Vec<Wanted> {
    let alone = fields.iter().map(|(name, pattern)| {
        let mut part = Fields::from([(name.clone(), pattern.clone())]);
        if matches!(wanted(Fields::new()), Wanted::Notice(_)) && !CHOOSING.contains(&name.as_str())
        {
            let choosing = fields
                .iter()
                .filter(|(name, _)| CHOOSING.contains(&name.as_str()));
            part.extend(choosing.map(|(name, pattern)| (name.clone(), pattern.clone())));
        }
        wanted(part)
    });
    std::iter::once(wanted(Fields::new()))
        .chain(alone)
        .collect()
}

/// A pattern that allows none says nothing about one field alone.
fn fields_of_pattern(pattern: &Pattern) -> Option<Vec<Wanted>> {
    if pattern.count.is_some_and(|count| count.least == 0) {
        return None;
    }
    let with = |fields: Fields, written: String| {
        let event = pattern.event.clone();
        Wanted::Saw(vec![Pattern {
            event,
            count: None,
            fields,
            written,
        }])
    };
    let one = |(name, field): (&String, &FieldPattern)| {
        let fields = Fields::from([(name.clone(), field.clone())]);
        with(fields, format!("`{name}` of {}", pattern.written))
    };
    let bare = with(Fields::new(), format!("the event of {}", pattern.written));
    Some(
        std::iter::once(bare)
            .chain(pattern.fields.iter().map(one))
            .collect(),
    )
}
