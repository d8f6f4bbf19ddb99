//! Own roles of a tenant, and who holds which role where.

use action::{SiteId, TenantId, Timestamp, UserId};
use console_api::{Assignment, ConsoleRole, Holder};
use database::{DbError, Row, Statement, args};
use uuid::Uuid;

use super::{Audit, Store, name_key};
use crate::people::rights::Place;

/// A role that somebody holds in a place, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct HeldRow {
    pub(crate) role: Uuid,
    /// Name and permissions of an own role; absent for a built-in one.
    pub(crate) own: Option<(String, Vec<String>)>,
    pub(crate) place: Place,
}

/// An assignment as it is stored; the names of roles and people are looked up by whoever shows it.
#[derive(Clone, Debug)]
pub(crate) struct AssignmentRow {
    pub(crate) id: Uuid,
    pub(crate) role: Uuid,
    pub(crate) own_role: Option<String>,
    pub(crate) holder: Holder,
    pub(crate) person: Option<String>,
    pub(crate) place: Place,
    pub(crate) given_by: String,
    pub(crate) created: Timestamp,
}

const ALL: Statement = Statement::both(
    "SELECT id, name, description, permissions FROM console_role WHERE tenant = $1 ORDER BY name_key",
);
const ONE: Statement = Statement::both(
    "SELECT id, name, description, permissions FROM console_role WHERE tenant = $1 AND id = $2",
);
const INSERT: Statement = Statement::both(
    "INSERT INTO console_role (tenant, id, name, name_key, description, permissions)
     VALUES ($1, $2, $3, $4, $5, $6)",
);
const UPDATE: Statement = Statement::both(
    "UPDATE console_role SET name = $3, name_key = $4, description = $5, permissions = $6
     WHERE tenant = $1 AND id = $2",
);
const DELETE: Statement = Statement::both("DELETE FROM console_role WHERE tenant = $1 AND id = $2");
const UNASSIGN_ROLE: Statement = Statement::both("DELETE FROM assignment WHERE tenant = $1 AND role = $2");
const HELD: Statement = Statement::split(
    "SELECT assignment.role, assignment.sites, assignment.device_groups, console_role.name, console_role.permissions
     FROM assignment LEFT JOIN console_role
        ON console_role.tenant = assignment.tenant AND console_role.id = assignment.role
     WHERE assignment.tenant = $1 AND ((assignment.holder_kind = 'user' AND assignment.holder = $2)
        OR (assignment.holder_kind = 'group' AND assignment.holder IN (SELECT value FROM json_each($3))))
     ORDER BY assignment.id",
    "SELECT assignment.role, assignment.sites, assignment.device_groups, console_role.name, console_role.permissions
     FROM assignment LEFT JOIN console_role
        ON console_role.tenant = assignment.tenant AND console_role.id = assignment.role
     WHERE assignment.tenant = $1 AND ((assignment.holder_kind = 'user' AND assignment.holder = $2)
        OR (assignment.holder_kind = 'group' AND assignment.holder IN (SELECT json_array_elements_text($3::json))))
     ORDER BY assignment.id",
);
const ASSIGNMENTS: Statement = Statement::both(
    "SELECT assignment.id, assignment.role, assignment.holder_kind, assignment.holder, assignment.sites,
            assignment.device_groups, assignment.given_by, assignment.created, console_role.name AS own_role,
            person.name AS person
     FROM assignment
     LEFT JOIN console_role ON console_role.tenant = assignment.tenant AND console_role.id = assignment.role
     LEFT JOIN person ON person.tenant = assignment.tenant AND person.id = assignment.holder
     WHERE assignment.tenant = $1 ORDER BY assignment.created, assignment.id LIMIT 1000",
);
const ASSIGN: Statement = Statement::both(
    "INSERT INTO assignment (tenant, id, role, holder_kind, holder, sites, device_groups, given_by, created)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const UNASSIGN: Statement = Statement::both("DELETE FROM assignment WHERE tenant = $1 AND id = $2");
const COUNT: Statement = Statement::both("SELECT COUNT(*) AS held FROM assignment WHERE tenant = $1");
const ADMINISTRATORS: Statement = Statement::both(
    "SELECT name FROM person WHERE tenant = $1 AND role = 'Administrator' AND disabled = 0
     ORDER BY name_key LIMIT 5",
);

impl Store {
    /// Lists the own roles of a tenant by name.
    pub(crate) async fn own_roles(&self, tenant: TenantId) -> Result<Vec<ConsoleRole>, DbError> {
        self.db.rows(&ALL, args![tenant.to_string()]).await?.iter().map(read).collect()
    }

    /// Returns an own role of a tenant.
    pub(crate) async fn own_role(
        &self,
        tenant: TenantId,
        role: Uuid,
    ) -> Result<Option<ConsoleRole>, DbError> {
        self.db.row(&ONE, args![tenant.to_string(), role.to_string()]).await?.as_ref().map(read).transpose()
    }

    /// Keeps an own role: a new one, or a change. A name that is taken is a broken constraint; `false` where the tenant has
    /// no such role to change.
    pub(crate) async fn put_role(
        &self,
        tenant: TenantId,
        role: &ConsoleRole,
        new: bool,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let permissions = serde_json::to_string(&role.permissions).unwrap_or_default();
        let arguments = args![
            tenant.to_string(),
            role.id.to_string(),
            &role.name,
            name_key(&role.name),
            &role.description,
            permissions,
        ];
        let mut transaction = self.db.begin().await?;
        let written = transaction.execute(if new { &INSERT } else { &UPDATE }, arguments).await?;
        if written == 0 {
            return Ok(false);
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes an own role with its assignments; `false` where the tenant has none of that id.
    pub(crate) async fn delete_role(
        &self,
        tenant: TenantId,
        role: Uuid,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let known = || args![tenant.to_string(), role.to_string()];
        let mut transaction = self.db.begin().await?;
        if transaction.execute(&DELETE, known()).await? == 0 {
            return Ok(false);
        }
        transaction.execute(&UNASSIGN_ROLE, known()).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns what is assigned to a person and to their groups.
    pub(crate) async fn held(
        &self,
        tenant: TenantId,
        user: UserId,
        groups: &[String],
    ) -> Result<Vec<HeldRow>, DbError> {
        let rows = self.db.rows(&HELD, args![tenant.to_string(), user.to_string()].set(groups)).await?;
        rows.iter()
            .map(|row| {
                let own = match row.opt_text("name")? {
                    Some(name) => Some((name.to_owned(), row.json("permissions")?)),
                    None => None,
                };
                Ok(HeldRow { role: row.parsed("role")?, own, place: place(row)? })
            })
            .collect()
    }

    /// Lists the assignments of a tenant, the oldest first.
    pub(crate) async fn assignments(&self, tenant: TenantId) -> Result<Vec<AssignmentRow>, DbError> {
        let rows = self.db.rows(&ASSIGNMENTS, args![tenant.to_string()]).await?;
        rows.iter()
            .map(|row| {
                let holder = match row.text("holder_kind")? {
                    "user" => Holder::User { user: row.parsed("holder")? },
                    _ => Holder::Group { group: row.text("holder")?.to_owned() },
                };
                Ok(AssignmentRow {
                    id: row.parsed("id")?,
                    role: row.parsed("role")?,
                    own_role: row.opt_text("own_role")?.map(str::to_owned),
                    holder,
                    person: row.opt_text("person")?.map(str::to_owned),
                    place: place(row)?,
                    given_by: row.text("given_by")?.to_owned(),
                    created: Timestamp(row.int("created")?),
                })
            })
            .collect()
    }

    /// Returns how many assignments a tenant has.
    pub(crate) async fn assignment_count(&self, tenant: TenantId) -> Result<i64, DbError> {
        let row = self.db.row(&COUNT, args![tenant.to_string()]).await?;
        row.map_or(Ok(0), |row| row.int("held"))
    }

    /// Keeps an assignment.
    pub(crate) async fn assign(
        &self,
        tenant: TenantId,
        assignment: &Assignment,
        audit: &[Audit],
    ) -> Result<(), DbError> {
        let (kind, holder) = match &assignment.holder {
            Holder::User { user } => ("user", user.to_string()),
            Holder::Group { group } => ("group", group.clone()),
        };
        let arguments = args![
            tenant.to_string(),
            assignment.id.to_string(),
            assignment.role.to_string(),
            kind,
            holder,
            serde_json::to_string(&assignment.sites).unwrap_or_default(),
            serde_json::to_string(&assignment.device_groups).unwrap_or_default(),
            &assignment.given_by,
            assignment.created.0,
        ];
        let mut transaction = self.db.begin().await?;
        transaction.execute(&ASSIGN, arguments).await?;
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await
    }

    /// Takes an assignment away; `false` where the tenant has none of that id.
    pub(crate) async fn unassign(
        &self,
        tenant: TenantId,
        assignment: Uuid,
        audit: &[Audit],
    ) -> Result<bool, DbError> {
        let mut transaction = self.db.begin().await?;
        let known = args![tenant.to_string(), assignment.to_string()];
        if transaction.execute(&UNASSIGN, known).await? == 0 {
            return Ok(false);
        }
        super::audit::append(&mut transaction, audit).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Returns the names of some administrators of a tenant: who can give what somebody lacks.
    pub(crate) async fn administrators(&self, tenant: TenantId) -> Result<Vec<String>, DbError> {
        let rows = self.db.rows(&ADMINISTRATORS, args![tenant.to_string()]).await?;
        rows.iter().map(|row| Ok(row.text("name")?.to_owned())).collect()
    }
}

fn place(row: &Row) -> Result<Place, DbError> {
    let sites: Vec<SiteId> = row.json("sites")?;
    Ok(Place { sites, groups: row.json("device_groups")? })
}

fn read(row: &Row) -> Result<ConsoleRole, DbError> {
    Ok(ConsoleRole {
        id: row.parsed("id")?,
        name: row.text("name")?.to_owned(),
        description: row.text("description")?.to_owned(),
        built_in: false,
        permissions: row.json("permissions")?,
    })
}
