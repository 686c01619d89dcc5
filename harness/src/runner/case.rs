//! One case: plan, world, subject, messages, settling, recording. The file to read first.
//!
//! Nothing is judged here, and nothing that happens here is an error of the program: what the harness cannot do is an
//! event of the recording, and the case becomes an `error`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use mtaspec_certs::{CertificateSpec, Holder, KeyKind, Mint, Word};
use mtaspec_judge::events::{Event, Recording, What};
use mtaspec_judge::scenario::{Case, Message, Step};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::causes::with_causes;
use super::inbound::{self, Around};
use crate::client::Client;
use crate::clock::CaseClock;
use crate::internet::{CaseWorld, Internet};
use crate::plan::{PlanError, PlanOptions, PlannedCase, PlannedMail};
use crate::recorder::{Recorder, Teller};
use crate::subject::{Briefing, HandOver, Instructions, OwnIdentity, Running, Subject, dkim};

/// Plays cases: everything that they have in common.
pub struct Player {
    /// Where the worlds live.
    pub internet: Internet,
    /// Who is tested.
    pub subject: Arc<dyn Subject>,
    /// Makes the subject's own certificate, where a case gives it one.
    pub mint: Mint,
    /// How names are made.
    pub plan: PlanOptions,
    /// The run's instant that counts as "now".
    pub now: SystemTime,
    /// Cases that were planned before the run, by their ids: a relay that serves all of them is told of all at once.
    pub planned: HashMap<String, PlannedCase>,
}

/// Who may log in at a subject, and with what. It opens nothing: a subject lives as long as its case.
const ACCOUNT: (&str, &str) = ("sender", "for-tests-only");

/// Why a case could not be played to its end.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Player {
    /// A player with the usual names, whose certificates come from the Internet's own authorities.
    #[must_use]
    pub fn new(internet: Internet, subject: Arc<dyn Subject>, now: SystemTime) -> Self {
        Self {
            mint: Mint::new(Arc::clone(internet.authorities()), now),
            internet,
            subject,
            plan: PlanOptions::default(),
            now,
            planned: HashMap::new(),
        }
    }

    /// Plans a case, or gives back the plan that was made before.
    ///
    /// # Errors
    /// When the run has no address left.
    pub fn plan(&self, case: &Arc<Case>) -> Result<PlannedCase, PlanError> {
        match self.planned.get(&case.id) {
            Some(planned) => Ok(planned.clone()),
            None => PlannedCase::new(Arc::clone(case), &self.plan, self.internet.addresses()),
        }
    }

    /// Plays one case and gives back all that was seen.
    pub async fn play(&self, case: &Arc<Case>) -> Recording {
        let begin = Instant::now();
        let clock = if self.subject.keeps_real_time() {
            CaseClock::real(self.now)
        } else {
            CaseClock::new(self.now)
        };
        let events = match self.plan(case) {
            Ok(planned) => {
                let recorder = Recorder::with_names(Arc::clone(&clock), planned.names().clone());
                if let Err(failure) = self.play_planned(&planned, &clock, &recorder).await {
                    recorder.record(Teller::default(), failed(&with_causes(failure.as_ref())));
                }
                recorder.events()
            }
            Err(failure) => vec![harness_failed(&with_causes(&failure))],
        };
        let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.recording(case, events, milliseconds)
    }

    /// The recording of a case of which nothing but the failure is known.
    #[must_use]
    pub fn failed(&self, case: &Arc<Case>, reason: &str) -> Recording {
        self.recording(case, vec![harness_failed(reason)], 0)
    }

    async fn play_planned(
        &self,
        planned: &PlannedCase,
        clock: &Arc<CaseClock>,
        recorder: &Recorder,
    ) -> Result<(), Failure> {
        let mut world = self.internet.add(planned, clock, recorder).await?;
        let briefing = self.briefing(planned, clock, recorder)?;
        let identity = briefing.identity.clone();
        let mut subject = self.subject.start(briefing).await?;
        let around = Around {
            planned,
            subject: subject.as_ref(),
            identity: &identity,
            mint: &self.mint,
            world: &world,
            clock,
        };
        let sender = inbound::sender(&around, recorder)?;
        let mut play = Play {
            player: self,
            planned,
            clock,
            recorder,
            world: &mut world,
            subject: subject.as_mut(),
            sender,
            identity,
        };
        let played = play.steps().await;
        subject.stop().await;
        world.end().await;
        played
    }

    fn briefing(
        &self,
        planned: &PlannedCase,
        clock: &Arc<CaseClock>,
        recorder: &Recorder,
    ) -> Result<Briefing, Failure> {
        let first = &planned.labelled().steps[0];
        Ok(Briefing {
            resolver: self.internet.resolver(),
            validating_resolver: self.internet.validating_resolver(),
            trust_anchor: self.internet.trust_anchor(),
            instructions: self.instructions(planned, first)?,
            home: planned.names().labelled("home.test"),
            label: planned.label().as_str().to_owned(),
            mail: Arc::clone(planned.mail()),
            addresses: Arc::clone(self.internet.addresses()),
            clock: Arc::clone(clock),
            now: self.now,
            identity: self.identity(planned)?,
            recorder: recorder.clone(),
        })
    }

    /// What the subject shows as a receiver: a good certificate for its own name, and an account.
    fn identity(&self, planned: &PlannedCase) -> Result<OwnIdentity, Failure> {
        let spec = CertificateSpec::from(Word::Valid);
        let certificate = self.mint.mint(&spec, &subject_as_holder(planned))?;
        Ok(OwnIdentity {
            certificate: Arc::new(certificate),
            user: ACCOUNT.0.to_owned(),
            password: ACCOUNT.1.to_owned(),
            report_key: dkim::report_key(),
        })
    }

    fn instructions(&self, planned: &PlannedCase, step: &Step) -> Result<Instructions, Failure> {
        let settings = step.world.settings.clone();
        let trust = self.internet.trust(&settings.trust);
        let holder = subject_as_holder(planned);
        let client_certificate = match &settings.client_certificate {
            None => None,
            Some(spec) => Some(Arc::new(self.mint.mint(spec, &holder)?)),
        };
        Ok(Instructions {
            rules: step.world.rules.clone(),
            routes: step.world.routes.clone(),
            settings,
            trust,
            client_certificate,
            hosts: planned.addresses_in(&step.world),
        })
    }

    fn recording(&self, case: &Case, events: Vec<Event>, milliseconds: u64) -> Recording {
        Recording {
            case: case.clone(),
            subject: self.subject.told(),
            now: OffsetDateTime::from(self.now)
                .format(&Rfc3339)
                .expect("a date of our time can be written"),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            events,
            milliseconds,
        }
    }
}

/// One case while it is played.
pub(super) struct Play<'a> {
    pub(super) player: &'a Player,
    pub(super) planned: &'a PlannedCase,
    pub(super) clock: &'a Arc<CaseClock>,
    pub(super) recorder: &'a Recorder,
    pub(super) world: &'a mut CaseWorld,
    pub(super) subject: &'a mut dyn Running,
    /// The harness, where the subject receives.
    sender: Option<Client>,
    /// What the subject shows, and whom it lets in.
    identity: OwnIdentity,
}

impl Play<'_> {
    async fn steps(&mut self) -> Result<(), Failure> {
        self.warm_up().await?;
        for (index, step) in self.planned.labelled().steps.iter().enumerate() {
            self.recorder.begin_step(index + 1);
            if let Some(after) = step.after {
                self.subject.advance(after).await?;
                self.world.quiet().await;
            }
            if index > 0 {
                self.world.change(index).await?;
                let instructions = self.player.instructions(self.planned, step)?;
                self.subject.change(instructions).await?;
            }
            self.act(step).await?;
            self.ask(step).await;
            self.subject.settle().await?;
            if let Some(lasts) = step.lasts {
                self.subject.advance(lasts).await?;
            }
            self.world.quiet().await;
            self.look_at_the_queue(index).await;
        }
        Ok(())
    }

    /// Messages that belong to one step go in at one moment: the clock stands still until the last one is in. Where the
    /// harness is the sender it may be silent, and then the clock is the subject's.
    async fn act(&mut self, step: &Step) -> Result<(), Failure> {
        let still = self.clock.stand_still();
        if step.makes_due {
            self.subject.retry_now().await?;
        }
        match &self.sender {
            None => self.hand_over(step).await?,
            Some(sender) => {
                let mail = self.planned.mail();
                let copies = (step.inject.iter()).flat_map(|message| {
                    mail.copies_of(&message.name)
                        .map(move |mail| (message, mail))
                });
                sender.send(&copies.collect::<Vec<_>>(), still).await;
            }
        }
        Ok(())
    }

    async fn hand_over(&self, step: &Step) -> Result<(), Failure> {
        let home = self.home();
        let hand_over = self.hand_over_now(&home);
        for message in &step.inject {
            for mail in self.planned.mail().copies_of(&message.name) {
                if message.login {
                    self.log_in_and_send(message, mail).await?;
                } else {
                    hand_over.inject(message, mail).await?;
                }
            }
        }
        Ok(())
    }

    /// The subject's own domain.
    pub(super) fn home(&self) -> String {
        self.planned.names().labelled("home.test")
    }

    /// How messages go in at this moment.
    pub(super) fn hand_over_now<'h>(&'h self, home: &'h str) -> HandOver<'h> {
        HandOver {
            way: self.subject.way_in(),
            home,
            now: self.clock.epoch() + self.clock.elapsed(),
            recorder: self.recorder,
        }
    }

    async fn log_in_and_send(&self, message: &Message, mail: &PlannedMail) -> Result<(), Failure> {
        let around = Around {
            planned: self.planned,
            subject: &*self.subject,
            identity: &self.identity,
            mint: &self.player.mint,
            world: &*self.world,
            clock: self.clock,
        };
        let still = self.clock.stand_still();
        let heard = inbound::log_in_and_send(&around, &[(message, mail)], still).await?;
        for (teller, what) in heard {
            self.recorder.record(teller, what);
        }
        Ok(())
    }

    /// The clock goes on meanwhile: a host may let the subject wait for the answer.
    async fn ask(&mut self, step: &Step) {
        if let Some(question) = &step.ask
            && let Some(fields) = self.subject.ask(question).await
        {
            self.recorder
                .record(Teller::default(), What::Answered { fields });
        }
    }

    /// Looks for each message so far. A subject that cannot tell leaves no event.
    async fn look_at_the_queue(&mut self, until: usize) {
        let Some(listed) = self.subject.queue().await else {
            return;
        };
        let steps = &self.planned.labelled().steps[..=until];
        let settings = &self.planned.labelled().steps[until].world.settings;
        for message in steps.iter().flat_map(|step| &step.inject) {
            for mail in self.planned.mail().copies_of(&message.name) {
                for recipient in &message.to {
                    let mut whom = settings.stands_for(recipient);
                    whom.push(recipient.clone());
                    let is_listed = listed.iter().any(|entry| {
                        entry.sender.eq_ignore_ascii_case(&mail.sender)
                            && (whom.iter()).any(|one| entry.recipient.eq_ignore_ascii_case(one))
                    });
                    let teller = Teller {
                        message: Some(mail.message.clone()),
                        ..Teller::default()
                    };
                    let what = What::Queued {
                        recipient: Some(recipient.clone()),
                        listed: is_listed,
                    };
                    self.recorder.record(teller, what);
                }
            }
        }
    }
}

fn subject_as_holder(planned: &PlannedCase) -> Holder {
    Holder {
        host: planned.names().labelled("subject.home.test"),
        addresses: Vec::new(),
        next_hop_domain: None,
        default_key: KeyKind::EcdsaP256,
    }
}

fn failed(reason: &str) -> What {
    What::HarnessFailed {
        reason: reason.to_owned(),
    }
}

fn harness_failed(reason: &str) -> Event {
    Event {
        at: 0,
        step: 1,
        host: None,
        connection: None,
        message: None,
        what: failed(reason),
    }
}
