//! Ids, each a type of its own that says who issues it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id! {
    /// Identifies one customer of a console. Issued by the console.
    TenantId
}
uuid_id! {
    /// Identifies one console. Made at its first start, never reused.
    ConsoleId
}
uuid_id! {
    /// Identifies one site. Issued by the site's authority when it makes its keys, never reused.
    SiteId
}
uuid_id! {
    /// Identifies one device of a site (the field's SMSID). Issued by the site's authority at enrolment.
    DeviceId
}
uuid_id! {
    /// Identifies one enrolment of a device: a device that enrols again gets a new one. Issued by the site's
    /// authority.
    EnrolmentId
}
uuid_id! {
    /// Identifies a device action from the click to the last answer. Made by whoever asks for the action.
    TaskGuid
}
uuid_id! {
    /// Joins the actions that one click made on several sites. Made by whoever asks.
    BatchId
}
uuid_id! {
    /// Identifies a person of a tenant (`AADUserID` in the logs).
    UserId
}
number_id! {
    /// A site's growing number for a device, as screens and `TargetDeviceIDs` show it. Issued by the site's
    /// authority, never reused.
    ResourceId
}
number_id! {
    /// A site's number for a task. Issued by the site's authority; gaps are normal, none is reused.
    TaskId
}
number_id! {
    /// The number of one push of a task to a set of devices. Issued by the site's authority when it signs the
    /// release; gaps are normal, none is reused.
    PushId
}

impl TaskGuid {
    /// Returns the id as the notification server's and the agent's logs write it: in upper case.
    pub fn upper(self) -> String {
        self.0.as_hyphenated().to_string().to_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_guid_is_lower_case_and_can_be_written_in_upper_case() {
        let id: TaskGuid = "A43DD1B3-A006-4604-B012-5529380B3B6F".parse().expect("a uuid");
        assert_eq!(id.to_string(), "a43dd1b3-a006-4604-b012-5529380b3b6f");
        assert_eq!(id.upper(), "A43DD1B3-A006-4604-B012-5529380B3B6F");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        assert!("".parse::<DeviceId>().is_err());
        assert!("1".parse::<SiteId>().is_err());
        assert!("-1".parse::<PushId>().is_err());
    }
}
