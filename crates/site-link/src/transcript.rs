//! What both ends sign and MAC: fields in a fixed order, each with its length, so that no two lists of fields give
//! the same bytes.

use aws_lc_rs::digest::{SHA256, digest};

pub(crate) struct Transcript(Vec<u8>);

impl Transcript {
    /// Begins a transcript; `purpose` keeps a signature from being used for anything else.
    pub(crate) fn new(purpose: &str) -> Self {
        Self(Vec::with_capacity(512)).field(purpose.as_bytes())
    }

    pub(crate) fn field(mut self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).expect("fields are bounded by LARGEST_HANDSHAKE");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cannot_flow_into_each_other() {
        let one = Transcript::new("p").field(b"ab").field(b"c");
        let other = Transcript::new("p").field(b"a").field(b"bc");
        assert_ne!(one.bytes(), other.bytes());
        assert_eq!(Transcript::new("p").field(b"ab").bytes(), b"\0\0\0\x01p\0\0\0\x02ab");
    }
}
