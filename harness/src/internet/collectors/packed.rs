//! A report as it came, unpacked where it is packed (RFC 8460 §5.2). Whether it is one, the verdict says.

use std::io::Read;

use flate2::read::GzDecoder;

/// An unpacked report longer than this is cut.
const LIMIT: u64 = 4 << 20;

/// The first octets of gzip (RFC 1952 §2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A body as an event has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Unpacked; what is no text is told as near as can be.
    pub(crate) body: String,
    /// It came packed.
    pub(crate) compressed: bool,
}

impl Unpacked {
    /// Unpacks a body, if it is packed: the octets say so, whatever its media type claims.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut unpacked = Vec::new();
        let compressed = bytes.starts_with(&GZIP)
            && GzDecoder::new(bytes)
                .take(LIMIT)
                .read_to_end(&mut unpacked)
                .is_ok();
        let body = if compressed { &unpacked } else { bytes };
        Self {
            body: String::from_utf8_lossy(body).into_owned(),
            compressed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn only_what_is_packed_is_unpacked_and_never_without_end() {
        let unpacked = Unpacked::of(&packed(b"{}"));
        assert_eq!((unpacked.body.as_str(), unpacked.compressed), ("{}", true));
        let unpacked = Unpacked::of(b"{}");
        assert_eq!((unpacked.body.as_str(), unpacked.compressed), ("{}", false));
        let cut = &packed(b"{}")[..12];
        assert!(!Unpacked::of(cut).compressed);
        let bomb = Unpacked::of(&packed(&vec![0; 16 << 20]));
        assert_eq!(bomb.body.len() as u64, LIMIT);
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = Unpacked::of(&[GZIP.to_vec(), bytes].concat());
        }
    }
}
