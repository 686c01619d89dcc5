//! A sender that talks to the engine line by line, and the engine that it talks to.

use std::sync::Arc;

use mtaspec_engine::settings::{Account, OwnCertificate, Settings};
use mtaspec_engine::{Engine, Options, Running, Service};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{DigitallySignedStruct, Error, SignatureScheme, SupportedProtocolVersion};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::peer::{Both, Host};
use crate::scene::Scene;
use crate::tls::Identity;

/// A scene whose engine is the MX host and the submission server of `home.test`.
pub(crate) struct Reception {
    pub(crate) scene: Scene,
    pub(crate) engine: Running,
}

impl Reception {
    /// With a certificate and an account, and changed settings.
    pub(crate) async fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let scene = Scene::new(Host::with_tls);
        let settings = scene.settings(|settings| {
            settings.receiving.domains = vec!["home.test", "closed.test"]
                .into_iter()
                .map(|domain| mtaspec_engine::address::MailDomain::parse(domain).unwrap())
                .collect();
            settings.receiving.certificate = Some(own(&Identity::new("subject.home.test", "good")));
            settings.receiving.accounts = vec![Account {
                user: "anna".into(),
                password: "secret".into(),
            }];
            change(settings);
        });
        let options = Options {
            listen: [
                Service::Injection,
                Service::Mx,
                Service::Submission,
                Service::Submissions,
            ]
            .map(|service| (service, "127.0.0.1:0".parse().unwrap()))
            .to_vec(),
            ..Options::default()
        };
        let engine = Engine::start(settings, scene.world.outside(), options)
            .await
            .unwrap();
        Self { scene, engine }
    }

    /// A client of a service, greeted if there is a greeting in plaintext.
    pub(crate) async fn connect(&self, service: Service) -> Client {
        let address = self.engine.address_of(service).unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Client {
            stream: BufReader::new(Box::new(stream)),
        };
        if service != Service::Submissions {
            assert!(client.reply().await.starts_with("220 "));
        }
        client
    }

    /// A client that has said EHLO and STARTTLS and made the handshake, or made it at once.
    pub(crate) async fn connect_tls(&self, service: Service, tls: &ModernTls) -> Client {
        let mut client = self.connect(service).await;
        if service == Service::Submissions {
            let mut client = client.handshake(tls).await.unwrap();
            assert!(client.reply().await.starts_with("220 "));
            return client;
        }
        assert!(client.say("EHLO plain.test").await.contains("STARTTLS"));
        assert!(client.say("STARTTLS").await.starts_with("220 "));
        client.handshake(tls).await.unwrap()
    }

    /// The content of the message that comes home after so many others.
    pub(crate) async fn came_home(&self, others: usize) -> String {
        let minute = std::time::Duration::from_secs(60);
        let home = &self.scene.home;
        let world = &self.scene.world;
        assert!(world.until(minute, || home.messages().len() > others).await);
        home.messages()[others].content.clone()
    }
}

/// The identity as the engine takes it.
pub(crate) fn own(identity: &Identity) -> OwnCertificate {
    OwnCertificate {
        chain: identity.chain.clone(),
        key: identity.key.clone_key(),
    }
}

/// What a client with rustls speaks and shows.
pub(crate) struct ModernTls {
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
    pub(crate) name: &'static str,
    pub(crate) identity: Option<Identity>,
}

impl ModernTls {
    pub(crate) fn new() -> Self {
        Self {
            versions: rustls::ALL_VERSIONS.to_vec(),
            name: "subject.home.test",
            identity: None,
        }
    }

    pub(crate) fn showing(identity: &Identity) -> Self {
        Self {
            identity: Some(identity.clone()),
            ..Self::new()
        }
    }
}

/// A client in a session.
pub(crate) struct Client {
    pub(crate) stream: BufReader<Box<dyn Both>>,
}

impl Client {
    /// Says a line and reads the reply, its lines joined by `|`; `closed` if there is none.
    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.reply().await
    }

    /// Says lines one after the other; the codes of the replies.
    pub(crate) async fn codes(&mut self, lines: &[&str]) -> Vec<String> {
        let mut codes = Vec::new();
        for line in lines {
            let reply = self.say(line).await;
            codes.push(reply.split(' ').next().unwrap_or_default().to_owned());
        }
        codes
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        // The other side may have closed by now; the next read tells.
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    pub(crate) async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return "closed".into();
            }
            let line = line.trim_end();
            reply.push_str(line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
            reply.push('|');
        }
    }

    /// All bytes until the other side closes.
    pub(crate) async fn rest(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.stream.read_to_end(&mut bytes).await;
        bytes
    }

    /// A handshake with rustls.
    pub(crate) async fn handshake(self, tls: &ModernTls) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&tls.versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody));
        let config = match &tls.identity {
            // Set up so that a key which does not fit is used all the same.
            Some(identity) => {
                let key = ring::sign::any_supported_type(&identity.key).unwrap();
                let certified = CertifiedKey::new(identity.chain.clone(), key);
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
            }
            None => builder.with_no_client_auth(),
        };
        let name = ServerName::try_from(tls.name).unwrap();
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect(name, self.stream.into_inner())
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self {
            stream: BufReader::new(Box::new(stream)),
        })
    }
}

/// Takes any certificate of the engine.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
