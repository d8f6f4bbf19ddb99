//! Applications and deployments. Documents are kept with those of policies, by their SHA-256.

use action::Timestamp;
use authority_link::DeploymentIntent;
use database::{DbError, Statement, Transaction, args};

use super::Store;

/// An application, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredApplication {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: u64,
    /// SHA-256 of its document, hexadecimal.
    pub(crate) sha256: String,
    /// The version of the software, for people.
    pub(crate) software_version: String,
    /// The names of the applications that its document names: dependencies and those that it supersedes.
    pub(crate) names: Vec<String>,
    /// Whether it was removed; its name and version stay taken.
    pub(crate) removed: bool,
}

/// A deployment, as it is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoredDeployment {
    /// Its id.
    pub(crate) id: String,
    /// The application's name.
    pub(crate) application: String,
    /// The collection's id.
    pub(crate) collection: String,
    /// What is to become of the application.
    pub(crate) intent: DeploymentIntent,
    /// When it must have become so.
    pub(crate) deadline: Option<Timestamp>,
}

const ALL: Statement = Statement::both(
    "SELECT id, name, version, sha256, software_version, names, removed FROM application ORDER BY name",
);
const PUT: Statement = Statement::both(
    "INSERT INTO application (id, name, version, sha256, software_version, names, removed) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
     sha256 = excluded.sha256, software_version = excluded.software_version, names = excluded.names, \
     removed = excluded.removed",
);
const DEPLOYMENTS: Statement =
    Statement::both("SELECT id, application, collection, intent, deadline FROM deployment ORDER BY id");
const DEPLOY: Statement = Statement::both(
    "INSERT INTO deployment (id, application, collection, intent, deadline) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (id) DO UPDATE SET intent = excluded.intent, deadline = excluded.deadline",
);
const WITHDRAW: Statement = Statement::both("DELETE FROM deployment WHERE id = $1");

impl Store {
    /// Returns the applications, with those that were removed.
    pub(crate) async fn applications(&self) -> Result<Vec<StoredApplication>, DbError> {
        let rows = self.db.rows(&ALL, args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredApplication {
                    id: row.text("id")?.to_owned(),
                    name: row.text("name")?.to_owned(),
                    version: row.unsigned("version")?,
                    sha256: row.text("sha256")?.to_owned(),
                    software_version: row.text("software_version")?.to_owned(),
                    names: row.json("names")?,
                    removed: row.flag("removed")?,
                })
            })
            .collect()
    }

    /// Stores an application, or a new version of it.
    pub(crate) async fn put_application(
        change: &mut Transaction,
        application: &StoredApplication,
    ) -> Result<(), DbError> {
        let StoredApplication { id, name, version, sha256, software_version, names, removed } = application;
        let names = super::devices::json(names);
        let software_version = software_version.as_str();
        let arguments =
            args![id.as_str(), name.as_str(), *version, sha256.as_str(), software_version, names, *removed];
        change.execute(&PUT, arguments).await?;
        Ok(())
    }

    /// Returns the deployments.
    pub(crate) async fn deployments(&self) -> Result<Vec<StoredDeployment>, DbError> {
        let rows = self.db.rows(&DEPLOYMENTS, args![]).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredDeployment {
                    id: row.text("id")?.to_owned(),
                    application: row.text("application")?.to_owned(),
                    collection: row.text("collection")?.to_owned(),
                    intent: row.json("intent")?,
                    deadline: row.opt_int("deadline")?.map(Timestamp),
                })
            })
            .collect()
    }

    /// Stores a deployment.
    pub(crate) async fn put_deployment(
        change: &mut Transaction,
        deployment: &StoredDeployment,
    ) -> Result<(), DbError> {
        let StoredDeployment { id, application, collection, intent, deadline } = deployment;
        let intent = super::devices::json(intent);
        let deadline = deadline.map(|at| at.0);
        let arguments = args![id.as_str(), application.as_str(), collection.as_str(), intent, deadline];
        change.execute(&DEPLOY, arguments).await?;
        Ok(())
    }

    /// Removes a deployment.
    pub(crate) async fn remove_deployment(change: &mut Transaction, id: &str) -> Result<(), DbError> {
        change.execute(&WITHDRAW, args![id]).await?;
        Ok(())
    }
}
