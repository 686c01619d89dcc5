//! Certificates and keys as files: bytes in base 64 between the lines that name them (RFC 7468).

use ::pem::{EncodeConfig, LineEnding};

use crate::Minted;

impl Minted {
    /// What is sent in the handshake, leaf first, one section each.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        let sections = self
            .chain
            .iter()
            .map(|certificate| pem("CERTIFICATE", certificate));
        sections.collect()
    }

    /// The key that the server uses.
    #[must_use]
    pub fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.private_key)
    }
}

/// Bytes between the lines that name them, in base 64 (RFC 7468 §3).
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    ::pem::encode_config(&::pem::Pem::new(label, der), lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_base_64() {
        // (bytes, the line)
        let cases: [(&[u8], &str); 5] = [
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foobar", "Zm9vYmFy"),
            (&[0xff, 0xef, 0xbe], "/+++"),
        ];
        for (bytes, want) in cases {
            let text = pem("X", bytes);
            assert_eq!(
                text,
                format!("-----BEGIN X-----\n{want}\n-----END X-----\n")
            );
        }
        assert_eq!(pem("X", &[0; 49]).lines().count(), 4);
    }
}
