//! Paths as documents write them.

use std::{fmt, str::FromStr};

/// The longest path, in bytes, as the kernel has it.
const LONGEST: usize = 4095;
/// The longest component, in bytes, as file systems have it.
const LONGEST_COMPONENT: usize = 255;

/// An absolute path on a device, already in its plain form: no `.`, no `..`, no empty component.
///
/// It begins at the root that the agent's configuration gives, which need not be the machine's.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DevicePath {
    components: Vec<String>,
}

/// Why a text is no path, as the end of a sentence.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotADevicePath {
    /// It does not begin with a slash.
    #[error("is not absolute")]
    Relative,
    /// It has `.`, `..`, an empty component or a slash at its end.
    #[error("is not in its plain form: it has `.`, `..`, an empty component or a slash at its end")]
    NotPlain,
    /// It has a control character.
    #[error("has a character that is not printable")]
    NotPrintable,
    /// It or one of its components is longer than file systems allow.
    #[error("is too long")]
    TooLong,
}

impl DevicePath {
    /// Returns the root itself, `/`, which no text parses to: it is no place for a file.
    pub fn root() -> Self {
        Self { components: Vec::new() }
    }

    /// Returns the components from the root on.
    pub fn components(&self) -> &[String] {
        &self.components
    }

    /// Returns the folder's components and the file's name.
    pub fn split(&self) -> Option<(&[String], &str)> {
        self.components.split_last().map(|(name, folder)| (folder, name.as_str()))
    }

    /// Returns whether this path is `folder` or lies in it.
    pub fn is_in(&self, folder: &DevicePath) -> bool {
        self.components.starts_with(&folder.components)
    }
}

impl FromStr for DevicePath {
    type Err = NotADevicePath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix('/').ok_or(NotADevicePath::Relative)?;
        if text.chars().any(char::is_control) {
            return Err(NotADevicePath::NotPrintable);
        }
        let components: Vec<String> = rest.split('/').map(str::to_owned).collect();
        if components.iter().any(|component| matches!(component.as_str(), "" | "." | "..")) {
            return Err(NotADevicePath::NotPlain);
        }
        if text.len() > LONGEST || components.iter().any(|component| component.len() > LONGEST_COMPONENT) {
            return Err(NotADevicePath::TooLong);
        }
        Ok(Self { components })
    }
}

impl fmt::Display for DevicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.components.is_empty() {
            return f.write_str("/");
        }
        self.components.iter().try_for_each(|component| write!(f, "/{component}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_absolute_paths_are_taken() {
        for (text, expected) in [
            ("/etc/motd", None),
            ("/a", None),
            ("/a b/ü", None),
            ("/...", None),
            ("", Some(NotADevicePath::Relative)),
            ("etc/motd", Some(NotADevicePath::Relative)),
            ("../etc", Some(NotADevicePath::Relative)),
            ("/", Some(NotADevicePath::NotPlain)),
            ("/etc/", Some(NotADevicePath::NotPlain)),
            ("//etc", Some(NotADevicePath::NotPlain)),
            ("/etc/../shadow", Some(NotADevicePath::NotPlain)),
            ("/etc/./motd", Some(NotADevicePath::NotPlain)),
            ("/etc/..", Some(NotADevicePath::NotPlain)),
            ("/a\0b", Some(NotADevicePath::NotPrintable)),
            ("/a\nb", Some(NotADevicePath::NotPrintable)),
        ] {
            assert_eq!(text.parse::<DevicePath>().err(), expected, "{text:?}");
        }
        assert_eq!(format!("/{}", "a".repeat(256)).parse::<DevicePath>(), Err(NotADevicePath::TooLong));
        assert_eq!("/a".repeat(3_000).parse::<DevicePath>(), Err(NotADevicePath::TooLong));
    }

    #[test]
    fn a_folder_holds_what_lies_in_it_and_not_its_namesakes() {
        let path = |text: &str| text.parse::<DevicePath>().expect("a path");
        assert!(path("/etc/motd").is_in(&path("/etc")));
        assert!(path("/etc").is_in(&path("/etc")));
        assert!(!path("/etcetera/motd").is_in(&path("/etc")));
        assert!(!path("/etc").is_in(&path("/etc/motd")));
        assert!(path("/etc").is_in(&DevicePath::root()));
    }

    proptest! {
        #[test]
        fn a_path_survives_being_written(components in prop::collection::vec("[a-z.]{1,8}", 1..6)) {
            let text = format!("/{}", components.join("/"));
            if let Ok(path) = text.parse::<DevicePath>() {
                prop_assert_eq!(path.to_string(), text);
                prop_assert!(path.components().iter().all(|component| component != ".." && component != "."));
            }
        }
    }
}
