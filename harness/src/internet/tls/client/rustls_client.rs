//! The client's side by rustls: TLS 1.2 and 1.3.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mtaspec_judge::events::By;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};
use tokio_rustls::TlsConnector;

use super::super::any_server::AnyServer;
use super::super::below::Below;
use super::super::rustls_stack;
use super::super::stream::Over;
use super::{Broken, ClientTls, Passed, Shaken};

/// Shakes hands.
pub(super) async fn connect(tls: &ClientTls, mut below: Below) -> Result<Shaken, Broken> {
    let shows = Arc::new(Shows {
        certified: certified(tls),
        shown: AtomicBool::new(false),
    });
    // A name that cannot be asked for is left out: only SNI needs one here.
    let name = tls
        .sni
        .as_deref()
        .and_then(|name| ServerName::try_from(name.to_owned()).ok());
    let Ok(mut config) = config(tls, Arc::clone(&shows)) else {
        return Err(Broken::new(&mut below, By::Sender, None));
    };
    config.enable_sni = name.is_some();
    let name = name.unwrap_or(ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    let connect = TlsConnector::from(Arc::new(config)).connect(name, below);
    match connect.into_fallible().await {
        Ok(mut stream) => {
            let passed = Passed::of(stream.get_ref().0);
            let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let server_leaf = chain.first().map(|leaf| leaf.to_vec());
            stream.get_mut().0.end_handshake();
            Ok(Shaken {
                stream: Box::new(Over::new(stream, Vec::new())),
                below: passed,
                server_leaf,
                shown: Some(shows.shown.load(Ordering::SeqCst)),
            })
        }
        Err((error, mut below)) => {
            let (by, alert) = blame(&error);
            Err(Broken::new(&mut below, by, alert))
        }
    }
}

/// Who ended it, and with which alert.
fn blame(error: &io::Error) -> (By, Option<u8>) {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::AlertReceived(alert)) => (By::Receiver, Some(u8::from(*alert))),
        Some(_) => (By::Sender, None),
        None => (By::Receiver, None),
    }
}

fn config(tls: &ClientTls, shows: Arc<Shows>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls_stack::provider_of(&tls.setup));
    let versions = rustls_stack::protocols_of(&tls.setup);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer))
        .with_client_cert_resolver(shows);
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn certified(tls: &ClientTls) -> Option<Arc<CertifiedKey>> {
    let shown = tls.certificate.as_ref()?;
    let key = PrivateKeyDer::Pkcs8(shown.private_key.clone().into());
    let key = ring::default_provider()
        .key_provider
        .load_private_key(key)
        .ok()?;
    let chain = shown
        .chain
        .iter()
        .cloned()
        .map(CertificateDer::from)
        .collect();
    // Neither leaf nor key is checked: what is wrong with them is on purpose.
    Some(Arc::new(CertifiedKey::new(chain, key)))
}

/// Shows the certificate to whoever asks, whatever authorities he names.
#[derive(Debug)]
struct Shows {
    certified: Option<Arc<CertifiedKey>>,
    shown: AtomicBool,
}

impl ResolvesClientCert for Shows {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.shown.store(self.certified.is_some(), Ordering::SeqCst);
        self.certified.clone()
    }

    fn has_certs(&self) -> bool {
        self.certified.is_some()
    }
}
