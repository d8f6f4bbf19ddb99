//! Who may do what, as the site's owner is told.

use action::{ActionKind, DeviceId, Reason, UserId};
use serde::{Deserialize, Serialize};

/// A person whom the site knows.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct PersonEntry {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The identity provider by whose sign-in the site discovered them; none where the owner made them known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovered: Option<String>,
}

/// Somebody who may do what was asked about.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct WhoMay {
    /// The person.
    pub user: UserId,
    /// The person's name.
    pub name: String,
    /// The rule that allows it.
    pub rule: String,
}

/// Why a person may or may not have a device do something.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The person.
    pub user: UserId,
    /// The person's name, where the site knows them.
    pub user_name: String,
    /// The kind of action.
    pub kind: ActionKind,
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub device_name: String,
    /// The rule that allows it.
    pub rule: Option<String>,
    /// Why it is refused.
    pub reason: Option<Reason>,
    /// The roles that the person holds, and what each does here.
    pub held: Vec<Held>,
}

/// A collection on which a person holds roles.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The collection's id.
    pub collection: String,
    /// Its name.
    pub name: String,
    /// The roles held on it, with the scopes that they are limited to; each is a policy of its name.
    pub roles: Vec<String>,
    /// Whether all of them are limited to scopes that the collection does not carry: then none counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_scope: bool,
    /// Whether it holds the device.
    pub holds_device: bool,
    /// The first permission that the roles lack together; none where they allow the action.
    pub missing: Option<String>,
}
