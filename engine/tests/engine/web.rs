//! A policy host, in all the states in which one may be found.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::peer::Both;
use crate::tls::{self, Asks, Identity};
use crate::world::World;

/// How a policy host answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// With the policy.
    Well,
    /// With this status line and the policy.
    Status(&'static str),
    /// With the policy, labelled as HTML.
    AsHtml,
    /// With something else than a policy.
    Nonsense,
    /// Not at all, once the request is made.
    Never,
    /// No connection is taken.
    Refused,
}

/// A policy host. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Web {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    identity: Identity,
    is_trusted: bool,
    answers: Answers,
    policy: String,
}

impl Web {
    /// One that answers well, with this certificate.
    pub(crate) fn new(identity: &Identity, policy: &str) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Inner {
                identity: identity.clone(),
                is_trusted: true,
                answers: Answers::Well,
                policy: policy.to_owned(),
            })),
        }
    }

    /// Shows another certificate, which no sender trusts or each does.
    pub(crate) fn show(&self, identity: &Identity, is_trusted: bool) {
        let mut inner = self.inner.lock().unwrap();
        inner.identity = identity.clone();
        inner.is_trusted = is_trusted;
    }

    pub(crate) fn answer(&self, answers: Answers) {
        self.inner.lock().unwrap().answers = answers;
    }

    pub(crate) fn publish(&self, policy: &str) {
        policy.clone_into(&mut self.inner.lock().unwrap().policy);
    }

    pub(crate) fn policy(&self) -> String {
        self.inner.lock().unwrap().policy.clone()
    }

    /// Whether a sender that checks everything gets the policy.
    pub(crate) fn is_well(&self) -> bool {
        let inner = self.inner.lock().unwrap();
        inner.is_trusted && inner.answers == Answers::Well
    }

    pub(crate) fn is_up(&self) -> bool {
        self.inner.lock().unwrap().answers != Answers::Refused
    }

    /// Serves one request. The world's journal gets `served POLICY` when a sender that checks everything has a policy, and
    /// `asked` when it has none.
    pub(crate) async fn serve(&self, world: World, stream: impl Both + 'static) {
        let (identity, answers, policy, is_trusted) = {
            let inner = self.inner.lock().unwrap();
            let (identity, policy) = (inner.identity.clone(), inner.policy.clone());
            (identity, inner.answers, policy, inner.is_trusted)
        };
        let accepted = tls::accept(Box::new(stream), &identity, Asks::Nothing).await;
        let Some((mut stream, _)) = accepted else {
            return;
        };
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if !matches!(stream.read_buf(&mut request).await, Ok(1..)) {
                return;
            }
        }
        let request = String::from_utf8(request).unwrap();
        assert!(request.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"));
        assert!(request.contains("host: mta-sts.example.test\r\n"));
        let (status, media_type, body) = match answers {
            Answers::Well => ("200 OK", "text/plain", policy.as_str()),
            Answers::Status(status) => (status, "text/plain", policy.as_str()),
            Answers::AsHtml => ("200 OK", "text/html", policy.as_str()),
            Answers::Nonsense => ("200 OK", "text/plain", "<p>Nothing here</p>\n"),
            Answers::Never | Answers::Refused => return std::future::pending().await,
        };
        world.note(match answers {
            Answers::Well if is_trusted => format!("served {policy}"),
            _ => "asked".to_owned(),
        });
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\nlocation: /policy.txt\r\ncache-control: max-age=31557600\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}
