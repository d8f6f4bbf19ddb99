//! Counts what SQLite made durable, from its write-ahead log: each commit ends in a frame that says how large the database
//! is then, and with `synchronous=FULL` each is one synchronous write.
//!
//! The format: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::{fs, path::Path};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Returns how many commits the write-ahead log beside a database holds now.
///
/// The log begins anew after a checkpoint (about 1,000 pages): compare within a short time, and expect the number to grow.
pub fn commits(database: &Path) -> usize {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    count(&fs::read(path).unwrap_or_default())
}

fn count(log: &[u8]) -> usize {
    let word = |bytes: &[u8], at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    let Some(page) = word(log, 8).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0) else {
        return 0;
    };
    let Some((salts, frames)) = log.get(16..24).zip(log.get(HEADER..)) else { return 0 };
    frames
        .chunks_exact(FRAME_HEADER + page)
        // What follows the last frame of this round is left over from the round before, and has other salts.
        .take_while(|frame| frame[8..16] == *salts)
        .filter(|frame| word(frame, 4).is_some_and(|size| size > 0))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_transaction_is_one_commit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let db = database::Db::open(&format!("sqlite:{}", path.display())).await.expect("a database");
        let steps = "CREATE TABLE t (a BIGINT)";
        let steps = [database::Step { version: 1, sqlite: steps, postgres: steps }];
        let steps: &'static [database::Step] = Box::leak(Box::new(steps));
        db.migrate(&database::Migrations { name: "t", steps }).await.expect("a table");
        let before = commits(&path);
        let insert = database::Statement::both("INSERT INTO t (a) VALUES ($1)");
        for number in 0..5i64 {
            db.write(&insert, database::args![number]).await.expect("a row");
        }
        assert_eq!(commits(&path) - before, 5);
    }

    #[test]
    fn what_is_no_log_holds_no_commit() {
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[0; 40]), 0);
        assert_eq!(count(&[7; 20]), 0);
    }
}
