//! UTF-16 as UTF-8.

use std::io::{self, Read};

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Order {
    Little,
    Big,
}

/// Tells UTF-16 by its mark, or by every other byte being zero.
pub(super) fn order(head: &[u8]) -> Option<Order> {
    match head {
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let units = head.len() / 2;
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Latin text: nearly all high bytes are zero, and hardly any low one.
    if units >= 8 && odd * 10 > units * 8 && even * 10 < units {
        return Some(Order::Little);
    }
    (units >= 8 && even * 10 > units * 8 && odd * 10 < units).then_some(Order::Big)
}

/// Reads UTF-16 as UTF-8; what is no character becomes U+FFFD.
pub(super) struct Utf16<R> {
    inner: R,
    order: Order,
    input: Vec<u8>,
    held: usize,
    output: Vec<u8>,
    given: usize,
}

/// Bytes taken at once.
const PIECE: usize = 64 * 1024;

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R, order: Order) -> Self {
        Self { inner, order, input: vec![0; PIECE], held: 0, output: Vec::new(), given: 0 }
    }

    fn refill(&mut self) -> io::Result<bool> {
        let read = self.inner.read(&mut self.input[self.held..])?;
        let end = self.held + read;
        let mut whole = end - end % 2;
        // The first half of a pair waits for the second.
        if read > 0 && whole >= 2 && (0xd800..0xdc00).contains(&self.unit(whole - 2)) {
            whole -= 2;
        }
        let units = (0..whole).step_by(2).map(|at| self.unit(at));
        let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect();
        self.output = text.into_bytes();
        self.given = 0;
        self.input.copy_within(whole..end, 0);
        self.held = end - whole;
        Ok(read > 0)
    }

    fn unit(&self, at: usize) -> u16 {
        let pair = [self.input[at], self.input[at + 1]];
        match self.order {
            Order::Little => u16::from_le_bytes(pair),
            Order::Big => u16::from_be_bytes(pair),
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() {
            if !self.refill()? && self.output.is_empty() {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.output.len() - self.given);
        buffer[..count].copy_from_slice(&self.output[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
