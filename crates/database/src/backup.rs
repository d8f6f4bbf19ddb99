//! A copy of a database while it is in use.

use std::{fs::File, io, path::Path};

use crate::{
    Db, DbError,
    db::{Pools, make},
    error::EngineError,
    sqlite,
};

const COPY: &str = "VACUUM INTO $1";

impl Db {
    /// Writes a copy of a SQLite database, as it is at one moment, into a file that does not exist yet. When this
    /// returns well, the copy is on disk. Restoring is putting the copy in the place of the file while no program
    /// has it open, and removing `-wal` and `-shm` beside it.
    ///
    /// # Errors
    ///
    /// [`DbError::UsePgDump`] on PostgreSQL; else where the copy cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<(), DbError> {
        let Pools::Sqlite { writer, reader } = &self.pools else {
            return Err(DbError::UsePgDump);
        };
        let text = to.to_str().ok_or_else(|| DbError::File {
            path: to.to_owned(),
            source: io::Error::new(io::ErrorKind::InvalidInput, "the name is not UTF-8"),
        })?;
        // An empty file is taken for none: made here, nobody else can read the copy, and nothing is overwritten.
        make(to)?;
        let failed =
            |source: EngineError| DbError::failed(format!("copy itself to {}", to.display()), source);
        let copied = match reader {
            // Beside writer and readers: it reads one moment of the file, and nobody waits for it.
            Some(reader) => sqlite::blocking(|| {
                let connection = sqlite::connect(reader.at(), false)?;
                Ok(connection.execute(COPY, [text]).map(drop)?)
            }),
            None => writer.with(|connection| connection.execute(COPY, [text]).map(drop)).await,
        };
        copied.map_err(failed)?;
        File::open(to)
            .and_then(|file| file.sync_all())
            .map_err(|source| DbError::File { path: to.to_owned(), source })
    }
}
