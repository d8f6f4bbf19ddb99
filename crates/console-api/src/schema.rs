//! Schemas of the shared words, which do not know OpenAPI.

use action::State;
use utoipa::openapi::{
    Array, ArrayBuilder, Object, ObjectBuilder,
    schema::{KnownFormat, SchemaFormat, SchemaType, Type},
};

/// An id that is a UUID.
pub(crate) fn uuid() -> Object {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).build()
}

/// A list of ids that are UUIDs.
pub(crate) fn uuids() -> Array {
    ArrayBuilder::new().items(uuid()).build()
}

/// A moment, RFC 3339.
pub(crate) fn moment() -> Object {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).build()
}

/// A state of a target or an action.
pub(crate) fn state() -> Object {
    text().enum_values(Some(State::ALL.map(State::name))).build()
}

/// What happens to targets that are offline.
pub(crate) fn offline() -> Object {
    text().enum_values(Some(["queue", "fail"])).build()
}

/// A hop of the path.
pub(crate) fn hop() -> Object {
    text().enum_values(Some(action::Hop::ALL.map(action::Hop::name))).build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}
