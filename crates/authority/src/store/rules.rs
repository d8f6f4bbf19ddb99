//! Who may act on what: roles, assignments, collections.

use action::{DeviceId, UserId};
use database::{DbError, Statement, Transaction, args};

use super::{Store, devices::json};

/// A security role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredRole {
    /// Its name.
    pub(crate) name: String,
    /// Its permissions, such as `Collection / Notify Resource`.
    pub(crate) permissions: Vec<String>,
}

/// A role that a person holds on collections.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredAssignment {
    /// The person.
    pub(crate) person: UserId,
    /// The person's name.
    pub(crate) person_name: String,
    /// The role's name.
    pub(crate) role: String,
    /// The ids of the collections.
    pub(crate) collections: Vec<String>,
    /// The scopes that it is limited to; none where it is not.
    pub(crate) scopes: Vec<String>,
}

/// A collection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredCollection {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its query, in the language of crate `filter`.
    pub(crate) query: Option<String>,
    /// Its direct members.
    pub(crate) members: Vec<DeviceId>,
    /// Collections whose members are its own.
    pub(crate) include: Vec<String>,
    /// Collections whose members are not.
    pub(crate) exclude: Vec<String>,
    /// The collection that it is within; none where that is all devices.
    pub(crate) limited_to: Option<String>,
    /// Grows when the rule changes.
    pub(crate) version: u64,
    /// The scopes that it carries; none where that is the default one.
    pub(crate) scopes: Vec<String>,
}

impl StoredCollection {
    /// Returns the collections that decide about its members.
    pub(crate) fn builds_on(&self) -> impl Iterator<Item = &str> {
        self.include.iter().chain(&self.exclude).chain(&self.limited_to).map(String::as_str)
    }
}

/// A person whom the site knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredPerson {
    /// The person, as every proof of them names them.
    pub(crate) person: UserId,
    /// The person's name.
    pub(crate) name: String,
    /// The issuer by whose sign-in the site discovered them; none where the owner made them known.
    pub(crate) discovered: Option<String>,
}

const ROLES: Statement = Statement::both("SELECT name, permissions FROM role ORDER BY name");
const PUT_ROLE: Statement = Statement::both(
    "INSERT INTO role (name, permissions) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET \
     permissions = excluded.permissions",
);
const ASSIGNMENTS: Statement = Statement::both(
    "SELECT person, person_name, role, collections, scopes FROM assignment ORDER BY person_name, role",
);
const PUT_ASSIGNMENT: Statement = Statement::both(
    "INSERT INTO assignment (person, person_name, role, collections, scopes) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (person, role) DO UPDATE SET person_name = excluded.person_name, collections = excluded.collections, \
     scopes = excluded.scopes",
);
const REMOVE_ASSIGNMENT: Statement =
    Statement::both("DELETE FROM assignment WHERE person = $1 AND role = $2");
const PEOPLE: Statement =
    Statement::both("SELECT person, name, discovered FROM person ORDER BY name, person");
const PUT_PERSON: Statement = Statement::both(
    "INSERT INTO person (person, name, discovered) VALUES ($1, $2, $3) \
     ON CONFLICT (person) DO UPDATE SET name = excluded.name, discovered = excluded.discovered",
);
const REMOVE_PERSON: Statement = Statement::both("DELETE FROM person WHERE person = $1");
const REMOVE_ASSIGNMENTS: Statement = Statement::both("DELETE FROM assignment WHERE person = $1");
const COLLECTIONS: Statement = Statement::both(
    "SELECT id, name, query, version, include, exclude, limited_to, scopes FROM collection ORDER BY id",
);
const MEMBERS: Statement =
    Statement::both("SELECT collection, device FROM collection_member ORDER BY collection, device");
const PUT_COLLECTION: Statement = Statement::both(
    "INSERT INTO collection (id, name, query, version, include, exclude, limited_to, scopes) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query, version = excluded.version, \
     include = excluded.include, exclude = excluded.exclude, limited_to = excluded.limited_to, \
     scopes = excluded.scopes",
);
const REMOVE_MEMBERS: Statement = Statement::both("DELETE FROM collection_member WHERE collection = $1");
const PUT_MEMBERS: Statement = Statement::split(
    "INSERT INTO collection_member (collection, device) SELECT $1, value FROM json_each($2) WHERE true \
     ON CONFLICT DO NOTHING",
    "INSERT INTO collection_member (collection, device) SELECT $1, value FROM json_array_elements_text($2::json) \
     ON CONFLICT DO NOTHING",
);
const REMOVE_COLLECTION: Statement = Statement::both("DELETE FROM collection WHERE id = $1");

impl Store {
    /// Returns the roles.
    pub(crate) async fn roles(&self) -> Result<Vec<StoredRole>, DbError> {
        let rows = self.db.rows(&ROLES, args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredRole { name: row.text("name")?.to_owned(), permissions: row.json("permissions")? })
            })
            .collect()
    }

    /// Stores a role.
    pub(crate) async fn put_role(change: &mut Transaction, role: &StoredRole) -> Result<(), DbError> {
        change.execute(&PUT_ROLE, args![role.name.as_str(), json(&role.permissions)]).await?;
        Ok(())
    }

    /// Returns the assignments.
    pub(crate) async fn assignments(&self) -> Result<Vec<StoredAssignment>, DbError> {
        let rows = self.db.rows(&ASSIGNMENTS, args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredAssignment {
                    person: row.parsed("person")?,
                    person_name: row.text("person_name")?.to_owned(),
                    role: row.text("role")?.to_owned(),
                    collections: row.json("collections")?,
                    scopes: row.json("scopes")?,
                })
            })
            .collect()
    }

    /// Stores an assignment.
    pub(crate) async fn put_assignment(
        change: &mut Transaction,
        assignment: &StoredAssignment,
    ) -> Result<(), DbError> {
        let StoredAssignment { person, person_name, role, collections, scopes } = assignment;
        let (person, collections, scopes) = (person.to_string(), json(collections), json(scopes));
        let arguments = args![person, person_name.as_str(), role.as_str(), collections, scopes];
        change.execute(&PUT_ASSIGNMENT, arguments).await?;
        Ok(())
    }

    /// Removes an assignment; returns whether there was one.
    pub(crate) async fn remove_assignment(
        change: &mut Transaction,
        person: UserId,
        role: &str,
    ) -> Result<bool, DbError> {
        Ok(change.execute(&REMOVE_ASSIGNMENT, args![person.to_string(), role]).await? > 0)
    }

    /// Returns the people whom the site knows.
    pub(crate) async fn people(&self) -> Result<Vec<StoredPerson>, DbError> {
        let rows = self.db.rows(&PEOPLE, args![]).await?;
        let person = |row: &database::Row| {
            Ok(StoredPerson {
                person: row.parsed("person")?,
                name: row.text("name")?.to_owned(),
                discovered: row.opt_text("discovered")?.map(str::to_owned),
            })
        };
        rows.iter().map(person).collect()
    }

    /// Stores a person.
    pub(crate) async fn put_person(change: &mut Transaction, person: &StoredPerson) -> Result<(), DbError> {
        let StoredPerson { person, name, discovered } = person;
        change.execute(&PUT_PERSON, args![person.to_string(), name.as_str(), discovered.clone()]).await?;
        Ok(())
    }

    /// Forgets a person and what they hold.
    pub(crate) async fn remove_person(change: &mut Transaction, person: UserId) -> Result<(), DbError> {
        change.execute(&REMOVE_ASSIGNMENTS, args![person.to_string()]).await?;
        change.execute(&REMOVE_PERSON, args![person.to_string()]).await?;
        Ok(())
    }

    /// Returns the collections, with their direct members.
    pub(crate) async fn collections(&self) -> Result<Vec<StoredCollection>, DbError> {
        let mut collections = Vec::new();
        for row in self.db.rows(&COLLECTIONS, args![]).await? {
            collections.push(StoredCollection {
                id: row.text("id")?.to_owned(),
                name: row.text("name")?.to_owned(),
                query: row.opt_text("query")?.map(str::to_owned),
                members: Vec::new(),
                include: row.json("include")?,
                exclude: row.json("exclude")?,
                limited_to: row.opt_text("limited_to")?.map(str::to_owned),
                version: row.unsigned("version")?,
                scopes: row.json("scopes")?,
            });
        }
        for row in self.db.rows(&MEMBERS, args![]).await? {
            let id = row.text("collection")?;
            if let Some(collection) = collections.iter_mut().find(|collection| collection.id == id) {
                collection.members.push(row.parsed("device")?);
            }
        }
        Ok(collections)
    }

    /// Stores a collection with its direct members.
    pub(crate) async fn put_collection(
        change: &mut Transaction,
        collection: &StoredCollection,
    ) -> Result<(), DbError> {
        let StoredCollection { id, name, query, members, include, exclude, limited_to, version, scopes } =
            collection;
        let arguments = args![
            id.as_str(),
            name.as_str(),
            query.clone(),
            *version,
            json(include),
            json(exclude),
            limited_to.clone(),
            json(scopes),
        ];
        change.execute(&PUT_COLLECTION, arguments).await?;
        change.execute(&REMOVE_MEMBERS, args![id.as_str()]).await?;
        Self::add_members(change, id, members).await
    }

    /// Adds direct members to a collection.
    pub(crate) async fn add_members(
        change: &mut Transaction,
        collection: &str,
        members: &[DeviceId],
    ) -> Result<(), DbError> {
        if !members.is_empty() {
            change.execute(&PUT_MEMBERS, args![collection].set(members)).await?;
        }
        Ok(())
    }

    /// Removes a collection.
    pub(crate) async fn remove_collection(change: &mut Transaction, id: &str) -> Result<(), DbError> {
        change.execute(&REMOVE_MEMBERS, args![id]).await?;
        change.execute(&REMOVE_COLLECTION, args![id]).await?;
        Ok(())
    }
}
