//! The lines that two texts do not have in common.

/// Lines on each side beyond which the whole middle is shown as changed: the comparison takes their product.
const MOST_COMPARED: usize = 2_000;
/// Lines that are shown around a change.
const AROUND: usize = 2;

/// Returns the lines of both texts: removed with `-`, added with `+`, and some around them with a blank.
pub(super) fn lines(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same_begin = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same_begin;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (middle_old, middle_new) =
        (&old[same_begin..old.len() - same_end], &new[same_begin..new.len() - same_end]);
    if middle_old.is_empty() && middle_new.is_empty() {
        return Vec::new();
    }
    let mut all: Vec<_> = old[..same_begin].iter().map(|line| (' ', *line)).collect();
    all.extend(middle(middle_old, middle_new));
    all.extend(old[old.len() - same_end..].iter().map(|line| (' ', *line)));

    let is_near = |place: usize| {
        let from = place.saturating_sub(AROUND);
        all[from..(place + AROUND + 1).min(all.len())].iter().any(|(sign, _)| *sign != ' ')
    };
    let near = all.iter().enumerate().filter(|(place, _)| is_near(*place));
    near.map(|(_, (sign, line))| format!("{sign}{line}")).collect()
}

fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    if old.len() > MOST_COMPARED || new.len() > MOST_COMPARED {
        let removed = old.iter().map(|line| ('-', *line));
        return removed.chain(new.iter().map(|line| ('+', *line))).collect();
    }
    // The length of the longest common sequence of what follows each pair of places.
    let width = new.len() + 1;
    let mut common = vec![0_u16; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            common[a * width + b] = if old[a] == new[b] {
                common[(a + 1) * width + b + 1] + 1
            } else {
                common[(a + 1) * width + b].max(common[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b, mut all) = (0, 0, Vec::new());
    while a < old.len() || b < new.len() {
        if a < old.len() && b < new.len() && old[a] == new[b] {
            all.push((' ', old[a]));
            (a, b) = (a + 1, b + 1);
        } else if b == new.len() || a < old.len() && common[(a + 1) * width + b] >= common[a * width + b + 1]
        {
            all.push(('-', old[a]));
            a += 1;
        } else {
            all.push(('+', new[b]));
            b += 1;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown_with_what_is_around_it() {
        check("a\nb\nc", "a\nb\nc", "");
        check("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nX\ne\nf\ng", " b| c|-d|+X| e| f");
        check("", "a\nb", "+a|+b");
        check("a\nb", "", "-a|-b");
        check("a\nb\nc\nd", "a\nc\nx\nd", " a|-b| c|+x| d");
        check("a\na\na", "a\na", " a| a|-a");
    }

    #[test]
    fn a_huge_change_is_shown_whole() {
        let old: String = (0..3_000).map(|n| format!("{n}\n")).collect();
        let new: String = (0..3_000).map(|n| format!("x{n}\n")).collect();
        assert_eq!(lines(&old, &new).len(), 6_000);
    }

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        assert_eq!(lines(old, new).join("|"), expected, "{old:?} → {new:?}");
    }
}
