//! Names that IANA gives to the numbers of a TLS handshake, and their spelling in scenario files and events.
//!
//! Cipher suites have a table of their own in `suites`.

use mtaspec_judge::scenario::TlsVersion;

const GROUPS: &[(u16, &str)] = &[
    (21, "secp224r1"),
    (22, "secp256k1"),
    (23, "secp256r1"),
    (24, "secp384r1"),
    (25, "secp521r1"),
    (26, "brainpoolP256r1"),
    (27, "brainpoolP384r1"),
    (28, "brainpoolP512r1"),
    (29, "x25519"),
    (30, "x448"),
    (31, "brainpoolP256r1tls13"),
    (32, "brainpoolP384r1tls13"),
    (33, "brainpoolP512r1tls13"),
    (256, "ffdhe2048"),
    (257, "ffdhe3072"),
    (258, "ffdhe4096"),
    (259, "ffdhe6144"),
    (260, "ffdhe8192"),
    (512, "mlkem512"),
    (513, "mlkem768"),
    (514, "mlkem1024"),
    (4587, "secp256r1mlkem768"),
    (4588, "x25519mlkem768"),
    (4589, "secp384r1mlkem1024"),
];

const SCHEMES: &[(u16, &str)] = &[
    (0x0101, "rsa_pkcs1_md5"),
    (0x0201, "rsa_pkcs1_sha1"),
    (0x0202, "dsa_sha1"),
    (0x0203, "ecdsa_sha1"),
    (0x0301, "rsa_pkcs1_sha224"),
    (0x0302, "dsa_sha224"),
    (0x0303, "ecdsa_sha224"),
    (0x0401, "rsa_pkcs1_sha256"),
    (0x0402, "dsa_sha256"),
    (0x0403, "ecdsa_secp256r1_sha256"),
    (0x0501, "rsa_pkcs1_sha384"),
    (0x0502, "dsa_sha384"),
    (0x0503, "ecdsa_secp384r1_sha384"),
    (0x0601, "rsa_pkcs1_sha512"),
    (0x0602, "dsa_sha512"),
    (0x0603, "ecdsa_secp521r1_sha512"),
    (0x0804, "rsa_pss_rsae_sha256"),
    (0x0805, "rsa_pss_rsae_sha384"),
    (0x0806, "rsa_pss_rsae_sha512"),
    (0x0807, "ed25519"),
    (0x0808, "ed448"),
    (0x0809, "rsa_pss_pss_sha256"),
    (0x080a, "rsa_pss_pss_sha384"),
    (0x080b, "rsa_pss_pss_sha512"),
    (0x081a, "ecdsa_brainpoolP256r1tls13_sha256"),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384"),
    (0x081c, "ecdsa_brainpoolP512r1tls13_sha512"),
    (0x0904, "mldsa44"),
    (0x0905, "mldsa65"),
    (0x0906, "mldsa87"),
];

const EXTENSIONS: &[(u16, &str)] = &[
    (0, "server_name"),
    (1, "max_fragment_length"),
    (5, "status_request"),
    (10, "supported_groups"),
    (11, "ec_point_formats"),
    (13, "signature_algorithms"),
    (14, "use_srtp"),
    (15, "heartbeat"),
    (16, "application_layer_protocol_negotiation"),
    (17, "status_request_v2"),
    (18, "signed_certificate_timestamp"),
    (19, "client_certificate_type"),
    (20, "server_certificate_type"),
    (21, "padding"),
    (22, "encrypt_then_mac"),
    (23, "extended_master_secret"),
    (27, "compress_certificate"),
    (28, "record_size_limit"),
    (35, "session_ticket"),
    (41, "pre_shared_key"),
    (42, "early_data"),
    (43, "supported_versions"),
    (44, "cookie"),
    (45, "psk_key_exchange_modes"),
    (47, "certificate_authorities"),
    (49, "post_handshake_auth"),
    (50, "signature_algorithms_cert"),
    (51, "key_share"),
    (0xfe0d, "encrypted_client_hello"),
    (0xff01, "renegotiation_info"),
];

const ALERTS: &[(u16, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (20, "bad_record_mac"),
    (21, "decryption_failed"),
    (22, "record_overflow"),
    (30, "decompression_failure"),
    (40, "handshake_failure"),
    (41, "no_certificate"),
    (42, "bad_certificate"),
    (43, "unsupported_certificate"),
    (44, "certificate_revoked"),
    (45, "certificate_expired"),
    (46, "certificate_unknown"),
    (47, "illegal_parameter"),
    (48, "unknown_ca"),
    (49, "access_denied"),
    (50, "decode_error"),
    (51, "decrypt_error"),
    (60, "export_restriction"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (86, "inappropriate_fallback"),
    (90, "user_canceled"),
    (100, "no_renegotiation"),
    (109, "missing_extension"),
    (110, "unsupported_extension"),
    (111, "certificate_unobtainable"),
    (112, "unrecognized_name"),
    (113, "bad_certificate_status_response"),
    (114, "bad_certificate_hash_value"),
    (115, "unknown_psk_identity"),
    (116, "certificate_required"),
    (120, "no_application_protocol"),
    (121, "ech_required"),
];

pub(super) fn named(table: &[(u16, &str)], number: u16) -> String {
    match table.binary_search_by_key(&number, |(entry, _)| *entry) {
        Ok(at) => table[at].1.to_owned(),
        Err(_) => format!("0x{number:04x}"),
    }
}

pub(super) fn number(table: &[(u16, &str)], name: &str) -> Option<u16> {
    table
        .iter()
        .find(|(_, entry)| *entry == name)
        .map(|(number, _)| *number)
}

/// The name of a group; those of prime fields included.
#[must_use]
pub(super) fn group_name(number: u16) -> String {
    named(GROUPS, number)
}

/// The name of a signature scheme.
#[must_use]
pub(super) fn scheme_name(number: u16) -> String {
    named(SCHEMES, number)
}

/// The name of an extension, its number in digits where the table has none.
#[must_use]
pub(super) fn extension_name(number: u16) -> String {
    match EXTENSIONS.binary_search_by_key(&number, |(entry, _)| *entry) {
        Ok(at) => EXTENSIONS[at].1.to_owned(),
        Err(_) => number.to_string(),
    }
}

/// The name of an alert (RFC 8446 §6), its number in digits where the table has none.
#[must_use]
pub fn alert_name(number: u8) -> String {
    match ALERTS.binary_search_by_key(&u16::from(number), |(entry, _)| *entry) {
        Ok(at) => ALERTS[at].1.to_owned(),
        Err(_) => number.to_string(),
    }
}

/// The number of an alert by its name.
#[must_use]
pub fn alert_number(name: &str) -> Option<u8> {
    number(ALERTS, name).and_then(|number| u8::try_from(number).ok())
}

/// All alerts by name, in the order of their numbers.
pub fn alert_names() -> impl Iterator<Item = &'static str> {
    ALERTS.iter().map(|(_, name)| *name)
}

/// A version as events spell it: `1.3`, `ssl3`, `0x....` for an unknown one.
#[must_use]
pub fn version_name(number: u16) -> String {
    match number {
        0x0300 => "ssl3".into(),
        0x0301 => "1.0".into(),
        0x0302 => "1.1".into(),
        0x0303 => "1.2".into(),
        0x0304 => "1.3".into(),
        other => format!("0x{other:04x}"),
    }
}

/// The number that stands for a version on the wire.
#[must_use]
pub fn version_number(version: TlsVersion) -> u16 {
    match version {
        TlsVersion::Ssl3 => 0x0300,
        TlsVersion::Tls10 => 0x0301,
        TlsVersion::Tls11 => 0x0302,
        TlsVersion::Tls12 => 0x0303,
        TlsVersion::Tls13 => 0x0304,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_stands_in_the_order_of_its_numbers() {
        for table in [GROUPS, SCHEMES, EXTENSIONS, ALERTS] {
            assert!(table.is_sorted_by_key(|(number, _)| number));
        }
    }

    #[test]
    fn every_alert_has_a_name_and_a_number() {
        for name in alert_names() {
            assert_eq!(alert_number(name).map(alert_name).as_deref(), Some(name));
        }
        assert_eq!(alert_name(200), "200");
        assert_eq!(alert_number("no_such_alert"), None);
    }
}
