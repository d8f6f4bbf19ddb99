//! What a device says to a NATS server: a few words of its text protocol.

use anyhow::{Context as _, bail};

use super::{Heard, Speech};
use crate::notifier::ANSWER_BYTES;

/// What a client says of itself.
pub(in crate::notifier) const CONNECT: &str = "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":true,\
                                               \"lang\":\"bench\",\"version\":\"1\",\"protocol\":1}\r\n";

/// What a server says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::notifier) enum Word {
    Message { subject: String, reply: Option<String>, content: Vec<u8> },
    Ping,
    Pong,
    Other,
}

/// The bytes of a connection becoming words.
#[derive(Debug, Default)]
pub(in crate::notifier) struct Words(Vec<u8>);

/// A device.
#[derive(Debug)]
pub(in crate::notifier) struct Nats {
    number: usize,
    /// What its tasks come under: `t`, or `d` where a consumer delivers them.
    prefix: char,
    words: Words,
    answer: String,
}

impl Nats {
    pub(in crate::notifier) fn new(number: usize, prefix: char) -> Self {
        Self { number, prefix, words: Words::default(), answer: "a".repeat(ANSWER_BYTES) }
    }
}

impl Speech for Nats {
    const GREETED: bool = true;

    fn opening(&mut self) -> Vec<u8> {
        self.words = Words::default();
        format!("{CONNECT}SUB {}.{} 1\r\nPING\r\n", self.prefix, self.number).into_bytes()
    }

    fn take(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> anyhow::Result<Heard> {
        self.words.push(bytes);
        let mut heard = Heard::default();
        while let Some(word) = self.words.next()? {
            match word {
                Word::Pong => heard.served = true,
                Word::Ping => out.extend_from_slice(b"PONG\r\n"),
                Word::Message { reply, .. } => {
                    if let Some(reply) = reply.filter(|reply| reply.starts_with("$JS.ACK.")) {
                        out.extend_from_slice(format!("PUB {reply} 4\r\n+ACK\r\n").as_bytes());
                    }
                    out.extend_from_slice(
                        publish(&format!("a.{}", self.number), None, &self.answer).as_bytes(),
                    );
                    heard.answered += 1;
                }
                Word::Other => {}
            }
        }
        Ok(heard)
    }

    fn keep_alive(&mut self) -> Vec<u8> {
        // The server asks, every two minutes, and is answered.
        Vec::new()
    }
}

impl Words {
    pub(in crate::notifier) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Returns the next word; `None` where the rest of it has not come.
    pub(in crate::notifier) fn next(&mut self) -> anyhow::Result<Option<Word>> {
        let Some(end) = self.0.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
        let line = String::from_utf8_lossy(self.0.get(..end).unwrap_or_default()).into_owned();
        let mut parts = line.split(' ');
        let word = match parts.next().unwrap_or_default() {
            "MSG" => {
                let parts: Vec<&str> = parts.collect();
                let (subject, reply, length) = match *parts {
                    [subject, _, length] => (subject, None, length),
                    [subject, _, reply, length] => (subject, Some(reply.to_owned()), length),
                    _ => bail!("`{line}` is no message"),
                };
                let length: usize = length.parse().context("a length is no number")?;
                let begin = end + 2;
                if self.0.len() < begin + length + 2 {
                    return Ok(None);
                }
                let content = self.0.get(begin..begin + length).unwrap_or_default().to_vec();
                self.forget(begin + length + 2);
                return Ok(Some(Word::Message { subject: subject.to_owned(), reply, content }));
            }
            "PING" => Word::Ping,
            "PONG" => Word::Pong,
            "-ERR" => bail!("the server says {line}"),
            _ => Word::Other,
        };
        self.forget(end + 2);
        Ok(Some(word))
    }

    fn forget(&mut self, length: usize) {
        self.0.drain(..length);
        if self.0.is_empty() {
            self.0 = Vec::new();
        }
    }
}

/// Publishes a message.
pub(in crate::notifier) fn publish(subject: &str, reply: Option<&str>, content: &str) -> String {
    match reply {
        Some(reply) => format!("PUB {subject} {reply} {}\r\n{content}\r\n", content.len()),
        None => format!("PUB {subject} {}\r\n{content}\r\n", content.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_pieces() {
        let said = b"+OK\r\nMSG t.1 1 5\r\nab\r\nc\r\nPING\r\nMSG t.1 1 $JS.ACK.x 0\r\n\r\nPONG\r\n";
        for size in [1, 2, 7, said.len()] {
            let mut words = Words::default();
            let mut all = Vec::new();
            for piece in said.chunks(size) {
                words.push(piece);
                while let Some(word) = words.next().expect("valid") {
                    all.push(word);
                }
            }
            let message = |reply: Option<&str>, content: &[u8]| Word::Message {
                subject: "t.1".to_owned(),
                reply: reply.map(str::to_owned),
                content: content.to_vec(),
            };
            let expected = [
                Word::Other,
                message(None, b"ab\r\nc"),
                Word::Ping,
                message(Some("$JS.ACK.x"), b""),
                Word::Pong,
            ];
            assert_eq!(all, expected, "{size}");
        }
    }

    #[test]
    fn a_message_of_a_consumer_is_acknowledged_and_answered() {
        let mut device = Nats::new(3, 'd');
        let mut out = Vec::new();
        let heard = device.take(b"MSG d.3 1 $JS.ACK.T.d3 1\r\nx\r\n", &mut out).expect("valid");
        let said = String::from_utf8(out).expect("text");
        assert_eq!(heard.answered, 1);
        assert!(said.starts_with("PUB $JS.ACK.T.d3 4\r\n+ACK\r\nPUB a.3 200\r\naaa"), "{said}");
    }
}
