//! `Tenon.Linux/File`: a file with a content, a mode and an owner, or no file.

mod path;
mod confine;
mod owner;
mod actual;
mod write;
mod engine;

pub use engine::{Counts, FileAccess, FileError, Files};
pub use path::{DevicePath, NotADevicePath};

use crate::{
    document::{Fields, Problem, literal, shown},
    expression::Scope,
    node::{Node, Value},
};

/// The desired state of a file.
#[derive(Clone, Eq, PartialEq)]
pub struct File {
    /// Where it is.
    pub path: DevicePath,
    /// Whether it is to exist.
    pub ensure: Ensure,
    /// What it holds, where it is to exist.
    pub content: String,
    /// Its permission bits; `None` keeps those it has, or gives a new file 0644.
    pub mode: Option<u32>,
    /// Its owner, a name or a number; `None` keeps the one it has.
    pub owner: Option<String>,
    /// Its group, a name or a number; `None` keeps the one it has.
    pub group: Option<String>,
}

/// Whether a file is to exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ensure {
    /// It is to exist.
    Present,
    /// It is not to exist.
    Absent,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The content of a configuration file may be a secret.
        f.debug_struct("File").field("path", &self.path).field("ensure", &self.ensure).finish_non_exhaustive()
    }
}

impl File {
    /// The name of the type.
    pub const TYPE: &'static str = "Tenon.Linux/File";

    /// Checks the properties of a file resource.
    pub(crate) fn checked(node: Node, scope: &Scope) -> Result<Self, Problem> {
        let known = ["path", "content", "template", "mode", "owner", "group", "_exist", "ensure"];
        let mut fields = Fields::of(Self::TYPE, node, &known)?;
        let at = fields.at;
        let (path_at, path) = fields.needed("path", "Add the file's absolute path as `path`.")?;
        let path = device_path(path_at, &path)?;
        let content = fields.text("content")?.map(|(_, text)| text);
        let template = fields.template("template", scope)?;
        let mode = fields.any("mode").map(permission_bits).transpose()?;
        let mut named = |name| fields.text(name)?.map(|(at, name)| account(at, name)).transpose();
        let (owner, group) = (named("owner")?, named("group")?);
        let ensure = if fields.exists()? { Ensure::Present } else { Ensure::Absent };

        let has_content = content.is_some() || template.is_some();
        if ensure == Ensure::Absent && (has_content || mode.is_some() || owner.is_some() || group.is_some()) {
            return Err(Problem::new(
                at,
                "a file that is to be absent has a content, a mode or an owner",
                "Remove these, or that it is to be absent.",
            ));
        }
        if content.is_some() && template.is_some() {
            let what = "a file has both `content` and `template`";
            return Err(Problem::new(at, what, "Remove one of the two."));
        }
        if ensure == Ensure::Present && !has_content {
            return Err(Problem::new(
                at,
                "`content` is missing",
                "Add the file's content as `content`; it may be empty. `template` is a content with parameters.",
            ));
        }
        let content = content.or(template).unwrap_or_default();

        Ok(Self { path, ensure, content, mode, owner, group })
    }
}

fn device_path(at: usize, raw: &str) -> Result<DevicePath, Problem> {
    raw.parse().map_err(|refused: NotADevicePath| {
        Problem::new(
            at,
            format!("the path `{}` {refused}", shown(raw)),
            "Write an absolute path such as `/etc/motd`.",
        )
    })
}

/// A mode is a text: JSON has no octal numbers, and YAML parsers disagree on them.
fn permission_bits(node: Node) -> Result<u32, Problem> {
    const FIX: &str = "Write it in quotes and octal, such as `\"0644\"`.";

    let at = node.at;
    if let Value::Number(_) = node.value {
        return Err(Problem::new(at, "`mode` is a number", FIX));
    }
    let text = literal(node, "mode")?;
    let digits = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    match u32::from_str_radix(&text, 8) {
        Ok(bits) if digits => Ok(bits),
        Ok(_) | Err(_) => Err(Problem::new(at, format!("`mode` is `{}`", shown(&text)), FIX)),
    }
}

fn account(at: usize, name: String) -> Result<String, Problem> {
    /// The longest name of a Linux account, in bytes.
    const LONGEST: usize = 32;

    if name.is_empty() || name.len() > LONGEST || name.chars().any(|c| c.is_control() || c == ':' || c == '/')
    {
        return Err(Problem::new(
            at,
            format!("`{}` is no name of an account", shown(&name)),
            "Write a name from /etc/passwd or /etc/group, or a number in quotes.",
        ));
    }
    Ok(name)
}
