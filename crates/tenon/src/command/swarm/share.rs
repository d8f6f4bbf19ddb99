//! Reads shares and times as they are given on the command line.

use std::time::Duration;

/// Reads percent, with one digit behind the point at most, as thousandths.
pub(super) fn share(text: &str) -> Result<u16, String> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let digits = tenth.len();
    let whole: u16 = whole.parse().map_err(|_| wrong_share(text))?;
    let tenth: u16 = tenth.parse().map_err(|_| wrong_share(text))?;
    let share = whole.checked_mul(10).and_then(|share| share.checked_add(tenth));
    share.filter(|share| digits == 1 && *share <= 1_000).ok_or_else(|| wrong_share(text))
}

fn wrong_share(text: &str) -> String {
    format!("`{text}` is no share; give percent from 0 to 100, such as 5 or 0.5")
}

/// Reads milliseconds, or the least and the most of them.
pub(super) fn millis(text: &str) -> Result<(Duration, Duration), String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    let wrong = || format!("`{text}` is no time; give milliseconds, such as 50 or 100-5000");
    let read = |text: &str| text.parse().map(Duration::from_millis).map_err(|_| wrong());
    let (least, most) = (read(least)?, read(most)?);
    if least <= most { Ok((least, most)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percent() {
        for (text, expected) in [
            ("0", Some(0)),
            ("5", Some(50)),
            ("0.5", Some(5)),
            ("12.5", Some(125)),
            ("100", Some(1_000)),
            ("100.1", None),
            ("0.05", None),
            ("0.10", None),
            ("-1", None),
            ("", None),
            ("5%", None),
            ("65535", None),
        ] {
            assert_eq!(share(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn times_are_milliseconds() {
        let at = Duration::from_millis;
        for (text, expected) in [
            ("0", Some((at(0), at(0)))),
            ("50", Some((at(50), at(50)))),
            ("100-5000", Some((at(100), at(5_000)))),
            ("5-1", None),
            ("1-", None),
            ("a", None),
        ] {
            assert_eq!(millis(text).ok(), expected, "{text:?}");
        }
    }
}
