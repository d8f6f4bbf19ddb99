//! A user of this machine, as the site's file names it.

use anyhow::Context as _;
use serde::Deserialize;

use crate::exit::{self, Stop};

/// Where the users of this machine are listed. Users of a directory service are named by their number: a service of the
/// machine must start before the directory can be asked.
const USERS: &str = "/etc/passwd";

/// A user of this machine.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(untagged)]
pub(crate) enum User {
    /// By number, as the kernel knows it.
    Number(u32),
    /// By name, as in `/etc/passwd`.
    Name(String),
}

impl User {
    /// Returns the user's number.
    pub(crate) fn number(&self) -> anyhow::Result<u32> {
        match self {
            User::Number(number) => Ok(*number),
            User::Name(name) => {
                let users =
                    std::fs::read_to_string(USERS).with_context(|| format!("failed to read {USERS}"))?;
                number_in(&users, name).ok_or_else(|| {
                    Stop::error(
                        exit::CONFIG,
                        format!("there is no user {name:?} in {USERS}"),
                        "correct `authority.role-users` in site.toml, or make the user",
                    )
                })
            }
        }
    }
}

fn number_in(users: &str, name: &str) -> Option<u32> {
    users.lines().find_map(|line| {
        let mut parts = line.split(':');
        if parts.next() == Some(name) { parts.nth(1)?.parse().ok() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/bash\ntenon-site2:x:997:997::/:/bin/false\ntenon-site:x:998:998::/:/bin/false\n";
        for (name, number) in
            [("tenon-site", Some(998)), ("tenon", None), ("root", Some(0)), ("", None), ("x", None)]
        {
            assert_eq!(number_in(users, name), number, "{name}");
        }
    }
}
