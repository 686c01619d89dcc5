//! One fake on loopback, and what it told.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use mtaspec_certs::{Authorities, Mint};
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::faults::FaultBook;
use mtaspec_harness::internet::smtp::{FakeSetup, SmtpFake};
use mtaspec_harness::internet::tls::CertificateStore;
use mtaspec_harness::plan::MailPlan;
use mtaspec_harness::recorder::Recorder;
use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::{
    Attacker, Case, Client as Sender, Deed, Direction, Fault, FaultPlace, Host, Message, Moment,
    Place, Step, Twin, World,
};

use crate::client::Client;

const LABEL: &str = "abcdefg2";
const NAME: &str = "mx.example.abcdefg2.test";

static CERTIFICATES: LazyLock<Arc<CertificateStore>> = LazyLock::new(|| {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let mint = Mint::new(Arc::new(Authorities::committed()), now);
    Arc::new(CertificateStore::new(mint))
});

/// A fake and everything that belongs to its case.
pub(crate) struct Stage {
    pub(crate) fake: SmtpFake,
    pub(crate) setup: FakeSetup,
    pub(crate) clock: Arc<CaseClock>,
    recorder: Recorder,
}

/// What a test wants of a fake; the default is healthy.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) host: Host,
    pub(crate) attacker: Option<Attacker>,
    pub(crate) faults: Vec<Fault>,
}

impl Stage {
    /// A healthy fake.
    pub(crate) fn healthy() -> Self {
        Self::of(Wanted::default())
    }

    /// A fake with these faults.
    pub(crate) fn with_faults(faults: Vec<Fault>) -> Self {
        Self::of(Wanted {
            faults,
            ..Wanted::default()
        })
    }

    /// A fake with this table.
    pub(crate) fn with_host(host: Host) -> Self {
        Self::of(Wanted {
            host,
            ..Wanted::default()
        })
    }

    /// A fake as wanted.
    pub(crate) fn of(wanted: Wanted) -> Self {
        let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
        let recorder = Recorder::new(Arc::clone(&clock), LABEL);
        let setup = FakeSetup {
            name: NAME.into(),
            shown_name: NAME.into(),
            address_index: 0,
            addresses: vec![[198, 18, 0, 2].into()],
            next_hop_domain: None,
            host: wanted.host,
            attacker: wanted.attacker,
            faults: Arc::new(FaultBook::new(wanted.faults)),
            keys: Arc::default(),
            mail: Arc::new(MailPlan::of(LABEL, &case())),
            certificates: Arc::clone(&CERTIFICATES),
            recorder: recorder.clone(),
            clock: Arc::clone(&clock),
            connections: Arc::default(),
        };
        let fake = SmtpFake::listen(SocketAddr::from(([127, 0, 0, 1], 0)), setup.clone()).unwrap();
        Self {
            fake,
            setup,
            clock,
            recorder,
        }
    }

    /// A sender that has connected and heard nothing.
    pub(crate) async fn connect(&self) -> Client {
        Client::new(self.clock.connect(self.fake.real_address()).await.unwrap())
    }

    /// A sender that has been greeted.
    pub(crate) async fn greeted(&self) -> Client {
        let mut client = self.connect().await;
        assert_eq!(client.reply().await.unwrap(), format!("220 {NAME} ESMTP"));
        client
    }

    /// The reverse-path of the message, with its token.
    pub(crate) fn sender(&self) -> String {
        self.setup.mail.mails()[0].sender.clone()
    }

    /// A message with the canaries of header and body.
    pub(crate) fn content(&self) -> String {
        let mail = &self.setup.mail.mails()[0];
        let (header, body) = (&mail.header_canary, &mail.body_canary);
        format!("Message-ID: <{header}@home.test>\r\n\r\n{body}\r\n")
    }

    /// Everything told so far.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.recorder.events()
    }

    /// Closes all connections and gives everything that was told.
    pub(crate) async fn end(self) -> Vec<Event> {
        self.fake.close_connections().await;
        self.recorder.events()
    }

    /// Waits for the sender to be gone, and gives everything that was told.
    pub(crate) async fn ended(self) -> Vec<Event> {
        while ends(&self.events()).is_empty() {
            tokio::task::yield_now().await;
        }
        self.end().await
    }

    /// Runs a sender on the case's clock to its end.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        sender: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let (tell, told) = tokio::sync::oneshot::channel();
        self.clock.spawn(async move {
            let _ = tell.send(sender.await);
        });
        told.await.unwrap()
    }
}

/// The `met` events.
pub(crate) fn met(events: &[Event]) -> Vec<&str> {
    let met = |event| match event {
        &Event {
            what: What::Met { ref what },
            ..
        } => Some(what.as_str()),
        _ => None,
    };
    events.iter().filter_map(met).collect()
}

/// The ends of connections: by whom, behind what.
pub(crate) fn ends(events: &[Event]) -> Vec<String> {
    let end = |event: &Event| match &event.what {
        What::Disconnect { by, follows } => Some(format!("{by:?} {follows}")),
        _ => None,
    };
    events.iter().filter_map(end).collect()
}

/// A fault of the host at this moment.
pub(crate) fn fault(at: Moment, deed: Deed) -> Fault {
    Fault {
        on: FaultPlace::Host("mx.example.abcdefg2.test".into()),
        at,
        deed,
        times: None,
        skip: 0,
        written: "as written".into(),
    }
}

fn case() -> Case {
    let message = Message {
        from: "sender@home.abcdefg2.test".into(),
        to: vec![
            "user@example.abcdefg2.test".into(),
            "b@bücher.abcdefg2.test".into(),
        ],
        ..Message::default()
    };
    Case {
        id: "smtp".into(),
        title: String::new(),
        why: String::new(),
        place: Place {
            file: String::new(),
            line: 1,
            column: 1,
        },
        direction: Direction::Outbound,
        client: Sender::default(),
        steps: vec![Step {
            after: None,
            world: World::default(),
            inject: vec![message],
            ask: None,
            makes_due: false,
            lasts: None,
            expect: Vec::new(),
        }],
        twin: Twin::NotNeeded,
        capabilities: std::collections::BTreeSet::default(),
        needs_legacy_tls: false,
    }
}
