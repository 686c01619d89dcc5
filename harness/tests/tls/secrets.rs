//! The key log: what a fake says of a session's secrets is what its client says.

use std::sync::{Arc, Mutex};

use mtaspec_harness::internet::tls::{KeyLog, TlsSetup};
use mtaspec_judge::scenario::TlsVersion;
use openssl::ssl::SslVersion;

use crate::old_client::{self, of_version};
use crate::stage::{fake, serve};

type Lines = Arc<Mutex<Vec<String>>>;

fn take(lines: &Lines) -> impl Fn(&str) + Send + Sync + 'static {
    let lines = Arc::clone(lines);
    move |line| lines.lock().unwrap().push(line.to_lowercase())
}

fn find(lines: &Lines, label: &str) -> String {
    let lines = lines.lock().unwrap();
    let line = lines.iter().find(|line| line.starts_with(label));
    line.unwrap_or_else(|| panic!("no {label} in {lines:?}"))
        .clone()
}

#[tokio::test]
async fn both_stacks_log_the_secrets_that_the_client_has() {
    for versions in [
        vec![TlsVersion::Tls10, TlsVersion::Tls12, TlsVersion::Tls13],
        vec![TlsVersion::Tls12, TlsVersion::Tls13],
    ] {
        for (version, label) in [
            (SslVersion::TLS1_2, "client_random "),
            (SslVersion::TLS1_3, "server_traffic_secret_0 "),
        ] {
            let (of_fake, of_client) = (Lines::default(), Lines::default());
            let setup = TlsSetup {
                versions: versions.clone(),
                key_log: Some(KeyLog::new(take(&of_fake))),
                ..TlsSetup::default()
            };
            let mut builder = of_version(version);
            let log = take(&of_client);
            builder.set_keylog_callback(move |_, line| log(line));
            let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
            old_client::speak(address, builder).await.unwrap();
            seen.await.unwrap();
            assert_eq!(find(&of_fake, label), find(&of_client, label));
        }
    }
}
