//! Cipher suites: their registered names, those of OpenSSL, and how strong they are.
//!
//! Trace fields, counters and log lines speak of suites in both names (RFC 8314 §4.3 wants the registered one; the usual
//! comment in a trace field has OpenSSL's). rustls knows neither OpenSSL's names nor key lengths, hence a table; a test goes
//! through all that either stack offers.

/// A cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suite {
    /// Its number (RFC 8446 §B.4).
    pub(crate) code: u16,
    /// Its name in the registry.
    pub(crate) registered: &'static str,
    /// Its name in OpenSSL.
    pub(crate) openssl: &'static str,
    /// The bits of strength: 112 for Triple-DES, whose keys have 168 (RFC 9325 §4.1).
    pub(crate) bits: u16,
    /// The bits of its key.
    pub(crate) nominal: u16,
}

impl Suite {
    /// A suite by its number. One that is not in the table has no strength that anybody could rely on.
    #[must_use]
    pub(crate) fn of(code: u16) -> Self {
        let known = SUITES.iter().find(|suite| suite.0 == code);
        let (_, registered, openssl, bits, nominal) =
            *known.unwrap_or(&(code, "UNKNOWN", "UNKNOWN", 0, 0));
        Self {
            code,
            registered,
            openssl,
            bits,
            nominal,
        }
    }

    /// A suite by either of its names.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        let known = SUITES
            .iter()
            .find(|suite| suite.1 == name || suite.2 == name)?;
        Some(Self::of(known.0))
    }
}

/// Number, registered name, name in OpenSSL, bits of strength, bits of the key.
type Row = (u16, &'static str, &'static str, u16, u16);

#[rustfmt::skip]
const SUITES: &[Row] = &[
    (0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", 128, 128),
    (0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", 256, 256),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", 256, 256),
    (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", 128, 128),
    (0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", 256, 256),
    (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", 128, 128),
    (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", 256, 256),
    (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", 256, 256),
    (0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", 256, 256),
    (0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", 128, 128),
    (0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", 256, 256),
    (0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", 128, 128),
    (0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", 256, 256),
    (0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", 128, 128),
    (0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384", 256, 256),
    (0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256", 128, 128),
    (0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384", 256, 256),
    (0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA-AES128-CCM", 128, 128),
    (0xC0AD, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", "ECDHE-ECDSA-AES256-CCM", 256, 256),
    (0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ECDHE-ECDSA-AES128-CCM8", 64, 128),
    (0xC0AF, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", "ECDHE-ECDSA-AES256-CCM8", 64, 256),
    (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "DHE-RSA-AES128-SHA", 128, 128),
    (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", "DHE-RSA-AES256-SHA", 256, 256),
    (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", "DHE-RSA-AES128-SHA256", 128, 128),
    (0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", "DHE-RSA-AES256-SHA256", 256, 256),
    (0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE-RSA-AES128-GCM-SHA256", 128, 128),
    (0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE-RSA-AES256-GCM-SHA384", 256, 256),
    (0xC09E, "TLS_DHE_RSA_WITH_AES_128_CCM", "DHE-RSA-AES128-CCM", 128, 128),
    (0xC09F, "TLS_DHE_RSA_WITH_AES_256_CCM", "DHE-RSA-AES256-CCM", 256, 256),
    (0xC0A2, "TLS_DHE_RSA_WITH_AES_128_CCM_8", "DHE-RSA-AES128-CCM8", 64, 128),
    (0xC0A3, "TLS_DHE_RSA_WITH_AES_256_CCM_8", "DHE-RSA-AES256-CCM8", 64, 256),
    (0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA", "DHE-DSS-AES128-SHA", 128, 128),
    (0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA", "DHE-DSS-AES256-SHA", 256, 256),
    (0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256", "DHE-DSS-AES128-SHA256", 128, 128),
    (0x006A, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256", "DHE-DSS-AES256-SHA256", 256, 256),
    (0x00A2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256", "DHE-DSS-AES128-GCM-SHA256", 128, 128),
    (0x00A3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384", "DHE-DSS-AES256-GCM-SHA384", 256, 256),
    (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", 128, 128),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", 256, 256),
    (0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256", 128, 128),
    (0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256", 256, 256),
    (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", 128, 128),
    (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384", 256, 256),
    (0xC09C, "TLS_RSA_WITH_AES_128_CCM", "AES128-CCM", 128, 128),
    (0xC09D, "TLS_RSA_WITH_AES_256_CCM", "AES256-CCM", 256, 256),
    (0xC0A0, "TLS_RSA_WITH_AES_128_CCM_8", "AES128-CCM8", 64, 128),
    (0xC0A1, "TLS_RSA_WITH_AES_256_CCM_8", "AES256-CCM8", 64, 256),
    (0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-ECDSA-DES-CBC3-SHA", 112, 168),
    (0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA", 112, 168),
    (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA", 112, 168),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_number_and_names_of_its_own() {
        let codes: BTreeSet<u16> = SUITES.iter().map(|row| row.0).collect();
        let names: BTreeSet<&str> = SUITES.iter().map(|row| row.1).collect();
        assert_eq!((codes.len(), names.len()), (SUITES.len(), SUITES.len()));
        for (code, registered, openssl, ..) in SUITES {
            assert_eq!(Suite::named(registered), Some(Suite::of(*code)));
            assert_eq!(Suite::named(openssl), Some(Suite::of(*code)));
        }
        assert_eq!(Suite::of(0xFFFF).bits, 0);
    }

    #[test]
    fn every_suite_of_rustls_is_in_the_table() {
        for suite in rustls::crypto::ring::default_provider().cipher_suites {
            let number = suite.suite();
            let registered = number.as_str().unwrap().replace("TLS13_", "TLS_");
            assert_eq!(Suite::of(u16::from(number)).registered, registered);
        }
    }

    #[cfg(feature = "legacy-tls")]
    #[test]
    fn openssl_knows_every_suite_by_both_names() {
        for (_, registered, openssl, ..) in SUITES {
            assert_eq!(openssl::ssl::cipher_name(registered), *openssl);
        }
    }

    /// A connection that keeps what is written and has nothing to read.
    #[cfg(feature = "legacy-tls")]
    struct Kept(Vec<u8>);

    #[cfg(feature = "legacy-tls")]
    impl std::io::Read for Kept {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::WouldBlock.into())
        }
    }

    #[cfg(feature = "legacy-tls")]
    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[cfg(feature = "legacy-tls")]
    #[test]
    fn every_suite_that_openssl_offers_is_in_the_table() {
        use openssl::ssl::{HandshakeError, Ssl, SslContext, SslMethod, SslOptions, SslVersion};

        let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
        builder.set_security_level(0);
        builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        builder
            .set_min_proto_version(Some(SslVersion::TLS1))
            .unwrap();
        builder
            .set_cipher_list(super::super::legacy::SUITES)
            .unwrap();
        let session = Ssl::new(&builder.build()).unwrap();
        let Err(HandshakeError::WouldBlock(waiting)) = session.connect(Kept(Vec::new())) else {
            panic!("nobody answers");
        };
        // Record, message, version and random number come first, then the id of a session, then the suites.
        let hello = &waiting.get_ref().0[5 + 4 + 2 + 32..];
        let hello = &hello[1 + usize::from(hello[0])..];
        let length = usize::from(u16::from_be_bytes([hello[0], hello[1]]));
        let offered: Vec<u16> = hello[2..2 + length]
            .chunks_exact(2)
            .map(|two| u16::from_be_bytes([two[0], two[1]]))
            // The last two are no suites (RFC 5746 §3.3, RFC 7507 §2).
            .filter(|code| ![0x00FF, 0x5600].contains(code))
            .collect();
        assert!(offered.len() > 30, "{offered:04x?}");
        for code in offered {
            assert_ne!(Suite::of(code).bits, 0, "{code:#06x}");
        }
    }
}
