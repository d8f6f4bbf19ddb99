//! How it is seen whether an application is there.

use proof::Hash;
use serde::Deserialize;

use crate::{Script, VersionRule};

/// How it is seen whether an application is there.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Detection {
    /// A Debian package that is installed, of a version.
    Package {
        /// The package's name.
        name: String,
        /// Its version, where that matters.
        version: Option<VersionRule>,
    },
    /// A file that is there.
    File {
        /// Its whole path.
        path: String,
        /// Its SHA-256, where that matters.
        sha256: Option<Hash>,
        /// The version that its first line names: the first word there that begins with a digit.
        version: Option<VersionRule>,
    },
    /// A script that exits with 0 where the application is there, with 1 where it is not.
    Script(Script),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    package: Option<String>,
    file: Option<String>,
    sha256: Option<Hash>,
    version: Option<VersionRule>,
    script: Option<Script>,
}

impl TryFrom<Written> for Detection {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { package, file, sha256, version, script } = written;
        match (package, file, sha256, script) {
            (Some(name), None, None, None) => {
                package_name(&name)?;
                Ok(Detection::Package { name, version })
            }
            (None, Some(path), sha256, None) => {
                absolute(&path)?;
                Ok(Detection::File { path, sha256, version })
            }
            (None, None, None, Some(script)) if version.is_none() => Ok(Detection::Script(script)),
            _ => Err("a detection is one of `package` (with `version`), `file` (with `sha256` or `version`), `script`"
                .to_owned()),
        }
    }
}

/// Checks the name of a Debian package (deb-control(5)), with an architecture where it has one. What passes cannot be
/// an option or a pattern of the programs that it is given to.
pub(crate) fn package_name(name: &str) -> Result<(), String> {
    let (own, architecture) = name.split_once(':').unwrap_or((name, "any"));
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = (2..=128).contains(&own.len())
        && own.starts_with(lower)
        && own.chars().all(|c| lower(c) || "+-.".contains(c))
        && !architecture.is_empty()
        && architecture.chars().all(|c| lower(c) || c == '-');
    if fits { Ok(()) } else { Err(format!("`{}` is no name of a Debian package", name.escape_debug())) }
}

fn absolute(path: &str) -> Result<(), String> {
    let plain = path.starts_with('/')
        && !path.contains('\0')
        && path.split('/').all(|part| part != ".." && part != ".");
    if plain {
        Ok(())
    } else {
        Err("`file` is a whole path without `.` and `..`, such as `/usr/bin/app`".to_owned())
    }
}

impl Detection {
    /// Returns the version that a file's first line names.
    pub fn version_in(line: &str) -> Option<&str> {
        line.split(|c: char| c.is_whitespace() || "\"'=,;()".contains(c))
            .map(|word| word.strip_prefix('v').unwrap_or(word))
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    }
}
