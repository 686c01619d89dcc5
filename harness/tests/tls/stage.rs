//! One fake on a loopback socket, and what it told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use mtaspec_certs::KeyKind;
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::tls::{
    CertificateStore, Handshake, HandshakeDeeds, HandshakeEnd, Holder, Minted, ServerTls, TlsSetup,
    TlsSetupError,
};
use mtaspec_harness::internet::wire::Wire;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Deed, Fault, FaultPlace, Moment};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Every fake here has this name.
pub(crate) const HOST: &str = "mx.example.test";

/// What one connection came to.
pub(crate) struct Seen {
    pub(crate) events: Vec<What>,
    pub(crate) plaintext: Vec<u8>,
    pub(crate) established: bool,
    pub(crate) client_chain: Vec<Vec<u8>>,
}

impl Seen {
    /// The `met` events.
    pub(crate) fn met(&self) -> Vec<&str> {
        let met = |what| match what {
            &What::Met { ref what } => Some(what.as_str()),
            _ => None,
        };
        self.events.iter().filter_map(met).collect()
    }
}

/// A fake with this setup that answers one line inside TLS.
pub(crate) fn fake(setup: &TlsSetup) -> Result<ServerTls, TlsSetupError> {
    let holder = Holder {
        host: HOST.to_owned(),
        addresses: vec![[127, 0, 0, 1].into()],
        next_hop_domain: Some("example.test".to_owned()),
        default_key: KeyKind::EcdsaP256,
    };
    ServerTls::new(setup, &store(), &holder)
}

fn store() -> CertificateStore {
    CertificateStore::new(|spec, holder| Ok(self_signed(spec, holder)))
}

fn self_signed(spec: &mtaspec_certs::CertificateSpec, holder: &Holder) -> Minted {
    use openssl::{
        asn1::Asn1Time, bn::BigNum, ec, hash::MessageDigest, nid::Nid, pkey::PKey, rsa::Rsa, x509,
    };
    let kind = spec.key.unwrap_or(holder.default_key);
    let curve = |nid| {
        let group = ec::EcGroup::from_curve_name(nid).unwrap();
        PKey::from_ec_key(ec::EcKey::generate(&group).unwrap()).unwrap()
    };
    let key = match kind {
        KeyKind::EcdsaP256 => curve(Nid::X9_62_PRIME256V1),
        KeyKind::EcdsaP384 => curve(Nid::SECP384R1),
        KeyKind::Ed25519 => PKey::generate_ed25519().unwrap(),
        KeyKind::Rsa1024 => PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap(),
        KeyKind::Rsa2048 | KeyKind::Rsa4096 => {
            PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
        }
    };
    let mut name = x509::X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", &holder.host).unwrap();
    let name = name.build();
    let mut builder = x509::X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(9).unwrap())
        .unwrap();
    let digest = match kind {
        KeyKind::Ed25519 => MessageDigest::null(),
        _ => MessageDigest::sha256(),
    };
    builder.sign(&key, digest).unwrap();
    Minted {
        spec: spec.clone(),
        chain: vec![builder.build().to_der().unwrap()],
        private_key: key.private_key_to_pkcs8().unwrap(),
        key: kind,
        issuers: Vec::new(),
    }
}

/// A fault at this moment.
pub(crate) fn fault(at: Moment, deed: Deed) -> Fault {
    Fault {
        on: FaultPlace::Host(HOST.to_owned()),
        at,
        deed,
        times: None,
        skip: 0,
        written: "the fault".to_owned(),
    }
}

/// Takes one connection after the other; each ends with an answer to its first line.
pub(crate) async fn serve(
    fake: Arc<ServerTls>,
    fault: Option<Fault>,
    early: &'static [u8],
) -> (SocketAddr, JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let look_up = move |at: &Moment| fault.clone().filter(|fault| fault.at == *at);
        let deeds = HandshakeDeeds {
            clock: CaseClock::real(SystemTime::now()),
            look_up: &look_up,
        };
        let mut events = Vec::new();
        let mut tell = |what| events.push(what);
        let wire = Wire::new(tcp).unwrap();
        let Handshake { plaintext, end } =
            fake.accept(wire, early.to_vec(), deeds, &mut tell).await;
        let (mut established, mut client_chain) = (false, Vec::new());
        if let HandshakeEnd::Established { mut stream, facts } = end {
            established = true;
            client_chain = facts.client_chain;
            let mut line = Vec::new();
            while !line.ends_with(b"\n")
                && stream.read_buf(&mut line).await.is_ok_and(|read| read > 0)
            {}
            let _ = stream.write_all(b"221 bye\r\n").await;
            let _ = stream.flush().await;
            let _ = stream.shutdown().await;
        }
        Seen {
            events,
            plaintext,
            established,
            client_chain,
        }
    });
    (address, task)
}

/// Sends these bytes, and gives all that comes back.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = tcp.read_to_end(&mut answer).await;
    answer
}
