//! Versions as Debian compares them, and rules about them.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::Deserialize;

/// The longest version or rule, in bytes.
const LONGEST: usize = 256;

/// Compares two versions by the rules of deb-version(7): epoch, upstream version, revision; `~` sorts before the end.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left_epoch, left_version, left_revision) = parts(left);
    let (right_epoch, right_version, right_revision) = parts(right);
    digits(left_epoch, right_epoch)
        .then_with(|| part(left_version, right_version))
        .then_with(|| part(left_revision, right_revision))
}

fn parts(version: &str) -> (&str, &str, &str) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// Compares by turns what is no digit and what is.
fn part(mut left: &str, mut right: &str) -> Ordering {
    loop {
        let (left_text, left_rest) = take(left, |c| !c.is_ascii_digit());
        let (right_text, right_rest) = take(right, |c| !c.is_ascii_digit());
        let texts = text(left_text, right_text);
        if texts != Ordering::Equal {
            return texts;
        }
        let (left_number, left_rest) = take(left_rest, |c| c.is_ascii_digit());
        let (right_number, right_rest) = take(right_rest, |c| c.is_ascii_digit());
        let numbers = digits(left_number, right_number);
        if numbers != Ordering::Equal || (left_rest.is_empty() && right_rest.is_empty()) {
            return numbers;
        }
        (left, right) = (left_rest, right_rest);
    }
}

fn take(text: &str, of: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !of(c)).unwrap_or(text.len()))
}

/// Numbers of any length: no version is too long to compare.
fn digits(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn text(left: &str, right: &str) -> Ordering {
    // `~` before the end, the end before letters, letters before everything else.
    let weight = |c: Option<char>| match c {
        Some('~') => -1,
        None => 0,
        Some(c) if c.is_ascii_alphabetic() => i64::from(u32::from(c)),
        Some(c) => i64::from(u32::from(c)) + 256,
    };
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        let (l, r) = (left.next(), right.next());
        let order = weight(l).cmp(&weight(r));
        if order != Ordering::Equal || (l.is_none() && r.is_none()) {
            return order;
        }
    }
}

/// What a version must be: `>= 1.2`, `> 1`, `= 2.0-1`, `< 3`, `<= 3`, or a bare version, which means `=`.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct VersionRule {
    sign: Sign,
    version: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sign {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Sign {
    const WRITTEN: [(&'static str, Sign); 5] = [
        ("<=", Sign::AtMost),
        (">=", Sign::AtLeast),
        ("<", Sign::Less),
        (">", Sign::More),
        ("=", Sign::Equal),
    ];
}

impl VersionRule {
    /// Returns whether a version is as it must be.
    pub fn takes(&self, version: &str) -> bool {
        let order = compare(version, &self.version);
        match self.sign {
            Sign::Less => order.is_lt(),
            Sign::AtMost => order.is_le(),
            Sign::Equal => order.is_eq(),
            Sign::AtLeast => order.is_ge(),
            Sign::More => order.is_gt(),
        }
    }
}

impl FromStr for VersionRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let (sign, rest) = Sign::WRITTEN
            .into_iter()
            .find_map(|(written, sign)| Some((sign, trimmed.strip_prefix(written)?)))
            .unwrap_or((Sign::Equal, trimmed));
        let version = rest.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || ".+-~:".contains(c);
        let starts = version.starts_with(|c: char| c.is_ascii_digit());
        if !starts || version.len() > LONGEST || !version.chars().all(fits) {
            return Err("a version rule is one of `<`, `<=`, `=`, `>=`, `>` and a version that begins with a digit, such as `>= 1.2`".to_owned());
        }
        Ok(Self { sign, version: version.to_owned() })
    }
}

impl TryFrom<String> for VersionRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for VersionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written =
            Sign::WRITTEN.iter().find(|(_, sign)| *sign == self.sign).map_or("=", |(text, _)| *text);
        write!(f, "{written} {}", self.version)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_in_debians_order() {
        for pair in [
            "1.0 < 1.1",
            "1.9 < 1.10",
            "1.0~rc1 < 1.0",
            "1.0 < 1.0a",
            "1.0a < 1.0+b",
            "1.0-1 < 1.0-2",
            "1.0 < 1.0-1",
            "9 < 1:0",
            "1.0 = 1.00",
            "0:1 = 1",
            "1.0- = 1.0",
            "2.0~~ < 2.0~",
            "1.2.3 < 1.2.3.1",
            "99999999999999999999998 < 99999999999999999999999",
            "1.0-1~bpo12+1 < 1.0-1",
            "1.0 < 1.0.0",
        ] {
            let words: Vec<_> = pair.split(' ').collect();
            let expected = if words[1] == "<" { Ordering::Less } else { Ordering::Equal };
            assert_eq!(compare(words[0], words[2]), expected, "{pair}");
            assert_eq!(compare(words[2], words[0]), expected.reverse(), "{pair}, turned");
        }
    }

    #[test]
    fn a_rule_takes_what_it_says() {
        for (rule, takes, leaves) in [
            (">= 1.2", "1.2 1.2.1 2 1:0", "1.1 1.2~rc"),
            ("<2", "1.9 2~", "2 2.0.1"),
            ("= 1.0-1", "1.0-1 01.0-1", "1.0 1.0-2"),
            ("3.4", "3.4", "3.5"),
            ("> 1", "1.0 1.1", "1 0.9"),
            ("<= 1", "1 0", "1.0"),
        ] {
            let rule: VersionRule = rule.parse().expect("a rule");
            assert!(takes.split(' ').all(|version| rule.takes(version)), "{rule} takes {takes}");
            assert!(!leaves.split(' ').any(|version| rule.takes(version)), "{rule} leaves {leaves}");
        }
        for wrong in ["", ">=", ">= abc", "1 2", "1;rm", "~1", "=> 1", &format!("1{}", "0".repeat(300))] {
            assert!(wrong.parse::<VersionRule>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[0-9][0-9a-z.+~:-]{0,8}", b in "[0-9][0-9a-z.+~:-]{0,8}", c in "[0-9][0-9a-z.+~:-]{0,8}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
