//! The PEM files of a set of authorities: `NAME.pem` and `NAME.key.pem` for each member.
//!
//! Text in, text out; what the texts mean is read in `set`.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The members of a set, as their files are called.
pub(crate) const MEMBERS: [&str; 5] = [
    "root",
    "intermediate",
    "rsa-root",
    "rsa-intermediate",
    "other-root",
];

/// A PEM file of ours has a few KiB; a longer one is something else.
const FILE_LIMIT: u64 = 64 * 1024;

/// Why authorities cannot be read, made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The file is not there, or may not be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// Which one.
        file: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The file has no such PEM section.
    #[error("{file} has no PEM section \"{section}\"")]
    NotPem {
        /// Which one.
        file: String,
        /// `CERTIFICATE` or `PRIVATE KEY`.
        section: &'static str,
    },
    /// The certificate is not X.509.
    #[error("the certificate in {file} cannot be parsed")]
    NotACertificate {
        /// Which one.
        file: String,
    },
    /// The certificate must not sign others.
    #[error("the certificate in {file} is not that of an authority")]
    NotAnAuthority {
        /// Which one.
        file: String,
    },
    /// The key is broken or of a kind that does not sign here.
    #[error(
        "the private key in {file} is not ECDSA on P-256 or RSA of 2048 bits or more, in PKCS#8"
    )]
    UnusableKey {
        /// Which one.
        file: String,
        /// What the library says.
        #[source]
        cause: Box<rcgen::Error>,
    },
    /// Key and certificate do not belong together.
    #[error("the private key in {key} does not belong to the certificate in {certificate}")]
    KeyOfAnother {
        /// The file of the key.
        key: String,
        /// The file of the certificate.
        certificate: String,
    },
    /// The root did not sign the intermediate.
    #[error("the certificate in {file} is not signed by that in {by}")]
    NotSignedBy {
        /// The file of the intermediate.
        file: String,
        /// The file of the root.
        by: String,
    },
    /// The folder has something in it already.
    #[error("{} is not empty; private authorities go into a folder of their own", .0.display())]
    FolderNotEmpty(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}", file.display())]
    Unwritable {
        /// Which one.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A range of the profile is not `ADDRESS/BITS`.
    #[error("{0:?} is not a range of addresses")]
    BadRange(String),
    /// The library refused to make a certificate or key.
    #[error("cannot make an authority")]
    Make(#[from] rcgen::Error),
    /// The system's source of chance failed, or OpenSSL did.
    #[error("cannot make an RSA key")]
    RsaKey,
    /// RSA keys are made by OpenSSL alone.
    #[error("this build cannot make RSA keys; build with the feature `legacy-tls`")]
    NotInThisBuild,
}

/// The PEM texts of a set of authorities, by file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityFiles {
    folder: PathBuf,
    texts: BTreeMap<String, Vec<u8>>,
}

impl AuthorityFiles {
    /// The committed ones, whose private keys are published.
    #[must_use]
    pub fn committed() -> Self {
        macro_rules! embedded {
            ($($name:literal)+) => {
                [$(($name.to_owned(), include_bytes!(concat!("../../pki/", $name)).to_vec()),)+]
            };
        }
        let texts = embedded!(
            "root.pem" "root.key.pem" "intermediate.pem" "intermediate.key.pem" "rsa-root.pem" "rsa-root.key.pem"
            "rsa-intermediate.pem" "rsa-intermediate.key.pem" "other-root.pem" "other-root.key.pem"
        );
        Self::new("certs/pki".into(), texts)
    }

    /// Reads the files of a folder.
    ///
    /// # Errors
    /// [`AuthorityError::Unreadable`] with the file's name.
    pub fn read(folder: &Path) -> Result<Self, AuthorityError> {
        let mut texts = Vec::new();
        for name in MEMBERS
            .iter()
            .flat_map(|member| [certificate_name(member), key_name(member)])
        {
            let path = folder.join(&name);
            let unreadable = |cause| AuthorityError::Unreadable {
                file: path.display().to_string(),
                cause,
            };
            let mut text = Vec::new();
            let file = File::open(&path).map_err(unreadable)?;
            file.take(FILE_LIMIT)
                .read_to_end(&mut text)
                .map_err(unreadable)?;
            texts.push((name, text));
        }
        Ok(Self::new(folder.to_owned(), texts))
    }

    pub(super) fn new(folder: PathBuf, texts: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self {
            folder,
            texts: texts.into_iter().collect(),
        }
    }

    /// Writes them into a folder that is new or empty; private keys are readable for their owner alone.
    ///
    /// # Errors
    /// [`AuthorityError::FolderNotEmpty`], or what the system says.
    pub fn write_new(&self, folder: &Path) -> Result<(), AuthorityError> {
        fs::create_dir_all(folder).map_err(|cause| unwritable(folder, cause))?;
        let mut entries = fs::read_dir(folder).map_err(|cause| AuthorityError::Unreadable {
            file: folder.display().to_string(),
            cause,
        })?;
        if entries.next().is_some() {
            return Err(AuthorityError::FolderNotEmpty(folder.to_owned()));
        }
        self.write(folder)
    }

    /// Writes them into a folder, in place of older ones.
    ///
    /// # Errors
    /// [`AuthorityError::Unwritable`] with the file's name.
    pub fn write(&self, folder: &Path) -> Result<(), AuthorityError> {
        for (name, text) in &self.texts {
            let path = folder.join(name);
            write_file(&path, text, name.ends_with(".key.pem"))
                .map_err(|cause| unwritable(&path, cause))?;
        }
        Ok(())
    }

    /// The certificate of a member as a path for messages, and its text.
    pub(crate) fn certificate(&self, member: &str) -> (String, &[u8]) {
        self.text(certificate_name(member))
    }

    /// The private key of a member as a path for messages, and its text.
    pub(crate) fn key(&self, member: &str) -> (String, &[u8]) {
        self.text(key_name(member))
    }

    fn text(&self, name: String) -> (String, &[u8]) {
        let text = self.texts.get(&name).map(Vec::as_slice).unwrap_or_default();
        (self.folder.join(name).display().to_string(), text)
    }
}

pub(super) fn certificate_name(member: &str) -> String {
    format!("{member}.pem")
}

pub(super) fn key_name(member: &str) -> String {
    format!("{member}.key.pem")
}

fn unwritable(file: &Path, cause: io::Error) -> AuthorityError {
    AuthorityError::Unwritable {
        file: file.to_owned(),
        cause,
    }
}

fn write_file(path: &Path, text: &[u8], private: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    options.open(path)?.write_all(text)
}
