//! Makes a new input of those that are known.

use crate::dice::Dice;

/// The longest input. Above the largest frame of the device channel (64 KiB), so that its bound is met too.
const LONGEST: usize = 80 << 10;

/// The most changes to one input.
const MOST_CHANGES: usize = 6;

/// What the wires are made of, and what often breaks readers of them.
const WORDS: &[&[u8]] = &[
    b"\0\0\0\0",
    b"\0\0\0\x01",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\x01\0\0",
    b"<",
    b"</",
    b"/>",
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"<![CDATA[",
    b"]]>",
    b"<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
    b"<!--",
    b"&lt;",
    b"&#x0;",
    b"&amp",
    b" a=\"1\"",
    b"{",
    b"}",
    b"[[[[[[[[[[[[[[[[",
    b"\"\\u0000\"",
    b"\\ud800",
    b"null",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"1e400",
    b"9007199254740993",
    b",",
    b":",
    b"\"",
    b"\xef\xbb\xbf",
    b"\xc3\x28",
    b"\xe2\x80\xae",
    b"\r\n",
    b"..",
    b"/",
    b"%00",
    b"-----BEGIN CERTIFICATE-----",
    b"====",
];

/// Returns an input that differs from one of `known`.
pub(crate) fn mutate(known: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut input = dice.one_of(known).cloned().unwrap_or_default();
    for _ in 0..=dice.below(MOST_CHANGES) {
        change(&mut input, known, dice);
    }
    input.truncate(LONGEST);
    input
}

fn change(input: &mut Vec<u8>, known: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(input.len() + 1);
    match dice.below(9) {
        0 => flip(input, dice),
        1 => set(input, dice),
        2 => {
            let noise: Vec<u8> = (0..dice.below(16)).map(|_| dice.byte()).collect();
            input.splice(at..at, noise);
        }
        3 => drop(input.drain(piece(input.len(), dice))),
        4 => {
            let again = input[piece(input.len(), dice)].to_vec();
            input.splice(at..at, again);
        }
        5 => input.truncate(at),
        6 | 7 => {
            let word = dice.one_of(WORDS).copied().unwrap_or_default();
            // Half of the time the word takes the place of what was there.
            let end = if dice.below(2) == 0 { at } else { input.len().min(at + word.len()) };
            input.splice(at..end, word.iter().copied());
        }
        _ => {
            let other = dice.one_of(known).cloned().unwrap_or_default();
            input.splice(at.., other[dice.below(other.len() + 1)..].iter().copied());
        }
    }
}

fn flip(input: &mut [u8], dice: &mut Dice) {
    let at = dice.below(input.len());
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << dice.below(8);
    }
}

fn set(input: &mut [u8], dice: &mut Dice) {
    let at = dice.below(input.len());
    if let Some(byte) = input.get_mut(at) {
        *byte = dice.byte();
    }
}

/// Returns a range within an input of that length.
fn piece(length: usize, dice: &mut Dice) -> std::ops::Range<usize> {
    let start = dice.below(length + 1);
    start..start + dice.below((length - start).min(64) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let known = vec![b"<a><b>1</b></a>".to_vec(), b"{\"a\":1}".to_vec()];
        let make = |seed| {
            let mut dice = Dice::new(seed);
            (0..50).map(|_| mutate(&known, &mut dice)).collect::<Vec<_>>()
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
    }

    #[test]
    fn inputs_differ_and_stay_within_their_bound() {
        let known = vec![vec![b'x'; LONGEST], Vec::new()];
        let mut dice = Dice::new(7);
        let mut differ = 0;
        for _ in 0..500 {
            let input = mutate(&known, &mut dice);
            assert!(input.len() <= LONGEST);
            differ += usize::from(!known.contains(&input));
        }
        assert!(differ > 250, "{differ} of 500 inputs were new");
    }
}
