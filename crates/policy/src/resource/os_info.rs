//! `Microsoft/OSInfo`: what the operating system is. It is tested and never set, so that what depends on it runs only
//! on the systems that a document is meant for.

use super::{ResourceError, Tested};
use crate::{
    Machine,
    document::{Fields, Problem},
    node::Node,
};

/// The desired operating system; what is left out may be anything.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OsInfo {
    /// `Linux`, `macOS` or `Windows`.
    pub family: Option<String>,
    /// Such as `12`.
    pub version: Option<String>,
    /// Such as `bookworm`.
    pub codename: Option<String>,
    /// `32` or `64`.
    pub bitness: Option<String>,
    /// Such as `x86_64`.
    pub architecture: Option<String>,
}

impl OsInfo {
    /// The name of the type.
    pub const TYPE: &'static str = "Microsoft/OSInfo";

    pub(crate) fn checked(node: Node) -> Result<Self, Problem> {
        let known = ["family", "version", "codename", "bitness", "architecture", "$id"];
        let mut fields = Fields::of(Self::TYPE, node, &known)?;
        let mut text = |name| fields.text(name).map(|text| text.map(|(_, text)| text));
        Ok(Self {
            family: text("family")?,
            version: text("version")?,
            codename: text("codename")?,
            bitness: text("bitness")?,
            architecture: text("architecture")?,
        })
    }

    pub(super) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        let release = machine
            .read("/etc/os-release")
            .map_err(|source| ResourceError::System {
                attempt: "read",
                path: "/etc/os-release".to_owned(),
                source,
            })?
            .unwrap_or_default();
        let of_release = |name: &str| {
            let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches('"').to_owned()
        };
        let actual = [
            ("family", &self.family, "Linux".to_owned()),
            ("version", &self.version, of_release("VERSION_ID")),
            ("codename", &self.codename, of_release("VERSION_CODENAME")),
            ("bitness", &self.bitness, usize::BITS.to_string()),
            ("architecture", &self.architecture, std::env::consts::ARCH.to_owned()),
        ];
        let differences = actual.into_iter().filter_map(|(name, wanted, actual)| {
            let wanted = wanted.as_ref().filter(|wanted| **wanted != actual)?;
            Some(format!("{name} is `{actual}`, not `{wanted}`"))
        });
        Ok(Tested::Differs(differences.collect()))
    }
}
