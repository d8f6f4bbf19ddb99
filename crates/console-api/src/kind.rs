//! The kind of an action, as the API writes it.

use std::{borrow::Cow, fmt, str::FromStr};

use action::ActionKind;
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{Schema, SchemaType, Type},
    },
};

/// A kind of action: its name, such as `sync-machine-policy`, or for a kind that this version does not know, its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Kind(pub ActionKind);

/// A text that is neither a known kind of action nor a number.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` is no kind of action: use {known}, or a task type's number")]
pub struct NotAKind {
    text: String,
    known: String,
}

impl FromStr for Kind {
    type Err = NotAKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = || text.parse().ok().filter(|&number| number > 0).map(ActionKind);
        ActionKind::named(text).or_else(number).map(Kind).ok_or_else(|| NotAKind {
            text: text.chars().take(64).collect(),
            known: ActionKind::known().filter_map(ActionKind::name).collect::<Vec<_>>().join(", "),
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => f.write_str(name),
            None => self.0.0.fmt(f),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a kind of action: its name or its number")]
        enum Written {
            Name(String),
            Number(u32),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Name(name) => name,
            Written::Number(number) => number.to_string(),
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(
                "A kind of action: `sync-machine-policy`, `sync-user-policy`, `app-evaluation`, `probe`, or a task \
                 type's number. The set is open.",
            ))
            .examples(["sync-machine-policy"])
            .into()
    }
}

impl ToSchema for Kind {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Kind")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_by_name_or_by_number() {
        check("\"sync-machine-policy\"", Some(1), "\"sync-machine-policy\"");
        check("1", Some(1), "\"sync-machine-policy\"");
        check("\"4711\"", Some(4711), "\"4711\"");
        check("4711", Some(4711), "\"4711\"");
        check("0", None, "");
        check("-1", None, "");
        check("\"format-disk\"", None, "");
        check("null", None, "");
    }

    #[track_caller]
    fn check(text: &str, kind: Option<u32>, written: &str) {
        let read = serde_json::from_str::<Kind>(text);
        assert_eq!(read.as_ref().ok().map(|kind| kind.0.0), kind, "{text}");
        if let Ok(read) = read {
            assert_eq!(serde_json::to_string(&read).expect("a kind"), written);
        }
    }
}
