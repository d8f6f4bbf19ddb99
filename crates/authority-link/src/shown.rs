//! How messages that may hold a secret are shown: as on the wire, without it.

use std::fmt;

use serde::Serialize;

use crate::{Call, OwnerAnswer};

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::Enrol { token, .. } => {
                f.debug_struct("enrol").field("token", token).finish_non_exhaustive()
            }
            other => show(f, "call", other),
        }
    }
}

impl fmt::Debug for OwnerAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OwnerAnswer::JoinToken { id, .. } => {
                f.debug_struct("join_token").field("id", id).finish_non_exhaustive()
            }
            OwnerAnswer::Proofs { said } => fmt::Debug::fmt(said, f),
            other => show(f, "told", other),
        }
    }
}

fn show<T: Serialize>(f: &mut fmt::Formatter<'_>, name: &str, message: &T) -> fmt::Result {
    let value = serde_json::to_value(message).unwrap_or_default();
    let name = value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    write!(f, "{name} {value}")
}
