//! `Tenon.Linux/File`: a file with a content, a mode and an owner, or no file.

mod path;
mod confine;
mod owner;
mod actual;
mod write;
mod engine;

pub use engine::{FileAccess, FileError, Files};
pub use path::DevicePath;

use crate::{
    document::{Problem, literal, shown, wrong_kind},
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
    pub(crate) fn checked(properties: Node) -> Result<Self, Problem> {
        let at = properties.at;
        let members = match properties.value {
            Value::Map(members) => members,
            other => return Err(wrong_kind(at, "`properties`", "a map", &other)),
        };
        let (mut path, mut ensure, mut content, mut mode, mut owner, mut group) =
            (None, Ensure::Present, None, None, None, None);
        for member in members {
            let place = member.node.at;
            match member.name.as_str() {
                "path" => path = Some(device_path(member.node)?),
                "ensure" => ensure = ensured(member.node)?,
                "content" => content = Some(literal(member.node, "content")?),
                "mode" => mode = Some(permission_bits(member.node)?),
                "owner" => owner = Some(account(place, literal(member.node, "owner")?)?),
                "group" => group = Some(account(place, literal(member.node, "group")?)?),
                other => {
                    return Err(Problem::new(
                        member.at,
                        format!("`{}` has no property `{}`", Self::TYPE, shown(other)),
                        "Remove it; a file has `path`, `content`, `mode`, `owner`, `group` and `ensure`.",
                    ));
                }
            }
        }

        let path = path.ok_or_else(|| {
            Problem::new(at, "`path` is missing", "Add the file's absolute path as `path`.")
        })?;
        if ensure == Ensure::Absent
            && (content.is_some() || mode.is_some() || owner.is_some() || group.is_some())
        {
            return Err(Problem::new(
                at,
                "a file that is to be absent has a content, a mode or an owner",
                "Remove these, or `ensure: absent`.",
            ));
        }
        if ensure == Ensure::Present && content.is_none() {
            return Err(Problem::new(
                at,
                "`content` is missing",
                "Add the file's content as `content`; it may be empty.",
            ));
        }

        Ok(Self { path, ensure, content: content.unwrap_or_default(), mode, owner, group })
    }
}

fn device_path(node: Node) -> Result<DevicePath, Problem> {
    let at = node.at;
    let raw = literal(node, "path")?;
    raw.parse().map_err(|refused: path::NotADevicePath| {
        Problem::new(
            at,
            format!("the path `{}` {refused}", shown(&raw)),
            "Write an absolute path such as `/etc/motd`.",
        )
    })
}

fn ensured(node: Node) -> Result<Ensure, Problem> {
    let at = node.at;
    match literal(node, "ensure")?.as_str() {
        "present" => Ok(Ensure::Present),
        "absent" => Ok(Ensure::Absent),
        other => {
            Err(Problem::new(at, format!("`ensure` is `{}`", shown(other)), "Write `present` or `absent`."))
        }
    }
}

/// A mode is a text: JSON has no octal numbers, and YAML parsers disagree on them.
fn permission_bits(node: Node) -> Result<u32, Problem> {
    const FIX: &str = "Write it in quotes and octal, such as `\"0644\"`.";

    let at = node.at;
    if let Value::Number = node.value {
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
