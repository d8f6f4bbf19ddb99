//! Finds devices by any part of what identifies them: name, user, serial, addresses, tags.
//!
//! Two ways lead to a page. A walk in the order of the page finds a common text within a few rows, but may pass all
//! devices before it meets a rare one; the index of texts finds a rare one at once, but must sort all that it finds of a
//! common one. So a search walks a bounded part first, and asks the index where that did not fill the page.

use action::TenantId;
use console_api::Device;
use database::{Args, DbError, Engine, Row, Statement, args};

use super::{
    Reach, Store,
    devices::{DeviceFilter, DeviceKey, columns, read},
};

/// The rows of a page's order that a search looks at before it asks the index: about 20 ms. A text that one of 200
/// devices has fills a page within them.
const WALK: u32 = 10_000;

/// The largest number that a count says exactly: a page shows `10,000+` beyond, and no count reads a whole fleet.
pub(crate) const COUNT_TO: u32 = 10_000;

/// The most words of a search; more make it no more exact.
const MOST_WORDS: usize = 8;

/// The shortest text that the index knows, in letters. Shorter ones are found at the beginning of names.
const SHORTEST: usize = 3;

/// The most trigrams of a word that the index is asked for; what it finds is compared with the whole word.
const MOST_TRIGRAMS: usize = 24;

const PAGE: Statement = Statement::both(concat!("SELECT ", columns!(), " FROM {condition}"));
const COUNT: Statement =
    Statement::both("SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM {condition}) AS found");
const WALKED: Statement =
    Statement::both("SELECT COUNT(*) AS count FROM (SELECT 1 AS one FROM {condition}) AS found");
const EXTENSION: Statement = Statement::both("CREATE EXTENSION IF NOT EXISTS pg_trgm");
const INDEX: Statement = Statement::both(
    "CREATE INDEX IF NOT EXISTS device_search_key ON device_search USING gin (search_key gin_trgm_ops)",
);

/// What a search looks for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Words {
    /// Each is somewhere in the device's texts.
    long: Vec<String>,
    /// The name begins with it.
    beginning: Option<String>,
}

impl Words {
    /// Reads a search as a person types it.
    pub(crate) fn read(text: &str) -> Self {
        let folded = super::name_key(text);
        let mut words = Self::default();
        for word in folded.split_whitespace().take(MOST_WORDS) {
            let word: String = word.chars().filter(|c| !c.is_control()).collect();
            if word.chars().count() >= SHORTEST {
                words.long.push(word);
            } else if words.beginning.is_none() && !word.is_empty() {
                words.beginning = Some(word);
            }
        }
        words
    }

    /// Returns the question for the SQLite index: trigrams that all must be there.
    fn trigrams(&self) -> String {
        let mut asked: Vec<String> = Vec::new();
        for word in &self.long {
            let letters: Vec<char> = word.chars().collect();
            for three in letters.windows(SHORTEST).take(MOST_TRIGRAMS) {
                let quoted = format!("\"{}\"", three.iter().collect::<String>().replace('"', "\"\""));
                if !asked.contains(&quoted) {
                    asked.push(quoted);
                }
            }
        }
        asked.join(" AND ")
    }
}

/// A condition that grows with its values.
pub(super) struct Asking {
    engine: Engine,
    pub(super) text: String,
    pub(super) args: Args,
    next: usize,
}

impl Asking {
    pub(super) fn new(engine: Engine, tenant: TenantId) -> Self {
        Self { engine, text: String::new(), args: args![tenant.to_string()], next: 2 }
    }

    pub(super) fn next(&self) -> usize {
        self.next
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes a placeholder for a value.
    pub(super) fn bind(&mut self, value: impl Into<database::Value>) {
        self.text.push_str(&format!("${}", self.next));
        self.add(value);
    }

    /// Adds a value whose placeholder is written already.
    pub(super) fn add(&mut self, value: impl Into<database::Value>) {
        self.args = std::mem::take(&mut self.args).with(value);
        self.next += 1;
    }

    /// Leaves out what somebody does not reach.
    pub(super) fn reach(&mut self, reach: &Reach) {
        if !reach.is_limited() {
            return;
        }
        let mut taken = self.next - 1;
        let (text, args) = reach.of_devices(self.engine, &mut taken, std::mem::take(&mut self.args));
        self.push(" AND ");
        self.push(&text);
        self.args = args;
        self.next = taken + 1;
    }

    /// Compares the texts of a row with the words.
    fn words(&mut self, words: &Words) {
        for word in &words.long {
            self.push(match self.engine {
                Engine::Sqlite => " AND instr(device.search_key, ",
                Engine::Postgres => " AND strpos(device.search_key, ",
            });
            self.bind(word);
            self.push(") > 0");
        }
    }

    /// Names that begin with a short word are one piece of the index of names.
    fn beginning(&mut self, words: &Words) {
        if let Some(beginning) = &words.beginning {
            self.push(" AND device.name_key >= ");
            self.bind(beginning);
            self.push(" AND device.name_key < ");
            self.bind(format!("{beginning}{}", char::MAX));
        }
    }

    /// Asks the index of texts: the rows that it may have found, as a table before `device`.
    fn hits(&mut self, words: &Words) {
        match self.engine {
            Engine::Sqlite => {
                // A cross join keeps the order: first the index, then the rows that it names.
                self.push("device_search CROSS JOIN device ON device.row = device_search.rowid ");
                self.push("JOIN site ON site.id = device.site WHERE device_search MATCH ");
                self.bind(words.trigrams());
            }
            Engine::Postgres => {
                self.push("(SELECT device_search.site, device_search.id FROM device_search WHERE 1 = 1");
                for word in &words.long {
                    self.push(" AND device_search.search_key LIKE ");
                    self.bind(contains(word));
                    self.push(" ESCAPE '!'");
                }
                self.push(" OFFSET 0) AS hit JOIN device ON device.site = hit.site AND device.id = hit.id ");
                self.push("JOIN site ON site.id = device.site WHERE 1 = 1");
            }
        }
        // `+` keeps SQLite from walking the tenant's devices instead.
        self.push(match self.engine {
            Engine::Sqlite => " AND +device.tenant = $1",
            Engine::Postgres => " AND device.tenant = $1",
        });
    }
}

impl Store {
    /// Makes the index of texts that PostgreSQL has only with an extension. Returns why there is none, where that is
    /// so: searches then walk.
    pub(super) async fn index_texts(&self) -> Option<DbError> {
        if self.db.engine() == Engine::Sqlite {
            return None;
        }
        if let Err(error) = self.db.write(&EXTENSION, args![]).await {
            return Some(error);
        }
        self.db.write(&INDEX, args![]).await.err()
    }

    /// Returns a page of devices, with the key that each has in the page's order.
    pub(crate) async fn devices(
        &self,
        tenant: TenantId,
        wanted: &DeviceFilter,
        limit: u32,
    ) -> Result<Vec<(DeviceKey, Device)>, DbError> {
        let words = wanted.search.as_deref().map(Words::read).unwrap_or_default();
        let rows = if words.long.is_empty() {
            self.all_that(tenant, wanted, &words, limit).await?
        } else {
            match self.walk(tenant, wanted, &words, limit).await? {
                Some(rows) => rows,
                None => self.asked(tenant, wanted, &words, limit).await?,
            }
        };
        rows.iter().map(|row| Ok((wanted.sort.key(row)?, read(row)?))).collect()
    }

    /// Counts devices, up to [`COUNT_TO`] and one more.
    pub(crate) async fn count_devices(
        &self,
        tenant: TenantId,
        wanted: &DeviceFilter,
    ) -> Result<u64, DbError> {
        let words = wanted.search.as_deref().map(Words::read).unwrap_or_default();
        let mut asking = Asking::new(self.db.engine(), tenant);
        if words.long.is_empty() {
            asking.push("device JOIN site ON site.id = device.site WHERE device.tenant = $1");
        } else {
            asking.hits(&words);
            asking.words(&words);
        }
        asking.beginning(&words);
        wanted.structure(&mut asking);
        wanted.language(&mut asking);
        asking.push(&format!(" LIMIT {}", COUNT_TO + 1));
        let rows = self.db.rows_where(&COUNT, &asking.text, asking.args).await?;
        rows.first().map_or(Ok(0), |row| row.unsigned("count"))
    }

    /// The page of a search that no index of texts can help.
    async fn all_that(
        &self,
        tenant: TenantId,
        wanted: &DeviceFilter,
        words: &Words,
        limit: u32,
    ) -> Result<Vec<Row>, DbError> {
        let mut asking = Asking::new(self.db.engine(), tenant);
        asking.push("device JOIN site ON site.id = device.site WHERE device.tenant = $1");
        asking.beginning(words);
        wanted.structure(&mut asking);
        wanted.language(&mut asking);
        wanted.after(&mut asking);
        asking.push(&wanted.sort.order("device."));
        asking.push(&format!(" LIMIT {limit}"));
        self.db.rows_where(&PAGE, &asking.text, asking.args).await
    }

    /// Looks at the next [`WALK`] rows of the order; `None` where they did not fill the page, and more come after them.
    async fn walk(
        &self,
        tenant: TenantId,
        wanted: &DeviceFilter,
        words: &Words,
        limit: u32,
    ) -> Result<Option<Vec<Row>>, DbError> {
        let next = |engine| {
            let mut asking = Asking::new(engine, tenant);
            asking.push("(SELECT device.* FROM device WHERE device.tenant = $1");
            asking.beginning(words);
            wanted.structure(&mut asking);
            wanted.after(&mut asking);
            asking.push(&wanted.sort.order("device."));
            asking.push(&format!(" LIMIT {WALK}) AS device"));
            asking
        };
        let mut asking = next(self.db.engine());
        asking.push(" JOIN site ON site.id = device.site WHERE 1 = 1");
        asking.words(words);
        wanted.language(&mut asking);
        asking.push(&wanted.sort.order("device."));
        asking.push(&format!(" LIMIT {limit}"));
        let rows = self.db.rows_where(&PAGE, &asking.text, asking.args).await?;
        if rows.len() >= limit as usize {
            return Ok(Some(rows));
        }
        let asking = next(self.db.engine());
        let walked = self.db.rows_where(&WALKED, &asking.text, asking.args).await?;
        let walked = walked.first().map_or(Ok(0), |row| row.unsigned("count"))?;
        Ok((walked < u64::from(WALK)).then_some(rows))
    }

    /// Asks the index of texts.
    async fn asked(
        &self,
        tenant: TenantId,
        wanted: &DeviceFilter,
        words: &Words,
        limit: u32,
    ) -> Result<Vec<Row>, DbError> {
        let mut asking = Asking::new(self.db.engine(), tenant);
        asking.hits(words);
        asking.words(words);
        asking.beginning(words);
        wanted.structure(&mut asking);
        wanted.language(&mut asking);
        wanted.after(&mut asking);
        asking.push(&wanted.sort.order("device."));
        asking.push(&format!(" LIMIT {limit}"));
        self.db.rows_where(&PAGE, &asking.text, asking.args).await
    }
}

fn contains(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_read_as_words() {
        for (text, trigrams, beginning) in [
            ("Shop", "\"sho\" AND \"hop\"", None),
            ("  anna SHOP ", "\"ann\" AND \"nna\" AND \"sho\" AND \"hop\"", None),
            ("sh", "", Some("sh")),
            ("sh 10.0", "\"10.\" AND \"0.0\"", Some("sh")),
            ("a\"b\"", "\"a\"\"b\" AND \"\"\"b\"\"\"", None),
            ("\u{1}\u{2}", "", None),
        ] {
            let words = Words::read(text);
            assert_eq!(
                (words.trigrams().as_str(), words.beginning.as_deref()),
                (trigrams, beginning),
                "{text}"
            );
        }
        assert_eq!(Words::read(&"word ".repeat(100)).long.len(), MOST_WORDS);
    }
}
