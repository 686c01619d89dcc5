//! The limits of a case (SCENARIOS §11); those of files and names are where these are read.

use std::time::Duration;

use super::super::{Deed, Fault, MOST_MESSAGES, Message, Step};
use super::{Checks, Copy};
use crate::document::Complaint;

const STEPS: usize = 50;
const HOSTS: usize = 64;
const RECIPIENTS: usize = 100;
const BODY: u64 = 10 * 1024 * 1024;
const WAIT: u64 = 600;
const STORY: u64 = 400;
const PATTERNS: usize = 100;

impl Checks<'_> {
    pub(super) fn limits(self, copy: Copy<'_>) {
        let steps = &copy.case.steps;
        let messages: Vec<&Message> = steps.iter().flat_map(|step| &step.inject).collect();
        let excesses = [
            of_story(steps),
            of_messages(copy.case.count_messages(), &messages),
            of_faults(steps),
            of_patterns(copy),
        ];
        for (what, limit) in excesses.into_iter().flatten() {
            let complaint = Complaint::new(format!("this case has {what}"));
            self.note(copy.span, complaint.help(format!("at most {limit}")));
        }
        let mut names: Vec<&str> = messages
            .iter()
            .map(|message| message.name.as_str())
            .collect();
        names.sort_unstable();
        for pair in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            let complaint = Complaint::new(format!("two messages are called {:?}", pair[0]));
            let help = "names are unique in the story; without one it is first, second, ...";
            self.note(copy.span, complaint.help(help));
        }
    }
}

/// What there is too much of, and how much there may be.
type Excess = (String, String);

fn excess<T: PartialOrd + std::fmt::Display>(there: T, most: T, what: &str) -> Option<Excess> {
    (there > most).then(|| (format!("{there} {what}"), format!("{most} {what}")))
}

fn of_story(steps: &[Step]) -> Vec<Excess> {
    let hosts = steps
        .first()
        .map_or(0, |step| step.world.hosts.len() + step.world.https.len());
    let passes = steps
        .iter()
        .flat_map(|step| [step.after, step.lasts].into_iter().flatten());
    let story = passes
        .fold(Duration::ZERO, Duration::saturating_add)
        .as_secs()
        .div_ceil(86_400);
    let found = [
        excess(steps.len(), STEPS, "steps"),
        excess(hosts, HOSTS, "hosts"),
        excess(story, STORY, "days"),
    ];
    found.into_iter().flatten().collect()
}

fn of_messages(count: u64, messages: &[&Message]) -> Vec<Excess> {
    let recipients = messages
        .iter()
        .map(|message| message.to.len())
        .max()
        .unwrap_or(0);
    let body = messages
        .iter()
        .map(|message| message.size)
        .max()
        .unwrap_or(0);
    let found = [
        excess(count, MOST_MESSAGES, "messages"),
        excess(recipients, RECIPIENTS, "recipients of a message"),
        excess(body, BODY, "octets of a message"),
    ];
    found.into_iter().flatten().collect()
}

fn of_faults(steps: &[Step]) -> Vec<Excess> {
    let faults = steps.iter().flat_map(|step| &step.world.faults);
    faults
        .filter_map(|Fault { deed, .. }| match deed {
            Deed::Delay(wait) | Deed::Drip(wait) => excess(
                wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
                WAIT,
                "seconds of waiting",
            ),
            Deed::Pad(size) => excess(*size, BODY, "octets of a policy"),
            _ => None,
        })
        .collect()
}

fn of_patterns(copy: Copy<'_>) -> Vec<Excess> {
    let tables = copy
        .steps
        .iter()
        .flat_map(|step| step.written.tables("expect"));
    let patterns = tables.map(|(_, table)| {
        ["saw", "never", "order"]
            .iter()
            .map(|key| table.tables(key).count())
            .sum::<usize>()
    });
    excess(
        patterns.max().unwrap_or(0),
        PATTERNS,
        "patterns in one `expect`",
    )
    .into_iter()
    .collect()
}
