//! Programs as another account: no right of root's is left. Root starts them, so that the test needs it; anybody else
//! sees that they cannot be started at all.

use std::{fs, os::unix::fs::PermissionsExt, os::unix::net::UnixListener};

use policy::{Program, run_program};
use tempfile::TempDir;

#[test]
fn a_program_of_another_account_cannot_do_what_root_can() {
    let folder = TempDir::new_in("/tmp").expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("set");
    let secret = folder.path().join("secret");
    fs::write(&secret, "secret").expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("set");
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).expect("bound");
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o600)).expect("set");

    let script = format!(
        "id -u; id -G; cat {0} 2>&1; test -r {0} || echo unread; test -w {1} || echo closed; \
         grep -E 'CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs' /proc/self/status; echo $HOME $USER; chown nobody {0} 2>&1",
        secret.display(),
        socket.display()
    );
    let ran = run_program(&Program::new("/bin/sh", &["-c", &script]).run_as("nobody")).expect("ended");
    if !rustix::process::geteuid().is_root() {
        assert_ne!(ran.code, Some(0), "only root can become somebody else");
        return;
    }
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["65534", "65534"], "{}", ran.stdout);
    for capability in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert!(ran.stdout.contains(&format!("{capability}:\t0000000000000000")), "{}", ran.stdout);
    }
    for said in ["unread", "closed", "NoNewPrivs:\t1", "/nonexistent nobody", "Operation not permitted"] {
        assert!(ran.stdout.contains(said), "`{said}` is missing from {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("secret\n"), "{}", ran.stdout);
}
