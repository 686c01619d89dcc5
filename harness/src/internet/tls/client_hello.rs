//! What a ClientHello says (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2).
//!
//! Every take is checked: no bytes make this panic. Nothing is judged; unknown numbers are kept.

use mtaspec_judge::events::What;

use super::names;
use super::suites::suite_name;

/// A ClientHello as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientHello {
    /// The version on its first record.
    pub record_version: u16,
    /// Over how many records it was split.
    pub records: usize,
    /// `legacy_version`.
    pub legacy_version: u16,
    /// The extension `supported_versions`; none came: the legacy version is a bound.
    pub supported_versions: Option<Vec<u16>>,
    /// The session that it wants to resume.
    pub session_id: Vec<u8>,
    /// Cipher suites in the sender's order.
    pub suites: Vec<u16>,
    /// Compression methods.
    pub compressions: Vec<u8>,
    /// The host name asked for.
    pub sni: Option<String>,
    /// Supported groups.
    pub groups: Vec<u16>,
    /// Signature schemes.
    pub schemes: Vec<u16>,
    /// Application protocols.
    pub alpn: Vec<String>,
    /// Groups for which a key share came along.
    pub key_shares: Vec<u16>,
    /// All extensions in their order.
    pub extensions: Vec<u16>,
}

impl ClientHello {
    /// Whether the sender takes this version, as far as its hello says. A hello without `supported_versions` is no
    /// list: everything up to its legacy version may be taken.
    #[must_use]
    pub fn takes(&self, version: u16) -> bool {
        match &self.supported_versions {
            Some(versions) => versions.contains(&version),
            None => version <= self.legacy_version && version <= 0x0303,
        }
    }

    /// The event of this hello.
    #[must_use]
    pub fn event(&self) -> What {
        let versions = match &self.supported_versions {
            Some(versions) => {
                let mut known: Vec<u16> = versions
                    .iter()
                    .copied()
                    .filter(|v| !is_grease(*v))
                    .collect();
                known.sort_unstable_by(|one, other| other.cmp(one));
                known
            }
            None => (0x0300..=self.legacy_version.min(0x0303)).rev().collect(),
        };
        What::TlsOffered {
            sni: self.sni.clone(),
            versions: versions.into_iter().map(names::version_name).collect(),
            ciphers: self.suites.iter().copied().map(suite_name).collect(),
            groups: self.groups.iter().copied().map(names::group_name).collect(),
            schemes: self
                .schemes
                .iter()
                .copied()
                .map(names::scheme_name)
                .collect(),
            alpn: self.alpn.clone(),
            extensions: self
                .extensions
                .iter()
                .copied()
                .map(names::extension_name)
                .collect(),
            early_data: self.extensions.contains(&42),
            compression: self.compressions.iter().any(|method| *method != 0),
        }
    }
}

/// RFC 8701: numbers that stand for nothing.
fn is_grease(number: u16) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

/// Reads the body of the message, without its type and length.
pub(super) fn parse(body: &[u8], record_version: u16, records: usize) -> Option<ClientHello> {
    let mut rest = Bytes(body);
    let mut hello = ClientHello {
        record_version,
        records,
        legacy_version: rest.number()?,
        ..ClientHello::default()
    };
    rest.take(32)?;
    hello.session_id = rest.short_vector()?.0.to_vec();
    hello.suites = rest.vector()?.numbers()?;
    hello.compressions = rest.short_vector()?.0.to_vec();
    if rest.0.is_empty() {
        return Some(hello);
    }
    let mut extensions = rest.vector()?;
    if !rest.0.is_empty() {
        return None;
    }
    while !extensions.0.is_empty() {
        let kind = extensions.number()?;
        let data = extensions.vector()?;
        hello.extensions.push(kind);
        hello.read_extension(kind, data)?;
    }
    Some(hello)
}

impl ClientHello {
    fn read_extension(&mut self, kind: u16, mut data: Bytes<'_>) -> Option<()> {
        match kind {
            0 => {
                let mut list = data.vector()?;
                list.take(1)?;
                self.sni = Some(lossy(list.vector()?.0));
            }
            10 => self.groups = data.vector()?.numbers()?,
            13 => self.schemes = data.vector()?.numbers()?,
            16 => {
                let mut list = data.vector()?;
                while !list.0.is_empty() {
                    self.alpn.push(lossy(list.short_vector()?.0));
                }
            }
            43 => self.supported_versions = Some(data.short_vector()?.numbers()?),
            51 => {
                let mut list = data.vector()?;
                while !list.0.is_empty() {
                    self.key_shares.push(list.number()?);
                    list.vector()?;
                }
            }
            _ => {}
        }
        Some(())
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is still to be read of a message.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u16> {
        let bytes = self.take(2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// A vector whose length takes one byte.
    pub(super) fn short_vector(&mut self) -> Option<Self> {
        let length = usize::from(self.take(1)?[0]);
        self.take(length).map(Bytes)
    }

    /// A vector whose length takes two bytes.
    pub(super) fn vector(&mut self) -> Option<Self> {
        let length = usize::from(self.number()?);
        self.take(length).map(Bytes)
    }

    fn numbers(mut self) -> Option<Vec<u16>> {
        let mut numbers = Vec::new();
        while !self.0.is_empty() {
            numbers.push(self.number()?);
        }
        Some(numbers)
    }
}
