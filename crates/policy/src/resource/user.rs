//! `Tenon.Linux/User`: a local account, through `useradd`, `usermod` and `userdel`.

use super::{ResourceError, Tested, well};
use crate::{
    Machine, Program,
    document::{Fields, Problem, shown},
    node::Node,
};

/// The longest name of a Linux account, in bytes.
const LONGEST: usize = 32;
/// The highest number of an account that the tools give out.
const HIGHEST: u64 = 4_294_967_293;

/// The desired state of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Whether it is to exist.
    pub exists: bool,
    /// Its number.
    pub uid: Option<u64>,
    /// Groups that it is at least a member of, besides its own.
    pub groups: Vec<String>,
    /// Its home folder; it is made where it is missing.
    pub home: Option<String>,
    /// Its shell.
    pub shell: Option<String>,
    /// Its full name or purpose.
    pub comment: Option<String>,
    /// Whether it is made as a system account, which has no home folder unless one is named.
    pub system: bool,
}

/// A line of `/etc/passwd`.
struct Account {
    uid: String,
    gid: String,
    comment: String,
    home: String,
    shell: String,
}

impl User {
    /// The name of the type.
    pub const TYPE: &'static str = "Tenon.Linux/User";

    pub(crate) fn checked(node: Node) -> Result<Self, Problem> {
        let known = ["name", "uid", "groups", "home", "shell", "comment", "system", "_exist", "ensure"];
        let mut fields = Fields::of(Self::TYPE, node, &known)?;
        let (at, name) = fields.needed("name", "Add the account's name.")?;
        if !is_name(&name) || name == "root" {
            let what = format!("`{}` is no name of an account that policy may change", shown(&name));
            return Err(Problem::new(at, what, "Write lower-case letters, digits, `-` and `_`."));
        }
        let groups = fields
            .texts("groups")?
            .into_iter()
            .map(|(at, group)| {
                let what = || format!("`{}` is no name of a group", shown(&group));
                let problem = (!is_name(&group)).then(|| Problem::new(at, what(), "Write a name."));
                problem.map_or(Ok(group), Err)
            })
            .collect::<Result<_, _>>()?;
        let mut path = |name: &str| match fields.text(name)? {
            Some((at, text)) if text.parse::<crate::DevicePath>().is_err() || text.contains(':') => {
                let what = format!("`{name}` is `{}`, which is no plain absolute path", shown(&text));
                Err(Problem::new(at, what, "Write it as `/home/anna`."))
            }
            other => Ok(other.map(|(_, text)| text)),
        };
        let (home, shell) = (path("home")?, path("shell")?);
        let comment = match fields.text("comment")? {
            Some((at, text)) if text.chars().any(|c| c.is_control() || c == ':') => {
                return Err(Problem::new(at, "`comment` has a colon or more than one line", "Remove these."));
            }
            other => other.map(|(_, text)| text),
        };
        Ok(Self {
            name,
            exists: fields.exists()?,
            uid: fields.whole("uid", 1, HIGHEST)?,
            groups,
            home,
            shell,
            comment,
            system: fields.flag("system")?.unwrap_or(false),
        })
    }

    pub(super) fn test(&self, machine: &mut impl Machine) -> Result<Tested, ResourceError> {
        let account = account(machine, &self.name)?;
        let account = match (self.exists, account) {
            (false, None) => return Ok(Tested::Differs(Vec::new())),
            (false, Some(_)) => return Ok(Tested::Differs(vec!["it exists".to_owned()])),
            (true, None) => return Ok(Tested::Differs(vec!["it does not exist".to_owned()])),
            (true, Some(account)) => account,
        };
        let uid = self.uid.map(|uid| uid.to_string());
        let wanted = [
            ("the number", &uid, &account.uid),
            ("the home folder", &self.home, &account.home),
            ("the shell", &self.shell, &account.shell),
            ("the comment", &self.comment, &account.comment),
        ];
        let mut differences: Vec<_> = wanted
            .into_iter()
            .filter_map(|(what, wanted, actual)| {
                let wanted = wanted.as_ref().filter(|wanted| *wanted != actual)?;
                Some(format!("{what} is `{}`, not `{wanted}`", shown(actual)))
            })
            .collect();
        if self.has_home() && !machine.exists(&account.home) {
            differences.push("its home folder is missing".to_owned());
        }
        let groups = groups(machine)?;
        if !groups.iter().any(|group| group.gid == account.gid) {
            differences.push("its own group is missing".to_owned());
        }
        differences
            .extend(self.missing(&groups, &account).map(|group| format!("it is not in the group `{group}`")));
        Ok(Tested::Differs(differences))
    }

    pub(super) fn set(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        remove_stale_locks(machine)?;
        let account = account(machine, &self.name)?;
        match (self.exists, account) {
            (false, None) => Ok(()),
            // The home folder holds a person's work: it stays.
            (false, Some(_)) => tool(machine, "/usr/sbin/userdel", &["--", &self.name]),
            (true, None) => {
                self.add(machine)?;
                self.finish(machine)
            }
            (true, Some(account)) => {
                self.change(machine, &account)?;
                self.finish(machine)
            }
        }
    }

    fn add(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        let uid = self.uid.map(|uid| uid.to_string());
        let mut arguments = vec![if self.has_home() { "--create-home" } else { "--no-create-home" }];
        if self.system {
            arguments.push("--system");
        }
        let own_group = groups(machine)?.iter().any(|group| group.name == self.name);
        // A group of the name would stop useradd, and is what an interrupted one leaves behind.
        arguments.extend(if own_group { ["--gid", &self.name] } else { ["--user-group", "--no-log-init"] });
        for (option, value) in [
            ("--uid", &uid),
            ("--home-dir", &self.home),
            ("--shell", &self.shell),
            ("--comment", &self.comment),
        ] {
            if let Some(value) = value {
                arguments.extend([option, value]);
            }
        }
        arguments.extend(["--", &self.name]);
        tool(machine, "/usr/sbin/useradd", &arguments)
    }

    fn change(&self, machine: &mut impl Machine, account: &Account) -> Result<(), ResourceError> {
        let uid = self.uid.map(|uid| uid.to_string());
        let mut arguments = Vec::new();
        for (option, wanted, actual) in [
            ("--uid", &uid, &account.uid),
            ("--home", &self.home, &account.home),
            ("--shell", &self.shell, &account.shell),
            ("--comment", &self.comment, &account.comment),
        ] {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != actual) {
                arguments.extend([option, wanted]);
            }
        }
        if arguments.is_empty() {
            return Ok(());
        }
        arguments.extend(["--", &self.name]);
        tool(machine, "/usr/sbin/usermod", &arguments)
    }

    /// Brings about what an interrupted `useradd` leaves undone, and the groups.
    fn finish(&self, machine: &mut impl Machine) -> Result<(), ResourceError> {
        let Some(account) = account(machine, &self.name)? else {
            return Err(ResourceError::Other(format!("`useradd` made no account `{}`", self.name)));
        };
        if !groups(machine)?.iter().any(|group| group.gid == account.gid) {
            tool(machine, "/usr/sbin/groupadd", &["--gid", &account.gid, "--", &self.name])?;
        }
        if self.has_home() && !machine.exists(&account.home) {
            let owner = ["--owner", &account.uid, "--group", &account.gid];
            let mut arguments = vec!["--directory", "--mode", "0700"];
            arguments.extend(owner);
            arguments.extend(["--", &account.home]);
            tool(machine, "/usr/bin/install", &arguments)?;
        }
        let all = groups(machine)?;
        let missing: Vec<_> = self.missing(&all, &account).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing = missing.join(",");
        tool(machine, "/usr/sbin/usermod", &["--append", "--groups", &missing, "--", &self.name])
    }

    fn has_home(&self) -> bool {
        self.home.is_some() || !self.system
    }

    fn missing<'a>(&'a self, groups: &'a [Group], account: &'a Account) -> impl Iterator<Item = &'a String> {
        self.groups.iter().filter(|wanted| {
            !groups.iter().any(|group| {
                group.name == **wanted && (group.gid == account.gid || group.members.contains(&self.name))
            })
        })
    }
}

struct Group {
    name: String,
    gid: String,
    members: Vec<String>,
}

fn read(machine: &mut impl Machine, path: &'static str) -> Result<String, ResourceError> {
    let text = machine.read(path);
    let text =
        text.map_err(|source| ResourceError::System { attempt: "read", path: path.to_owned(), source })?;
    Ok(text.unwrap_or_default())
}

fn account(machine: &mut impl Machine, name: &str) -> Result<Option<Account>, ResourceError> {
    let text = read(machine, "/etc/passwd")?;
    Ok(text.lines().find_map(|line| match line.split(':').collect::<Vec<_>>().as_slice() {
        [account, _, uid, gid, comment, home, shell] if *account == name => Some(Account {
            uid: (*uid).to_owned(),
            gid: (*gid).to_owned(),
            comment: (*comment).to_owned(),
            home: (*home).to_owned(),
            shell: (*shell).to_owned(),
        }),
        _ => None,
    }))
}

fn groups(machine: &mut impl Machine) -> Result<Vec<Group>, ResourceError> {
    let text = read(machine, "/etc/group")?;
    let group = |line: &str| match line.split(':').collect::<Vec<_>>().as_slice() {
        [name, _, gid, members] => Some(Group {
            name: (*name).to_owned(),
            gid: (*gid).to_owned(),
            members: members.split(',').map(str::to_owned).collect(),
        }),
        _ => None,
    };
    Ok(text.lines().filter_map(group).collect())
}

/// The locks of the tools, each with the number of the process that holds it.
const LOCKS: [&str; 6] = [
    "/etc/passwd.lock",
    "/etc/shadow.lock",
    "/etc/group.lock",
    "/etc/gshadow.lock",
    "/etc/subuid.lock",
    "/etc/subgid.lock",
];
/// Who takes these locks.
const HOLDERS: [&str; 14] = [
    "useradd", "usermod", "userdel", "groupadd", "groupmod", "groupdel", "gpasswd", "passwd", "chage",
    "chpasswd", "chfn", "chsh", "newusers", "vipw",
];

/// Removes the locks that a power cut has left. The tools do that as well, but not where the number of the process has
/// been given to another one since.
fn remove_stale_locks(machine: &mut impl Machine) -> Result<(), ResourceError> {
    for lock in LOCKS {
        let holder = read(machine, lock)?;
        let Ok(holder) = holder.trim_matches(['\0', '\n']).parse::<u32>() else { continue };
        let path = format!("/proc/{holder}/comm");
        let name = machine.read(&path).ok().flatten().unwrap_or_default();
        if !HOLDERS.contains(&name.trim()) {
            tool(machine, "/usr/bin/rm", &["-f", "--", lock])?;
        }
    }
    Ok(())
}

fn tool(machine: &mut impl Machine, program: &str, arguments: &[&str]) -> Result<(), ResourceError> {
    let name = program.rsplit('/').next().unwrap_or(program);
    well(machine.run(&Program::new(program, arguments))?, name).map(drop)
}

/// Returns whether a text is a name that the tools take for an account or a group.
pub(super) fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    name.len() <= LONGEST
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit() || byte == b'-')
}
