//! Who signs a leaf, and which certificates are sent beside it.

use std::time::SystemTime;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};

use super::coin::MintError;
use super::leaf::{self, DAY, Offset, YEAR};
use crate::authorities::{Branch, Tier};
use crate::{Authorities, KeyKind, Word};

/// No host is called so: a permitted name that permits nobody.
const NOBODY: &str = "name-constraints-violated.test";

/// What stands above a leaf.
pub(super) struct Chain<'a> {
    signer: Signer<'a>,
    /// Nearest to the leaf first.
    pub(super) issuers: Vec<Vec<u8>>,
}

enum Signer<'a> {
    Standing(&'a Tier),
    Fresh(Box<Issuer<'static, KeyPair>>),
}

impl<'a> Chain<'a> {
    /// What stands above the leaf of a word.
    pub(super) fn above(
        word: Word,
        key: KeyKind,
        authorities: &'a Authorities,
        now: SystemTime,
    ) -> Result<Self, MintError> {
        // RSA leaves stand below RSA authorities, so that a peer that knows nothing newer can check all of the chain;
        // MD5 and SHA-1 are RSA's own.
        let rsa = key.rsa_bits().is_some() || matches!(word, Word::Sha1 | Word::Md5);
        let branch = if rsa {
            &authorities.rsa
        } else {
            &authorities.ecdsa
        };
        match word {
            Word::SelfSigned => Ok(Self {
                issuers: Vec::new(),
                ..Self::healthy(branch)
            }),
            Word::UntrustedCa | Word::AnchorNotSent => Self::untrusted(word, now),
            Word::ExpiredIntermediate => {
                let params = Fresh::new("mtaspec expired intermediate", word, now)?;
                let params = params.between(now, Offset::Before(3 * YEAR), Offset::Before(DAY))?;
                Self::below(word, &branch.root, params, &[])
            }
            Word::NameConstraintsViolated => {
                let mut params = Fresh::new("mtaspec constrained intermediate", word, now)?;
                params.0.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName(NOBODY.into())],
                    excluded_subtrees: Vec::new(),
                });
                Self::below(word, &branch.root, params, &[])
            }
            Word::PathLengthExceeded => {
                let params = Fresh::new("mtaspec intermediate too many", word, now)?;
                Self::below(word, &branch.intermediate, params, &[&branch.intermediate])
            }
            _ => Ok(Self::healthy(branch)),
        }
    }

    /// Who signs the leaf.
    pub(super) fn signer(&self) -> &Issuer<'static, KeyPair> {
        match &self.signer {
            Signer::Standing(tier) => &tier.issuer,
            Signer::Fresh(issuer) => issuer,
        }
    }

    fn healthy(branch: &'a Branch) -> Self {
        Self {
            signer: Signer::Standing(&branch.intermediate),
            issuers: vec![branch.intermediate.certificate.to_vec()],
        }
    }

    /// A fresh authority below a standing one.
    fn below(word: Word, tier: &Tier, params: Fresh, above: &[&Tier]) -> Result<Self, MintError> {
        let (certificate, issuer) = params.signed_by(word, &tier.issuer)?;
        let mut issuers = vec![certificate];
        issuers.extend(above.iter().map(|tier| tier.certificate.to_vec()));
        Ok(Self {
            signer: Signer::Fresh(Box::new(issuer)),
            issuers,
        })
    }

    /// A root that nobody trusts, made for this leaf alone, and an intermediate.
    fn untrusted(word: Word, now: SystemTime) -> Result<Self, MintError> {
        let (root, above) = Fresh::new("mtaspec untrusted root", word, now)?.self_signed(word)?;
        let (certificate, issuer) =
            Fresh::new("mtaspec untrusted intermediate", word, now)?.signed_by(word, &above)?;
        Ok(Self {
            signer: Signer::Fresh(Box::new(issuer)),
            issuers: vec![certificate, root],
        })
    }
}

/// What is sent in the handshake.
pub(super) fn sent(word: Word, leaf: Vec<u8>, issuers: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let sent = match word {
        Word::MissingIntermediate => 0,
        Word::AnchorNotSent => issuers.len() - 1,
        _ => issuers.len(),
    };
    let mut chain = vec![leaf];
    chain.extend_from_slice(&issuers[..sent]);
    chain
}

/// An authority made for one leaf.
struct Fresh(CertificateParams);

impl Fresh {
    fn new(common_name: &str, word: Word, now: SystemTime) -> Result<Self, MintError> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(leaf::serial(word)?);
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        params.use_authority_key_identifier_extension = true;
        Self(params).between(now, Offset::Before(YEAR), Offset::After(5 * YEAR))
    }

    fn between(mut self, now: SystemTime, from: Offset, until: Offset) -> Result<Self, MintError> {
        self.0.not_before = leaf::moment(now, from)?;
        self.0.not_after = leaf::moment(now, until)?;
        Ok(self)
    }

    fn signed_by(
        self,
        word: Word,
        above: &Issuer<'_, KeyPair>,
    ) -> Result<(Vec<u8>, Issuer<'static, KeyPair>), MintError> {
        let certify = || {
            let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
            let certificate = self.0.signed_by(&key, above)?.der().to_vec();
            Ok((certificate, key))
        };
        let (certificate, key) = certify().map_err(|cause| make(word, cause))?;
        Ok((certificate, Issuer::new(self.0, key)))
    }

    fn self_signed(self, word: Word) -> Result<(Vec<u8>, Issuer<'static, KeyPair>), MintError> {
        let certify = || {
            let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
            let certificate = self.0.self_signed(&key)?.der().to_vec();
            Ok((certificate, key))
        };
        let (certificate, key) = certify().map_err(|cause| make(word, cause))?;
        Ok((certificate, Issuer::new(self.0, key)))
    }
}

fn make(word: Word, cause: rcgen::Error) -> MintError {
    MintError::Make {
        word,
        cause: Box::new(cause),
    }
}
