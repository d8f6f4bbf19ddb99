//! PostgreSQL's programs, and the account that they run as.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

/// The account that a server runs as.
#[derive(Debug)]
pub(super) struct Account {
    /// The user and the group to become; none where this process may run the server itself.
    become_user: Option<(u32, u32)>,
}

/// Returns the folder with PostgreSQL's programs: the newest version of Debian's.
pub(super) fn find() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").is_file() && programs.join("pg_ctl").is_file())
        .collect();
    found.sort();
    match found.pop() {
        Some((_, programs)) => programs,
        None => panic!("this test needs PostgreSQL's server programs: run `apt-get install postgresql`"),
    }
}

impl Account {
    /// Returns the account for a server: this process's own, or where that is root, one that may do nothing else.
    pub(super) fn for_server() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self { become_user: None };
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let become_user = ["postgres", "nobody"].iter().find_map(|wanted| {
            users.lines().find_map(|line| {
                let mut fields = line.split(':');
                let (name, _password, user, group) =
                    (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
                Some((user.parse().ok()?, group.parse().ok()?)).filter(|_| name == *wanted)
            })
        });
        assert!(
            become_user.is_some(),
            "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as"
        );
        Self { become_user }
    }

    /// Returns a command that runs a program as this account, with nothing of this process's environment.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
        if let Some((user, group)) = self.become_user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a folder and all in it to this account.
    pub(super) fn own(&self, folder: &Path) {
        let Some((user, group)) = self.become_user else {
            return;
        };
        chown(folder, Some(user), Some(group)).expect("root may give files away");
        for entry in fs::read_dir(folder).expect("the folder was just made").flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.own(&entry.path());
            } else {
                chown(entry.path(), Some(user), Some(group)).expect("root may give files away");
            }
        }
    }
}
