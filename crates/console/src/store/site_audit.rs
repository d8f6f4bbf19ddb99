//! What is kept of sites' audits, and the tenant's own audit as hashes for its sites to keep.

use action::{Audited, SiteId, TenantId, Timestamp};
use console_api::SiteAudit;
use database::{DbError, Row, Statement, Transaction, args};
use proof::{
    Hash,
    audit::{Entry, Head},
    witness::{self, Kept, PAGE, Page},
};

use super::{Audit, Store, audit};

/// What an entry says that only says that a site's head was kept: such entries alone are no news, or the two chains would
/// make each other grow for ever.
const HEAD_KEPT: &str = "audit.head";

/// What came of a comparison.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Compared {
    /// It is what it was, and is kept up to its end.
    Whole,
    /// It is not, in words; `known` where that was known before.
    Broken { what: String, known: bool },
}

/// What the signature of a head says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Signed {
    /// The site's authority has signed it.
    Verified,
    /// Nobody can tell: the console does not know the authority's keys.
    NotProved,
    /// It has not, in words.
    Wrong(String),
}

const KEPT: Statement = Statement::both(
    "SELECT number, entry FROM site_audit WHERE site = $1 AND number > $2 AND number <= $3 ORDER BY number",
);
const KEPT_AT: Statement = Statement::both("SELECT chain FROM site_audit WHERE site = $1 AND number = $2");
const KEPT_LAST: Statement =
    Statement::both("SELECT number, hash, broken FROM site_audit_head WHERE site = $1");
const KEEP: Statement = Statement::split(
    "INSERT INTO site_audit (site, number, entry, chain)
     SELECT $1, value ->> 'number', value ->> 'entry', value ->> 'chain' FROM json_each($2) WHERE true
     ON CONFLICT DO NOTHING",
    "INSERT INTO site_audit (site, number, entry, chain)
     SELECT $1, number, entry, chain FROM json_to_recordset($2::json) AS x (number bigint, entry text, chain text)
     ON CONFLICT DO NOTHING",
);
const FORGET_BEFORE: Statement = Statement::both("DELETE FROM site_audit WHERE site = $1 AND number < $2");
const PUT_HEAD: Statement = Statement::both(
    "INSERT INTO site_audit_head (site, number, hash, signed, at, checked, verified)
     VALUES ($1, $2, $3, $4, $5, $5, $6)
     ON CONFLICT (site) DO UPDATE SET number = excluded.number, hash = excluded.hash, signed = excluded.signed,
        at = excluded.at, checked = excluded.checked, verified = excluded.verified",
);
const CHECKED: Statement =
    Statement::both("UPDATE site_audit_head SET checked = $2, verified = $3 WHERE site = $1");
const NAMED: Statement = Statement::both(
    "SELECT number, chain FROM site_receipt WHERE site = $1 AND number > $2 AND number <= $3 ORDER BY number",
);
const NAME: Statement = Statement::both(
    "INSERT INTO site_receipt (site, number, chain) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
);
const FORGET_NAMED: Statement = Statement::both("DELETE FROM site_receipt WHERE site = $1 AND number <= $2");
const PUT_BROKEN: Statement = Statement::both(
    "INSERT INTO site_audit_head (site, number, hash, signed, at, checked, broken)
     VALUES ($1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '', $3, $3, $2)
     ON CONFLICT (site) DO UPDATE SET broken = excluded.broken, checked = excluded.checked",
);
const FORGET: Statement = Statement::both("DELETE FROM site_audit WHERE site = $1");
const FORGET_HEAD: Statement = Statement::both("DELETE FROM site_audit_head WHERE site = $1");
const OF_TENANT: Statement = Statement::both(
    "SELECT site.id, site.name, kept.number, kept.hash, kept.signed, kept.at, kept.checked, kept.verified, kept.broken
     FROM site JOIN site_audit_head AS kept ON kept.site = site.id WHERE site.tenant = $1 ORDER BY site.name, site.id",
);
const OWN: Statement = Statement::both(
    "SELECT number, at, who, source, what, subject, devices, rule, result, salt FROM audit
     WHERE tenant = $1 AND number > $2 ORDER BY number LIMIT $3",
);
const OWN_HASH: Statement = Statement::both("SELECT hash FROM audit WHERE tenant = $1 AND number = $2");

#[derive(serde::Serialize)]
struct Fresh {
    number: u64,
    entry: String,
    chain: String,
}

impl Store {
    /// Compares a page of a site's audit with what is kept of it, and keeps what is new.
    pub(crate) async fn compare_site_audit(
        &self,
        site: SiteId,
        name: &str,
        tenant: TenantId,
        page: &Page,
        signed: &Signed,
        now: Timestamp,
    ) -> Result<Compared, DbError> {
        let id = site.to_string();
        let mut change = self.db.begin().await?;
        let head = change.row(&KEPT_LAST, args![&id]).await?;
        let was_broken = head.as_ref().map(|row| row.opt_text("broken")).transpose()?.flatten();
        let was_broken = was_broken.map(str::to_owned);
        let base = change.row(&KEPT_AT, args![&id, page.after]).await?;
        let rows = change.rows(&KEPT, args![&id, page.after, page.end()]).await?;
        let entry = |row: &Row| Ok((row.unsigned("number")?, row.parsed::<Hash>("entry")?));
        let of_row = |row: Row| Ok(Head { number: row.unsigned("number")?, hash: row.parsed("hash")? });
        let kept = Kept {
            last: head.map(of_row).transpose()?,
            base: base.map(|row| row.parsed("chain")).transpose()?,
            entries: rows.iter().map(entry).collect::<Result<_, DbError>>()?,
        };
        let says = |subject: String, result: String| Audit {
            tenant,
            at: now,
            who: format!("site {name}"),
            source: String::new(),
            what: HEAD_KEPT,
            subject,
            devices: String::new(),
            rule: String::new(),
            result,
        };
        let named = change.rows(&NAMED, args![&id, page.after, page.end()]).await?;
        let named = named.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let compared = page.compare(&kept).map_err(|broken| broken.to_string());
        let compared = compared.and_then(|fresh| match signed {
            Signed::Wrong(what) => Err(what.clone()),
            Signed::Verified | Signed::NotProved => as_named(fresh, &named),
        });
        let verified = *signed == Signed::Verified;
        let fresh = match compared {
            Ok(fresh) => fresh,
            Err(what) => {
                let known = was_broken.as_ref() == Some(&what);
                change.execute(&PUT_BROKEN, args![&id, what.as_str(), now.0]).await?;
                if !known {
                    audit::append(&mut change, &[says(id, format!("broken: {what}"))]).await?;
                }
                change.commit().await?;
                return Ok(Compared::Broken { what, known });
            }
        };
        if let Some(last) = fresh.last() {
            let (number, chain) = (last.number, last.chain.hex());
            let rows: Vec<Fresh> = fresh
                .iter()
                .map(|one| Fresh { number: one.number, entry: one.entry.hex(), chain: one.chain.hex() })
                .collect();
            change.execute(&KEEP, args![&id].set(&rows)).await?;
            change.execute(&FORGET_BEFORE, args![&id, page.oldest]).await?;
            let signed = page.signed.as_str();
            change.execute(&PUT_HEAD, args![&id, number, &chain, signed, now.0, verified]).await?;
            change.execute(&FORGET_NAMED, args![&id, number]).await?;
            if page.news {
                audit::append(&mut change, &[says(format!("{id} {number}:{chain}"), "done".to_owned())])
                    .await?;
            }
        } else {
            change.execute(&CHECKED, args![&id, now.0, verified]).await?;
        }
        change.commit().await?;
        Ok(match was_broken {
            Some(what) => Compared::Broken { what, known: true },
            None => Compared::Whole,
        })
    }

    /// Returns how far a site's audit is kept; 0 where nothing is.
    pub(crate) async fn site_audit_kept(&self, site: SiteId) -> Result<u64, DbError> {
        let row = self.db.row(&KEPT_LAST, args![site.to_string()]).await?;
        row.map_or(Ok(0), |row| row.unsigned("number"))
    }

    /// Returns what is kept of the audits of a tenant's sites.
    pub(crate) async fn site_audits(&self, tenant: TenantId) -> Result<Vec<SiteAudit>, DbError> {
        let rows = self.db.rows(&OF_TENANT, args![tenant.to_string()]).await?;
        let read = |row: &Row| {
            Ok(SiteAudit {
                site: row.parsed("id")?,
                name: row.text("name")?.to_owned(),
                number: row.unsigned("number")?,
                hash: row.text("hash")?.to_owned(),
                signed: row.text("signed")?.to_owned(),
                at: Timestamp(row.int("at")?),
                checked: Timestamp(row.int("checked")?),
                verified: row.flag("verified")?,
                broken: row.opt_text("broken")?.map(str::to_owned),
            })
        };
        rows.iter().map(read).collect()
    }

    /// Takes in the places of a site's audit that it named with its decisions: what is kept must be the same, and what comes
    /// later will have to be.
    pub(super) async fn take_receipts(
        change: &mut Transaction,
        site: SiteId,
        receipts: &[Audited],
        now: Timestamp,
    ) -> Result<(), DbError> {
        let id = site.to_string();
        for Audited { number, hash } in receipts {
            match change.row(&KEPT_AT, args![&id, *number]).await? {
                Some(row) if row.text("chain")? == hash => {}
                Some(_) => {
                    change.execute(&PUT_BROKEN, args![&id, other(*number), now.0]).await?;
                }
                None => {
                    change.execute(&NAME, args![&id, *number, hash.as_str()]).await?;
                }
            }
        }
        Ok(())
    }

    /// Forgets what is kept of a site's audit: after the site was restored from a backup, the two begin anew.
    pub(crate) async fn forget_site_audit(&self, site: SiteId, entry: Audit) -> Result<(), DbError> {
        let id = site.to_string();
        let mut change = self.db.begin().await?;
        change.execute(&FORGET, args![&id]).await?;
        change.execute(&FORGET_HEAD, args![&id]).await?;
        change.execute(&FORGET_NAMED, args![&id, i64::MAX]).await?;
        audit::append(&mut change, &[entry]).await?;
        change.commit().await
    }

    /// Returns a tenant's audit behind an entry as hashes, made anew of what the entries say; not signed yet.
    pub(crate) async fn audit_hashes(&self, tenant: TenantId, after: u64) -> Result<Page, DbError> {
        let ends = self.audit_head(tenant).await?;
        let hash = |text: &str| text.parse().unwrap_or(Hash([0xff; 32]));
        let oldest = Head { number: ends.base_number, hash: hash(&ends.base_hash) };
        let last = Head { number: ends.number, hash: hash(&ends.hash) };
        let tenant = tenant.to_string();
        let base = match after {
            after if after <= oldest.number => oldest,
            after if after >= last.number => last,
            // An entry that is gone shows as a gap behind the oldest.
            after => match self.db.row(&OWN_HASH, args![&tenant, after]).await? {
                Some(row) => Head { number: after, hash: hash(row.text("hash")?) },
                None => oldest,
            },
        };
        let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
        let mut entries = Vec::new();
        let mut news = false;
        for row in self.db.rows(&OWN, args![&tenant, base.number, limit]).await? {
            let number = row.unsigned("number")?;
            let texts = ["who", "source", "what", "subject", "devices", "rule", "result"];
            let texts = texts.into_iter().map(|name| row.text(name)).collect::<Result<Vec<_>, _>>()?;
            news |= row.text("what")? != HEAD_KEPT;
            let (at, salt) = (row.int("at")?, row.text("salt")?);
            entries.push((number, Entry { chain: &tenant, number, at, salt, texts: &texts }.hash()));
        }
        Ok(Page {
            after: base.number,
            base: base.hash,
            oldest: oldest.number,
            entries,
            last: last.number,
            head: last.hash,
            signed: String::new(),
            news,
        })
    }
}

fn place(row: &Row) -> Result<(u64, String), DbError> {
    Ok((row.unsigned("number")?, row.text("chain")?.to_owned()))
}

/// Returns the entries where each that the site named before is the one that it named.
fn as_named(fresh: Vec<witness::Fresh>, named: &[(u64, String)]) -> Result<Vec<witness::Fresh>, String> {
    let differs = |(number, chain): &&(u64, String)| {
        fresh.iter().any(|one| one.number == *number && one.chain.hex() != *chain)
    };
    match named.iter().find(differs) {
        Some((number, _)) => Err(other(*number)),
        None => Ok(fresh),
    }
}

fn other(number: u64) -> String {
    format!("entry {number} is not the one that the site named with its decision")
}
