//! The orders in which devices can be listed, each with an index, and where a page begins in one.

use action::DeviceId;
use database::{DbError, Row};
use serde::{Deserialize, Serialize};

use super::search::Asking;

/// By what devices are listed; then by name.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    #[default]
    Name,
    Online,
    Seen,
    Os,
    ClientVersion,
    User,
}

/// An order of devices.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Sort {
    pub(crate) by: By,
    pub(crate) descending: bool,
}

/// Where a page of devices begins: after this one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct DeviceKey {
    /// The order that the place belongs to.
    pub(crate) sort: Sort,
    value: Value,
    pub(crate) name_key: String,
    pub(crate) device: DeviceId,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
enum Value {
    None,
    Number(i64),
    Text(String),
}

impl Sort {
    /// Reads an order: a column, with `-` before it the other way round.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = match name {
            "name" => By::Name,
            "online" => By::Online,
            "seen" => By::Seen,
            "os" => By::Os,
            "client_version" => By::ClientVersion,
            "user" => By::User,
            _ => return None,
        };
        Some(Self { by, descending })
    }

    fn column(self) -> Option<&'static str> {
        match self.by {
            By::Name => None,
            By::Online => Some("online"),
            By::Seen => Some("seen"),
            By::Os => Some("os"),
            By::ClientVersion => Some("client_version"),
            By::User => Some("user_name"),
        }
    }

    fn columns(self) -> impl Iterator<Item = &'static str> {
        self.column().into_iter().chain(["name_key", "id"])
    }

    /// Writes the order.
    pub(super) fn order(self, table: &str) -> String {
        let way = if self.descending { " DESC" } else { "" };
        let columns: Vec<String> = self.columns().map(|column| format!("{table}{column}{way}")).collect();
        format!(" ORDER BY {}", columns.join(", "))
    }

    /// Returns where a row stands in the order.
    pub(super) fn key(self, row: &Row) -> Result<DeviceKey, DbError> {
        let value = match (self.by, self.column()) {
            (_, None) => Value::None,
            (By::Online | By::Seen, Some(column)) => Value::Number(row.int(column)?),
            (_, Some(column)) => Value::Text(row.text(column)?.to_owned()),
        };
        let name_key = row.text("name_key")?.to_owned();
        Ok(DeviceKey { sort: self, value, name_key, device: row.parsed("id")? })
    }
}

impl DeviceKey {
    /// A place in the order of names.
    pub(crate) fn of_name(name_key: String, device: DeviceId) -> Self {
        Self { sort: Sort::default(), value: Value::None, name_key, device }
    }

    /// Whether the place is one of this order.
    pub(crate) fn fits(&self, sort: Sort) -> bool {
        let kind = match (sort.by, &self.value) {
            (By::Name, Value::None) | (By::Online | By::Seen, Value::Number(_)) => true,
            (By::Os | By::ClientVersion | By::User, Value::Text(_)) => true,
            (_, Value::None | Value::Number(_) | Value::Text(_)) => false,
        };
        self.sort == sort && kind
    }

    /// Writes that a row stands after this place.
    pub(super) fn after(&self, asking: &mut Asking) {
        let columns: Vec<String> = self.sort.columns().map(|column| format!("device.{column}")).collect();
        let than = if self.sort.descending { "<" } else { ">" };
        asking.push(&format!(" AND ({}) {than} (", columns.join(", ")));
        match &self.value {
            Value::None => {}
            Value::Number(number) => {
                asking.bind(*number);
                asking.push(", ");
            }
            Value::Text(text) => {
                asking.bind(text);
                asking.push(", ");
            }
        }
        asking.bind(&self.name_key);
        asking.push(", ");
        asking.bind(self.device.to_string());
        asking.push(")");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_column_and_a_direction() {
        for (text, order) in [
            ("name", Some(" ORDER BY name_key, id")),
            ("-name", Some(" ORDER BY name_key DESC, id DESC")),
            ("-seen", Some(" ORDER BY seen DESC, name_key DESC, id DESC")),
            ("user", Some(" ORDER BY user_name, name_key, id")),
            ("", None),
            ("--name", None),
            ("resource", None),
        ] {
            assert_eq!(Sort::read(text).map(|sort| sort.order("")).as_deref(), order, "{text}");
        }
    }

    #[test]
    fn a_place_belongs_to_its_order() {
        let place = DeviceKey::of_name("shop".into(), DeviceId(uuid::Uuid::nil()));
        let text = serde_json::to_string(&place).expect("plain");
        let read: DeviceKey = serde_json::from_str(&text).expect("its own text");
        assert!(read == place && read.fits(Sort::default()));
        assert!(!read.fits(Sort { by: By::Name, descending: true }));
        assert!(!read.fits(Sort { by: By::Seen, descending: false }));
    }
}
