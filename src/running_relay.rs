//! A relay that runs already, as `run --relay` is told of it: where it is, how messages go in, what it can do.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use mtaspec_harness::subject::profile::Profile;
use mtaspec_harness::subject::{
    Injection, InjectionCommand, Limits, Login, Means, Patience, RelayElsewhere, Subject, WayIn,
};
use mtaspec_judge::scenario::all_capabilities;

use crate::trouble::Trouble;
use crate::whereabouts::Whereabouts;

/// No password and no list of capabilities is longer.
const FILE_LIMIT: u64 = 64 * 1024;

/// The relay, and the way into it.
#[derive(Debug, Args)]
#[command(next_help_heading = "A relay that runs already")]
pub(crate) struct RunningRelay {
    /// Where it takes messages; it was told before what `mtaspec config` prints. Off loopback, --allow names it too
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "subject")]
    relay: Option<String>,
    /// What it can do: words, a file of them, or a folder with a profile whose words count [default: dsn,tls-rule]
    #[arg(long, value_name = "WORDS|FILE|DIR", requires = "relay")]
    capabilities: Option<String>,
    /// Hand messages over inside TLS, whatever certificate it shows
    #[arg(long, requires = "relay")]
    inject_starttls: bool,
    /// Log in with this name to hand messages over
    #[arg(
        long,
        value_name = "NAME",
        requires = "relay",
        requires = "inject_password_file"
    )]
    inject_user: Option<String>,
    /// The file with the password
    #[arg(long, value_name = "FILE", requires = "inject_user")]
    inject_password_file: Option<PathBuf>,
    /// Hand messages over by a command that reads them; F is the envelope sender, T the recipients: 'sendmail -i -f F T'
    #[arg(long, value_name = "COMMAND", requires = "relay", conflicts_with_all = ["inject_user", "inject_starttls"])]
    inject_command: Option<InjectionCommand>,
    /// Connections, or commands, at a time
    #[arg(long, value_name = "N", default_value = "10", requires = "relay")]
    inject_at_once: NonZeroUsize,
    /// Messages on one connection
    #[arg(long, value_name = "N", default_value = "1", requires = "relay")]
    inject_messages: NonZeroUsize,
    /// A case is over when nothing new was seen of it for so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", requires = "relay", value_parser = seconds())]
    quiet: u64,
}

fn seconds() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(1..=3600)
}

impl RunningRelay {
    /// The relay as a subject, if there is one.
    pub(crate) fn subject(
        &self,
        whereabouts: &Whereabouts,
    ) -> Result<Option<Arc<dyn Subject>>, Trouble> {
        let Some(relay) = &self.relay else {
            return Ok(None);
        };
        if !whereabouts.has_real_addresses() {
            return Err(Trouble::usage(
                "a relay looks for its hosts at addresses of their own; choose them as for `mtaspec serve`, as --ports real --pool 198.18.0.0/15",
            ));
        }
        let address = address_of(relay)?;
        if !address.ip().is_loopback() && !whereabouts.allows(address.ip()) {
            return Err(Trouble::usage(format!(
                "{address} is not on loopback; say that it is meant with --allow {}",
                address.ip()
            )));
        }
        let means = match &self.inject_command {
            Some(command) => Means::Command(command.clone()),
            None => Means::Smtp(Injection {
                address,
                starttls: self.inject_starttls,
                login: self.login(address)?,
            }),
        };
        let limits = Limits {
            at_once: self.inject_at_once,
            messages_per_connection: self.inject_messages,
        };
        let quiet = Duration::from_secs(self.quiet);
        let patience = Patience {
            quiet,
            longest: quiet * 6,
        };
        let words = self.capabilities()?;
        let subject = RelayElsewhere::new(address, WayIn::new(means, limits), words, patience);
        Ok(Some(Arc::new(subject)))
    }

    /// How many of its cases are played at once: most of the time each of them waits.
    pub(crate) fn cases_at_once(&self) -> Option<NonZeroUsize> {
        self.relay.as_ref().and(NonZeroUsize::new(64))
    }

    fn login(&self, to: SocketAddr) -> Result<Option<Login>, Trouble> {
        let (Some(user), Some(file)) = (&self.inject_user, &self.inject_password_file) else {
            return Ok(None);
        };
        if !self.inject_starttls && !to.ip().is_loopback() {
            return Err(Trouble::usage(
                "a password does not cross a network in clear; add --inject-starttls",
            ));
        }
        let text = read(file)?;
        let password = text.lines().next().unwrap_or_default().to_owned();
        if password.is_empty() {
            return Err(Trouble::usage(format!(
                "{} has no password in its first line",
                file.display()
            )));
        }
        Ok(Some(Login {
            user: user.clone(),
            password,
        }))
    }

    fn capabilities(&self) -> Result<BTreeSet<String>, Trouble> {
        let given = self.capabilities.as_deref().unwrap_or("dsn,tls-rule");
        let path = Path::new(given);
        if path.is_dir() {
            let profile = Profile::load(path).map_err(Trouble::usage)?;
            return Ok(profile.capabilities);
        }
        let text = if path.is_file() {
            read(path)?
        } else {
            given.to_owned()
        };
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default());
        let words = lines.flat_map(|line| line.split([',', ' ', '\t']));
        let words: BTreeSet<String> = (words.filter(|word| !word.is_empty()))
            .map(str::to_owned)
            .collect();
        let known = all_capabilities();
        match words.iter().find(|word| !known.contains(*word)) {
            None => Ok(words),
            Some(strange) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                Err(Trouble::usage(format!(
                    "{strange:?} is no capability, no file and no folder; the capabilities are {}",
                    known.join(", ")
                )))
            }
        }
    }
}

fn address_of(relay: &str) -> Result<SocketAddr, Trouble> {
    let mut found = relay
        .to_socket_addrs()
        .map_err(|error| Trouble::usage(format!("{relay:?} is no HOST:PORT: {error}")))?;
    (found.next()).ok_or_else(|| Trouble::usage(format!("{relay:?} has no address")))
}

fn read(path: &Path) -> Result<String, Trouble> {
    let mut text = String::new();
    let opened =
        std::fs::File::open(path).and_then(|file| file.take(FILE_LIMIT).read_to_string(&mut text));
    match opened {
        Ok(_) => Ok(text),
        Err(error) => Err(Trouble::usage(format!(
            "{} cannot be read: {error}",
            path.display()
        ))),
    }
}
