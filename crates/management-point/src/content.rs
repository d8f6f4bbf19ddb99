//! Gives devices the files of applications, in ranges. What is served is not compared here: the device compares the hash
//! of the whole, and a range alone has none.

use management_link::{Answer, ByteRange, Part, Refusal};

use crate::point::Point;

impl Point {
    /// Returns a part of a content file.
    pub(crate) async fn content(&self, sha256: [u8; 32], range: ByteRange) -> Result<Answer, Refusal> {
        let name = hex::encode(sha256);
        let length = usize::try_from(range.length).unwrap_or(usize::MAX);
        match self.store.content_part(&name, range.from, length).await {
            Ok(Some(part)) => {
                Ok(Answer::Content(Part { from: range.from, size: part.size, bytes: part.bytes }))
            }
            Ok(None) => Err(Refusal::content_unknown()),
            Err(error) => Err(self.not_stored(&format!("read the content {name}"), &error)),
        }
    }
}
