//! An empty data folder, made once for all servers.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{programs::Account, run};

/// The role that owns everything on a test server.
pub(super) const OWNER: &str = "tenon";

/// Copies the empty data folder to `to`; makes it first, where no process has yet.
pub(super) fn copy(programs: &Path, account: &Account, to: &Path) {
    let version = programs.parent().and_then(Path::file_name).unwrap_or_default();
    let kept = kept_in();
    fs::create_dir_all(&kept).expect("the target folder is writable");
    let template = kept.join(format!("postgres-{}", version.to_string_lossy()));
    // One process makes it while the others wait; the lock goes with the file handle.
    let lock = File::create(template.with_extension("lock")).expect("the target folder is writable");
    lock.lock().expect("a local file can be locked");
    if !template.exists() {
        make(programs, account, &template);
    }
    copy_folder(&template, to);
}

/// Makes the template in a folder of the server's account, then puts it where it is kept in one move.
fn make(programs: &Path, account: &Account, template: &Path) {
    let folder = tempfile::Builder::new().prefix("tenon-initdb-").tempdir().expect("a temporary folder");
    account.own(folder.path());
    let data = folder.path().join("data");
    run(account
        .command(programs.join("initdb"))
        .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username", OWNER])
        .arg("--pgdata")
        .arg(&data));
    let half_made = template.with_extension("new");
    let _ = fs::remove_dir_all(&half_made);
    copy_folder(&data, &half_made);
    fs::rename(&half_made, template).expect("a rename within one folder");
}

/// Returns `target/tmp` of the running test, or the temporary folder where it is not one.
fn kept_in() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map_or_else(|| std::env::temp_dir().join("tenon-testkit"), |target| target.join("tmp"))
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder that is not there yet");
    fs::set_permissions(to, Permissions::from_mode(0o700)).expect("an own folder");
    for entry in fs::read_dir(from).expect("a readable folder").flatten() {
        let copy = to.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            copy_folder(&entry.path(), &copy);
        } else {
            fs::copy(entry.path(), &copy).expect("a readable file");
        }
    }
}
