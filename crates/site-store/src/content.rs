//! Policy documents and other content by hash, so that devices are served without asking the authority each time.
//! Devices check the hash themselves: nothing here needs to be believed.

use action::Timestamp;
use database::{DbError, Statement, args};

use crate::SiteStore;

/// The largest content that is kept, in bytes: a policy document is at most 1 MiB.
pub const LARGEST_CONTENT: usize = 1 << 20;

const PUT: Statement = Statement::both(
    "INSERT INTO content (sha256, bytes, size, stored) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256) DO NOTHING",
);
const GET: Statement = Statement::both("SELECT bytes FROM content WHERE sha256 = $1");

impl SiteStore {
    /// Keeps content under its hash; returns whether it is kept. What is larger than [`LARGEST_CONTENT`] is not: the
    /// caller serves it from where it came from.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_content(&self, sha256: &str, bytes: &[u8], now: Timestamp) -> Result<bool, DbError> {
        if bytes.len() > LARGEST_CONTENT {
            return Ok(false);
        }
        self.db.write(&PUT, args![sha256, bytes, bytes.len() as u64, now.0]).await?;
        Ok(true)
    }

    /// Returns the content with that hash, where it is kept.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn content(&self, sha256: &str) -> Result<Option<Vec<u8>>, DbError> {
        self.db.row(&GET, args![sha256]).await?.map(|row| row.bytes("bytes").map(<[u8]>::to_vec)).transpose()
    }
}
