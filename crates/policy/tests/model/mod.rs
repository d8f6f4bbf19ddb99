//! A machine that is made up: what the tools of the system would do, in memory. It can be cut off at any change.

use std::{collections::BTreeMap, io};

use policy::{Ensure, File, FileError, Machine, Program, ProgramError, Ran};

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) files: BTreeMap<String, (String, u32)>,
    pub(crate) enabled: BTreeMap<String, bool>,
    pub(crate) running: BTreeMap<String, bool>,
    pub(crate) packages: BTreeMap<String, String>,
    pub(crate) unconfigured: BTreeMap<String, String>,
    /// Whether dpkg was cut off while it noted what it had done: it names nothing unfinished then.
    pub(crate) unnoted: bool,
    pub(crate) kernel: BTreeMap<String, String>,
    pub(crate) users: BTreeMap<String, Account>,
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    pub(crate) homes: Vec<String>,
    /// The state that scripts look after.
    pub(crate) flag: bool,
    /// What was changed so far.
    pub(crate) changes: u32,
    /// After so many changes everything is cut off; `None`: never.
    pub(crate) cut_after: Option<u32>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) shell: String,
    pub(crate) home: String,
    pub(crate) has_group: bool,
}

impl Model {
    /// Counts a change, or is cut off before it.
    fn change(&mut self, program: &str) -> Result<(), ProgramError> {
        if self.cut_after == Some(self.changes) {
            return Err(ProgramError::TooLong { program: program.to_owned(), seconds: 1 });
        }
        self.changes += 1;
        Ok(())
    }

    fn systemctl(&mut self, arguments: &[&str]) -> Result<Ran, ProgramError> {
        let unit = (*arguments.last().expect("a unit")).to_owned();
        let is = |of: &BTreeMap<String, bool>| of.get(&unit).copied().unwrap_or(false);
        match arguments[0] {
            "show" => {
                let state = if is(&self.running) { "active" } else { "inactive" };
                Ok(said(0, &format!("LoadState=loaded\nActiveState={state}\n")))
            }
            "is-enabled" if is(&self.enabled) => Ok(said(0, "enabled\n")),
            "is-enabled" => Ok(said(1, "disabled\n")),
            verb => {
                self.change("systemctl")?;
                match verb {
                    "enable" | "disable" => self.enabled.insert(unit, verb == "enable"),
                    _ => self.running.insert(unit, verb == "start"),
                };
                Ok(said(0, ""))
            }
        }
    }

    fn apt_get(&mut self, arguments: &[&str]) -> Result<Ran, ProgramError> {
        let what = *arguments.last().expect("a package");
        let (name, version) = what.split_once('=').unwrap_or((what, "2.0"));
        if self.unnoted || !self.unconfigured.is_empty() {
            let stderr = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'".to_owned();
            return Ok(Ran { stderr, ..said(100, "") });
        }
        if arguments.contains(&"update") {
            return Ok(said(0, ""));
        }
        self.change("apt-get")?;
        if arguments.contains(&"remove") {
            self.packages.remove(name);
            return Ok(said(0, ""));
        }
        self.packages.remove(name);
        self.unconfigured.insert(name.to_owned(), version.to_owned());
        self.change("apt-get")?;
        self.configure();
        Ok(said(0, ""))
    }

    fn configure(&mut self) {
        self.unnoted = false;
        let left = std::mem::take(&mut self.unconfigured);
        self.packages.extend(left);
    }

    fn useradd(&mut self, arguments: &[&str]) -> Result<Ran, ProgramError> {
        let name = (*arguments.last().expect("a name")).to_owned();
        let option = |name: &str| {
            let place = arguments.iter().position(|argument| *argument == name)?;
            arguments.get(place + 1).map(|value| (*value).to_owned())
        };
        let home = option("--home-dir").unwrap_or_else(|| format!("/home/{name}"));
        let shell = option("--shell").unwrap_or_else(|| "/bin/sh".to_owned());
        self.change("useradd")?;
        self.users.insert(name.clone(), Account { shell, home: home.clone(), has_group: false });
        self.change("useradd")?;
        self.users.entry(name).or_default().has_group = true;
        if arguments.contains(&"--create-home") {
            self.change("useradd")?;
            self.homes.push(home);
        }
        Ok(said(0, ""))
    }

    fn usermod(&mut self, arguments: &[&str]) -> Result<Ran, ProgramError> {
        self.change("usermod")?;
        let name = (*arguments.last().expect("a name")).to_owned();
        for pair in arguments.windows(2) {
            let account = self.users.get_mut(&name).expect("an account");
            match pair[0] {
                "--shell" => pair[1].clone_into(&mut account.shell),
                "--home" => pair[1].clone_into(&mut account.home),
                "--groups" => pair[1].split(',').for_each(|group| {
                    self.groups.entry(group.to_owned()).or_default().push(name.clone());
                }),
                _ => {}
            }
        }
        Ok(said(0, ""))
    }
}

impl Machine for Model {
    fn run(&mut self, program: &Program) -> Result<Ran, ProgramError> {
        let arguments: Vec<&str> = program.arguments().iter().map(String::as_str).collect();
        match program.path() {
            "/usr/bin/systemctl" => self.systemctl(&arguments),
            "/usr/bin/dpkg-query" => {
                let name = arguments.last().expect("a package");
                Ok(match (self.packages.get(*name), self.unconfigured.get(*name)) {
                    (Some(version), _) => said(0, &format!("installed {version}\n")),
                    (None, Some(version)) => said(0, &format!("unpacked {version}\n")),
                    (None, None) => said(1, ""),
                })
            }
            "/usr/bin/dpkg" if arguments[0] == "--audit" => {
                Ok(said(0, if self.unconfigured.is_empty() { "" } else { "half done\n" }))
            }
            "/usr/bin/dpkg" => {
                self.change("dpkg")?;
                self.configure();
                Ok(said(0, ""))
            }
            "/usr/bin/apt-cache" => Ok(said(0, "x:\n  Installed: (none)\n  Candidate: 2.0\n")),
            "/usr/bin/apt-get" => self.apt_get(&arguments),
            "/usr/sbin/useradd" => self.useradd(&arguments),
            "/usr/sbin/usermod" => self.usermod(&arguments),
            "/usr/sbin/userdel" => {
                self.change("userdel")?;
                self.users.remove(*arguments.last().expect("a name"));
                Ok(said(0, ""))
            }
            "/usr/sbin/groupadd" => {
                self.change("groupadd")?;
                self.users.values_mut().for_each(|account| account.has_group = true);
                Ok(said(0, ""))
            }
            "/usr/bin/install" => {
                self.change("install")?;
                self.homes.push((*arguments.last().expect("a folder")).to_owned());
                Ok(said(0, ""))
            }
            "/bin/sh" if arguments[1] == "test" => Ok(said(i32::from(!self.flag), "")),
            "/bin/sh" => {
                self.change("sh")?;
                self.flag = true;
                Ok(said(0, ""))
            }
            other => panic!("nothing runs {other}"),
        }
    }

    fn read(&mut self, path: &str) -> io::Result<Option<String>> {
        let number = |name: &str| 1000 + u32::from(name.bytes().next().unwrap_or(0));
        Ok(match path {
            "/etc/passwd" => {
                let line = |(name, account): (&String, &Account)| {
                    let (number, Account { home, shell, .. }) = (number(name), account);
                    format!("{name}:x:{number}:{number}::{home}:{shell}\n")
                };
                Some(self.users.iter().map(line).collect())
            }
            "/etc/group" => {
                let own = self.users.iter().filter(|(_, account)| account.has_group);
                let own = own.map(|(name, _)| format!("{name}:x:{}:\n", number(name)));
                let named = self.groups.iter().map(|(name, of)| format!("{name}:x:50:{}\n", of.join(",")));
                Some(own.chain(named).collect())
            }
            path => self.kernel.get(path).map(|value| format!("{value}\n")),
        })
    }

    fn write(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.change(path).map_err(io::Error::other)?;
        self.kernel.insert(path.to_owned(), text.trim().to_owned());
        Ok(())
    }

    fn exists(&mut self, path: &str) -> bool {
        match path {
            "/run/systemd/system" | "/usr/bin/dpkg-query" => true,
            home => self.homes.iter().any(|known| known == home),
        }
    }

    fn manifests(&mut self) -> io::Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    fn file_differences(&mut self, file: &File) -> Result<Vec<String>, FileError> {
        let actual = self.files.get(&file.path.to_string());
        let is_right = match (file.ensure, actual) {
            (Ensure::Absent, actual) => actual.is_none(),
            (Ensure::Present, None) => false,
            (Ensure::Present, Some((content, mode))) => {
                *content == file.content && file.mode.is_none_or(|wanted| wanted == *mode)
            }
        };
        Ok(if is_right { Vec::new() } else { vec!["it differs".to_owned()] })
    }

    fn set_file(&mut self, file: &File) -> Result<(), FileError> {
        let path = file.path.to_string();
        self.change(&path).map_err(|error| FileError::Failed {
            attempt: "write",
            path: path.clone(),
            source: io::Error::other(error),
        })?;
        match file.ensure {
            Ensure::Absent => self.files.remove(&path),
            Ensure::Present => self.files.insert(path, (file.content.clone(), file.mode.unwrap_or(0o644))),
        };
        Ok(())
    }
}

fn said(code: i32, stdout: &str) -> Ran {
    Ran { code: Some(code), stdout: stdout.to_owned(), stderr: String::new() }
}
