//! The users of this device: people, not the accounts of services.

use std::{collections::BTreeSet, fs, io, path::Path};

/// The first number of a person's account on Debian and its kin.
const FIRST: u32 = 1000;
/// The account `nobody`, and what lies above it, is nobody's.
const NOBODY: u32 = 65_534;
/// Where systemd keeps a folder for each user who is logged on.
const LOGGED_ON: &str = "/run/user";

/// A user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) home: String,
}

/// Whether policy can be applied as a user now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Presence {
    Here,
    /// Not now, and why.
    Away(&'static str),
    /// Never, and why.
    Refused(&'static str),
}

/// Returns the accounts of the device, and the numbers of those who are logged on.
pub(super) fn read() -> io::Result<(Vec<Account>, BTreeSet<u32>)> {
    let accounts = parse(&fs::read_to_string("/etc/passwd")?);
    let logged_on = match fs::read_dir(LOGGED_ON) {
        Ok(entries) => {
            entries.filter_map(|entry| entry.ok()?.file_name().to_string_lossy().parse().ok()).collect()
        }
        Err(_) => BTreeSet::new(),
    };
    Ok((accounts, logged_on))
}

fn parse(passwd: &str) -> Vec<Account> {
    let account = |line: &str| match line.split(':').collect::<Vec<_>>().as_slice() {
        [name, _, uid, _, _, home, _] => {
            Some(Account { name: (*name).to_owned(), uid: uid.parse().ok()?, home: (*home).to_owned() })
        }
        _ => None,
    };
    passwd.lines().filter_map(account).collect()
}

/// Returns whether policy can be applied as a user now.
pub(super) fn presence(name: &str, accounts: &[Account]) -> Presence {
    let Some(account) = accounts.iter().find(|account| account.name == name) else {
        return Presence::Away("the user has no account on this device");
    };
    if !(FIRST..NOBODY).contains(&account.uid) {
        return Presence::Refused("this is no person's account, and user policy is applied as people only");
    }
    if !Path::new(&account.home).is_dir() {
        return Presence::Away(
            "the user's home folder is not there; it is applied at the next logon or cycle",
        );
    }
    Presence::Here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_people_with_a_home_are_here() {
        let accounts = parse(
            "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/tmp:/bin/sh\nanna:x:1000:1000::/tmp:/bin/sh\n\
             bob:x:1001:1001::/no/such/home:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\nbroken\nx:x:y:1::/tmp:/bin/sh\n",
        );
        for (name, expected) in [
            ("anna", "Here"),
            ("bob", "Away"),
            ("carl", "Away"),
            ("root", "Refused"),
            ("www-data", "Refused"),
            ("nobody", "Refused"),
            ("x", "Away"),
        ] {
            let found = format!("{:?}", presence(name, &accounts));
            assert!(found.starts_with(expected), "{name}: {found}");
        }
    }
}
