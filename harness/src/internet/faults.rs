//! Which fault acts at which moment (SCENARIOS §6).
//!
//! The book counts how often each moment came and hands out the deed; the fakes do it. Names are compared in their
//! ASCII form and without regard to letter case.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mtaspec_judge::scenario::{Deed, DnsDeed, Fault, FaultPlace, Moment};

use crate::plan;

/// The faults that stand in a step, and how often each has come and acted.
#[derive(Debug, Default)]
pub struct FaultBook {
    entries: Mutex<Vec<Entry>>,
    spared: Mutex<Vec<FaultPlace>>,
}

#[derive(Debug)]
struct Entry {
    fault: Fault,
    place: FaultPlace,
    came: u32,
    acted: u32,
}

impl FaultBook {
    /// A book of these faults, none of which has acted.
    #[must_use]
    pub fn new(faults: Vec<Fault>) -> Self {
        let book = Self::default();
        book.replace(faults);
        book
    }

    /// The faults of the next step. Where they are the same as before, the counting goes on.
    pub fn replace(&self, faults: Vec<Fault>) {
        let mut entries = self.lock();
        if !entries.iter().map(|entry| &entry.fault).eq(faults.iter()) {
            *entries = faults.into_iter().map(Entry::new).collect();
        }
    }

    /// For the warm-up: at these places nothing acts, and nothing is counted.
    pub fn spare(&self, places: &[FaultPlace]) {
        let places = places.iter().map(ascii_place).collect();
        *self.spared.lock().unwrap_or_else(PoisonError::into_inner) = places;
    }

    fn is_spared(&self, place: &FaultPlace) -> bool {
        let spared = self.spared.lock().unwrap_or_else(PoisonError::into_inner);
        spared.contains(place)
    }

    /// The moment has come at this fake: counts it, and gives the first fault that is not used up.
    ///
    /// Choice: a fault that still lets moments pass (`skip`) leaves the moment to the faults behind it, since
    /// the reference speaks only of those that are used up.
    pub fn act(&self, place: &FaultPlace, moment: &Moment) -> Option<Fault> {
        let place = ascii_place(place);
        if self.is_spared(&place) {
            return None;
        }
        self.first(|entry| entry.place == place && entry.fault.at == *moment)
    }

    /// A DNS question has come, over UDP or TCP.
    pub fn question(&self, kind: &str, name: &str, tcp: bool) -> Option<Fault> {
        let asked = ascii(name);
        let host = host_of_tlsa(&asked);
        self.first(|entry| {
            // Over TCP nothing is truncated, and the faults behind this one have their turn.
            let passes = tcp && entry.fault.deed == Deed::Dns(DnsDeed::Truncate);
            entry.place == FaultPlace::Dns
                && !passes
                && match &entry.fault.at {
                    Moment::Tcp => tcp,
                    Moment::Question { kind: of, name } => {
                        let wanted = ascii(name);
                        let is_tlsa = of.eq_ignore_ascii_case("TLSA");
                        // Over TCP there is nothing to truncate.
                        let is_for_udp = entry.fault.deed == Deed::Dns(DnsDeed::Truncate);
                        !(tcp && is_for_udp)
                            && (of.eq_ignore_ascii_case("ANY") || of.eq_ignore_ascii_case(kind))
                            && (wanted == asked || (is_tlsa && Some(wanted.as_str()) == host))
                    }
                    _ => false,
                }
        })
    }

    /// The fault by which this fake refuses every connection: then nobody should listen there at all.
    #[must_use]
    pub fn standing_refusal(&self, place: &FaultPlace) -> Option<Fault> {
        let place = ascii_place(place);
        if self.is_spared(&place) {
            return None;
        }
        let entries = self.lock();
        let first = entries
            .iter()
            .find(|entry| entry.place == place && entry.fault.at == Moment::Connect)?;
        let stands = first.fault.times.is_none() && first.fault.skip == 0;
        (stands && first.fault.deed == Deed::Refuse).then(|| first.fault.clone())
    }

    fn first(&self, matches: impl Fn(&Entry) -> bool) -> Option<Fault> {
        let mut acting = None;
        for entry in self.lock().iter_mut().filter(|entry| matches(entry)) {
            entry.came = entry.came.saturating_add(1);
            if acting.is_none() && entry.is_ready() {
                entry.acted += 1;
                acting = Some(entry.fault.clone());
            }
        }
        acting
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn new(fault: Fault) -> Self {
        Self {
            place: ascii_place(&fault.on),
            fault,
            came: 0,
            acted: 0,
        }
    }

    fn is_ready(&self) -> bool {
        self.came > self.fault.skip && self.fault.times.is_none_or(|times| self.acted < times)
    }
}

fn ascii_place(place: &FaultPlace) -> FaultPlace {
    match place {
        FaultPlace::Host(name) => FaultPlace::Host(ascii(name)),
        FaultPlace::AttackerOf(name) => FaultPlace::AttackerOf(ascii(name)),
        FaultPlace::Client => FaultPlace::Client,
        FaultPlace::Dns => FaultPlace::Dns,
    }
}

/// The form in which two spellings of a name are equal.
fn ascii(name: &str) -> String {
    plan::ascii(name.trim_end_matches('.')).to_lowercase()
}

/// The host in `_25._tcp.HOST` (RFC 7672 §2.2.3).
fn host_of_tlsa(name: &str) -> Option<&str> {
    let (port, rest) = name.split_once('.')?;
    let digits = port.strip_prefix('_')?;
    let is_port = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    rest.strip_prefix("_tcp.").filter(|_| is_port)
}

#[cfg(test)]
mod tests {
    use mtaspec_judge::scenario::DnsDeed;

    use super::*;

    fn fault(on: FaultPlace, at: Moment, deed: Deed) -> Fault {
        Fault {
            on,
            at,
            deed,
            times: None,
            skip: 0,
            written: String::new(),
        }
    }

    fn host(name: &str) -> FaultPlace {
        FaultPlace::Host(name.into())
    }

    fn reply(code: &str, times: Option<u32>, skip: u32) -> Fault {
        Fault {
            times,
            skip,
            ..fault(host("mx.test"), Moment::Mail, Deed::Reply(code.into()))
        }
    }

    #[test]
    fn times_and_skip_count_how_often_the_moment_came() {
        // (faults as (reply, times, skip), what acts at the first, second, ... coming)
        let cases = [
            (vec![("451", None, 0)], "451 451 451"),
            (vec![("451", Some(1), 0)], "451 - -"),
            (vec![("451", Some(1), 1)], "- 451 -"),
            (vec![("451", Some(1), 0), ("452", Some(1), 0)], "451 452 -"),
            (vec![("451", Some(1), 0), ("452", None, 2)], "451 - 452"),
            (vec![("451", Some(1), 1), ("452", None, 0)], "452 451 452"),
            (vec![("451", Some(0), 0)], "- - -"),
        ];
        for (faults, want) in cases {
            let list = faults
                .iter()
                .map(|(code, times, skip)| reply(code, *times, *skip));
            let book = FaultBook::new(list.collect());
            let got: Vec<_> = (0..3)
                .map(|_| match book.act(&host("mx.test"), &Moment::Mail) {
                    Some(Fault {
                        deed: Deed::Reply(code),
                        ..
                    }) => code,
                    _ => "-".into(),
                })
                .collect();
            assert_eq!(got.join(" "), want, "{faults:?}");
        }
    }

    #[test]
    fn a_fault_acts_at_its_own_fake_and_moment_alone() {
        let book = FaultBook::new(vec![fault(
            host("MX.bücher.test"),
            Moment::Ehlo,
            Deed::Close,
        )]);
        assert!(
            book.act(&host("mx.xn--bcher-kva.test."), &Moment::Ehlo)
                .is_some()
        );
        assert!(book.act(&host("mx.bücher.test"), &Moment::Helo).is_none());
        assert!(book.act(&host("b.test"), &Moment::Ehlo).is_none());
        let attacker = FaultPlace::AttackerOf("mx.bücher.test".into());
        assert!(book.act(&attacker, &Moment::Ehlo).is_none());
    }

    #[test]
    fn a_question_is_matched_by_type_and_name() {
        // (fault, question, over TCP, does it act?)
        let cases = [
            ("MX example.test", "MX Example.Test.", false, true),
            ("MX example.test", "A example.test", false, false),
            ("ANY example.test", "A example.test", false, true),
            ("ANY example.test", "A b.example.test", false, false),
            (
                "TLSA mx.example.test",
                "TLSA _25._tcp.mx.example.test",
                false,
                true,
            ),
            (
                "TLSA mx.example.test",
                "TLSA _2525._tcp.mx.example.test",
                false,
                true,
            ),
            (
                "TLSA mx.example.test",
                "TLSA _x._tcp.mx.example.test",
                false,
                false,
            ),
            ("TLSA mx.example.test", "A mx.example.test", false, false),
            ("MX bücher.test", "MX xn--bcher-kva.test", false, true),
            ("tcp", "A example.test", true, true),
            ("tcp", "A example.test", false, false),
        ];
        for (at, question, tcp, want) in cases {
            let moment = match at.split_once(' ') {
                Some((kind, name)) => Moment::Question {
                    kind: kind.into(),
                    name: name.into(),
                },
                None => Moment::Tcp,
            };
            let book = FaultBook::new(vec![fault(
                FaultPlace::Dns,
                moment,
                Deed::Dns(DnsDeed::Servfail),
            )]);
            let (kind, name) = question.split_once(' ').unwrap();
            assert_eq!(
                book.question(kind, name, tcp).is_some(),
                want,
                "{at} for {question}"
            );
        }
    }

    #[test]
    fn over_tcp_a_fault_that_truncates_leaves_the_question_to_the_next() {
        let at = |kind: &str| Moment::Question {
            kind: kind.to_owned(),
            name: "example.test".to_owned(),
        };
        let cut = fault(FaultPlace::Dns, at("MX"), Deed::Dns(DnsDeed::Truncate));
        let silent = fault(FaultPlace::Dns, Moment::Tcp, Deed::Stall);
        let book = FaultBook::new(vec![cut, silent]);
        let met = |tcp| book.question("MX", "example.test", tcp).map(|met| met.deed);
        assert_eq!(met(false), Some(Deed::Dns(DnsDeed::Truncate)));
        assert_eq!(met(true), Some(Deed::Stall));
    }

    #[test]
    fn the_same_faults_in_the_next_step_go_on_counting() {
        let once = vec![reply("451", Some(1), 0)];
        let book = FaultBook::new(once.clone());
        assert!(book.act(&host("mx.test"), &Moment::Mail).is_some());
        book.replace(once);
        assert!(book.act(&host("mx.test"), &Moment::Mail).is_none());
        book.replace(vec![reply("452", Some(1), 0)]);
        assert!(book.act(&host("mx.test"), &Moment::Mail).is_some());
        book.replace(Vec::new());
        assert!(book.act(&host("mx.test"), &Moment::Mail).is_none());
    }

    #[test]
    fn what_is_spared_neither_acts_nor_counts() {
        let book = FaultBook::new(vec![reply("451", Some(1), 1)]);
        book.spare(&[host("MX.test.")]);
        for _ in 0..3 {
            assert_eq!(book.act(&host("mx.test"), &Moment::Mail), None);
        }
        book.spare(&[]);
        let acts: Vec<bool> = (0..3)
            .map(|_| book.act(&host("mx.test"), &Moment::Mail).is_some())
            .collect();
        assert_eq!(acts, [false, true, false]);
    }

    #[test]
    fn only_a_refusal_without_end_stands() {
        let refusal = |times, skip| Fault {
            times,
            skip,
            ..fault(host("mx.test"), Moment::Connect, Deed::Refuse)
        };
        // (times, skip, does it stand?)
        let cases = [(None, 0, true), (Some(1), 0, false), (None, 1, false)];
        for (times, skip, want) in cases {
            let book = FaultBook::new(vec![refusal(times, skip)]);
            let stands = book.standing_refusal(&host("mx.test")).is_some();
            assert_eq!(stands, want, "{times:?} {skip}");
        }
    }
}
