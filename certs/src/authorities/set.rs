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
