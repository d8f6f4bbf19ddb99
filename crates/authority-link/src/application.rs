//! What the site's owner asks about applications and deployments.

use action::Timestamp;
use serde::{Deserialize, Serialize};

/// Administration of applications and deployments.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum ApplicationCall {
    /// Store an application; a new version where its name exists. Answer: `Put`.
    Put {
        /// The application's name.
        name: String,
        /// Its document, JSON or YAML.
        document: String,
    },
    /// Answer: `Applications`.
    List,
    /// Answer: `Application`.
    Show {
        /// The application's name or id.
        application: String,
    },
    /// Remove an application that nothing names. Answer: `Done`.
    Remove {
        /// The application's name or id.
        application: String,
    },
    /// Give an application to a collection; in place of the deployment of both that there is. Answer: `Deployed`.
    Deploy {
        /// The application's name or id.
        application: String,
        /// The collection's id or name.
        collection: String,
        /// What is to become of the application.
        intent: DeploymentIntent,
        /// When it must have become so; at once where it is left out.
        deadline: Option<Timestamp>,
    },
    /// Answer: `Deployments`.
    ListDeployments,
    /// Take a deployment back; what it brought about stays. Answer: `Done`.
    RemoveDeployment {
        /// The deployment's id.
        id: String,
    },
}

/// What a deployment wants of its application.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentIntent {
    /// It may be installed when somebody asks for it.
    Available,
    /// It must be installed.
    Required,
    /// It must not be there.
    Removed,
}

impl DeploymentIntent {
    /// Returns the word, which is the one on the wire as well.
    pub fn name(self) -> &'static str {
        match self {
            DeploymentIntent::Available => "available",
            DeploymentIntent::Required => "required",
            DeploymentIntent::Removed => "removed",
        }
    }

    /// Returns the intent of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Available, Self::Required, Self::Removed].into_iter().find(|intent| intent.name() == name)
    }
}

/// The authority's answer about applications.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the calls document their answers")]
pub enum ApplicationAnswer {
    Done,
    Put { id: String, version: u64, sha256: String },
    Applications { applications: Vec<ApplicationEntry> },
    Application { entry: ApplicationEntry, document: String },
    Deployed { id: String },
    Deployments { deployments: Vec<DeploymentEntry> },
}

/// An application of the site.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ApplicationEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version: how often it was put.
    pub version: u64,
    /// SHA-256 of its document, hexadecimal.
    pub sha256: String,
    /// The version of the software, for people.
    pub software_version: String,
    /// How many deployments it has.
    pub deployments: u64,
}

/// A deployment of the site.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct DeploymentEntry {
    /// Its id.
    pub id: String,
    /// The application's name.
    pub application: String,
    /// The collection's id.
    pub collection: String,
    /// What is to become of the application.
    pub intent: DeploymentIntent,
    /// When it must have become so.
    pub deadline: Option<Timestamp>,
}
