//! One connection to an HTTPS host: TLS, a request, its answer, the end.
//!
//! The moments of SCENARIOS §6 are named here; what a fault makes of the answer stands in `deeds`, and of the handshake
//! in `tls`. What is told of an answer is told before it goes out, so that nothing that follows from it is told first.

use std::sync::Arc;

use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Deed, Difference, Family, Fault, FaultPlace, HttpsHost, Moment};
use tokio::sync::watch;

use super::PORT;
use super::answer::Answer;
use super::deeds::GARBAGE;
use super::fake::{HttpsSetup, Standing};
use super::request::{Front, Request};
use super::site::Offer;
use crate::internet::channel::{Channel, Ended, Talk};
use crate::internet::collectors::Unpacked;
use crate::internet::tls::{HandshakeDeeds, HandshakeEnd};
use crate::internet::wire::Wire;
use crate::recorder::Teller;

/// A connection under way.
pub(super) struct Visit {
    standing: Arc<Standing>,
    connection: u32,
    pub(super) channel: Channel,
    sni: Option<String>,
    /// The method of the request, `connect` before there is one.
    follows: String,
}

/// What a request is answered by a healthy host, and how the world tells of it.
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// What is shown by the body.
    pub(super) shown: Vec<Difference>,
    told: Told,
}

/// How an answered request is told.
#[derive(Clone)]
enum Told {
    Fetch {
        path: String,
    },
    Post {
        to: String,
        media_type: String,
        posted: Unpacked,
    },
}

/// Serves a connection until either side ends it.
pub(super) async fn serve(standing: Arc<Standing>, wire: Wire, mut closing: watch::Receiver<()>) {
    let setup = &standing.setup;
    let mut visit = Visit {
        connection: setup.connections.next(&setup.name),
        channel: Channel::new(wire, &setup.clock),
        sni: None,
        follows: "connect".into(),
        standing: Arc::clone(&standing),
    };
    let ended = tokio::select! {
        biased;
        // A sender that is gone already is not told to go.
        ended = visit.run() => ended,
        _ = closing.changed() => Ended::AtOnce,
    };
    if let Some(by) = ended.by() {
        let follows = visit.follows.clone();
        visit.tell(What::Disconnect { by, follows });
    }
    tokio::select! {
        () = visit.channel.part(ended) => {}
        _ = closing.changed() => {}
    }
}

impl Visit {
    pub(super) fn setup(&self) -> &HttpsSetup {
        &self.standing.setup
    }

    async fn run(&mut self) -> Ended {
        match self.converse().await {
            Ok(()) => Ended::ByReceiver,
            Err(ended) => ended,
        }
    }

    async fn converse(&mut self) -> Talk<()> {
        self.connect().await?;
        self.go_inside_tls().await?;
        let reply = match self.hear().await? {
            Ok((request, body)) => self.reply(&request, &body),
            Err(status) => Reply {
                answer: plain(status),
                shown: Vec::new(),
                told: Told::Fetch { path: "?".into() },
            },
        };
        self.answer(reply).await
    }

    /// Tells of the connection; `refuse` is a reset at once, the nearest that a listening host can do.
    async fn connect(&mut self) -> Talk<()> {
        let fault = self.fault(&Moment::Connect);
        let is_refusal = |fault: &Fault| fault.deed == Deed::Refuse;
        let setup = self.setup();
        let address = setup.host.addresses.get(setup.address_index);
        let family = address.map_or(Family::Ipv4, |address| address.family);
        self.tell(What::Connect {
            family: family.word().into(),
            port: PORT,
            address: setup.address_index + 1,
            refused: fault.as_ref().is_some_and(is_refusal),
            source: Some(self.channel.source()),
        });
        let Some(fault) = fault else { return Ok(()) };
        self.met(&Difference::Fault(fault.written.clone()));
        match &fault.deed {
            Deed::Refuse => Err(Ended::Refused),
            Deed::Close => Err(Ended::ByReceiver),
            Deed::Reset => Err(Ended::ByReset),
            Deed::Stall => Err(self.channel.stall(false).await),
            Deed::Delay(duration) => self.channel.wait(*duration).await,
            Deed::Garbage => {
                self.channel.write(GARBAGE).await?;
                Err(Ended::ByReceiver)
            }
            deed => {
                self.cannot(deed, "connect");
                Ok(())
            }
        }
    }

    async fn go_inside_tls(&mut self) -> Talk<()> {
        let wire = self.channel.take_wire().ok_or(Ended::BySender)?;
        let standing = Arc::clone(&self.standing);
        let setup = &standing.setup;
        let look_up = |moment: &Moment| fault(setup, moment);
        let deeds = HandshakeDeeds {
            clock: Arc::clone(&setup.clock),
            look_up: &look_up,
        };
        let teller = self.teller();
        let mut tell = |what| {
            setup.recorder.record(teller.clone(), what);
        };
        let handshake = standing.tls.accept(wire, Vec::new(), deeds, &mut tell);
        match handshake.await.end {
            HandshakeEnd::Established { stream, facts } => {
                self.channel.go_inside_tls(stream);
                self.sni = facts.sni;
                Ok(())
            }
            HandshakeEnd::Ended { by, .. } => Err(match by {
                By::Sender => Ended::BySender,
                By::Receiver => Ended::ByReceiver,
            }),
        }
    }

    /// Reads a request and its body, or says which status it deserves.
    async fn hear(&mut self) -> Talk<Result<(Request, Vec<u8>), u16>> {
        let mut heard = Vec::new();
        let (request, begin) = loop {
            match Request::read(&heard) {
                Front::Whole(request, length) => break (request, length),
                Front::Refused(status) => return Ok(Err(status)),
                Front::Incomplete => heard.extend(self.channel.read().await?),
            }
        };
        self.follows.clone_from(&request.method);
        heard.drain(..begin);
        if request.waits {
            self.channel.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        loop {
            match request.body.read(&heard) {
                Front::Whole(body, _) => return Ok(Ok((request, body))),
                Front::Refused(status) => return Ok(Err(status)),
                Front::Incomplete => heard.extend(self.channel.read().await?),
            }
        }
    }

    /// What a healthy host answers.
    fn reply(&self, request: &Request, body: &[u8]) -> Reply {
        let setup = self.setup();
        let host = request.host.as_deref();
        let mut shown = Vec::new();
        let mut told = Told::Fetch {
            path: request.path.clone(),
        };
        let mut answer = match setup.site.offer(&request.method, host, &request.path) {
            Offer::Policy(policy) => {
                shown.clone_from(&policy.shown);
                Answer {
                    status: 200,
                    fields: Vec::new(),
                    body: policy.text.clone().into_bytes(),
                }
            }
            Offer::Report => {
                told = Told::Post {
                    to: format!("https://{}{}", host.unwrap_or(&setup.name), request.path),
                    media_type: request.media_type.clone(),
                    posted: Unpacked::of(body),
                };
                plain(200)
            }
            Offer::NotFound => plain(404),
            Offer::NotAllowed => plain(405),
        };
        if request.method == "HEAD" {
            answer.body.clear();
            shown.clear();
        }
        Reply {
            answer,
            shown,
            told,
        }
    }

    /// Tells of an answer; status 0 is none.
    pub(super) fn tell_answer(&self, reply: &Reply, status: u16) {
        self.tell(match reply.told.clone() {
            Told::Fetch { path } => What::PolicyFetch {
                path,
                status,
                sni: self.sni.clone(),
            },
            Told::Post {
                to,
                media_type,
                posted,
            } => What::ReportPosted {
                to,
                status,
                media_type,
                body: posted.body,
                compressed: posted.compressed,
            },
        });
    }

    /// The first fault that acts now.
    pub(super) fn fault(&self, moment: &Moment) -> Option<Fault> {
        fault(self.setup(), moment)
    }

    /// Notes that the fake has shown what is wrong with it.
    pub(super) fn met(&self, difference: &Difference) {
        self.tell(What::Met {
            what: difference.to_string(),
        });
    }

    /// Notes what of the host's own table an answer shows.
    pub(super) fn met_by_answer(&self) {
        let (host, healthy) = (&self.setup().host, HttpsHost::default());
        // (differs, key)
        let keys = [
            (host.content_type != healthy.content_type, "content_type"),
            (!host.headers.is_empty(), "headers"),
        ];
        for (_, key) in keys.iter().filter(|(differs, _)| *differs) {
            let name = self.setup().shown_name.clone();
            self.met(&Difference::Https(name, (*key).to_owned()));
        }
    }

    /// A deed that this moment does not know: the checker of scenarios should have let none through.
    pub(super) fn cannot(&self, deed: &Deed, moment: &str) {
        self.tell(What::HarnessFailed {
            reason: format!("{deed:?} is no deed of an HTTPS host at `{moment}`"),
        });
    }

    fn tell(&self, what: What) {
        self.setup().recorder.record(self.teller(), what);
    }

    fn teller(&self) -> Teller {
        Teller {
            host: Some(self.setup().shown_name.clone()),
            connection: Some(self.connection),
            message: None,
        }
    }
}

/// An answer that has nothing to give.
fn plain(status: u16) -> Answer {
    Answer {
        status,
        fields: Vec::new(),
        body: b"There is nothing to read here.\r\n".to_vec(),
    }
}

fn fault(setup: &HttpsSetup, moment: &Moment) -> Option<Fault> {
    let place = FaultPlace::Host(setup.shown_name.clone());
    setup.faults.act(&place, moment)
}
