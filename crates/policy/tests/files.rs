//! Files on a real file system: what is set, and what no policy can reach.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink},
    path::PathBuf,
};

use policy::{Access, DevicePath, Document, FileAccess, Host, Mode, ResourceOutcome, Rules, Status, run};
use tempfile::TempDir;

#[test]
fn a_file_is_made_with_its_folders_and_then_left_alone() {
    let machine = Machine::new();
    machine.check("path: /etc/app/app.conf\ncontent: \"a=1\\n\"", Status::Changed, "it does not exist");
    assert_eq!(machine.read("etc/app/app.conf"), "a=1\n");
    assert_eq!(machine.mode("etc/app/app.conf"), 0o644);

    let before = machine.inode("etc/app/app.conf");
    machine.check("path: /etc/app/app.conf\ncontent: \"a=1\\n\"", Status::Compliant, "");
    assert_eq!(machine.inode("etc/app/app.conf"), before, "what is right is not written");
}

#[test]
fn what_differs_is_named_and_set() {
    let machine = Machine::new();
    machine.write("motd", "old");
    machine.check("path: /motd\ncontent: new", Status::Changed, "the content differs");
    machine.check("path: /motd\ncontent: new\nmode: \"0600\"", Status::Changed, "the mode is 0644, not 0600");
    assert_eq!((machine.read("motd").as_str(), machine.mode("motd")), ("new", 0o600));
    machine.check("path: /motd\ncontent: newer", Status::Changed, "the content differs");
    assert_eq!(machine.mode("motd"), 0o600, "a mode that the policy does not name stays");
    machine.check("path: /motd\nensure: absent", Status::Changed, "it exists");
    machine.check("path: /motd\nensure: absent", Status::Compliant, "");
    machine.check("path: /no/such/folder/motd\nensure: absent", Status::Compliant, "");
    assert!(!machine.path("no").exists(), "no folder is made for a file that is to be absent");
}

#[test]
fn owners_are_set_by_number_and_unknown_names_refused() {
    let machine = Machine::new();
    let own = fs::metadata(machine.path("")).expect("there").uid();
    machine.check(&format!("path: /a\ncontent: x\nowner: \"{own}\""), Status::Changed, "it does not exist");
    machine.check(
        "path: /b\ncontent: x\nowner: no-such-user",
        Status::Failed,
        "`no-such-user` does not stand in /etc/passwd",
    );
    assert!(!machine.path("b").exists());
    machine.nothing_left_over();
}

#[test]
fn what_the_configuration_does_not_allow_is_not_touched() {
    let mut machine = Machine::new();
    machine.allow = vec!["/srv".parse().expect("a path")];
    machine.check("path: /etc/motd\ncontent: x", Status::Failed, "does not allow policy to change /etc/motd");
    machine.check("path: /srvx/motd\ncontent: x", Status::Failed, "does not allow");
    machine.check("path: /srv/motd\ncontent: x", Status::Changed, "");
    machine.allow.clear();
    machine.check("path: /srv/motd\nensure: absent", Status::Failed, "does not allow");
    assert!(machine.path("srv/motd").exists() && !machine.path("etc").exists());
}

#[test]
fn no_link_leads_out_of_the_root() {
    let machine = Machine::new();
    let outside = TempDir::new().expect("a folder");
    fs::write(outside.path().join("secret"), "untouched").expect("written");
    symlink(outside.path(), machine.path("link")).expect("linked");
    symlink("..", machine.path("up")).expect("linked");
    symlink(outside.path().join("secret"), machine.path("file")).expect("linked");
    symlink("loop", machine.path("loop")).expect("linked");

    machine.check("path: /link/secret\ncontent: x", Status::Failed, "the folder /link is a symbolic link");
    machine.check("path: /link/new/deep\ncontent: x", Status::Failed, "the folder /link is a symbolic link");
    machine.check(
        "path: /link/secret\nensure: absent",
        Status::Failed,
        "the folder /link is a symbolic link",
    );
    machine.check("path: /up/x\ncontent: x", Status::Failed, "the folder /up is a symbolic link");
    machine.check("path: /loop/x\ncontent: x", Status::Failed, "the folder /loop is a symbolic link");
    machine.check(
        "path: /file\ncontent: x",
        Status::Failed,
        "/file is a symbolic link, which is not touched",
    );
    machine.check("path: /file\nensure: absent", Status::Changed, "it exists");
    assert!(machine.path("file").symlink_metadata().is_err(), "the link itself is gone");
    assert_eq!(fs::read_to_string(outside.path().join("secret")).expect("still there"), "untouched");
    assert_eq!(fs::read_dir(outside.path()).expect("a folder").count(), 1);
}

#[test]
fn another_name_of_a_file_keeps_its_content_and_mode() {
    let machine = Machine::new();
    machine.write("outside", "untouched");
    fs::hard_link(machine.path("outside"), machine.path("inside")).expect("linked");
    machine.check("path: /inside\ncontent: untouched\nmode: \"0777\"", Status::Changed, "the mode");
    machine.check("path: /inside\ncontent: x", Status::Changed, "the content differs");
    assert_eq!((machine.read("outside").as_str(), machine.mode("outside")), ("untouched", 0o644));
}

#[test]
fn what_is_no_file_is_neither_opened_nor_replaced() {
    let machine = Machine::new();
    fs::create_dir(machine.path("folder")).expect("made");
    rustix::fs::mkfifoat(rustix::fs::CWD, machine.path("pipe"), rustix::fs::Mode::from_raw_mode(0o600))
        .expect("made");
    machine.write("plain", "x");

    machine.check("path: /folder\ncontent: x", Status::Failed, "/folder is a folder, which is not touched");
    machine.check(
        "path: /folder\nensure: absent",
        Status::Failed,
        "/folder is a folder, which is not touched",
    );
    // A read of a pipe would wait for ever.
    machine.check("path: /pipe\ncontent: x", Status::Failed, "/pipe is a pipe, which is not touched");
    machine.check("path: /plain/x\ncontent: x", Status::Failed, "/plain is no folder");
    assert!(fs::metadata(machine.path("pipe")).expect("there").file_type().is_fifo());
}

#[test]
fn what_a_crash_left_behind_is_replaced() {
    let machine = Machine::new();
    machine.write(".tenon-new", "half a fi");
    machine.check("path: /a\ncontent: whole", Status::Changed, "");
    assert_eq!(machine.read("a"), "whole");
    machine.nothing_left_over();
    machine.check("path: /.tenon-new\ncontent: x", Status::Failed, "the name that new files have");
}

#[test]
fn set_user_id_is_not_handed_on() {
    let machine = Machine::new();
    machine.write("tool", "old");
    fs::set_permissions(machine.path("tool"), fs::Permissions::from_mode(0o4755)).expect("set");
    machine.check("path: /tool\ncontent: new", Status::Changed, "");
    assert_eq!(machine.mode("tool"), 0o755);
}

#[test]
fn what_is_right_is_read_once_and_what_has_another_length_not_at_all() {
    let machine = Machine::new();
    machine.write("a", "12345");
    for (content, expected) in [("12345", (1, 5)), ("123456", (0, 0)), ("54321", (1, 5))] {
        let access = machine.access();
        let mut host = Host::new(&access);
        let document = document(&format!("path: /a\ncontent: '{content}'"));
        run(&document, &mut host, &Rules::new(&access, Mode::WhatIf));
        let counts = host.files().counts();
        assert_eq!((counts.files_read, counts.bytes_read), expected, "{content}");
    }
}

#[test]
fn a_root_that_is_not_there_fails_by_name() {
    let mut machine = Machine::new();
    machine.root = machine.path("gone");
    machine.check("path: /a\ncontent: x", Status::Failed, "failed to open the root");
    assert!(!machine.root.exists());
}

/// A folder that stands for a machine's root.
struct Machine {
    root: PathBuf,
    allow: Vec<DevicePath>,
    _folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { root: folder.path().to_owned(), allow: vec![DevicePath::root()], _folder: folder }
    }

    fn access(&self) -> Access {
        Access::files(FileAccess { root: self.root.clone(), allow: self.allow.clone() })
    }

    #[track_caller]
    fn check(&self, properties: &str, status: Status, detail: &str) {
        let access = self.access();
        let rules = Rules::new(&access, Mode::Enforce);
        let outcomes: Vec<ResourceOutcome> = run(&document(properties), &mut Host::new(&access), &rules);
        let [outcome] = outcomes.as_slice() else { panic!("one outcome") };
        assert_eq!(outcome.status, status, "{}", outcome.detail);
        assert!(outcome.detail.contains(detail), "`{detail}` is missing from `{}`", outcome.detail);
        assert_eq!(outcome.detail.is_empty(), status == Status::Compliant);
    }

    #[track_caller]
    fn nothing_left_over(&self) {
        assert!(!self.path(".tenon-new").exists());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).expect("written");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o644)).expect("set");
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).expect("a file").mode() & 0o7777
    }

    fn inode(&self, name: &str) -> u64 {
        fs::metadata(self.path(name)).expect("a file").ino()
    }
}

fn document(properties: &str) -> Document {
    let properties = properties.replace('\n', "\n      ");
    let text = format!(
        "$schema: https://aka.ms/dsc/schemas/v3/config/document.json\nresources:\n  - name: it\n    \
         type: Tenon.Linux/File\n    properties:\n      {properties}\n"
    );
    Document::parse(&text).expect("valid")
}
