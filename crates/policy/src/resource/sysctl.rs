//! `Tenon.Linux/Sysctl`: a setting of the kernel, now and after the next start.

use super::{ResourceError, Tested};
use crate::{
    Ensure, File, Machine,
    document::{Fields, Problem, shown},
    node::{Node, Value},
};

/// The longest key or value, in bytes.
const LONGEST: usize = 255;

/// The desired value of a setting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sysctl {
    /// Its key, such as `net.ipv4.ip_forward`.
    pub key: String,
    /// Its value; blanks between parts count as one.
    pub value: String,
    /// Whether it is kept for the next start.
    pub persist: bool,
}

impl Sysctl {
    /// The name of the type.
    pub const TYPE: &'static str = "Tenon.Linux/Sysctl";

    pub(crate) fn checked(node: Node) -> Result<Self, Problem> {
        let mut fields = Fields::of(Self::TYPE, node, &["key", "value", "persist"])?;
        let (at, key) = fields.needed("key", "Add the key, such as `key: net.ipv4.ip_forward`.")?;
        if !is_key(&key) {
            let what = format!("`{}` is no key of a kernel setting", shown(&key));
            return Err(Problem::new(at, what, "Write it as `sysctl -a` shows it, with dots."));
        }
        let value = match fields.any("value") {
            None => return Err(Problem::new(fields.at, "`value` is missing", "Add the value.")),
            Some(Node { value: Value::Number(number), .. }) => number.to_string(),
            Some(Node { value: Value::Text(text), at }) => {
                if text.trim().is_empty()
                    || text.len() > LONGEST
                    || text.chars().any(|c| c.is_control() && c != '\t')
                {
                    let what = "`value` is empty, too long or has more than one line";
                    return Err(Problem::new(at, what, "Write one line."));
                }
                plain(&text)
            }
            Some(Node { value, at }) => {
                let what = format!("`value` is {}", value.kind());
                return Err(Problem::new(at, what, "Write a number, or a text in quotes."));
            }
        };
        Ok(Self { key, value, persist: fields.flag("persist")?.unwrap_or(true) })
    }

    pub(super) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        let path = self.path();
        let actual = machine.read(&path).map_err(|source| failed("read", &path, source))?;
        let Some(actual) = actual else {
            let what = format!("the kernel of this device has no setting `{}`", self.key);
            return Ok(Tested::NotApplicable(what));
        };
        let mut differences = Vec::new();
        let actual = plain(&actual);
        if actual != self.value {
            differences.push(format!("the value is {}, not {}", shown(&actual), self.value));
        }
        if let Some(file) = self.file()? {
            let differs = machine.file_differences(&file)?;
            differences.extend(differs.into_iter().map(|what| format!("{}: {what}", file.path)));
        }
        Ok(Tested::Differs(differences))
    }

    pub(super) fn set(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        if let Some(file) = self.file()? {
            machine.set_file(&file)?;
        }
        let path = self.path();
        machine.write(&path, &format!("{}\n", self.value)).map_err(|source| failed("write", &path, source))
    }

    fn path(&self) -> String {
        format!("/proc/sys/{}", self.key.replace('.', "/"))
    }

    /// Returns the file that keeps the setting. Its name is its own, so that two policies never share a file.
    fn file(&self) -> Result<Option<File>, ResourceError> {
        if !self.persist {
            return Ok(None);
        }
        let path = format!("/etc/sysctl.d/60-tenon-{}.conf", self.key);
        Ok(Some(File {
            path: path.parse().map_err(|why| ResourceError::Other(format!("the path {path} {why}")))?,
            ensure: Ensure::Present,
            content: format!("{} = {}\n", self.key, self.value),
            mode: Some(0o644),
            owner: None,
            group: None,
        }))
    }
}

fn failed(attempt: &'static str, path: &str, source: std::io::Error) -> ResourceError {
    ResourceError::System { attempt, path: path.to_owned(), source }
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_key(key: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    key.len() <= LONGEST / 2 && key.contains('.') && key.split('.').all(is_word)
}
