//! People whom a provider names: found by issuer and subject, made at their first sign-in, never merged with an account
//! of the console.

use action::{TenantId, Timestamp, UserId};
use database::{DbError, Statement, args};

use super::{Audit, PersonRow, Store, name_key};

/// A person as a provider names them.
pub(crate) struct Provided {
    pub(crate) tenant: TenantId,
    pub(crate) issuer: String,
    /// The claim that names the person.
    pub(crate) person_claim: String,
    /// Its value.
    pub(crate) subject: String,
    /// What people know the person by.
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) groups: Vec<String>,
}

const FIND: Statement =
    Statement::both("SELECT id FROM person WHERE tenant = $1 AND issuer = $2 AND subject = $3");
const NAME_TAKEN: Statement =
    Statement::both("SELECT 1 AS one FROM person WHERE tenant = $1 AND name_key = $2");
const ID_TAKEN: Statement = Statement::both("SELECT 1 AS one FROM person WHERE id = $1");
const UPDATE: Statement = Statement::both(
    "UPDATE person SET display_name = $3, group_names = $4
     WHERE tenant = $1 AND id = $2 AND (display_name <> $3 OR group_names <> $4)",
);
const INSERT: Statement = Statement::both(
    "INSERT INTO person (id, tenant, name, name_key, display_name, role, operator, password, disabled, created, issuer,
        subject, group_names)
     VALUES ($1, $2, $3, $4, $5, 'None', 0, '', 0, $6, $7, $8, $9)",
);

impl Store {
    /// Returns the person of a tenant whom the provider names, with the groups that it names now. One who is new has the
    /// id that a site makes of issuer and subject as well; where another tenant has taken that, one of their own.
    pub(crate) async fn provided_person(
        &self,
        provided: &Provided,
        now: Timestamp,
        made: &[Audit],
    ) -> Result<Option<PersonRow>, DbError> {
        let tenant = provided.tenant.to_string();
        let groups = serde_json::to_string(&provided.groups).unwrap_or_else(|_| "[]".to_owned());
        let mut transaction = self.db.begin().await?;
        let found = transaction.row(&FIND, args![&tenant, &provided.issuer, &provided.subject]).await?;
        let person = match found {
            Some(row) => {
                let person: UserId = row.parsed("id")?;
                let known = args![&tenant, person.to_string(), &provided.display_name, &groups];
                transaction.execute(&UPDATE, known).await?;
                person
            }
            None => {
                let mut id = proof::person_of(&provided.issuer, &provided.person_claim, &provided.subject);
                if transaction.row(&ID_TAKEN, args![id.to_string()]).await?.is_some() {
                    id = UserId(service::dice::uuid());
                }
                let mut name = provided.name.clone();
                let taken = args![&tenant, name_key(&name)];
                if transaction.row(&NAME_TAKEN, taken).await?.is_some() {
                    name = format!("{name} ({id})");
                }
                let arguments = args![
                    id.to_string(),
                    &tenant,
                    &name,
                    name_key(&name),
                    &provided.display_name,
                    now.0,
                    &provided.issuer,
                    &provided.subject,
                    &groups,
                ];
                transaction.execute(&INSERT, arguments).await?;
                super::audit::append(&mut transaction, made).await?;
                id
            }
        };
        transaction.commit().await?;
        self.person(provided.tenant, person).await
    }
}
