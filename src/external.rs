//! A relay of somebody else's: this program runs itself again in namespaces of its own, and there starts the relay.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::SystemTime;

use mtaspec_certs::{Authorities, CertificateSpec, Holder, KeyKind, Mint, Word};
use mtaspec_harness::internet::dns::TrustAnchor;
use mtaspec_harness::namespace::{self, Surroundings};
use mtaspec_harness::subject::profile::{Data, InjectBy, Profile, Resolver, missing_programs};
use mtaspec_harness::subject::{RelayOfRun, relay_folder};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Group, Uid, User};

use crate::trouble::Trouble;

/// The first address inside is the machine's, the next two are those of the resolvers.
const MACHINE: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
const PLAIN_RESOLVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
const VALIDATING_RESOLVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 3);
/// The name of the machine inside.
const HOST_NAME: &str = "subject.home.test";
/// How this program knows that it is inside already.
const INSIDE: &str = "--inside";

/// A relay that a profile tells of.
pub(crate) struct External {
    profile: Profile,
}

impl External {
    pub(crate) fn new(profile: Profile) -> Self {
        Self { profile }
    }

    /// Runs this program again with the same arguments, inside. Nothing else may run in this process yet.
    pub(crate) fn run_inside(&self, writable: Vec<PathBuf>) -> Result<ExitCode, Trouble> {
        self.check_needs()?;
        let program = std::env::current_exe().map_err(|error| {
            Trouble::run(format!("this program cannot tell where it is: {error}"))
        })?;
        let entered = namespace::enter(&self.surroundings(writable))
            .map_err(|error| Trouble::with_cause(&error))?;
        let mut command = Command::new(program);
        command.args(arguments_inside(std::env::args_os().skip(1)));
        entered.run(&command).map_err(Trouble::run)
    }

    /// What the relay needs and this machine or this user does not have.
    fn check_needs(&self) -> Result<(), Trouble> {
        let Profile { name, install, .. } = &self.profile;
        let missing = missing_programs(&self.profile);
        if !missing.is_empty() {
            let install = match install {
                Some(line) => format!("; install it with `{line}`"),
                None => String::new(),
            };
            return Err(Trouble::run(format!(
                "{name} needs {}, which this machine does not have{install}",
                missing.join(" and ")
            )));
        }
        if self.profile.needs.root && !Uid::effective().is_root() {
            return Err(Trouble::run(format!(
                "{name} changes its user, which only root may let it do; start mtaspec as root"
            )));
        }
        Ok(())
    }

    fn resolver(&self) -> Ipv4Addr {
        match self.profile.namespace.resolver {
            Resolver::Validating => VALIDATING_RESOLVER,
            Resolver::Plain => PLAIN_RESOLVER,
        }
    }

    fn surroundings(&self, writable: Vec<PathBuf>) -> Surroundings {
        let mut surroundings = Surroundings {
            private: self.profile.namespace.private.clone(),
            writable,
            ..Surroundings::new(HOST_NAME, self.resolver().into())
        };
        if let Some(file) = &self.profile.namespace.trust_file {
            let root = Authorities::committed().root_pem();
            surroundings.files.push((file.clone(), root.into_bytes()));
        }
        surroundings
    }

    /// Inside: the relay, not yet started.
    pub(crate) fn relay(self) -> Result<Arc<RelayOfRun>, Trouble> {
        raise_open_files();
        let folder = relay_folder(Path::new(namespace::SCRATCH), &self.profile.name);
        let data = self.data(&folder)?;
        let relay = RelayOfRun::new(self.profile, data).map_err(Trouble::run)?;
        Ok(Arc::new(relay))
    }

    /// What templates see without any case; the files that it names are written.
    fn data(&self, folder: &Path) -> Result<Data, Trouble> {
        let given = folder.with_extension("given");
        let certificate = given.join("own.pem");
        let key = given.join("own.key");
        let trust = given.join("trust.pem");
        let authorities = Arc::new(Authorities::committed());
        let mint = Mint::new(Arc::clone(&authorities), SystemTime::now());
        let holder = Holder {
            host: HOST_NAME.to_owned(),
            addresses: vec![MACHINE.into()],
            next_hop_domain: None,
            default_key: KeyKind::EcdsaP256,
        };
        let own = mint
            .mint(&CertificateSpec::from(Word::Valid), &holder)
            .map_err(Trouble::run)?;
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::create_dir_all(&given))
            .and_then(|()| std::fs::write(&certificate, own.chain_pem()))
            .and_then(|()| std::fs::write(&key, own.key_pem()))
            .and_then(|()| std::fs::write(&trust, authorities.root_pem()));
        written.map_err(|error| {
            Trouble::run(format!("{} cannot be filled: {error}", given.display()))
        })?;
        let (user, group) = (Uid::effective(), Gid::effective());
        let user_name = User::from_uid(user).ok().flatten();
        let group_name = Group::from_gid(group).ok().flatten();
        let mtaspec = std::env::current_exe().map_err(|error| {
            Trouble::run(format!("this program cannot tell where it is: {error}"))
        })?;
        Ok(Data {
            mtaspec,
            folder: folder.to_owned(),
            listen: IpAddr::V4(MACHINE),
            port: match self.profile.inject.by {
                InjectBy::Port(port) => port,
                InjectBy::Command(_) => 25,
            },
            hostname: HOST_NAME.to_owned(),
            resolver: self.resolver().into(),
            trust,
            anchor: TrustAnchor::committed().to_string(),
            certificate,
            key,
            user: user_name.map_or_else(|| user.to_string(), |user| user.name),
            group: group_name.map_or_else(|| group.to_string(), |group| group.name),
            root: user.is_root(),
            domains: Vec::new(),
            aliases: Vec::new(),
            homes: Vec::new(),
            senders: Vec::new(),
        })
    }
}

/// The same arguments, and that this program is inside. Behind `--` it would be a pattern.
fn arguments_inside(own: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = own.collect();
    let end = arguments.iter().position(|word| word == "--");
    arguments.insert(end.unwrap_or(arguments.len()), INSIDE.into());
    arguments
}

/// All worlds stand at once, and each has a few sockets: as many as this process may have.
fn raise_open_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // A run that needs more tells so when a socket cannot be had.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_for_inside_stands_before_the_patterns_that_follow_two_dashes() {
        // (arguments, those of the program inside)
        let cases = [
            ("run --subject a", "run --subject a --inside"),
            (
                "run --subject a -- -x y",
                "run --subject a --inside -- -x y",
            ),
        ];
        for (own, want) in cases {
            let inside = arguments_inside(own.split(' ').map(OsString::from));
            assert_eq!(inside.join(std::ffi::OsStr::new(" ")), *want);
        }
    }
}
