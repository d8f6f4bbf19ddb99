//! Fields one after the other, each with its length: no two lists of fields have the same bytes.

use action::Timestamp;
use uuid::Uuid;

/// Bytes that are hashed or signed. The first field says what they are.
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    pub(crate) fn of(what: &str) -> Self {
        Self(Vec::with_capacity(256)).bytes(what.as_bytes())
    }

    pub(crate) fn bytes(mut self, field: &[u8]) -> Self {
        let length = u32::try_from(field.len()).expect("no field is larger than a message");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    pub(crate) fn uuid(self, id: Uuid) -> Self {
        self.bytes(id.as_bytes())
    }

    pub(crate) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(crate) fn time(self, time: Timestamp) -> Self {
        self.bytes(&time.0.to_be_bytes())
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
