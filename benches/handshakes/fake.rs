//! The TLS of a fake without the fake's SMTP around it.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::ensure;
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::tls::{HandshakeDeeds, HandshakeEnd, ServerTls};
use mtaspec_harness::internet::wire::Wire;
use tokio::net::TcpStream;

use crate::bare;

/// A fake's TLS, with no faults in it and nobody to tell.
pub(crate) struct FakeTls {
    tls: ServerTls,
    clock: Arc<CaseClock>,
}

impl FakeTls {
    pub(crate) fn new(tls: ServerTls) -> Self {
        let clock = CaseClock::real(SystemTime::now());
        Self { tls, clock }
    }

    /// Shakes hands and answers one line.
    pub(crate) async fn serve(&self, tcp: TcpStream) -> anyhow::Result<()> {
        let deeds = HandshakeDeeds {
            clock: Arc::clone(&self.clock),
            look_up: &|_| None,
        };
        let mut told = 0_usize;
        let mut tell = |_| told += 1;
        let handshake = self
            .tls
            .accept(Wire::new(tcp)?, Vec::new(), deeds, &mut tell)
            .await;
        ensure!(told > 0, "a handshake tells of itself");
        match handshake.end {
            HandshakeEnd::Established { stream, .. } => bare::answer(stream).await,
            HandshakeEnd::Ended { by, .. } => anyhow::bail!("ended by the {by:?}"),
        }
    }
}
