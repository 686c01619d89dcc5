//! What subjects that do wrong have in common: behind the address where they take messages nothing happens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::plan::AddressBook;
use mtaspec_harness::subject::{Instructions, Listed, ReceiverPort, Running, SubjectError};
use mtaspec_judge::scenario::Ask;
use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// A subject at work that neither sends nor keeps anything.
pub(crate) struct Inert {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<CaseClock>,
    /// Hosts that it fills with bytes once it has its message.
    pub(crate) victims: Option<Arc<AddressBook>>,
}

#[async_trait]
impl Running for Inert {
    fn injection_address(&self) -> SocketAddr {
        self.address
    }

    fn receiver_address(&self, _port: ReceiverPort) -> Option<SocketAddr> {
        Some(self.address)
    }

    async fn settle(&mut self) -> Result<(), SubjectError> {
        let victims = self.victims.take().map(|book| book.entries());
        let hosts = victims
            .into_iter()
            .flatten()
            .filter(|(at, _)| at.port() == 25);
        for (_, real) in hosts {
            let Ok(mut tcp) = TcpStream::connect(real).await else {
                continue;
            };
            // Until the host has had enough.
            while tcp.write_all(&[b'a'; 65536]).await.is_ok() {}
        }
        Ok(())
    }

    async fn advance(&mut self, duration: Duration) -> Result<(), SubjectError> {
        Ok(self.clock.advance(duration).await?)
    }

    async fn queue(&mut self) -> Option<Vec<Listed>> {
        Some(Vec::new())
    }

    async fn retry_now(&mut self) -> Result<(), SubjectError> {
        Ok(())
    }

    async fn change(&mut self, _instructions: Instructions) -> Result<(), SubjectError> {
        Ok(())
    }

    async fn ask(&mut self, _question: &Ask) -> Option<Map<String, Value>> {
        None
    }

    async fn stop(self: Box<Self>) {}
}
