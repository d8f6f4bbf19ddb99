//! Names of accounts to numbers, by the machine's own files. Accounts of a directory service are written by number.

use std::fs;

use super::FileError;

/// Returns the number of a user.
pub(super) fn user(name: &str) -> Result<u32, FileError> {
    number(name, "/etc/passwd")
}

/// Returns the number of a group.
pub(super) fn group(name: &str) -> Result<u32, FileError> {
    number(name, "/etc/group")
}

fn number(name: &str, file: &'static str) -> Result<u32, FileError> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let text = fs::read_to_string(file).map_err(|source| FileError::Failed {
        attempt: "read",
        path: file.to_owned(),
        source,
    })?;
    find(&text, name).ok_or_else(|| FileError::UnknownAccount { name: name.to_owned(), file })
}

/// Both files hold the name in the first field of a line and the number in the third.
fn find(text: &str, name: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        fields.nth(1)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\nbad:x\n";
        for (name, expected) in
            [("root", Some(0)), ("www-data", Some(33)), ("www", None), ("bad", None), ("", None)]
        {
            assert_eq!(find(passwd, name), expected, "{name}");
        }
    }

    #[test]
    fn a_number_is_taken_as_it_is_and_an_unknown_name_is_an_error() {
        assert_eq!(user("4711").expect("a number"), 4711);
        assert!(matches!(group("no-such-group-here"), Err(FileError::UnknownAccount { .. })));
    }
}
