//! Files of applications, in chunks by their SHA-256: put at the site, fetched by devices in ranges. Devices check the
//! hash themselves: nothing here needs to be believed.

use action::Timestamp;
use database::{DbError, Row, Statement, args};

use crate::SiteStore;

/// The size of each chunk but the last, in bytes: a row that either database moves at once, and as much as a device
/// asks for in one range.
pub const CONTENT_CHUNK: usize = 256 << 10;

/// The largest file, in bytes: beyond it a site wants a web server for its files.
pub const LARGEST_CONTENT_FILE: u64 = 16 << 30;

/// A file of applications.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentFileRow {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// What it was called where it came from.
    pub name: String,
    /// Its size, in bytes.
    pub size: u64,
    /// How many chunks are there.
    pub chunks: u64,
    /// Whether all of it is there.
    pub complete: bool,
    /// When it was begun.
    pub stored: Timestamp,
}

/// A part of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContentPart {
    /// Its bytes: fewer than were asked for at the file's end.
    pub bytes: Vec<u8>,
    /// The size of the whole file.
    pub size: u64,
}

macro_rules! columns {
    () => {
        "sha256, name, size, chunks, complete, stored"
    };
}

const BEGIN: Statement = Statement::both(
    "INSERT INTO content_file (sha256, name, size, chunks, complete, stored) VALUES ($1, $2, $3, 0, 0, $4) \
     ON CONFLICT (sha256) DO NOTHING",
);
const ONE: Statement =
    Statement::both(concat!("SELECT ", columns!(), " FROM content_file WHERE sha256 = $1"));
const ALL: Statement =
    Statement::both(concat!("SELECT ", columns!(), " FROM content_file ORDER BY name, sha256"));
const CHUNK: Statement = Statement::both(
    "INSERT INTO content_chunk (sha256, number, bytes) VALUES ($1, $2, $3) ON CONFLICT (sha256, number) DO NOTHING",
);
const COUNT: Statement = Statement::both(
    "UPDATE content_file SET chunks = $2 + 1 WHERE sha256 = $1 AND chunks = $2 AND complete = 0",
);
const COMPLETE: Statement =
    Statement::both("UPDATE content_file SET complete = 1 WHERE sha256 = $1 AND chunks = $2");
const PART: Statement = Statement::both(
    "SELECT content_file.size AS size, content_chunk.number AS number, content_chunk.bytes AS bytes \
     FROM content_file JOIN content_chunk ON content_chunk.sha256 = content_file.sha256 \
     WHERE content_file.sha256 = $1 AND content_file.complete = 1 AND content_chunk.number BETWEEN $2 AND $3 \
     ORDER BY content_chunk.number",
);
const REMOVE: Statement = Statement::both("DELETE FROM content_file WHERE sha256 = $1");
const UNFINISHED: Statement = Statement::both("DELETE FROM content_file WHERE complete = 0 AND stored < $1");

impl SiteStore {
    /// Begins a file, or goes on with one that was begun: the answer says how many chunks are there.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn begin_content_file(
        &self,
        sha256: &str,
        name: &str,
        size: u64,
        now: Timestamp,
    ) -> Result<Option<ContentFileRow>, DbError> {
        self.db.write(&BEGIN, args![sha256, name, size, now.0]).await?;
        self.content_file(sha256).await
    }

    /// Adds the next chunk; returns whether it was the next one of a file that is not complete.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn put_content_chunk(&self, sha256: &str, number: u64, bytes: &[u8]) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        if transaction.execute(&COUNT, args![sha256, number]).await? == 0 {
            return Ok(false);
        }
        transaction.execute(&CHUNK, args![sha256, number, bytes]).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Says that all chunks are there; returns whether as many are.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn complete_content_file(&self, sha256: &str, size: u64) -> Result<bool, DbError> {
        let chunks = size.div_ceil(CONTENT_CHUNK as u64);
        Ok(self.db.write(&COMPLETE, args![sha256, chunks]).await? > 0)
    }

    /// Returns a part of a complete file; `None` where there is no such file, or nothing at that place.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn content_part(
        &self,
        sha256: &str,
        from: u64,
        length: usize,
    ) -> Result<Option<ContentPart>, DbError> {
        let chunk = CONTENT_CHUNK as u64;
        let length = length.clamp(1, CONTENT_CHUNK);
        let last = from.saturating_add(length as u64 - 1);
        let rows = self.db.rows(&PART, args![sha256, from / chunk, last / chunk]).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let size = first.unsigned("size")?;
        if from >= size || first.unsigned("number")? != from / chunk {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(length);
        for row in &rows {
            bytes.extend_from_slice(row.bytes("bytes")?);
        }
        bytes.drain(..usize::try_from(from % chunk).unwrap_or(usize::MAX).min(bytes.len()));
        bytes.truncate(length);
        Ok(Some(ContentPart { bytes, size }))
    }

    /// Returns a file, complete or not.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn content_file(&self, sha256: &str) -> Result<Option<ContentFileRow>, DbError> {
        self.db.row(&ONE, args![sha256]).await?.as_ref().map(read).transpose()
    }

    /// Returns the files.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn content_files(&self) -> Result<Vec<ContentFileRow>, DbError> {
        self.db.rows(&ALL, args![]).await?.iter().map(read).collect()
    }

    /// Removes a file; returns whether it was there.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    pub async fn remove_content_file(&self, sha256: &str) -> Result<bool, DbError> {
        Ok(self.db.write(&REMOVE, args![sha256]).await? > 0)
    }

    /// Removes the files that were begun before then and never completed; returns how many.
    pub(crate) async fn forget_unfinished_content(&self, before: Timestamp) -> Result<u64, DbError> {
        self.db.write(&UNFINISHED, args![before.0]).await
    }
}

fn read(row: &Row) -> Result<ContentFileRow, DbError> {
    Ok(ContentFileRow {
        sha256: row.text("sha256")?.to_owned(),
        name: row.text("name")?.to_owned(),
        size: row.unsigned("size")?,
        chunks: row.unsigned("chunks")?,
        complete: row.flag("complete")?,
        stored: Timestamp(row.int("stored")?),
    })
}
