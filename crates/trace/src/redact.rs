//! Takes secrets out of what is handed to others: lines of logs, and configuration files.
//!
//! Tenon writes no secret into a log. What is handed out is searched all the same: lines of other programs stand in the
//! same folders, and a mistake would be out of the house.

/// What stands in a secret's place.
pub const INSTEAD: &str = "[removed]";

/// What Tenon's own secrets begin with: sessions, API tokens, one-time codes, join tokens, attach codes, pairing codes, keys
/// of webhooks.
const PREFIXES: [&str; 7] = ["tns_", "tna_", "TS1.", "TJ1.", "TA1.", "TP1.", "whsec_"];

/// Words after which the next word is one.
const BEFORE: [&str; 2] = ["bearer ", "basic "];

/// What the name of a setting or a field holds whose value is one.
const NAMES: [&str; 7] = ["password", "passwd", "secret", "token", "credential", "private-key", "api-key"];

/// Returns a line without what looks like a secret.
pub fn line(text: &str) -> String {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
        return INSTEAD.to_owned();
    }
    let text = after_words(&urls(text));
    let text = named(&text);
    PREFIXES.iter().fold(text, |text, prefix| prefixed(&text, prefix))
}

/// Returns a configuration file (TOML) without the values of settings that hold secrets.
pub fn settings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = None;
    for line_of in text.lines() {
        // A text of several lines is taken out as a whole where its setting holds a secret.
        if let Some(quotes) = within {
            if line_of.contains(quotes) {
                within = None;
            }
            continue;
        }
        match line_of.split_once('=') {
            Some((name, value)) if is_secret(name) => {
                out.push_str(&format!("{}= \"{INSTEAD}\"\n", name));
                within = ["\"\"\"", "'''"].into_iter().find(|quotes| value.matches(quotes).count() == 1);
            }
            _ => {
                out.push_str(&line(line_of));
                out.push('\n');
            }
        }
    }
    out
}

fn is_secret(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    // A file or a folder of secrets is named, and not read.
    let is_place = ["-file", "-path", "-folder"].iter().any(|end| name.ends_with(end));
    !is_place && NAMES.iter().any(|secret| name.contains(secret))
}

/// Removes the password of `scheme://user:password@host`.
fn urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|letter: char| letter.is_whitespace() || "/\"'<>?#".contains(letter));
        let (authority, left) = after.split_at(end.unwrap_or(after.len()));
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                let name = user.split(':').next().unwrap_or_default();
                out.push_str(&format!("{name}:{INSTEAD}@{host}"));
            }
            None => out.push_str(authority),
        }
        rest = left;
    }
    out.push_str(rest);
    out
}

/// Removes the word after `Bearer` and its kin.
fn after_words(text: &str) -> String {
    BEFORE.iter().fold(text.to_owned(), |text, word| {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = find(rest, word) {
            let (before, after) = rest.split_at(at + word.len());
            out.push_str(before);
            let end = after.find(ends_word).unwrap_or(after.len());
            // `basic notification details` is a sentence; what is coded has eight letters and more, and few vowels do
            // not matter: only what has a digit, or is long, can be one.
            let (value, left) = after.split_at(end);
            let is_coded =
                value.len() >= 8 && value.bytes().any(|byte| byte.is_ascii_digit() || byte == b'=');
            out.push_str(if is_coded || value.len() >= 24 { INSTEAD } else { value });
            rest = left;
        }
        out.push_str(rest);
        out
    })
}

/// Removes the value of `password=…`, `"token": "…"` and their kin.
fn named(text: &str) -> String {
    NAMES.iter().fold(text.to_owned(), |text, name| {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = find(rest, name) {
            let (before, after) = rest.split_at(at + name.len());
            out.push_str(before);
            let signs = after.len() - after.trim_start_matches(['"', '\'', ' ', ':', '=']).len();
            let (between, value) = after.split_at(signs);
            out.push_str(between);
            if between.contains(['=', ':']) && !value.is_empty() {
                let end = value.find(ends_word).unwrap_or(value.len());
                out.push_str(INSTEAD);
                rest = value.get(end..).unwrap_or_default();
            } else {
                rest = value;
            }
        }
        out.push_str(rest);
        out
    })
}

/// Removes what begins with one of Tenon's prefixes.
fn prefixed(text: &str, prefix: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push_str(prefix);
        let value = after.get(prefix.len()..).unwrap_or_default();
        let end = value.find(|letter: char| !is_coded(letter)).unwrap_or(value.len());
        if end > 0 {
            out.push_str(INSTEAD);
        }
        rest = value.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn is_coded(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_.+/=".contains(letter)
}

fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || "\"',;&<>)]}".contains(letter)
}

/// Finds an ASCII word, whatever its case.
fn find(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_taken_out_of_lines() {
        let check = |before: &str, after: &str| assert_eq!(line(before), after);
        check("nothing of note", "nothing of note");
        check("token tns_AbC-9_x: used", "token tns_[removed]: used");
        check("joined with TJ1.aHR0.x_y-z.", "joined with TJ1.[removed]");
        check("postgres://tenon:p%40ss@db.example/site", "postgres://tenon:[removed]@db.example/site");
        check(
            "see https://console.example/x and https://a:b@c/",
            "see https://console.example/x and https://a:[removed]@c/",
        );
        check("Authorization: Bearer abc123def456", "Authorization: Bearer [removed]");
        check("Validating basic notification details...", "Validating basic notification details...");
        check("password=hunter2&user=kim", "password=[removed]&user=kim");
        check(r#"{"token": "abc", "user": "kim"}"#, r#"{"token": "[removed]", "user": "kim"}"#);
        check("the join token was refused", "the join token was refused");
        check("-----BEGIN PRIVATE KEY-----MIG", "[removed]");
    }

    #[test]
    fn secrets_are_taken_out_of_settings() {
        let before = "name = \"Shop\"\ndatabase = \"postgres://t:pw@db/site\"\nclient-secret = \"abc\"\n\
                      private_key = '''\nMIG\n'''\n[tls]\nkey = \"/etc/tenon/key.pem\"\ntoken-file = \"/run/t\"\n";
        let after = "name = \"Shop\"\ndatabase = \"postgres://t:[removed]@db/site\"\nclient-secret = \"[removed]\"\n\
                     private_key = \"[removed]\"\n[tls]\nkey = \"/etc/tenon/key.pem\"\ntoken-file = \"/run/t\"\n";
        assert_eq!(settings(before), after);
    }

    proptest! {
        #[test]
        fn no_token_survives(before in ".{0,40}", secret in "[A-Za-z0-9_-]{20,60}", after in "[ ,;\"].{0,40}", which in 0..PREFIXES.len()) {
            let text = format!("{before}{}{secret}{after}", PREFIXES[which]);
            prop_assert!(!line(&text).contains(&secret));
        }

        #[test]
        fn any_text_is_read(text in any::<String>()) {
            line(&text);
            settings(&text);
        }
    }
}
