//! What people search a device by: who uses it, its serial number, its addresses, its tags.

use std::{
    fs,
    net::{Ipv4Addr, Ipv6Addr},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use management_link::{Details, MOST_DETAILS};

/// Accounts below this number are those of services (login.defs(5)).
const FIRST_PERSON: u32 = 1000;
/// Accounts from this number on are nobody's.
const NOBODY: u32 = 65_534;

/// Texts that makers leave in the place of a serial number.
const NO_SERIAL: [&str; 6] =
    ["", "0", "none", "not specified", "system serial number", "to be filled by o.e.m."];

/// Looks at the machine; what cannot be read is left out. `root` is `/`.
pub(super) fn look(root: &Path) -> Details {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let mut addresses = ipv4(&read("proc/net/fib_trie"));
    addresses.extend(ipv6(&read("proc/net/if_inet6")));
    addresses.truncate(MOST_DETAILS);
    Details {
        user: user(&root.join("run/user"), &read("etc/passwd")),
        serial: serial(&read("sys/class/dmi/id/product_serial")),
        addresses,
        tags: tags(&read("etc/tenon/tags")),
    }
}

/// Returns the name of the person whose session began last.
fn user(sessions: &Path, passwd: &str) -> String {
    let Ok(sessions) = fs::read_dir(sessions) else { return String::new() };
    let last = sessions
        .filter_map(|session| {
            let session = session.ok()?;
            let uid: u32 = session.file_name().to_str()?.parse().ok()?;
            let began = session.metadata().ok()?.ctime();
            (FIRST_PERSON..NOBODY).contains(&uid).then_some((began, uid))
        })
        .max();
    last.and_then(|(_, uid)| name(passwd, uid)).unwrap_or_default()
}

fn name(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

fn serial(text: &str) -> String {
    let text = text.trim();
    if NO_SERIAL.contains(&text.to_ascii_lowercase().as_str()) { String::new() } else { text.to_owned() }
}

/// Reads the addresses of this machine from the kernel's tree of routes: each is a leaf, with `host LOCAL` below it.
fn ipv4(trie: &str) -> Vec<String> {
    let mut found: Vec<Ipv4Addr> = Vec::new();
    let mut leaf = None;
    for line in trie.lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line.ends_with("host LOCAL")
            && let Some(address) =
                leaf.filter(|address: &Ipv4Addr| !address.is_loopback() && !found.contains(address))
        {
            found.push(address);
        }
    }
    found.iter().map(ToString::to_string).collect()
}

/// Reads the addresses that reach beyond the machine's own wire: their scope is global.
fn ipv6(table: &str) -> Vec<String> {
    const GLOBAL: &str = "00";
    let address = |line: &str| {
        let mut columns = line.split_whitespace();
        let address = u128::from_str_radix(columns.next()?, 16).ok()?;
        (columns.nth(2)? == GLOBAL).then(|| Ipv6Addr::from(address).to_string())
    };
    table.lines().filter_map(address).collect()
}

/// Reads the tags: one a line, `#` begins a remark.
fn tags(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).take(MOST_DETAILS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIE: &str = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
                        Local:\n     |-- 10.0.0.7\n        /32 host LOCAL\n     |-- 10.0.0.255\n        /32 link BROADCAST\n\
                        |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 10.0.0.7\n        /32 host LOCAL\n";
    const INET6: &str = "fe800000000000000000000000000001 02 40 20 80 eth0\n\
                         20010db8000000000000000000000007 02 40 00 80 eth0\n\
                         00000000000000000000000000000001 01 80 10 80 lo\nnonsense\n";

    #[test]
    fn addresses_are_those_that_others_can_reach() {
        assert_eq!(ipv4(TRIE), ["10.0.0.7"]);
        assert_eq!(ipv6(INET6), ["2001:db8::7"]);
        assert!(ipv4("").is_empty() && ipv6("").is_empty());
    }

    #[test]
    fn what_makers_leave_is_no_serial_number() {
        for (text, expected) in
            [("PF0X1234\n", "PF0X1234"), ("To Be Filled By O.E.M.\n", ""), ("None", ""), ("", "")]
        {
            assert_eq!(serial(text), expected, "{text}");
        }
    }

    #[test]
    fn the_user_is_a_person() {
        let folder = tempfile::tempdir().expect("a folder");
        for session in ["0", "1000", "nobody", "65534"] {
            fs::create_dir(folder.path().join(session)).expect("made");
        }
        let passwd = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(user(folder.path(), passwd), "ann");
        assert_eq!(user(folder.path(), ""), "", "an account of no name");
        assert_eq!(user(&folder.path().join("missing"), passwd), "");
    }

    #[test]
    fn tags_are_lines() {
        assert_eq!(tags("kassa # the till\n\n#none\n floor 2 \n"), ["kassa", "floor 2"]);
    }
}
