//! What would become of an action, told before it is asked for.

use action::{DeviceId, SiteId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Why, schema};

/// What would become of an action.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ActionCheck {
    /// Whether every site would take it, for some of its targets at least.
    pub allowed: bool,
    /// How many devices it would be for.
    pub devices: u64,
    /// How many of them are online now; the others would get it when they come, until `deliver_by`.
    pub online: u64,
    /// How many devices the sites would refuse.
    pub refused: u64,
    /// A target that has not received it by then would expire.
    #[schema(schema_with = schema::moment)]
    pub deliver_by: Timestamp,
    /// What each site says.
    pub sites: Vec<CheckedSite>,
}

/// What a site says of an action that is not asked for yet.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct CheckedSite {
    /// The site.
    #[schema(schema_with = schema::uuid)]
    pub site: SiteId,
    /// Why the site has not said anything: its connector is away, or it failed. The other members mean nothing then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<String>,
    /// Whether it would take the action, for some of its targets at least.
    pub allowed: bool,
    /// The rule that would allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why it would be refused as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// How many devices it would be for.
    pub devices: u64,
    /// How many of them are online.
    pub online: u64,
    /// Devices that would be refused, each with its reason; 1000 at most.
    pub refused: Vec<RefusedTarget>,
    /// How many devices would be refused.
    pub refused_count: u64,
    /// What it would wait for beside its devices and the throttle, such as an end of the site's halt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Why>,
    /// The throttle that it would meet, where the site knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<ThrottleForecast>,
    /// When the last device that is online now would be sent its task; absent where nobody can know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub sent_by: Option<Timestamp>,
    /// When the last answer can come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::moment, required = false)]
    pub ends_by: Option<Timestamp>,
}

impl CheckedSite {
    /// What is known of a site that has not answered.
    pub fn unknown(site: SiteId) -> Self {
        Self {
            site,
            unanswered: None,
            allowed: false,
            rule: None,
            why: None,
            devices: 0,
            online: 0,
            refused: Vec::new(),
            refused_count: 0,
            waits: None,
            throttle: None,
            sent_by: None,
            ends_by: None,
        }
    }
}

/// A device that the site would refuse.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct RefusedTarget {
    /// The device.
    #[schema(schema_with = schema::uuid)]
    pub device: DeviceId,
    /// Why.
    pub why: Why,
}

/// How long the site's throttle would take.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ThrottleForecast {
    /// 0 none, 1 a steady rate, 2 a window, 3 a spread.
    pub strategy: u32,
    /// Clients a second, unanswered tasks, or seconds.
    pub param: u32,
    /// Tasks for devices that are online, which would go before.
    pub ahead: u64,
    /// After how many seconds the last device that is online now would be sent its task; absent where nobody can know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}
