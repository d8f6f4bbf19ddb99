//! The fields that a filter may name. Each owner of filters has a list of its own.

/// What kind of values a field has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Text: all operators.
    Text,
    /// A whole number: `=`, `!=`, `<`, `<=`, `>`, `>=` and `in`.
    Number,
    /// `true` or `false`: `=` and `!=`.
    Boolean,
}

/// A field that a filter may name.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Field {
    /// The name, in lower case: letters, digits and `_`, beginning with a letter.
    pub name: &'static str,
    /// What kind of values it has.
    pub kind: Kind,
}

impl Field {
    /// Makes a field with text values.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: Kind::Text }
    }

    /// Makes a field with whole numbers.
    pub const fn number(name: &'static str) -> Self {
        Self { name, kind: Kind::Number }
    }

    /// Makes a field with `true` and `false`.
    pub const fn boolean(name: &'static str) -> Self {
        Self { name, kind: Kind::Boolean }
    }
}

impl Kind {
    /// Returns what a value of this kind looks like, for people.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Kind::Text => "a text in double quotes, such as \"shop-\"",
            Kind::Number => "a whole number, such as 12",
            Kind::Boolean => "true or false",
        }
    }
}

/// The fields of a device, so that collections and searches use the same words. What an owner cannot know of a device
/// is left out of its list.
pub mod device {
    use super::Field;

    /// The device's id.
    pub const ID: Field = Field::text("id");
    /// The host's name.
    pub const NAME: Field = Field::text("name");
    /// The operating system, such as `Debian GNU/Linux 12 (bookworm)`.
    pub const OS: Field = Field::text("os");
    /// The operating system's version, such as `12`.
    pub const OS_VERSION: Field = Field::text("os_version");
    /// The processor's architecture, such as `x86_64`.
    pub const ARCHITECTURE: Field = Field::text("architecture");
    /// The agent's version.
    pub const CLIENT_VERSION: Field = Field::text("client_version");
    /// The site's number for the device.
    pub const RESOURCE: Field = Field::number("resource");
    /// Whether the device is connected; the site authority does not know it.
    pub const ONLINE: Field = Field::boolean("online");
    /// Who uses the device, as it says itself.
    pub const USER: Field = Field::text("user");
    /// The machine's serial number.
    pub const SERIAL: Field = Field::text("serial");
    /// The name of the device's site; only the console knows more than one.
    pub const SITE: Field = Field::text("site");

    /// What a site's authority knows of a device: the fields of query collections.
    pub const FACTS: &[Field] = &[ID, NAME, OS, OS_VERSION, ARCHITECTURE, CLIENT_VERSION, RESOURCE];
    /// What the console knows of a device: the fields of device search and device groups.
    pub const SEARCH: &[Field] =
        &[ID, NAME, OS, OS_VERSION, ARCHITECTURE, CLIENT_VERSION, RESOURCE, ONLINE, USER, SERIAL, SITE];
}
