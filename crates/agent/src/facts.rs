//! Discovery data: what the device says of itself.

mod details;

use std::{fs, path::Path};

use management_link::Discovery;
use proof::Hash;

/// Looks at the machine. `name` replaces the host's.
pub(crate) fn discover(name: Option<&str>) -> Discovery {
    let release =
        fs::read_to_string("/etc/os-release").or_else(|_| fs::read_to_string("/usr/lib/os-release"));
    let release = release.unwrap_or_default();
    let machine_id = fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let system = rustix::system::uname();
    Discovery {
        name: name.map_or_else(|| system.nodename().to_string_lossy().into_owned(), str::to_owned),
        os: value(&release, "PRETTY_NAME").unwrap_or_else(|| system.sysname().to_string_lossy().into_owned()),
        os_version: value(&release, "VERSION_ID").unwrap_or_default(),
        architecture: std::env::consts::ARCH.to_owned(),
        client_version: env!("CARGO_PKG_VERSION").to_owned(),
        hardware: hardware(&machine_id),
        details: details::look(Path::new("/")),
    }
}

/// The machine's id must not leave the machine as it is (machine-id(5)); its hash tells clones of one image.
fn hardware(machine_id: &str) -> String {
    let machine_id = machine_id.trim();
    if machine_id.is_empty() {
        return String::new();
    }
    Hash::of(format!("tenon/hardware/1 {machine_id}").as_bytes()).hex()
}

/// Reads a variable of os-release(5).
pub(crate) fn value(release: &str, name: &str) -> Option<String> {
    release.lines().find_map(|line| {
        let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
        Some(value.trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELEASE: &str =
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID='12'\nID=debian\nEMPTY=\n";

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        for (name, expected) in [
            ("PRETTY_NAME", Some("Debian GNU/Linux 12 (bookworm)")),
            ("VERSION_ID", Some("12")),
            ("ID", Some("debian")),
            ("EMPTY", None),
            ("VERSION", None),
        ] {
            assert_eq!(value(RELEASE, name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn the_machine_id_is_not_told() {
        let id = "0123456789abcdef0123456789abcdef";
        let hash = hardware(id);
        assert!(hash.len() == 64 && !hash.contains(id));
        assert_eq!(hardware(&format!("{id}\n")), hash);
        assert_eq!(hardware("\n"), "", "a machine without an id is like no other");
    }

    #[test]
    fn a_device_has_a_name() {
        assert!(!discover(None).name.is_empty());
        assert_eq!(discover(Some("kassa-1")).name, "kassa-1");
    }
}
