//! Maintenance windows: the hours in which the machine may be changed.

use std::{fmt, str::FromStr};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_OF_DAY: u16 = 24 * 60;

/// A window of each week, such as `Sat 22:00-06:00`, `Mon-Fri 01:30-03:00` or `daily 02:00-04:00`, by the device's
/// own clock. One that ends before it begins goes on into the next day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Window {
    /// The days on which it begins, Monday first.
    days: [bool; 7],
    from: u16,
    until: u16,
}

/// Why a text is no window.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is no maintenance window; write one such as `Sat 22:00-06:00`, `Mon-Fri 01:30-03:00` or `daily 02:00-04:00`", .0.escape_debug())]
pub struct WindowError(String);

impl Window {
    /// Returns whether the window is open: `day` from 0 for Monday, `minute` of the day.
    pub fn is_open(&self, day: usize, minute: u16) -> bool {
        let begins = |day: usize| self.days.get(day % DAYS.len()).copied().unwrap_or(false);
        if self.from < self.until {
            return begins(day) && (self.from..self.until).contains(&minute);
        }
        let yesterday = day + DAYS.len() - 1;
        (begins(day) && minute >= self.from) || (begins(yesterday) && minute < self.until)
    }
}

/// Returns whether the machine may be changed now; where there are no windows, always.
pub fn any_open(windows: &[Window], day: usize, minute: u16) -> bool {
    windows.is_empty() || windows.iter().any(|window| window.is_open(day, minute))
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        read(text).ok_or_else(|| WindowError(text.chars().take(64).collect()))
    }
}

fn read(text: &str) -> Option<Window> {
    let (on, hours) = text.trim().split_once(' ')?;
    let (from, until) = hours.trim().split_once('-')?;
    let (from, until) = (clock(from)?, clock(until)?);
    let mut days = [on == "daily"; 7];
    if on != "daily" {
        for part in on.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            let mut day = first;
            loop {
                days[day] = true;
                if day == last {
                    break;
                }
                day = (day + 1) % DAYS.len();
            }
        }
    }
    (from != until).then_some(Window { days, from, until })
}

fn number(day: &str) -> Option<usize> {
    DAYS.iter().position(|known| *known == day)
}

fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60 && hours < 24).then_some(hours * 60 + minutes).filter(|minute| *minute < MINUTES_OF_DAY)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days.iter().all(|begins| *begins) {
            f.write_str("daily")?;
        } else {
            let named = DAYS.iter().zip(self.days).filter(|(_, begins)| *begins).map(|(name, _)| *name);
            f.write_str(&named.collect::<Vec<_>>().join(","))?;
        }
        let (from, until) = (self.from, self.until);
        write!(f, " {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_open_in_its_hours_and_over_midnight() {
        check(
            "Sat 22:00-06:00",
            "Sat 22:00,Sat 23:59,Sun 00:00,Sun 05:59",
            "Sat 21:59,Sun 06:00,Sat 05:00,Sun 22:00",
        );
        check("Mon-Fri 01:30-03:00", "Mon 01:30,Fri 02:59", "Sat 02:00,Mon 03:00,Mon 01:29");
        check("Fri-Mon 10:00-11:00", "Fri 10:00,Sun 10:30,Mon 10:59", "Tue 10:00,Thu 10:00");
        check("daily 02:00-04:00", "Wed 02:00,Sun 03:59", "Wed 04:00");
        check("Sun 23:00-01:00", "Mon 00:30", "Sun 00:30");
        check("Tue,Thu 08:00-09:00", "Tue 08:00,Thu 08:59", "Wed 08:30");
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in [
            "",
            "Sat",
            "Sat 22-6",
            "Sat 22:00-22:00",
            "Caturday 01:00-02:00",
            "daily 24:00-01:00",
            "daily 1:00-02:00",
            "Mon- 01:00-02:00",
            "daily 01:60-02:00",
        ] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
        assert!(any_open(&[], 3, 0), "without windows it may be changed at any time");
    }

    #[track_caller]
    fn check(text: &str, open: &str, closed: &str) {
        let window: Window = text.parse().expect("a window");
        assert_eq!(window.to_string().parse::<Window>(), Ok(window.clone()));
        for (moments, expected) in [(open, true), (closed, false)] {
            for moment in moments.split(',') {
                let (day, at) = moment.split_once(' ').expect("a day and a time");
                let is = any_open(
                    std::slice::from_ref(&window),
                    number(day).expect("a day"),
                    clock(at).expect("a time"),
                );
                assert_eq!(is, expected, "{text} at {moment}");
            }
        }
    }
}
