//! A set of authorities, read and checked: every key belongs to its certificate, every intermediate to its root.

use std::path::Path;

use rcgen::{Issuer, KeyPair, PublicKeyData};
use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::files::{AuthorityError, AuthorityFiles};

/// Who signs the certificates of a run.
#[derive(Debug)]
pub struct Authorities {
    pub(crate) ecdsa: Branch,
    pub(crate) rsa: Branch,
    other_root: Tier,
}

/// A root and the intermediate below it.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) root: Tier,
    pub(crate) intermediate: Tier,
}

/// One authority: its certificate, and what signs in its name.
#[derive(Debug)]
pub(crate) struct Tier {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

impl Authorities {
    /// The committed ones.
    #[must_use]
    pub fn committed() -> Self {
        Self::from_files(&AuthorityFiles::committed())
            .expect("tests read the committed authorities")
    }

    /// Those in the files of a folder.
    ///
    /// # Errors
    /// Names the file that is missing or wrong, and what is wrong with it.
    pub fn load(folder: &Path) -> Result<Self, AuthorityError> {
        Self::from_files(&AuthorityFiles::read(folder)?)
    }

    /// Those in files already read.
    ///
    /// # Errors
    /// Names the file that is wrong, and what is wrong with it.
    pub fn from_files(files: &AuthorityFiles) -> Result<Self, AuthorityError> {
        Ok(Self {
            ecdsa: branch(files, "root", "intermediate")?,
            rsa: branch(files, "rsa-root", "rsa-intermediate")?,
            other_root: tier(files, "other-root")?,
        })
    }

    /// What goes into a trust store as `root`: the ECDSA root and the RSA root, one PEM section each.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.roots().map(|root| root.pem.as_str()).concat()
    }

    /// What goes into a trust store as `root`, in DER.
    #[must_use]
    pub fn root_der(&self) -> Vec<Vec<u8>> {
        self.roots().map(|root| root.certificate.to_vec()).to_vec()
    }

    /// What goes into a trust store as `other-root`: it has signed no certificate of any host.
    #[must_use]
    pub fn other_root_pem(&self) -> String {
        self.other_root.pem.clone()
    }

    /// What goes into a trust store as `other-root`, in DER.
    #[must_use]
    pub fn other_root_der(&self) -> Vec<u8> {
        self.other_root.certificate.to_vec()
    }

    /// The certificates that stand above those of hosts.
    pub(super) fn signing(&self) -> [&CertificateDer<'static>; 4] {
        [
            &self.ecdsa.root.certificate,
            &self.ecdsa.intermediate.certificate,
            &self.rsa.root.certificate,
            &self.rsa.intermediate.certificate,
        ]
    }

    fn roots(&self) -> [&Tier; 2] {
        [&self.ecdsa.root, &self.rsa.root]
    }
}

fn branch(
    files: &AuthorityFiles,
    root: &str,
    intermediate: &str,
) -> Result<Branch, AuthorityError> {
    let branch = Branch {
        root: tier(files, root)?,
        intermediate: tier(files, intermediate)?,
    };
    if !is_signed_by(&branch.intermediate.certificate, branch.root.issuer.key()) {
        return Err(AuthorityError::NotSignedBy {
            file: files.certificate(intermediate).0,
            by: files.certificate(root).0,
        });
    }
    Ok(branch)
}

fn tier(files: &AuthorityFiles, member: &str) -> Result<Tier, AuthorityError> {
    let (file, text) = files.certificate(member);
    let (key_file, key_text) = files.key(member);
    let certificate = read_certificate(&file, text)?;
    let key = read_key(&key_file, key_text)?;
    let not_a_certificate = || AuthorityError::NotACertificate { file: file.clone() };
    let (rest, parsed) =
        X509Certificate::from_der(&certificate).map_err(|_| not_a_certificate())?;
    if !rest.is_empty() {
        return Err(not_a_certificate());
    }
    if !parsed.is_ca() {
        return Err(AuthorityError::NotAnAuthority { file });
    }
    if parsed.public_key().raw != key.subject_public_key_info() {
        return Err(AuthorityError::KeyOfAnother {
            key: key_file,
            certificate: file,
        });
    }
    let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|_| not_a_certificate())?;
    Ok(Tier {
        certificate,
        pem: String::from_utf8_lossy(text).into_owned(),
        issuer,
    })
}

fn read_certificate(file: &str, text: &[u8]) -> Result<CertificateDer<'static>, AuthorityError> {
    CertificateDer::from_pem_slice(text).map_err(|_| AuthorityError::NotPem {
        file: file.into(),
        section: "CERTIFICATE",
    })
}

fn read_key(file: &str, text: &[u8]) -> Result<KeyPair, AuthorityError> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(text).map_err(|_| AuthorityError::NotPem {
        file: file.into(),
        section: "PRIVATE KEY",
    })?;
    let unusable = |cause| AuthorityError::UnusableKey {
        file: file.into(),
        cause: Box::new(cause),
    };
    let key = KeyPair::try_from(key.secret_pkcs8_der()).map_err(unusable)?;
    let signs_here = [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_RSA_SHA256];
    if !signs_here
        .iter()
        .any(|algorithm| key.is_compatible(algorithm))
    {
        return Err(unusable(rcgen::Error::UnsupportedSignatureAlgorithm));
    }
    Ok(key)
}

fn is_signed_by(certificate: &CertificateDer<'_>, key: &KeyPair) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return false;
    };
    let public = key.public_key_raw();
    let (message, signature) = (
        parsed.tbs_certificate.as_ref(),
        &parsed.signature_value.data,
    );
    let verified = if key.is_compatible(&rcgen::PKCS_RSA_SHA256) {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(message, signature)
    } else {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public).verify(message, signature)
    };
    verified.is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::authorities::files::{certificate_name, key_name};
    #[cfg(feature = "legacy-tls")]
    use crate::catalogue::AuthorityProfile;

    /// The committed files in a folder of their own, one of them replaced.
    fn load_with(name: &str, text: &[u8]) -> Result<Authorities, AuthorityError> {
        let folder = tempfile::tempdir().unwrap();
        AuthorityFiles::committed()
            .write_new(folder.path())
            .unwrap();
        let path = folder.path().join(name);
        if text.is_empty() {
            fs::remove_file(path).unwrap();
        } else {
            fs::write(path, text).unwrap();
        }
        let prefix = format!("{}/", folder.path().display());
        Authorities::load(folder.path()).inspect_err(|error| {
            assert!(
                error.to_string().contains(&prefix),
                "{error} names the file"
            );
        })
    }

    #[test]
    fn a_wrong_file_is_named_with_what_is_wrong() {
        let committed = AuthorityFiles::committed();
        let certificate = |member| committed.certificate(member).1;
        let key = |member| committed.key(member).1;
        let leaf = KeyPair::from_pem(std::str::from_utf8(key("root")).unwrap()).unwrap();
        let leaf = rcgen::CertificateParams::default()
            .self_signed(&leaf)
            .unwrap()
            .pem();
        let short = include_bytes!("../../pki/rsa/1024-1.pem");
        let cut = &certificate("root")[..300];
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        // (file, its text, end of the message)
        let cases: [(&str, &[u8], &str); 10] = [
            ("root.key.pem", b"", "root.key.pem"),
            (
                "root.pem",
                b"hello",
                "root.pem has no PEM section \"CERTIFICATE\"",
            ),
            (
                "root.pem",
                cut,
                "root.pem has no PEM section \"CERTIFICATE\"",
            ),
            (
                "root.pem",
                key("root"),
                "root.pem has no PEM section \"CERTIFICATE\"",
            ),
            ("root.pem", broken, "root.pem cannot be parsed"),
            (
                "root.pem",
                leaf.as_bytes(),
                "root.pem is not that of an authority",
            ),
            (
                "other-root.key.pem",
                certificate("root"),
                "other-root.key.pem has no PEM section \"PRIVATE KEY\"",
            ),
            (
                "rsa-root.key.pem",
                short,
                "rsa-root.key.pem is not ECDSA on P-256 or RSA of 2048 bits or more, in PKCS#8",
            ),
            ("root.key.pem", key("intermediate"), "root.pem"),
            (
                "rsa-intermediate.pem",
                certificate("rsa-root"),
                "rsa-intermediate.pem",
            ),
        ];
        for (name, text, want) in cases {
            let error = load_with(name, text).unwrap_err().to_string();
            assert!(error.ends_with(want), "{error:?} ends with {want:?}");
        }
        assert!(load_with("README", b"hello").is_ok());
    }

    #[cfg(feature = "legacy-tls")]
    #[test]
    fn an_intermediate_of_another_root_is_refused() {
        let others = AuthorityFiles::generate(&AuthorityProfile::private("test")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        AuthorityFiles::committed()
            .write_new(folder.path())
            .unwrap();
        for (name, (_, text)) in [
            ("intermediate.pem", others.certificate("intermediate")),
            ("intermediate.key.pem", others.key("intermediate")),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let error = Authorities::load(folder.path()).unwrap_err();
        assert!(
            matches!(error, AuthorityError::NotSignedBy { .. }),
            "{error}"
        );
    }

    #[cfg(feature = "legacy-tls")]
    #[test]
    fn private_authorities_read_back_and_stay_out_of_folders_in_use() {
        let profile = AuthorityProfile::private("example.org");
        let files = AuthorityFiles::generate(&profile).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("new/pki");
        files.write_new(&inner).unwrap();
        assert!(Authorities::load(&inner).is_ok());
        assert_eq!(
            crate::inspect(&AuthorityFiles::read(&inner).unwrap(), &profile),
            Vec::<String>::new()
        );
        let error = files.write_new(&inner).unwrap_err();
        assert!(
            matches!(error, AuthorityError::FolderNotEmpty(_)),
            "{error}"
        );
        #[cfg(unix)]
        for (name, want) in [("root.key.pem", 0o600), ("rsa-intermediate.key.pem", 0o600)] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(inner.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, want, "{name}");
        }
    }

    #[test]
    fn a_trust_store_gets_both_roots() {
        let authorities = Authorities::committed();
        let both = CertificateDer::pem_slice_iter(authorities.root_pem().as_bytes())
            .map(|certificate| certificate.unwrap().to_vec())
            .collect::<Vec<_>>();
        assert_eq!(both, authorities.root_der());
        let other =
            CertificateDer::from_pem_slice(authorities.other_root_pem().as_bytes()).unwrap();
        assert_eq!(other.to_vec(), authorities.other_root_der());
        assert!(!both.contains(&other.to_vec()));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            member in proptest::sample::select(&["root", "rsa-root"]), at in 0..2000_usize, put in any::<[u8; 3]>(),
        ) {
            let committed = AuthorityFiles::committed();
            let both = [(certificate_name(member), committed.certificate(member).1), (key_name(member), committed.key(member).1)];
            for damaged in 0..2 {
                let mut texts = both.clone().map(|(name, text)| (name, text.to_vec()));
                let text = &mut texts[damaged].1;
                let at = at % text.len();
                text.splice(at..(at + 3).min(text.len()), put);
                let _ = tier(&AuthorityFiles::new("".into(), texts), member);
            }
        }
    }
}
